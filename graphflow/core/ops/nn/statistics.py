"""Statistics in parts: sufficient statistics, and moments with weights."""

from __future__ import annotations

import math
from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor


def sufficient_statistics(
    x: Any,
    axes: Any,
    shift: Any = None,
    keep_dims: bool | None = None,
    name: str | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor, Tensor, Any]:
    """What the mean and variance of `x` can be computed from, in parts if need be.

    Args:
      x: the values.
      axes: the axes to reduce.
      shift: subtracted first, for precision; a value close to the mean.
      keep_dims: the old name of `keepdims`.
      name: the name scope.
      keepdims: whether the reduced axes stay, with size 1.

    Returns:
      (count, sum, sum of squares, shift).
    """
    keep = bool(keep_dims if keepdims is None else keepdims)
    axes = sorted(set(axes))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        sizes = x.shape.as_list() if x.shape.ndims is not None else [None]
        reduced = [sizes[a] for a in axes] if x.shape.ndims is not None else sizes
        if None not in reduced:
            total = math.prod(size for size in reduced if size is not None)
            counts = ops.array.constant(total, dtype=x.dtype)
        else:
            dims = ops.array.gather(ops.elementwise.cast(ops.array.shape(x), x.dtype), axes)
            counts = ops.reduction.reduce_prod(dims, name="count")
        if shift is None:
            centred, squares = x, ops.elementwise.square(x)
        else:
            shift = convert_to_tensor(shift, name="shift")
            centred = ops.elementwise.subtract(x, shift)
            squares = ops.elementwise.squared_difference(x, shift)
        mean_ss = ops.reduction.reduce_sum(centred, axes, keepdims=keep, name="mean_ss")
        var_ss = ops.reduction.reduce_sum(squares, axes, keepdims=keep, name="var_ss")
    return counts, mean_ss, var_ss, shift


def normalize_moments(
    counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """(mean, variance) from `sufficient_statistics`.

    Args:
      counts: the number of values.
      mean_ss: their (shifted) sum.
      variance_ss: their (shifted) sum of squares.
      shift: what was subtracted, or None.
      name: the name scope.
    """
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = ops.elementwise.reciprocal(counts, name="divisor")
        shifted_mean = ops.elementwise.multiply(mean_ss, divisor, name="shifted_mean")
        mean = shifted_mean
        if shift is not None:
            mean = ops.elementwise.add(shifted_mean, shift, name="mean")
        variance = ops.elementwise.subtract(
            ops.elementwise.multiply(variance_ss, divisor),
            ops.elementwise.square(shifted_mean),
            name="variance",
        )
    return mean, variance


def weighted_moments(
    x: Any,
    axes: Any,
    frequency_weights: Any,
    name: str | None = None,
    keep_dims: bool | None = None,
    keepdims: bool | None = None,
) -> tuple[Tensor, Tensor]:
    """The mean and variance of values that count several times, or in part.

    Args:
      x: the values; float16 is computed in float32.
      axes: the axes to reduce.
      frequency_weights: non-negative, broadcastable to `x`.
      name: the name scope.
      keep_dims: the old name of `keepdims`.
      keepdims: whether the reduced axes stay, with size 1.

    Returns:
      (mean, variance).
    """
    keep = bool(keep_dims if keepdims is None else keepdims)
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        short = x.dtype == dtypes.float16
        y = ops.elementwise.cast(x, dtypes.float32) if short else x
        if weights.dtype != y.dtype:
            weights = ops.elementwise.cast(weights, y.dtype)
        summed = ops.reduction.reduce_sum
        inputs = summed(weights * y, axes, keepdims=True, name="weighted_input_sum")
        everywhere = weights + ops.array.zeros_like(y)
        total = summed(everywhere, axes, keepdims=True, name="sum_of_weights")
        divisor = ops.elementwise.reciprocal(total, name="inv_weight_sum")
        mean = ops.elementwise.multiply(inputs, divisor)
        squares = weights * ops.elementwise.squared_difference(y, mean)
        distances = summed(squares, axes, keepdims=True, name="weighted_distsq")
        variance = ops.elementwise.multiply(distances, divisor)
        if not keep:
            mean, variance = ops.array.squeeze(mean, axes), ops.array.squeeze(variance, axes)
        if short:
            mean, variance = (ops.elementwise.cast(t, dtypes.float16) for t in (mean, variance))
    return mean, variance


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> Tensor:
    """exp(log_input) - log_input * targets: the negative log-likelihood of counts.

    Args:
      targets: the counts.
      log_input: the logarithm of the expected count.
      compute_full_loss: whether Stirling's approximation of log(targets!) is added.
      name: the name scope.

    Raises:
      ValueError: the shapes differ.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        if not log_input.shape.is_compatible_with(targets.shape):
            raise ValueError(
                f"log_input and targets must have the same shape ({log_input.shape} vs "
                f"{targets.shape})"
            )
        result = ops.elementwise.exp(log_input) - log_input * targets
        if compute_full_loss:
            log = ops.elementwise.log
            stirling = targets * log(targets) - targets + 0.5 * log(6.283185307179586 * targets)
            inside = ops.elementwise.logical_and(targets >= 0.0, targets <= 1.0)
            zeros = ops.array.zeros_like(targets)
            result = result + ops.elementwise.select(inside, zeros, stirling)
    return result


def batch_norm_with_global_normalization(
    t: Any = None,
    m: Any = None,
    v: Any = None,
    beta: Any = None,
    gamma: Any = None,
    variance_epsilon: Any = None,
    scale_after_normalization: bool | None = None,
    name: str | None = None,
    input: Any = None,
    mean: Any = None,
    variance: Any = None,
) -> Tensor:
    """The batch normalisation of before TF 1.0; `batch_normalization` under other names.

    Args:
      t: the values, rank 4.
      m: the mean.
      v: the variance.
      beta: added last.
      gamma: multiplied if `scale_after_normalization`.
      variance_epsilon: keeps the root away from 0.
      scale_after_normalization: whether gamma is used.
      name: the name scope.
      input: the same as `t`.
      mean: the same as `m`.
      variance: the same as `v`.
    """
    result: Tensor = ops.nn.batch_normalization(
        t if input is None else input,
        m if mean is None else mean,
        v if variance is None else variance,
        beta,
        gamma if scale_after_normalization else None,
        variance_epsilon,
        name,
    )
    return result
