"""Sums of products over labelled axes: Einsum, `tf.einsum`."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import ops
from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.scopes import name_scope
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .matmul import multiply

ELLIPSIS = "..."
Labels = tuple[str, ...]  # one for each axis; those that an ellipsis stands for are numbered


def axis_labels(subscripts: str, rank: int) -> Labels:
    """The label of each axis; an ellipsis's axes are "-1", "-2"... counted from its end.

    Raises:
      ValueError: the subscripts do not fit the rank.
    """
    before, dots, after = subscripts.partition(ELLIPSIS)
    count = rank - len(before) - len(after)
    if count < 0 or (count and not dots):
        raise ValueError(f"Expected rank {len(before + after)} but got {rank} for {subscripts!r}")
    return (*before, *(str(i) for i in range(-count, 0)), *after)


def _split(equation: str) -> tuple[list[str], str]:
    inputs, arrow, output = equation.partition("->")
    if not arrow:
        raise ValueError(f"Expecting exactly one '->' in einsum equation: {equation}")
    return inputs.split(","), output


def _output_labels(output: str, inputs: Sequence[Labels]) -> Labels:
    ranks = [sum(not label.isalpha() for label in labels) for labels in inputs]
    return axis_labels(output, len(output.replace(ELLIPSIS, "")) + _if_dots(output, max(ranks)))


def _if_dots(subscripts: str, count: int) -> int:
    return count if ELLIPSIS in subscripts else 0


# --- the op ---------------------------------------------------------------------------------------


def einsum_shape(context: ShapeContext) -> TensorShape:
    inputs, output = _split(context.attrs["equation"])
    if len(inputs) != context.num_inputs:
        raise ValueError(f"Expected {len(inputs)} inputs, got {context.num_inputs}")
    sizes: dict[str, int | None] = {}
    labels = []
    for subscripts, shape in zip(inputs, context.shapes, strict=True):
        if shape.ndims is None:
            return TensorShape(None)
        labels.append(axis_labels(subscripts, shape.ndims))
        for label, size in zip(labels[-1], shape.as_list(), strict=True):
            sizes[label] = _merged_size(
                label, sizes.get(label, 1 if label[0] == "-" else None), size
            )
    return TensorShape([sizes[label] for label in _output_labels(output, labels)])


def _merged_size(label: str, a: int | None, b: int | None) -> int | None:
    if label[0] == "-" and 1 in (a, b):
        return b if a == 1 else a
    if a is not None and b is not None and a != b:
        raise ValueError(f"Dimensions must be equal, but are {a} and {b} (axis {label!r})")
    return b if a is None else a


einsum_op = define_op(
    "Einsum",
    ["inputs: N * T"],
    ["output: T"],
    ["equation: string", "N: int >= 1", "T: type"],
    einsum_shape,
)


@einsum_op.define
def einsum_reference(node: Any, *arrays: np.ndarray) -> np.ndarray:
    """One product of matrices, after each input lost the axes that it has for itself."""
    inputs, output = _split(node.attrs["equation"])
    try:
        labels = [axis_labels(s, x.ndim) for s, x in zip(inputs, arrays, strict=True)]
    except ValueError as error:
        raise errors.InvalidArgumentError(None, None, str(error)) from None
    wanted = _output_labels(output, labels)
    _check_sizes(arrays, labels)
    kept = [
        set(wanted).union(*(other for j, other in enumerate(labels) if j != i))
        for i in range(len(labels))
    ]
    parts = [_reduce(x, own, keep) for x, own, keep in zip(arrays, labels, kept, strict=True)]
    if len(parts) == 1:
        result, own = parts[0]
    else:
        result, own = _contract(*parts[0], *parts[1], set(wanted))
    return _arrange(result, own, wanted)


def _check_sizes(arrays: Sequence[np.ndarray], labels: Sequence[Labels]) -> None:
    sizes: dict[str, int | None] = {}
    for x, own in zip(arrays, labels, strict=True):
        for label, size in zip(own, x.shape, strict=True):
            try:
                start = 1 if label[0] == "-" else None
                sizes[label] = _merged_size(label, sizes.get(label, start), size)
            except ValueError as error:
                raise errors.InvalidArgumentError(None, None, str(error)) from None


def _reduce(x: np.ndarray, labels: Labels, keep: set[str]) -> tuple[np.ndarray, Labels]:
    """Diagonals for repeated labels, and sums over those that nothing else has."""
    unique = tuple(dict.fromkeys(labels))
    if len(unique) < len(labels):
        number = {label: i for i, label in enumerate(unique)}
        x = np.einsum(x, [number[label] for label in labels], [*range(len(unique))])
    lonely = tuple(i for i, label in enumerate(unique) if label not in keep)
    if lonely:
        x = x.sum(axis=lonely, dtype=x.dtype)
    return x, tuple(label for label in unique if label in keep)


def _contract(
    a: np.ndarray, a_labels: Labels, b: np.ndarray, b_labels: Labels, wanted: set[str]
) -> tuple[np.ndarray, Labels]:
    """[batch, a's own, summed] @ [batch, summed, b's own]."""
    shared = [label for label in a_labels if label in b_labels]
    batch = [label for label in shared if label in wanted]
    summed = [label for label in shared if label not in wanted]
    a_own = [label for label in a_labels if label not in b_labels]
    b_own = [label for label in b_labels if label not in a_labels]
    left, right = (
        _ordered(a, a_labels, batch + a_own + summed),
        _ordered(b, b_labels, batch + summed + b_own),
    )
    n = len(batch)
    left_batch, right_batch = left.shape[:n], right.shape[:n]
    a_sizes, b_sizes = left.shape[n : n + len(a_own)], right.shape[n + len(summed) :]
    inner = math.prod(right.shape[n : n + len(summed)])
    left = left.reshape((*left_batch, math.prod(a_sizes), inner))
    right = right.reshape((*right_batch, inner, math.prod(b_sizes)))
    product = multiply(left, right)
    return product.reshape((*product.shape[:-2], *a_sizes, *b_sizes)), tuple(batch + a_own + b_own)


def _ordered(x: np.ndarray, labels: Labels, order: Sequence[str]) -> np.ndarray:
    return np.transpose(x, [labels.index(label) for label in order])


def _arrange(x: np.ndarray, labels: Labels, wanted: Labels) -> np.ndarray:
    """The axes in the order of the output; repeated labels put the elements on a diagonal."""
    unique = tuple(dict.fromkeys(wanted))
    x = _ordered(x, labels, unique)
    if len(unique) == len(wanted):
        return x
    sizes = dict(zip(unique, x.shape, strict=True))
    out = np.zeros([sizes[label] for label in wanted], x.dtype)
    number = {label: i for i, label in enumerate(unique)}
    diagonal = np.einsum(out, [number[label] for label in wanted], [*range(len(unique))])
    diagonal[...] = x
    return out


# --- gradient -------------------------------------------------------------------------------------


@einsum_op.grad
def einsum_grad(op: Any, dz: Any) -> list[Any]:
    """A factor's gradient is einsum(dz, the other): over a label that neither has, it is spread."""
    inputs, output = _split(op.node_attrs["equation"])
    if ELLIPSIS in output:
        inputs = [s if ELLIPSIS in s else s + ELLIPSIS for s in inputs]
    if len(op.inputs) == 1:
        return [_input_gradient([dz], [output], op.inputs[0], inputs[0])]
    x, y = op.inputs
    conj = ops.elementwise.conj
    dx = _input_gradient([dz, conj(y)], [output, inputs[1]], x, inputs[0])
    dy = _input_gradient([dz, conj(x)], [output, inputs[0]], y, inputs[1])
    if ELLIPSIS in output:
        return _unbroadcast((dx, dy), (x, y), inputs)
    return [dx, dy]


