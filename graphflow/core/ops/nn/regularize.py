"""Dropout, L2 loss and L2 normalisation, local response normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...base.deprecation import deprecated_argument_lookup
from ...base.tensor_shape import as_shape
from ...graph.constant_value import constant_value
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from ..shape_rules import all_inputs_same, scalar_shape
from . import windows


def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """Zeroes elements at random and scales the rest up, so that the sum keeps its expectation.

    Args:
      x: floating.
      keep_prob: the probability that an element is kept; `1 - rate`. May be a tensor.
      noise_shape: the shape of the random choices, broadcast over `x`.
      seed: the op-level seed.
      name: the name scope.
      rate: the probability that an element is dropped.

    Raises:
      ValueError: `x` is not floating, both or neither of keep_prob and rate are given, or the rate
        is not in [0, 1).
    """
    if keep_prob is not None and rate is not None:
        raise ValueError("only one of keep_prob and rate may be given")
    if keep_prob is None and rate is None:
        raise ValueError("You must provide a rate to dropout.")
    if rate is None:
        try:
            rate = 1 - keep_prob
        except TypeError:
            raise ValueError(
                f"keep_prob must be a floating point number or Tensor (got {keep_prob!r})"
            ) from None
    with name_scope(name, "dropout", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(
                "x has to be a floating point tensor since it's going to be scaled. Got a "
                f"{x.dtype.name} tensor instead."
            )
        if isinstance(rate, int | float):
            if not 0 <= rate < 1:
                raise ValueError(
                    f"rate must be a scalar tensor or a float in the range [0, 1), got {rate:g}"
                )
            if rate == 0:
                return x
            scale = ops.array.constant(1 / (1 - rate), x.dtype)
            scaled = ops.elementwise.multiply(x, scale, name="Mul")
            return _drop(x, scaled, rate, noise_shape, seed)
        rate = convert_to_tensor(rate, dtype=x.dtype, name="rate")
        rate.shape.assert_has_rank(0)
        if constant_value(rate) == 0:
            return x
        one = ops.array.constant(1, x.dtype)
        kept_share = ops.elementwise.subtract(one, rate, name="Sub")
        scaled = ops.elementwise.realdiv(x, kept_share, name="RealDiv")
        return _drop(x, scaled, rate, noise_shape, seed)


def _drop(x: Tensor, scaled: Tensor, rate: Any, noise_shape: Any, seed: int | None) -> Tensor:
    """The elements of `scaled` that a random number above `rate` keeps."""
    noise = ops.random.random_uniform(_noise_shape(x, noise_shape), seed=seed, dtype=x.dtype)
    kept = noise >= rate
    zero = ops.array.constant(0, x.dtype)
    result: Tensor = ops.elementwise.select_v2(kept, scaled, zero)
    result.set_shape(x.shape)
    return result


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    if noise_shape is None:
        return ops.array.shape(x)
    try:
        given = as_shape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.shape.ndims is None or given.ndims != x.shape.ndims or given.is_fully_defined():
        return noise_shape
    return [
        own if size is None else size
        for size, own in zip(given.as_list(), x.shape.as_list(), strict=True)
    ]


l2_loss_op = define_op(
    "L2Loss",
    inputs=["t: T"],
    outputs=["output: T"],
    attrs=["T: {half, bfloat16, float, double}"],
    shape=scalar_shape,
)


@l2_loss_op.define
def l2_loss_reference(node: Any, t: np.ndarray) -> Any:
    return np.sum(np.square(t), dtype=t.dtype) / 2


@l2_loss_op.grad
def l2_loss_grad(op: Any, dy: Tensor) -> Tensor:
    tensor: Tensor = op.inputs[0] * dy
    return tensor


def l2_loss(t: Any, name: str | None = None) -> Tensor:
    """sum(t ** 2) / 2."""
    tensor: Tensor = l2_loss_op(t, name=name)
    return tensor


def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Tensor:
    """X / sqrt(max(sum(x ** 2), epsilon)) along axes.

    Args:
      x: floating.
      axis: the axis or axes; all of them when None.
      epsilon: a lower bound for the sum.
      name: the name scope.
      dim: the old name of `axis`.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    with name_scope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        total = ops.reduction.reduce_sum(ops.elementwise.square(x), axis, keepdims=True)
        inverse = ops.elementwise.rsqrt(ops.elementwise.maximum(total, epsilon))
        tensor: Tensor = ops.elementwise.multiply(x, inverse, name=scope)
    return tensor


