"""The ndarray that a constant or a feed is made of, by TF's typing rules.

Python floats are float32 and ints int32 (int64 when they do not fit); NumPy arrays keep their type;
nothing is converted silently to a type that was not asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base import compat, dtypes


def array_from_python(
    values: Any, dtype: dtypes.DType | None = None, shape: Any = None
) -> np.ndarray:
    """`values` as an array of a TF type.

    Args:
      values: number, string, nested lists of these, ndarray, or what has the method `__array__`;
        a TensorProto.
      dtype: the type wanted, or None to take the values' own.
      shape: the shape wanted; a single value, or a short list's last one, fills it, as in TF1.

    Returns:
      The array; strings as an object array of bytes.

    Raises:
      TypeError: a value is not of the type wanted.
      ValueError: None, ragged lists, or more elements than `shape` has.
    """
    if values is None:
        raise ValueError("None values not supported.")
    if hasattr(values, "tensor_shape"):
        from .tensor_proto import make_ndarray

        values = make_ndarray(values)
    array = _with_type(values, dtype)
    return array if shape is None else _with_shape(array, tuple(int(n) for n in shape))


def _with_type(values: Any, dtype: dtypes.DType | None) -> np.ndarray:
    if hasattr(values, "__array__"):  # what is an array in another library keeps its type as well
        values = np.asarray(values)
    if isinstance(values, np.ndarray | np.generic):
        return _numpy_with_type(np.asarray(values), values, dtype)
    if dtype is not None:
        _check_elements(values, dtype)
        if dtype == dtypes.string:
            return _string_array(_to_object_array(values))
        return _rectangular(values, dtype.as_numpy_dtype)
    array = _rectangular(values, None)
    if array.dtype.kind in "USO":
        return _strings_of_unknown(values)
    if array.dtype == np.float64 and not _has_numpy_type(values, np.float64):
        return array.astype(np.float32)
    if array.dtype == np.int64 and not _has_numpy_type(values, np.int64):
        narrow = array.astype(np.int32)
        return narrow if np.array_equal(narrow, array) else array
    return array


def _numpy_with_type(array: np.ndarray, values: Any, dtype: dtypes.DType | None) -> np.ndarray:
    if array.dtype.kind in "USO":
        if dtype is not None and dtype != dtypes.string:
            raise _mismatch(dtype, values)
        return _string_array(array)
    if dtype is None:
        dtypes.as_dtype(array.dtype)  # raises TypeError for what TF has no type for
        return array
    if dtype == dtypes.string:
        raise _mismatch(dtype, values)
    return array.astype(dtype.as_numpy_dtype, copy=False)


def _rectangular(values: Any, numpy_type: Any) -> np.ndarray:
    try:
        return np.array(values, dtype=numpy_type)
    except OverflowError as e:
        raise ValueError(f"{values!r} does not fit its type: {e}") from None
    except ValueError as e:
        if "inhomogeneous" not in str(e):
            raise
        raise ValueError(
            f"Argument must be a dense tensor: {values!r} - its lists differ in length"
        ) from None


def _to_object_array(values: Any) -> np.ndarray:
    if isinstance(values, str | bytes):
        array = np.empty((), dtype=object)
        array[()] = values
        return array
    return _rectangular(values, object)


def _strings_of_unknown(values: Any) -> np.ndarray:
    """Values that are no numbers; if they are no strings either, nothing can be made of them."""
    try:
        return _string_array(_to_object_array(values))
    except TypeError:
        raise TypeError(
            f"Failed to convert object of type {type(values)} to Tensor. Contents: {values}. "
            "Consider casting elements to a supported type."
        ) from None


def _string_array(array: np.ndarray) -> np.ndarray:
    result = np.empty(array.shape, dtype=object)
    flat, source = result.reshape(-1), array.reshape(-1)
    for index in range(array.size):
        item = source[index]
        if not isinstance(item, str | bytes):
            raise TypeError(
                f"Expected binary or unicode string, got {item!r} of type '{type(item).__name__}'"
            )
        flat[index] = compat.as_bytes(item)
    return result


def _has_numpy_type(values: Any, numpy_type: type) -> bool:
    """Whether the nested lists hold NumPy scalars or arrays of that type."""
    if isinstance(values, list | tuple):
        return any(_has_numpy_type(v, numpy_type) for v in values)
    return isinstance(values, np.ndarray | np.generic) and values.dtype == numpy_type


def _check_elements(values: Any, dtype: dtypes.DType) -> None:
    """Python values must be of the kind wanted: no float for an int, no number for a string."""
    if isinstance(values, list | tuple):
        for value in values:
            _check_elements(value, dtype)
    elif values is None:
        raise ValueError("None values not supported.")
    elif isinstance(values, np.ndarray | np.generic):
        if (values.dtype.kind in "USO") != (dtype == dtypes.string):
            raise _mismatch(dtype, values)
    elif not _is_accepted(values, dtype):
        raise _mismatch(dtype, values)


def _is_accepted(value: Any, dtype: dtypes.DType) -> bool:
    if dtype == dtypes.string:
        return isinstance(value, str | bytes)
    if isinstance(value, bool) or dtype == dtypes.bool:
        return isinstance(value, bool) and dtype == dtypes.bool
    if dtype.is_integer:
        return hasattr(value, "__index__")  # int, and tf.Dimension
    if dtype.is_floating:
        return isinstance(value, float) or hasattr(value, "__index__")
    if dtype.is_complex:
        return isinstance(value, int | float | complex)
    return True


def _mismatch(dtype: dtypes.DType, value: Any) -> TypeError:
    return TypeError(
        f"Expected {dtype.name}, got {value!r} of type '{type(value).__name__}' instead."
    )


def _with_shape(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    size = int(np.prod(shape, dtype=np.int64))
    if array.size == size:
        return array.reshape(shape)
    if size == 0:  # TF1 takes any value for a shape that has no room for one
        return np.empty(shape, array.dtype)
    if array.size > size > 0:
        raise ValueError(
            f"Too many elements provided. Needed at most {size}, but received {array.size}"
        )
    if size == 0:
        return np.empty(shape, dtype=array.dtype)
    if array.size == 0:
        raise ValueError(f"no values to fill the shape {shape} with")
    flat = array.reshape(-1)
    padding = np.full(size - array.size, flat[-1], dtype=array.dtype)
    return np.concatenate([flat, padding]).reshape(shape)
