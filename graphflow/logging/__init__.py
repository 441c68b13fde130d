"""tf.logging: TF1's logging functions over Python's logger named `graphflow`."""

from __future__ import annotations

import logging as _logging
from typing import Any

DEBUG = _logging.DEBUG
INFO = _logging.INFO
WARN = _logging.WARNING
ERROR = _logging.ERROR
FATAL = _logging.CRITICAL

_logger = _logging.getLogger("graphflow")

debug = _logger.debug
info = _logger.info
warn = _logger.warning
warning = _logger.warning
error = _logger.error
fatal = _logger.critical
log = _logger.log

_every: dict[str, int] = {}


def vlog(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Logs at a verbosity: the higher `level`, the less important."""
    _logger.log(level, msg, *args, **kwargs)


def flush() -> None:
    """Writes out what the handlers hold back."""
    for handler in _logger.handlers:
        handler.flush()


def get_verbosity() -> int:
    """The lowest level that is logged."""
    return _logger.getEffectiveLevel()


def set_verbosity(v: int) -> None:
    """Sets the lowest level that is logged.

    Args:
      v: one of DEBUG, INFO, WARN, ERROR, FATAL.
    """
    _logger.setLevel(v)


def log_every_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Logs the first and then every n-th time it is called with this message."""
    count = _every.get(msg, 0)
    _every[msg] = count + 1
    log_if(level, msg, count % n == 0, *args)


def log_first_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Logs the first n times it is called with this message."""
    count = _every.get(msg, 0)
    _every[msg] = count + 1
    log_if(level, msg, count < n, *args)


def log_if(level: int, msg: str, condition: Any, *args: Any) -> None:
    """Logs if the condition holds."""
    if condition:
        _logger.log(level, msg, *args)


def TaskLevelStatusMessage(msg: str) -> None:
    """Logs a message about the whole task."""
    _logger.error(msg)
