"""Values that are known before a run, so that shapes can be.

A small subgraph of pure ops over constants and known shapes is evaluated with the ops' NumPy
references. A vector that spells a shape may be known in part: `tf.stack([batch, 10])` is [?, 10].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import dtypes, errors
from ..base.tensor_shape import Dimension, TensorShape, unknown_shape

if TYPE_CHECKING:
    from .tensor import Tensor

_MAX_ELEMENTS = 4096  # more than any shape has; folding larger values belongs to the passes
_MAX_DEPTH = 64


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor when the graph alone determines it, else None.

    Args:
      tensor: a Tensor; of a variable nothing is known, anything else is its own value.
      partial: whether the value of a `tf.stack` may be known in part: an array of arrays, with None
        for those that are not known.
    """
    if not hasattr(tensor, "op"):
        return tensor
    if not hasattr(tensor, "value_index"):
        return None
    if partial and tensor.op.type == "Pack" and tensor.op.node_attrs["axis"] == 0:
        return _known_parts(tensor.op.inputs)
    return constant_value(tensor)


def _known_parts(tensors: Sequence[Tensor]) -> np.ndarray:
    parts = np.empty(len(tensors), object)
    for index, tensor in enumerate(tensors):
        parts[index] = get_static_value(tensor, partial=True)
    return parts


def constant_value(tensor: Any) -> np.ndarray | None:
    """The value of a tensor when the graph alone determines it, else None.

    Args:
      tensor: a Tensor, or anything that is its own value (ndarray, number).
    """
    if not hasattr(tensor, "op"):
        return np.asarray(tensor)
    return _evaluate(tensor, 0)


def _evaluate(tensor: Tensor, depth: int) -> np.ndarray | None:
    op = tensor.op
    if op.type == "Const":
        value: np.ndarray = op.node_attrs["value"]
        return value
    known = op.graph._known_constants.get((op._id, tensor.value_index))
    if known is not None:
        return known
    value_or_none = _evaluate_op(tensor, depth)
    if value_or_none is not None:
        op.graph._known_constants[op._id, tensor.value_index] = value_or_none
    return value_or_none


def _evaluate_op(tensor: Tensor, depth: int) -> np.ndarray | None:
    op = tensor.op
    rule = _FROM_SHAPES.get(op.type)
    if rule is not None:
        return rule(tensor)
    if op.type == "Placeholder" or depth > _MAX_DEPTH:
        return _evaluate_capture(tensor, depth)
    if op.type == "PlaceholderWithDefault":
        return None  # a run may feed another value
    op_def = op.op_def
    if op_def.is_stateful or op_def.takes_context or op_def.reference is None or not op.inputs:
        return None
    if tensor.dtype._is_ref_dtype or tensor.dtype == dtypes.variant:
        return None
    if (tensor.shape.num_elements() or 0) > _MAX_ELEMENTS:
        return None
    arguments = []
    for source in op.inputs:
        argument = _evaluate(source, depth + 1)
        if argument is None or argument.size > _MAX_ELEMENTS:
            return None
        arguments.append(argument)
    return _apply_reference(tensor, arguments)


def _apply_reference(tensor: Tensor, arguments: list[np.ndarray]) -> np.ndarray | None:
    op = tensor.op
    assert op.op_def.reference is not None
    try:
        with np.errstate(all="ignore"):
            result = op.op_def.reference(_AsNode(op), *arguments)
    except (errors.OpError, ValueError, IndexError):
        return None  # the run will say what is wrong, with the node's name
    if isinstance(result, tuple | list):
        result = result[tensor.value_index]
    array = np.asarray(result, dtype=tensor.dtype.as_numpy_dtype)
    return array if array.size <= _MAX_ELEMENTS else None


class _AsNode:
    """A graph node in the form that references take."""

    def __init__(self, op: Any) -> None:
        self.name = op.name
        self.op = op.op_def
        self.attrs = op.node_attrs
        self.input_dtypes = tuple(t.dtype for t in op.inputs)
        self.output_dtypes = tuple(t.dtype for t in op.outputs)


def _evaluate_capture(tensor: Tensor, depth: int) -> np.ndarray | None:
    """A placeholder inside a function body stands for a tensor of the enclosing graph."""
    outer = tensor.graph._captured_source(tensor)
    return _evaluate(outer, depth + 1) if outer is not None else None


def _shape_value(tensor: Tensor) -> np.ndarray | None:
    shape = tensor.op.inputs[tensor.value_index].shape
    if not shape.is_fully_defined():
        return None
    return np.array(shape.as_list(), dtype=tensor.dtype.as_numpy_dtype)


