"""Learning rates that fall with the global step.

Each is a tensor: give it to an optimizer, and give the optimizer's `minimize` the same global step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.graph.conversion import convert_n_to_tensor, convert_to_tensor
from ..core.graph.scopes import name_scope
from ..core.graph.tensor import Tensor


def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`.

    Args:
      learning_rate: the rate at step 0, a number or floating-point scalar.
      global_step: the step, a number, variable or tensor.
      decay_steps: the steps after which the rate has fallen by `decay_rate`.
      decay_rate: a number.
      staircase: whether the exponent is rounded down.
      name: the name of the result.

    Raises:
      ValueError: no global step.
    """
    _check_step(global_step, "exponential_decay")
    with name_scope(name or "ExponentialDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = ops.elementwise.cast(decay_steps, rate.dtype)
        base = ops.elementwise.cast(decay_rate, rate.dtype)
        power = _periods(global_step, steps, rate, staircase)
        return ops.elementwise.multiply(rate, ops.elementwise.pow(base, power), name=scope)


def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`; as `exponential_decay`."""
    _check_step(global_step, "natural_exp_decay")
    base = ops.elementwise.exp(ops.elementwise.negative(decay_rate))
    return exponential_decay(learning_rate, global_step, decay_steps, base, staircase, name)


def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Tensor:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`; as `exponential_decay`."""
    _check_step(global_step, "inverse_time_decay")
    with name_scope(name or "InverseTimeDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = ops.elementwise.cast(decay_steps, rate.dtype)
        factor = ops.elementwise.cast(decay_rate, rate.dtype)
        periods = _periods(global_step, steps, rate, staircase)
        one = ops.elementwise.cast(ops.array.constant(1), rate.dtype)
        growth = ops.elementwise.add(one, ops.elementwise.multiply(factor, periods))
        return ops.elementwise.divide(rate, growth, name=scope)


def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Tensor:
    """From `learning_rate` to `end_learning_rate` in `decay_steps` steps, by a polynomial.

    Args:
      learning_rate: the rate at step 0, a number or floating-point scalar.
      global_step: the step, a number, variable or tensor.
      decay_steps: how many steps it takes.
      end_learning_rate: the rate after that.
      power: the polynomial's power; 1 for a straight line.
      cycle: whether the rate rises again, and falls over the next multiple of `decay_steps`.
      name: the name of the result.

    Raises:
      ValueError: no global step.
    """
    _check_step(global_step, "polynomial_decay")
    with name_scope(name or "PolynomialDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        end = ops.elementwise.cast(end_learning_rate, rate.dtype)
        exponent = ops.elementwise.cast(power, rate.dtype)
        step = ops.elementwise.cast(global_step, rate.dtype)
        steps = ops.elementwise.cast(decay_steps, rate.dtype)
        if cycle:
            count = ops.control.cond(
                ops.elementwise.equal(step, 0),
                lambda: ops.array.constant(1.0, rate.dtype),
                lambda: ops.elementwise.ceil(step / steps),
            )
            steps = ops.elementwise.multiply(steps, count)
        else:
            step = ops.elementwise.minimum(step, steps)
        fraction = ops.elementwise.divide(step, steps)
        fall = rate - end
        left = ops.elementwise.multiply(fall, ops.elementwise.pow(1 - fraction, exponent))
        return ops.elementwise.add(left, end, name=scope)


def piecewise_constant(
    x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None
) -> Tensor:
    """`values[i]` between `boundaries[i - 1]` (excluded) and `boundaries[i]` (included).

    Args:
      x: a scalar, such as the global step.
      boundaries: growing numbers of the type of x.
      values: one more than there are boundaries, all of one type.
      name: a name scope for the nodes.

    Raises:
      ValueError: the types or the lengths do not fit.
    """
    limits = convert_n_to_tensor(boundaries)
    choices = convert_n_to_tensor(values)
    position = convert_to_tensor(x)
    limits = [_like_position(limit, position) for limit in limits]
    for value in choices[1:]:
        if value.dtype.base_dtype != choices[0].dtype.base_dtype:
            raise ValueError(
                "Values must have elements all with the same dtype "
                f"({choices[0].dtype.base_dtype} vs {value.dtype.base_dtype})."
            )
    if len(limits) != len(choices) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    with name_scope(name or "PiecewiseConstant"):
        pairs = [
            (position <= limits[0], _always(choices[0])),
            (position > limits[-1], _always(choices[-1])),
        ]
        for low, high, value in zip(limits[:-1], limits[1:], choices[1:-1], strict=True):
            pairs.append(((position > low) & (position <= high), _always(value)))
        result: Tensor = ops.control.case(pairs, _always(choices[0]), exclusive=True)
        return result


def _like_position(limit: Tensor, position: Tensor) -> Tensor:
    wanted, given = position.dtype.base_dtype, limit.dtype.base_dtype
    if given == wanted:
        return limit
    if given == dtypes.int32 and wanted == dtypes.int64:
        return ops.elementwise.cast(limit, wanted)
    raise ValueError(f"Boundaries ({given}) must have the same dtype as x ({wanted}).")


def _always(value: Tensor) -> Any:
    return lambda: ops.array.identity(value)


def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """From `learning_rate` to `alpha * learning_rate`, along half a cosine.

    Args:
      learning_rate: the rate at step 0, a number or floating-point scalar.
      global_step: the step, a number, variable or tensor.
      decay_steps: how many steps it takes.
      alpha: the fraction that is left.
      name: a name scope for the nodes.

    Raises:
      ValueError: no global step.
    """
    _check_step(global_step, "cosine decay")
    with name_scope(name or "CosineDecay"):
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps = ops.elementwise.cast(decay_steps, rate.dtype)
        step = ops.elementwise.minimum(ops.elementwise.cast(global_step, rate.dtype), steps)
        decayed = (1 - alpha) * (0.5 * _raised_cosine(step / steps)) + alpha
        return ops.elementwise.multiply(rate, decayed)


def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Tensor:
    """`cosine_decay` with warm restarts.

    Args:
      learning_rate: the rate at step 0, a number or floating-point scalar.
      global_step: the step, a number, variable or tensor.
      first_decay_steps: the length of the first period.
      t_mul: by how much each period is longer than the one before.
      m_mul: by how much each starts lower than the one before.
      alpha: the fraction of the rate that is always left.
      name: the name of the result.

    Raises:
      ValueError: no global step.
    """
    _check_step(global_step, "cosine decay restarts")
    with name_scope(name or "SGDRDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        first, rest, t, m = (
            ops.elementwise.cast(value, rate.dtype)
            for value in (first_decay_steps, alpha, t_mul, m_mul)
        )
        fraction = ops.elementwise.cast(global_step, rate.dtype) / first

        def equal_periods() -> tuple[Tensor, Tensor]:
            restart = ops.elementwise.floor(fraction)
            return restart, fraction - restart

        def growing_periods() -> tuple[Tensor, Tensor]:
            # The periods before number i take (1 - t^i) / (1 - t) of the first one.
            log = ops.elementwise.log
            restart = ops.elementwise.floor(log(1.0 - fraction * (1.0 - t)) / log(t))
            before = (1.0 - t**restart) / (1.0 - t)
            return restart, (fraction - before) / t**restart

        restart, part = ops.control.cond(
            ops.elementwise.equal(t, 1.0), equal_periods, growing_periods
        )
        cosine = 0.5 * m**restart * _raised_cosine(part)
        return ops.elementwise.multiply(rate, (1 - rest) * cosine + rest, name=scope)


def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """`learning_rate * ((alpha + linear) * cosine + beta)`, both falling from 1 to 0.

    Args:
      learning_rate: the rate at step 0, a number or floating-point scalar.
      global_step: the step, a number, variable or tensor.
      decay_steps: how many steps it takes.
      num_periods: how many periods of the cosine these are.
      alpha, beta: numbers.
      name: the name of the result.

    Raises:
      ValueError: no global step.
    """
    _check_step(global_step, "linear cosine decay")
    with name_scope(name or "LinearCosineDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps, periods, added, floor = (
            ops.elementwise.cast(value, rate.dtype)
            for value in (decay_steps, num_periods, alpha, beta)
        )
        step = ops.elementwise.minimum(ops.elementwise.cast(global_step, rate.dtype), steps)
        linear = (steps - step) / steps
        fraction = step / steps
        cosine = 0.5 * _raised_cosine(2.0 * periods * fraction)
        return ops.elementwise.multiply(rate, (added + linear) * cosine + floor, name=scope)


def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Tensor:
    """`linear_cosine_decay` with normal noise on the linear part.

    Args:
      learning_rate: the rate at step 0, a number or floating-point scalar.
      global_step: the step, a number, variable or tensor.
      decay_steps: how many steps it takes.
      initial_variance: the noise's variance at step 0.
      variance_decay: the variance falls with `(1 + global_step) ** variance_decay`.
      num_periods: how many periods of the cosine these are.
      alpha, beta: numbers.
      name: the name of the result.

    Raises:
      ValueError: no global step.
    """
    _check_step(global_step, "noisy linear cosine decay")
    with name_scope(name or "NoisyLinearCosineDecay") as scope:
        rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
        steps, start, fall, periods, added, floor = (
            ops.elementwise.cast(value, rate.dtype)
            for value in (decay_steps, initial_variance, variance_decay, num_periods, alpha, beta)
        )
        step = ops.elementwise.minimum(ops.elementwise.cast(global_step, rate.dtype), steps)
        linear = (steps - step) / steps
        deviation = ops.elementwise.sqrt(start / ops.elementwise.pow(1.0 + step, fall))
        noisy = linear + ops.random.random_normal(
            linear.shape, stddev=deviation, dtype=rate.dtype.base_dtype
        )
        fraction = step / steps
        cosine = 0.5 * _raised_cosine(2.0 * periods * fraction)
        return ops.elementwise.multiply(rate, (added + noisy) * cosine + floor, name=scope)


def _raised_cosine(fraction: Tensor) -> Tensor:
    """`1 + cos(pi * fraction)`: from 2 to 0."""
    pi = ops.array.constant(math.pi, dtype=fraction.dtype.base_dtype)
    return 1.0 + ops.elementwise.cos(pi * fraction)


def _periods(global_step: Any, steps: Tensor, rate: Tensor, staircase: bool) -> Tensor:
    """How many times `steps` have passed."""
    passed = ops.elementwise.cast(global_step, rate.dtype) / steps
    return ops.elementwise.floor(passed) if staircase else passed


def _check_step(global_step: Any, what: str) -> None:
    if global_step is None:
        raise ValueError(f"global_step is required for {what}.")
