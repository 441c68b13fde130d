"""What the gradients of If and While share."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..base import dtypes
from ..graph.conversion import convert_to_tensor
from ..graph.tensor import Tensor
from ..ops.state.resources import handle_data


def carries_gradient(tensor: Tensor) -> bool:
    """Whether a gradient can belong to a tensor: numbers, lists of tensors, variables' handles."""
    return gradient_dtype(tensor) is not None


def gradient_dtype(tensor: Tensor) -> dtypes.DType | None:
    """The type of a tensor's gradient; a handle's is that of its variable."""
    dtype: dtypes.DType = tensor.dtype.base_dtype
    if dtype == dtypes.resource:
        data = handle_data(tensor)
        return None if data is None else data.dtype
    if dtype.is_floating or dtype.is_complex or dtype == dtypes.variant:
        return dtype
    return None


def gradient_shape(tensor: Tensor) -> Any:
    """What is known of the shape of a tensor's gradient."""
    if tensor.dtype == dtypes.resource:
        data = handle_data(tensor)
        return None if data is None else data.shape
    return tensor.shape


def zeros_for(tensor: Tensor) -> Tensor:
    """The gradient of something that does not matter."""
    if tensor.dtype == dtypes.resource:
        tensor = ops.state.read_variable_op(tensor, dtype=gradient_dtype(tensor))
    zeros: Tensor = ops.array.zeros_like(tensor)
    return zeros


def dense(gradient: Any) -> Tensor:
    """A gradient as one tensor: bodies return no slices."""
    return convert_to_tensor(gradient)
