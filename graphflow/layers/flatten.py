"""Flatten: each element of a batch as a vector."""

from __future__ import annotations

import math
from typing import Any

from ..core import ops
from ..core.base.tensor_shape import TensorShape
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.tensor import Tensor
from .base import Layer
from .input_spec import InputSpec
from .windows import data_format_of


class Flatten(Layer):
    """Makes one dimension of all but the first."""

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        """The layer.

        Args:
          data_format: `"channels_last"`, the default, or `"channels_first"`: then the channels, in
            dimension 1, are moved to the end first, so that both formats give the same vectors.
          **kwargs: as for `Layer`.

        Raises:
          ValueError: the format is neither.
        """
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Tensor:
        """The inputs as [batch, rest].

        Args:
          inputs: [batch, ...], of known rank.
        """
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if self.data_format == "channels_first" and rank > 1:
            inputs = ops.array.transpose(inputs, [0, *range(2, rank), 1])
        flat = self.compute_output_shape(inputs.shape)
        batch, rest = flat.as_list()
        if batch is None:
            batch = ops.array.shape(inputs)[0]
        # The known size rather than -1, which an empty batch would leave open.
        outputs: Tensor = ops.array.reshape(inputs, [batch, -1 if rest is None else rest])
        outputs.set_shape(flat)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs, [batch, rest].

        Args:
          input_shape: the inputs' shape, of rank 1 or more.
        """
        batch, *rest = TensorShape(input_shape).as_list()
        return TensorShape([batch, None if None in rest else math.prod(rest)])

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a layer."""
        return super().get_config() | {"data_format": self.data_format}


def flatten(inputs: Any, name: Any = None, data_format: str | None = "channels_last") -> Tensor:
    """Applies a new `Flatten` layer.

    Args:
      inputs: [batch, ...], of known rank.
      name: the layer's name.
      data_format: `"channels_last"` or `"channels_first"`.

    Returns:
      A tensor [batch, rest].

    Raises:
      ValueError: the format is neither, or the rank is not known or 0.
    """
    outputs: Tensor = Flatten(name=name, data_format=data_format).apply(inputs)
    return outputs