def _input_gradient(
    factors: list[Any], subscripts: list[str], x: Tensor, x_subscripts: str
) -> Tensor:
    known = "".join(subscripts)
    spread = [c for c in dict.fromkeys(x_subscripts.replace(ELLIPSIS, "")) if c not in known]
    target = "".join(c for c in x_subscripts if c not in spread)
    if not spread:
        return _apply(factors, subscripts, target)
    reached = "".join(dict.fromkeys(target.replace(ELLIPSIS, ""))) + _dots(target)
    gradient = _apply(factors, subscripts, reached)
    before, _, after = x_subscripts.partition(ELLIPSIS)
    axes = [before.index(c) if c in before else after.index(c) - len(after) for c in spread]
    shape = ops.array.shape(x)
    ones = ops.array.ones(ops.array.stack([shape[axis] for axis in axes]), x.dtype.base_dtype)
    return _apply([gradient, ones], [reached, "".join(spread)], x_subscripts)


def _dots(subscripts: str) -> str:
    return ELLIPSIS if ELLIPSIS in subscripts else ""


def _apply(factors: list[Any], subscripts: list[str], output: str) -> Tensor:
    tensor: Tensor = einsum_op(factors, equation=f"{','.join(subscripts)}->{output}")
    return tensor


def _unbroadcast(
    gradients: tuple[Any, Any], xs: tuple[Tensor, Tensor], subscripts: list[str]
) -> list[Any]:
    """Sums over the ellipsis's axes that were broadcast."""
    bounds = []
    for s in subscripts:
        before, _, after = s.partition(ELLIPSIS)
        bounds.append(slice(len(before), -len(after) if after else None))
    if all(x.shape.is_fully_defined() for x in xs):
        batches = [x.shape.as_list()[bound] for x, bound in zip(xs, bounds, strict=True)]
        if batches[0] == batches[1]:
            return list(gradients)
    shapes = [ops.array.shape(x) for x in xs]
    axes = ops.array.broadcast_gradient_args_op(shapes[0][bounds[0]], shapes[1][bounds[1]])
    return [
        ops.array.reshape(ops.reduction.reduce_sum(gradient, axis + bound.start), shape)
        for gradient, axis, bound, shape in zip(gradients, axes, bounds, shapes, strict=True)
    ]