# --- local response normalisation (Krizhevsky et al. 2012) ---------------------------------------

_LRN_ATTRS = [
    "depth_radius: int = 5",
    "bias: float = 1.0",
    "alpha: float = 1.0",
    "beta: float = 0.5",
    "T: {half, bfloat16, float} = DT_FLOAT",
]
lrn_op = define_op(
    "LRN",
    inputs=["input: T"],
    outputs=["output: T"],
    attrs=_LRN_ATTRS,
    shape=lambda context: context.with_rank(0, 4),
)
lrn_grad_op = define_op(
    "LRNGrad",
    inputs=["input_grads: T", "input_image: T", "output_image: T"],
    outputs=["output: T"],
    attrs=_LRN_ATTRS,
    shape=all_inputs_same,
)


def _over_neighbours(x: np.ndarray, radius: int) -> np.ndarray:
    """The sums of each channel and the `radius` ones on either side of it."""
    channels = x.shape[-1]
    total = np.cumsum(np.concatenate([np.zeros_like(x[..., :1]), x], axis=-1), axis=-1)
    upper = np.minimum(np.arange(channels) + radius + 1, channels)
    lower = np.maximum(np.arange(channels) - radius, 0)
    result: np.ndarray = total[..., upper] - total[..., lower]
    return result


def _lrn_base(node: Any, x: np.ndarray) -> np.ndarray:
    attrs = node.attrs
    squares = np.square(x.astype(np.float64))
    result: np.ndarray = attrs["bias"] + attrs["alpha"] * _over_neighbours(
        squares, attrs["depth_radius"]
    )
    return result


@lrn_op.define
def lrn_reference(node: Any, x: np.ndarray) -> np.ndarray:
    windows.check_rank("in", x.shape, 4)
    result: np.ndarray = x * _lrn_base(node, x) ** -node.attrs["beta"]
    return result


@lrn_op.grad
def lrn_grad(op: Any, dy: Tensor) -> Tensor:
    names = ("depth_radius", "bias", "alpha", "beta")
    attrs = {name: op.node_attrs[name] for name in names}
    tensor: Tensor = lrn_grad_op(dy, op.inputs[0], op.outputs[0], **attrs)
    return tensor


@lrn_grad_op.define
def lrn_grad_reference(node: Any, dy: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """y_i = x_i b_i^-beta, b_i = bias + alpha sum_j x_j^2 over the neighbours j of i."""
    attrs = node.attrs
    base = _lrn_base(node, x)
    through_base = _over_neighbours(dy * y / base, attrs["depth_radius"])
    result: np.ndarray = (
        dy * base ** -attrs["beta"] - 2 * attrs["alpha"] * attrs["beta"] * x * through_base
    )
    return result


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1,
    alpha: float = 1,
    beta: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """X / (bias + alpha * sum of squares over neighbouring channels) ** beta.

    Args:
      input: [batch, height, width, channels].
      depth_radius: how many channels on either side count.
      bias: keeps the divisor away from 0.
      alpha: the weight of the squares.
      beta: the exponent.
      name: the node's name.
    """
    tensor: Tensor = lrn_op(
        input, depth_radius=depth_radius, bias=bias, alpha=alpha, beta=beta, name=name
    )
    return tensor


def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """The share of elements that are zero, as a float32 scalar."""
    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        zeros = ops.elementwise.equal(value, ops.array.zeros([], dtype=value.dtype))
        tensor: Tensor = ops.reduction.reduce_mean(ops.elementwise.to_float(zeros))
    return tensor
