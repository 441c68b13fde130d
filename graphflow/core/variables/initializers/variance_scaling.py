"""VarianceScaling and its named cases: Glorot's, He's and LeCun's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.tensor import Tensor
from ..partition_info import PartitionInfo
from .base import Initializer, floating

# The standard deviation of a standard normal cut off at two: what is drawn is that much narrower.
_STDDEV_OF_TRUNCATED_NORMAL = 0.87962566103423978


class VarianceScaling(Initializer):
    """Random, with a variance of `scale / n` for n inputs, outputs, or their mean.

    Args:
      scale: a positive factor.
      mode: `fan_in`, `fan_out` or `fan_avg`: what n counts.
      distribution: `truncated_normal` (also called `normal`), `untruncated_normal` or `uniform`.
      seed: the op's seed.
      dtype: the type where the call names none.

    Raises:
      ValueError: an argument is none of these.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = floating(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        dtype = self.dtype if dtype is None else dtype
        fan_in, fan_out = fans(shape if partition_info is None else partition_info.full_shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, n)
        tensor: Tensor
        if self.distribution == "uniform":
            bound = math.sqrt(3.0 * variance)
            tensor = ops.random.random_uniform(shape, -bound, bound, dtype, seed=self.seed)
        elif self.distribution == "untruncated_normal":
            stddev = math.sqrt(variance)
            tensor = ops.random.random_normal(shape, 0.0, stddev, dtype, seed=self.seed)
        else:
            stddev = math.sqrt(variance) / _STDDEV_OF_TRUNCATED_NORMAL
            tensor = ops.random.truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)
        return tensor

    def get_config(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class GlorotUniform(VarianceScaling):
    """Uniform in +-sqrt(6 / (inputs + outputs)): the default of `get_variable`; also Xavier's.

    Args:
      seed: the op's seed.
      dtype: the type where the call names none.
    """

    def __init__(self, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "dtype": self.dtype.name}


class GlorotNormal(VarianceScaling):
    """Truncated normal with a variance of 2 / (inputs + outputs); also Xavier's.

    Args:
      seed: the op's seed.
      dtype: the type where the call names none.
    """

    def __init__(self, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "dtype": self.dtype.name}


def lecun_normal(seed: Any = None) -> VarianceScaling:
    """Truncated normal with a variance of 1 / inputs."""
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed)


def lecun_uniform(seed: Any = None) -> VarianceScaling:
    """Uniform in +-sqrt(3 / inputs)."""
    return VarianceScaling(1.0, "fan_in", "uniform", seed)


def he_normal(seed: Any = None) -> VarianceScaling:
    """Truncated normal with a variance of 2 / inputs, for layers before a ReLU."""
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed)


def he_uniform(seed: Any = None) -> VarianceScaling:
    """Uniform in +-sqrt(6 / inputs), for layers before a ReLU."""
    return VarianceScaling(2.0, "fan_in", "uniform", seed)


def fans(shape: Sequence[Any]) -> tuple[int, int]:
    """Inputs and outputs of a weight: of a matrix, or of a convolution kernel [..., in, out]."""
    sizes = [int(size) for size in shape]
    if len(sizes) < 2:
        return (sizes[0], sizes[0]) if sizes else (1, 1)
    field = math.prod(sizes[:-2])
    return sizes[-2] * field, sizes[-1] * field
