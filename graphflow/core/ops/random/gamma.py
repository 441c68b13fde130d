"""RandomGamma, with its gradient, and RandomPoisson."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from ..elementwise.numerics.gamma import lgamma
from ..elementwise.numerics.incomplete import igamma_grad_a
from ..shape_rules import broadcast
from .common import INDEX, SEEDS, output_type, philox_of, samples_shape, sizes_of
from .numerics import rejection
from .seeds import get_seed

_RATES = "{half, float, double, int32, int64}"

# --- gamma ----------------------------------------------------------------------------------------

random_gamma_op = define_op(
    "RandomGamma",
    ["shape: S", "alpha: T"],
    ["output: T"],
    [*SEEDS, f"S: {INDEX}", "T: {half, float, double}"],
    samples_shape,
    is_stateful=True,
)
random_gamma_grad_op = define_op(
    "RandomGammaGrad",
    ["alpha: T", "sample: T"],
    ["output: T"],
    ["T: {float, double}"],
    broadcast,
)


@random_gamma_op.define_with_context
def random_gamma_reference(
    node: Any, context: Any, shape: np.ndarray, alpha: np.ndarray
) -> np.ndarray:
    return rejection.gamma(philox_of(node, context), sizes_of(shape), alpha)


@random_gamma_op.grad
def random_gamma_grad(op: Any, dy: Any) -> list[Any]:
    """Each sample as a function of its alpha, summed over the samples of an alpha."""
    shape, alpha = op.inputs
    samples, rank = op.outputs[0], ops.array.size(shape)
    ones = ops.array.ones(ops.array.expand_dims(rank, 0), dtype=dtypes.int32)
    alpha_shape = ops.array.concat([ones, ops.array.shape(alpha)], axis=0)
    slope = random_gamma_grad_op(ops.array.reshape(alpha, alpha_shape), samples)
    return [None, ops.reduction.reduce_sum(dy * slope, axis=ops.array.range(rank))]


@random_gamma_grad_op.define
def random_gamma_grad_reference(node: Any, alpha: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """How a sample moves with alpha while P(alpha, sample), its place in the distribution, stays.

    Figurnov, Mohamed, Mnih: Implicit reparameterization gradients. NeurIPS 2018.
    """
    a, x = (v.astype(np.float64) for v in np.broadcast_arrays(alpha, sample))
    at_fixed_sample = igamma_grad_a(a, x)
    with np.errstate(all="ignore"):  # in tails where nothing is sampled the density vanishes
        log_density = (a - 1) * np.log(x) - x - lgamma(a)
        slope = np.where(at_fixed_sample == 0, 0.0, -at_fixed_sample * np.exp(-log_density))
    return slope.astype(sample.dtype)


def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Samples of gamma distributions, differentiable by alpha and beta.

    Args:
      shape: int32 vector, the shape of the samples of each distribution.
      alpha: of type `dtype`, the distributions' shape parameters.
      beta: of type `dtype`, their inverse scales; 1 by default. It is broadcast with alpha.
      dtype: float16, float32 or float64; float16 has no gradient.
      seed: the op's seed.
      name: the name scope of the nodes.

    Returns:
      A tensor of shape `shape`, then that of `alpha + beta`. Nothing is below the smallest normal
      number of the type.
    """
    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        together = ops.array.broadcast_dynamic_shape(ops.array.shape(alpha), ops.array.shape(beta))
        static_shape = ops.array.broadcast_static_shape(alpha.shape, beta.shape)
        alpha = ops.array.broadcast_to(alpha, together)
        alpha.set_shape(static_shape)
        seed1, seed2 = get_seed(seed)
        samples = random_gamma_op(shape, alpha, seed=seed1, seed2=seed2) / beta
        smallest = np.finfo(alpha.dtype.as_numpy_dtype).tiny
        return ops.elementwise.maximum(smallest, samples)


# --- Poisson --------------------------------------------------------------------------------------

random_poisson_op = define_op(
    "RandomPoisson",
    ["shape: S", "rate: dtype"],
    ["output: dtype"],
    [*SEEDS, f"S: {INDEX}", "dtype: {half, float, double}"],
    samples_shape,
    is_stateful=True,
)
random_poisson_v2_op = define_op(
    "RandomPoissonV2",
    ["shape: S", "rate: R"],
    ["output: dtype"],
    [*SEEDS, f"S: {INDEX}", f"R: {_RATES} = DT_DOUBLE", f"dtype: {_RATES} = DT_INT64"],
    samples_shape,
    is_stateful=True,
)


@random_poisson_op.define_with_context
@random_poisson_v2_op.define_with_context
def random_poisson_reference(
    node: Any, context: Any, shape: np.ndarray, rate: np.ndarray
) -> np.ndarray:
    return rejection.poisson(philox_of(node, context), sizes_of(shape), rate, output_type(node))


def random_poisson(
    lam: Any,
    shape: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Samples of Poisson distributions.

    Args:
      lam: the distributions' means.
      shape: int32 vector, the shape of the samples of each distribution.
      dtype: float16, float32, float64, int32 or int64.
      seed: the op's seed.
      name: the name scope of the nodes.

    Returns:
      A tensor of shape `shape`, then that of `lam`.
    """
    with name_scope(name, "random_poisson", [lam, shape]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        seed1, seed2 = get_seed(seed)
        samples: Tensor = random_poisson_v2_op(shape, lam, dtype=dtype, seed=seed1, seed2=seed2)
        return samples
