"""InputSpec: what a layer asks of the shape and type of an input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.base import dtypes, nest
from ..core.base.tensor_shape import TensorShape


class InputSpec:
    """Conditions on an input of a layer; what is None is not asked for.

    Args:
      dtype: the type.
      shape: the shape, in which None stands for any size; it says the rank too.
      ndim: the rank.
      max_ndim: the highest rank.
      min_ndim: the lowest rank.
      axes: the sizes of some dimensions, `{axis: size}`.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, Any] | None = None,
    ) -> None:
        self.dtype = dtype
        self.shape = shape
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = dict(axes or {})

    def __repr__(self) -> str:
        given = {name: value for name, value in vars(self).items() if value not in (None, {})}
        return f"InputSpec({', '.join(f'{name}={value}' for name, value in given.items())})"

    def fault(self, tensor: Any) -> str | None:
        """What is wrong with an input, in words; None if nothing is."""
        return (
            self._fault_of_rank(tensor.shape)
            or self._fault_of_dtype(tensor.dtype)
            or self._fault_of_sizes(tensor.shape)
        )

    def _fault_of_rank(self, shape: TensorShape) -> str | None:
        rank = shape.ndims
        if rank is None:
            if self.ndim is None and self.min_ndim is None and self.max_ndim is None:
                return None
            return "its rank is undefined, but the layer requires a defined rank."
        full = f"found ndim={rank}. Full shape received: {shape.as_list()}"
        if self.ndim is not None and rank != self.ndim:
            return f"expected ndim={self.ndim}, {full}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected max_ndim={self.max_ndim}, found ndim={rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected min_ndim={self.min_ndim}, {full}"
        return None

    def _fault_of_dtype(self, dtype: dtypes.DType) -> str | None:
        if self.dtype is None or dtype == dtypes.as_dtype(self.dtype):
            return None
        return f"expected dtype={self.dtype}, found dtype={dtype}"

    def _fault_of_sizes(self, shape: TensorShape) -> str | None:
        if shape.ndims is None:
            return None
        sizes = shape.as_list()
        for axis, wanted in self.axes.items():
            wanted = getattr(wanted, "value", wanted)
            if wanted is not None and sizes[int(axis)] not in (wanted, None):
                return (
                    f"expected axis {axis} of input shape to have value {wanted} but received "
                    f"input with shape {sizes}"
                )
        if self.shape is not None and not TensorShape(self.shape).is_compatible_with(shape):
            return f"expected shape={self.shape}, found shape={sizes}"
        return None


def check_inputs(specs: Any, inputs: Any, layer_name: str) -> None:
    """Refuses inputs that a layer cannot take.

    Args:
      specs: None, an InputSpec, or a nesting of them with one for each input.
      inputs: a tensor or a nesting of tensors.
      layer_name: for the message.

    Raises:
      ValueError: there are more or fewer inputs than specs, or one does not fit.
    """
    if not specs:
        return
    flat_specs, flat = nest.flatten(specs), nest.flatten(inputs)
    if len(flat) != len(flat_specs):
        raise ValueError(
            f"Layer {layer_name} expects {len(flat_specs)} inputs, but it received {len(flat)} "
            f"input tensors. Inputs received: {flat}"
        )
    for index, (tensor, spec) in enumerate(zip(flat, flat_specs, strict=True)):
        fault = None if spec is None else spec.fault(tensor)
        if fault is not None:
            raise ValueError(
                f"Input {index} of layer {layer_name} is incompatible with the layer: {fault}"
            )
