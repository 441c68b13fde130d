"""Orthogonal matrices as initial values."""

from __future__ import annotations

import math
from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.tensor import Tensor
from ..partition_info import PartitionInfo
from .base import Initializer, floating


class Orthogonal(Initializer):
    """A random matrix with orthonormal rows, or columns if there are fewer of them.

    A tensor of more dimensions is such a matrix of the last dimension against all others. Uniform
    over all such matrices: the Q of a normal matrix, with the signs of R's diagonal.

    Args:
      gain: a factor.
      seed: the op's seed.
      dtype: the type where the call names none.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None, dtype: Any = dtypes.float32) -> None:
        self.gain = gain
        self.seed = seed
        self.dtype = floating(dtype)

    def __call__(
        self, shape: Any, dtype: Any = None, partition_info: PartitionInfo | None = None
    ) -> Tensor:
        dtype = self.dtype if dtype is None else dtype
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(int(size) for size in shape[:-1]), int(shape[-1])
        long, short = max(rows, columns), min(rows, columns)
        normal = ops.random.random_normal((long, short), dtype=dtype, seed=self.seed)
        q, r = ops.linalg.qr(normal, full_matrices=False)
        q = q * ops.elementwise.sign(ops.array.diag_part(r))
        if rows < columns:
            q = ops.array.matrix_transpose(q)
        matrix: Any = ops.array.reshape(q, shape)
        result: Tensor = self.gain * matrix
        return result

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}
