"""Initial values drawn from a distribution that the user describes."""

from __future__ import annotations

import math
from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.tensor import Tensor
from ..partition_info import PartitionInfo
from .base import Initializer, floating


class RandomUniform(Initializer):
    """Uniform in `[minval, maxval)`.

    Args:
      minval: the lower bound.
      maxval: the upper bound; 1 for floating types, required for integers.
      seed: the op's seed.
      dtype: the type where the call names none.
    """

    def __init__(
        self, minval: Any = 0, maxval: Any = None, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        tensor: Tensor = ops.random.random_uniform(
            shape,
            self.minval,
            self.maxval,
            self.dtype if dtype is None else dtype,
            seed=self.seed,
        )
        return tensor

    def get_config(self) -> dict[str, Any]:
        return {
            "minval": self.minval,
            "maxval": self.maxval,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class RandomNormal(Initializer):
    """Normal.

    Args:
      mean: the mean.
      stddev: the standard deviation.
      seed: the op's seed.
      dtype: the type where the call names none.
    """

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = dtypes.float32
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = floating(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        dtype = self.dtype if dtype is None else dtype
        tensor: Tensor = ops.random.random_normal(
            shape, self.mean, self.stddev, dtype, seed=self.seed
        )
        return tensor

    def get_config(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "stddev": self.stddev,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class TruncatedNormal(RandomNormal):
    """Normal, drawn again where it is more than two standard deviations off the mean.

    Args: as RandomNormal.
    """

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        dtype = self.dtype if dtype is None else dtype
        tensor: Tensor = ops.random.truncated_normal(
            shape, self.mean, self.stddev, dtype, seed=self.seed
        )
        return tensor


class UniformUnitScaling(Initializer):
    """Uniform, so wide that a matrix product keeps the scale of its input.

    The bound is `factor * sqrt(3 / inputs)`, with all dimensions but the last as inputs.

    Args:
      factor: a factor for the activation that follows (1.43 for ReLU).
      seed: the op's seed.
      dtype: the type where the call names none.
    """

    def __init__(self, factor: float = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        self.factor = factor
        self.seed = seed
        self.dtype = floating(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        whole = shape if partition_info is None else partition_info.full_shape
        inputs = max(math.prod(float(size) for size in whole[:-1]), 1.0)
        bound = math.sqrt(3 / inputs) * self.factor
        dtype = self.dtype if dtype is None else dtype
        tensor: Tensor = ops.random.random_uniform(shape, -bound, bound, dtype, seed=self.seed)
        return tensor

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}