# --- the public function --------------------------------------------------------------------------


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """The sum of products that Einstein's notation spells.

    Args:
      equation: subscripts as in `numpy.einsum`: "ij,jk->ik"; "..." stands for leading axes that
        are broadcast. Without "->", the result has the labels that occur once, in alphabetical
        order. A label repeated in one input takes its diagonal, which TF1 refused.
      *inputs: numbers, as many as there are groups of subscripts.
      **kwargs: `name`, the name of the scope; `optimize`, how the order of more than two factors
        is chosen, as in `numpy.einsum_path`.

    Returns:
      A tensor.

    Raises:
      ValueError: the equation is malformed or does not fit the inputs.
      TypeError: another keyword is given.
    """
    name, optimize = kwargs.pop("name", None), kwargs.pop("optimize", "greedy")
    if kwargs:
        raise TypeError(f"invalid keyword arguments for this function: {', '.join(sorted(kwargs))}")
    with name_scope(name, "einsum", [equation, inputs]):
        tensors = [convert_to_tensor(x, name=f"inputs_{i}") for i, x in enumerate(inputs)]
        subscripts, output = resolve_equation(equation, [x.shape for x in tensors])
        if len(tensors) <= 2:
            return _apply(tensors, subscripts, output)
        for chosen, result in _pairs(tensors, subscripts, output, optimize):
            factors = [tensors.pop(i) for i in chosen]
            product = _apply(factors, [subscripts.pop(i) for i in chosen], result)
            tensors.append(product)
            subscripts.append(result)
        return tensors[0]