def _size_value(tensor: Tensor) -> np.ndarray | None:
    size = tensor.op.inputs[0].shape.num_elements()
    return None if size is None else np.array(size, dtype=tensor.dtype.as_numpy_dtype)


def _rank_value(tensor: Tensor) -> np.ndarray | None:
    rank = tensor.op.inputs[0].shape.ndims
    return None if rank is None else np.array(rank, dtype=np.int32)


_FROM_SHAPES: dict[str, Callable[[Any], np.ndarray | None]] = {
    "Shape": _shape_value,
    "ShapeN": _shape_value,
    "Size": _size_value,
    "Rank": _rank_value,
}


def constant_value_as_shape(tensor: Any) -> TensorShape:
    """The shape that a vector's value spells, with unknown dimensions where it is not known yet.

    Raises:
      ValueError: the value has an entry below -1.
    """
    value = constant_value(tensor)
    if value is not None:
        return _as_shape(value)
    if tensor.op.type == "Placeholder":
        outer = tensor.graph._captured_source(tensor)
        if outer is not None:
            return constant_value_as_shape(outer)
    rule = _PARTIAL.get(tensor.op.type)
    partly = rule(tensor) if rule is not None else None
    if partly is not None:
        return partly
    length = tensor.shape.dims[0].value if tensor.shape.ndims == 1 else None
    return unknown_shape(length) if length is not None else unknown_shape()


def _as_shape(value: np.ndarray) -> TensorShape:
    if value.ndim == 0:
        return unknown_shape()
    if value.size and value.min() < -1:
        raise ValueError(f"Shape must be >= -1 in every dimension, got {value.tolist()}")
    return TensorShape([None if size == -1 else int(size) for size in value])


def _shape_of_shape(tensor: Tensor) -> TensorShape:
    return tensor.op.inputs[tensor.value_index].shape


def _of_pack(tensor: Tensor) -> TensorShape | None:
    if tensor.op.node_attrs["axis"] != 0 or any(
        t.shape.ndims not in (0, None) for t in tensor.op.inputs
    ):
        return None
    return TensorShape([_scalar_dimension(t) for t in tensor.op.inputs])


def _scalar_dimension(tensor: Tensor) -> Dimension:
    value = constant_value(tensor)
    if value is not None:
        return Dimension(None if value < 0 else int(value))
    if tensor.op.type == "Cast":
        return _scalar_dimension(tensor.op.inputs[0])
    if tensor.op.type == "StridedSlice":
        return _dimension_of_slice(tensor)
    return Dimension(None)


def _dimension_of_slice(tensor: Tensor) -> Dimension:
    """`tf.shape(x)[i]`."""
    source, begin = tensor.op.inputs[0], constant_value(tensor.op.inputs[1])
    if begin is None or begin.size != 1 or tensor.op.node_attrs["shrink_axis_mask"] != 1:
        return Dimension(None)
    shape = constant_value_as_shape(source)
    if shape.ndims is None or not -shape.ndims <= int(begin[0]) < shape.ndims:
        return Dimension(None)
    return Dimension(shape.as_list()[int(begin[0])])


def _of_concat(tensor: Tensor) -> TensorShape | None:
    result = TensorShape([])
    for part in tensor.op.inputs[:-1]:
        result = result.concatenate(constant_value_as_shape(part))
    return result


def _of_strided_slice(tensor: Tensor) -> TensorShape | None:
    attrs = tensor.op.node_attrs
    begin, end, strides = (constant_value(t) for t in tensor.op.inputs[1:4])
    if begin is None or end is None or strides is None or begin.size != 1:
        return None
    if attrs["ellipsis_mask"] or attrs["new_axis_mask"] or attrs["shrink_axis_mask"]:
        return None
    shape = constant_value_as_shape(tensor.op.inputs[0])
    if shape.ndims is None:
        return None
    start = None if attrs["begin_mask"] else int(begin[0])
    stop = None if attrs["end_mask"] else int(end[0])
    return TensorShape(shape.as_list()[slice(start, stop, int(strides[0]))])


def _of_same(tensor: Tensor) -> TensorShape:
    return constant_value_as_shape(tensor.op.inputs[0])


_PARTIAL: dict[str, Callable[[Any], TensorShape | None]] = {
    "Shape": _shape_of_shape,
    "ShapeN": _shape_of_shape,
    "Pack": _of_pack,
    "ConcatV2": _of_concat,
    "StridedSlice": _of_strided_slice,
    "Identity": _of_same,
    "Cast": _of_same,
}
