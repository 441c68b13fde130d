"""The values in Example and SequenceExample messages, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...base import errors
from ...base.dtypes import DType

if TYPE_CHECKING:
    from ....protos.example_pb2 import Feature, FeatureList, SequenceExample

# The lists that a Feature may be, by the types of their values.
_LIST_OF = {"float32": "float_list", "int64": "int64_list", "string": "bytes_list"}
_TYPE_OF = {field: name for name, field in _LIST_OF.items()}
_SHORT_NAMES = {"float32": "float"}  # as TensorFlow's kernels call types in messages


def read_example(serialized: bytes) -> Mapping[str, Feature]:
    """The features of a serialized Example.

    Raises:
      InvalidArgumentError: it is none.
    """
    from ....protos.example_pb2 import Example

    return _parse(Example, serialized).features.feature


def read_sequence_example(
    serialized: bytes,
) -> tuple[Mapping[str, Feature], Mapping[str, FeatureList]]:
    """The features and the lists of features of a serialized SequenceExample.

    Raises:
      InvalidArgumentError: it is none.
    """
    from ....protos.example_pb2 import SequenceExample

    message: SequenceExample = _parse(SequenceExample, serialized)
    return message.context.feature, message.feature_lists.feature_list


def _parse(message_class: Any, serialized: bytes) -> Any:
    from google.protobuf.message import DecodeError

    try:
        return message_class.FromString(serialized)
    except DecodeError:
        shown = serialized if len(serialized) <= 80 else serialized[:80] + b"..."
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Could not parse example input, value: {shown!r} ({len(serialized)} bytes are no "
            f"{message_class.DESCRIPTOR.name})",
        ) from None


def values_in(feature: Feature | None, dtype: DType, where: str) -> np.ndarray | None:
    """The values of a feature as a vector.

    Args:
      feature: the message, None when the example has none of that name.
      dtype: float32, int64 or string.
      where: the words that name the feature in a message.

    Returns:
      The vector; None when there is no feature, or nothing was put in it.

    Raises:
      InvalidArgumentError: its values are of another type.
    """
    field = None if feature is None else feature.WhichOneof("kind")
    if field is None:
        return None
    if field != _LIST_OF[dtype.name]:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"{where}.  Data types don't match. Data type: {_short(_TYPE_OF[field])} but expected "
            f"type: {_short(dtype.name)}",
        )
    values = getattr(feature, field).value
    if dtype.name == "string":
        return as_strings(values)
    return np.fromiter(values, dtype.as_numpy_dtype, len(values))


def as_strings(values: Any) -> np.ndarray:
    """Byte strings as a vector."""
    strings = np.empty(len(values), dtype=object)
    strings[:] = values
    return strings


def _short(name: str) -> str:
    return _SHORT_NAMES.get(name, name)


def missing(what: str, dtype: DType) -> errors.InvalidArgumentError:
    """The error for a feature that an example must have."""
    return errors.InvalidArgumentError(
        None, None, f"{what} (data type: {_short(dtype.name)}) is required but could not be found."
    )