def resolve_equation(equation: str, shapes: Sequence[TensorShape]) -> tuple[list[str], str]:
    """The subscripts of each input and of the output, in their canonical form.

    Raises:
      ValueError: the equation is malformed or does not fit the shapes.
    """
    equation = equation.replace(" ", "")
    match = re.fullmatch(r"([a-zA-Z,.]*)(->[a-zA-Z.]*)?", equation)
    if match is None:
        raise ValueError(f"Indices have incorrect format: {equation}")
    inputs = match.group(1).split(",")
    if len(inputs) != len(shapes):
        raise ValueError(
            f'Got {len(shapes)} arguments for equation "{equation}", expecting {len(inputs)}.'
        )
    for subscripts, shape in zip(inputs, shapes, strict=True):
        if "." in subscripts.replace(ELLIPSIS, "", 1):
            raise ValueError(f'Period "." found outside of ellipsis in {subscripts}')
        if shape.ndims is not None:
            axis_labels(subscripts, shape.ndims)
    letters = "".join(inputs).replace(".", "")
    if ELLIPSIS in equation and set(letters) == set(string.ascii_letters):
        raise ValueError("Unable to resolve ellipsis, too many distinct labels.")
    if match.group(2) is None:
        once = "".join(sorted(c for c in letters if letters.count(c) == 1))
        return inputs, _dots("".join(inputs)) + once
    output = match.group(2)[2:]
    if "." in output.replace(ELLIPSIS, "", 1):
        raise ValueError(f'Period "." found outside of ellipsis in {output}')
    unknown = set(output.replace(".", "")) - set(letters)
    if unknown:
        raise ValueError(f"Unknown output axes: {''.join(sorted(unknown))}")
    return inputs, output


def _pairs(
    tensors: Sequence[Tensor], subscripts: Sequence[str], output: str, optimize: Any
) -> list[tuple[list[int], str]]:
    """Which inputs to multiply in each step (their places, highest first) and what results.

    Sizes that are not known count as 1.
    """
    letter = next(c for c in string.ascii_letters if c not in "".join([*subscripts, output]))
    named = [s.replace(ELLIPSIS, letter) for s in subscripts]
    wanted = output.replace(ELLIPSIS, letter)
    sizes = {c: _static_size(c, tensors, subscripts) for c in "".join(named)}
    unique = ["".join(dict.fromkeys(s)) for s in named]
    dummies = [np.broadcast_to(np.float32(0), [sizes[c] for c in s]) for s in unique]
    last = "".join(dict.fromkeys(wanted))
    path, _ = np.einsum_path(",".join(unique) + "->" + last, *dummies, optimize=optimize)
    steps = []
    remaining = list(named)
    for positions in _binary(path[1:], len(named)):
        factors = [remaining.pop(i) for i in positions]
        still = set("".join(remaining) + wanted)
        result = "".join(c for c in dict.fromkeys("".join(factors)) if c in still)
        result = result if remaining else wanted
        remaining.append(result)
        steps.append((positions, result.replace(letter, ELLIPSIS)))
    return steps


def _binary(path: Sequence[Any], count: int) -> list[list[int]]:
    """A contraction path with steps of several inputs broken into pairs."""
    steps: list[list[int]] = []
    for chosen in path:
        positions = sorted(chosen, reverse=True)
        while len(positions) > 2:
            steps.append(positions[:2])
            count -= 1
            # what was made goes to the end, and is the next factor
            positions = [count - 1, *positions[2:]]
        steps.append(positions)
        count -= len(positions) - 1
    return steps


def _static_size(label: str, tensors: Sequence[Tensor], subscripts: Sequence[str]) -> int:
    for tensor, own in zip(tensors, subscripts, strict=True):
        if label in own and tensor.shape.ndims is not None:
            labels = axis_labels(own, tensor.shape.ndims)
            size = tensor.shape.as_list()[labels.index(label)]
            if size:
                return int(size)
    return 1
