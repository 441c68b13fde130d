"""Dropout as a layer: zeroes at random in training, and nothing else."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.base.tensor_shape import Dimension
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.tensor import Tensor
from .base import Layer
from .training import if_training


class Dropout(Layer):
    """In training, zeroes a share of the inputs and scales the others by `1 / (1 - rate)`."""

    def __init__(
        self,
        rate: Any = 0.5,
        noise_shape: Any = None,
        seed: int | None = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        """The layer.

        Args:
          rate: the share that is dropped; from 0 to less than 1, or a tensor.
          noise_shape: the shape of the random choices, broadcast over the inputs; None in it stands
            for the size that the inputs have there.
          seed: the seed of the operation.
          name: the layer's name.
          **kwargs: as for `Layer`.
        """
        super().__init__(name=name, **kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed

    def call(self, inputs: Any, training: Any = False) -> Tensor:
        """The inputs, with some of them dropped in training.

        Args:
          inputs: floating.
          training: a bool, or a bool tensor.

        Raises:
          ValueError: the inputs are not floating, or the rate is not in [0, 1).
        """
        inputs = convert_to_tensor(inputs)
        outputs: Tensor = if_training(
            training,
            lambda: ops.nn.dropout(
                inputs, noise_shape=self._noise_shape(inputs), seed=self.seed, rate=self.rate
            ),
            lambda: ops.array.identity(inputs),
        )
        return outputs

    def _noise_shape(self, inputs: Tensor) -> Any:
        """The shape of the choices, with the inputs' sizes put in."""
        if self.noise_shape is None or isinstance(self.noise_shape, Tensor):
            return self.noise_shape
        sizes = [size.value if isinstance(size, Dimension) else size for size in self.noise_shape]
        if None not in sizes:
            return sizes
        known = inputs.shape.as_list()
        if len(known) != len(sizes):
            raise ValueError(
                f"noise_shape {sizes} has None, and so needs as many dimensions as the inputs of "
                f"layer {self.name}, which have the shape {known}."
            )
        for axis, size in enumerate(sizes):
            if size is None:
                unknown = known[axis] is None
                sizes[axis] = ops.array.shape(inputs)[axis] if unknown else known[axis]
        return sizes

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The inputs' shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a layer."""
        return super().get_config() | {
            "rate": self.rate,
            "noise_shape": self.noise_shape,
            "seed": self.seed,
        }


def dropout(
    inputs: Any,
    rate: Any = 0.5,
    noise_shape: Any = None,
    seed: int | None = None,
    training: Any = False,
    name: Any = None,
) -> Tensor:
    """Applies a new `Dropout` layer.

    Args:
      inputs: floating.
      rate: the share that is dropped, in [0, 1).
      noise_shape: the shape of the random choices, broadcast over the inputs.
      seed: the seed of the operation.
      training: a bool, or a bool tensor; without training the inputs stay what they are.
      name: the layer's name.

    Returns:
      A tensor as `inputs`.

    Raises:
      ValueError: the inputs are not floating, or the rate is not in [0, 1).
    """
    layer = Dropout(rate, noise_shape=noise_shape, seed=seed, name=name)
    outputs: Tensor = layer.apply(inputs, training=training)
    return outputs
