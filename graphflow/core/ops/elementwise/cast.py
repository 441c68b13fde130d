"""Cast: values of one type as another."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes, errors
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import IndexedSlices, SparseTensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from ..scalar_math import Scalar
from ..shape_rules import same_as_input

_logger = logging.getLogger("graphflow")

cast_op = define_op(
    "Cast",
    inputs=["x: SrcT"],
    outputs=["y: DstT"],
    attrs=["SrcT: type", "DstT: type", "Truncate: bool = false"],
    shape=same_as_input,
)

# The bits that a float keeps of a wider one's mantissa.
_MANTISSA_BITS = {"float32": 23, "float16": 10, "bfloat16": 7}


@cast_op.define
def cast_reference(node: Any, x: np.ndarray) -> Any:
    source, target = node.input_dtypes[0].base_dtype, node.output_dtypes[0].base_dtype
    if source == dtypes.string or target == dtypes.string:
        message = f"Cast {source.name} to {target.name} is not supported"
        raise errors.UnimplementedError(None, None, message)
    if source.is_quantized:
        x = x[source.name]
    if source.is_complex and not target.is_complex:
        x = x.real
    if node.attrs["Truncate"] and source.is_floating and target.name in _MANTISSA_BITS:
        x = _without_low_bits(x, _MANTISSA_BITS[target.name])
    if target.is_bool:
        return x != 0
    if target.is_quantized:
        return _quantized(x, target)
    return x.astype(target.as_numpy_dtype)


def _without_low_bits(x: np.ndarray, kept: int) -> np.ndarray:
    """Floats with the low bits of their mantissas cleared, so that narrowing rounds toward 0."""
    mantissa = {2: 10, 4: 23, 8: 52}[x.dtype.itemsize]
    if kept >= mantissa:
        return x
    bits = np.dtype(f"u{x.dtype.itemsize}")
    mask = bits.type(~((1 << (mantissa - kept)) - 1) & (2 ** (8 * bits.itemsize) - 1))
    return np.asarray(np.ascontiguousarray(x).view(bits) & mask).view(x.dtype).reshape(x.shape)


def _quantized(x: np.ndarray, target: dtypes.DType) -> np.ndarray:
    result = np.empty(x.shape, target.as_numpy_dtype)
    result[target.name] = x
    return result


@cast_op.scalar_for(when=lambda attrs: not attrs["Truncate"])
def cast_scalar(x: Scalar) -> Scalar:
    return x  # a result is put into the output's type


@cast_op.grad
def cast_grad(op: Any, dy: Any) -> Any:
    source, target = op.inputs[0].dtype.base_dtype, op.outputs[0].dtype.base_dtype
    if all(t.is_floating or t.is_complex for t in (source, target)):
        return cast(dy, source)
    return None


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Values as another type.

    Floats become integers by dropping their fraction, complex numbers reals by dropping their
    imaginary part, and anything a bool by comparing it with 0.

    Args:
      x: a Tensor, SparseTensor, IndexedSlices, or what a Tensor can be made of.
      dtype: the new type.
      name: the node's name.

    Returns:
      The same kind as `x`; `x` itself when it is a Tensor of that type.

    Raises:
      TypeError: `dtype` is no type.
    """
    target = dtypes.as_dtype(dtype).base_dtype
    if isinstance(getattr(x, "dtype", None), dtypes.DType) and x.dtype == target:
        return x
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, cast(x.values, target, name=scope), x.dense_shape)
        if isinstance(x, IndexedSlices):
            return IndexedSlices(cast(x.values, target, name=scope), x.indices, x.dense_shape)
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex and target.is_floating:
            _logger.warning("Casting complex to real discards imaginary part.")
        if x.dtype.base_dtype == target:
            return x
        return cast_op(x, DstT=target, name=scope)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """Values as another type; what does not fit becomes the nearest value that does.

    Args:
      value: a real tensor.
      dtype: the new type.
      name: the node's name.
    """
    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        target = dtypes.as_dtype(dtype).base_dtype
        source = value.dtype.base_dtype
        if source.min < target.min:
            value = ops.elementwise.maximum(value, _as_tensor(target.min, source, "min"))
        if source.max > target.max:
            value = ops.elementwise.minimum(value, _as_tensor(target.max, source, "max"))
        return cast(value, target, name=scope)


def _as_tensor(limit: Any, dtype: dtypes.DType, name: str) -> Tensor:
    """A limit of another type, as the last value of `dtype` that is not beyond it."""
    value = dtype.as_numpy_dtype(limit)
    if dtype.is_floating and abs(int(value)) > abs(int(limit)):
        value = np.nextafter(value, dtype.as_numpy_dtype(0))  # 2**31 - 1 is no float32
    return convert_to_tensor(value, dtype=dtype, name=name)


def to_float(x: Any, name: str = "ToFloat") -> Any:
    """`cast(x, tf.float32)`."""
    return cast(x, dtypes.float32, name=name)


def to_double(x: Any, name: str = "ToDouble") -> Any:
    """`cast(x, tf.float64)`."""
    return cast(x, dtypes.float64, name=name)


def to_int32(x: Any, name: str = "ToInt32") -> Any:
    """`cast(x, tf.int32)`."""
    return cast(x, dtypes.int32, name=name)


def to_int64(x: Any, name: str = "ToInt64") -> Any:
    """`cast(x, tf.int64)`."""
    return cast(x, dtypes.int64, name=name)


def to_bfloat16(x: Any, name: str = "ToBFloat16") -> Any:
    """`cast(x, tf.bfloat16)`."""
    return cast(x, dtypes.bfloat16, name=name)


def to_complex64(x: Any, name: str = "ToComplex64") -> Any:
    """`cast(x, tf.complex64)`."""
    return cast(x, dtypes.complex64, name=name)


def to_complex128(x: Any, name: str = "ToComplex128") -> Any:
    """`cast(x, tf.complex128)`."""
    return cast(x, dtypes.complex128, name=name)
