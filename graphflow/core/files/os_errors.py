"""What the operating system says about a file, as TensorFlow's error classes."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from ..base import errors

_CLASS_BY_ERRNO: dict[int, type[errors.OpError]] = {
    errno.ENOENT: errors.NotFoundError,
    errno.EEXIST: errors.AlreadyExistsError,
    errno.EACCES: errors.PermissionDeniedError,
    errno.EPERM: errors.PermissionDeniedError,
    errno.EROFS: errors.PermissionDeniedError,
    errno.EISDIR: errors.FailedPreconditionError,
    errno.ENOTDIR: errors.FailedPreconditionError,
    errno.ENOTEMPTY: errors.FailedPreconditionError,
    errno.ENAMETOOLONG: errors.InvalidArgumentError,
    errno.EINVAL: errors.InvalidArgumentError,
    errno.ENOSPC: errors.ResourceExhaustedError,
    errno.EDQUOT: errors.ResourceExhaustedError,
    errno.EMFILE: errors.ResourceExhaustedError,
    errno.ENFILE: errors.ResourceExhaustedError,
}


@contextmanager
def raise_os_errors_as_op_errors() -> Iterator[None]:
    """Inside the `with` block, an OSError becomes the OpError of the same meaning."""
    try:
        yield
    except OSError as error:
        error_class = _CLASS_BY_ERRNO.get(error.errno or 0, errors.UnknownError)
        path = "" if error.filename is None else f"{error.filename}; "
        message = f"{path}{error.strerror or error}"
        raise error_class(None, None, message) from error
