"""EditDistance: Levenshtein's distance of sequences held as sparse tensors."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.indexed_slices import SparseTensor, SparseTensorValue
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from .signatures import T


def edit_distance_shape(context: ShapeContext) -> TensorShape:
    for first in (0, 3):
        context.with_rank(first, 2)
        context.with_rank(first + 1, 1)
        context.with_rank(first + 2, 1)
    hypothesis, truth = context.constant(2), context.constant(5)
    if hypothesis is None or truth is None:
        return TensorShape(None)
    if len(hypothesis) != len(truth):
        raise ValueError(
            f"Num elements of hypothesis_shape does not match truth_shape: {len(hypothesis)} vs. "
            f"{len(truth)}"
        )
    return TensorShape(np.maximum(hypothesis, truth)[:-1].tolist())


edit_distance_op = define_op(
    "EditDistance",
    [
        "hypothesis_indices: int64",
        "hypothesis_values: T",
        "hypothesis_shape: int64",
        "truth_indices: int64",
        "truth_values: T",
        "truth_shape: int64",
    ],
    ["output: float"],
    ["normalize: bool = true", T],
    edit_distance_shape,
)
edit_distance_op.no_grad()


@edit_distance_op.define
def edit_distance_reference(
    node: Any,
    hypothesis_indices: np.ndarray,
    hypothesis_values: np.ndarray,
    hypothesis_shape: np.ndarray,
    truth_indices: np.ndarray,
    truth_values: np.ndarray,
    truth_shape: np.ndarray,
) -> np.ndarray:
    if len(truth_shape) < 2:
        raise errors.InvalidArgumentError(
            None,
            None,
            "Input SparseTensors must have rank at least 2, but truth_shape rank is: "
            f"{len(truth_shape)}",
        )
    if len(truth_shape) != len(hypothesis_shape):
        raise errors.InvalidArgumentError(
            None,
            None,
            "Expected truth and hypothesis to have matching ranks, but their shapes are: "
            f"{list(truth_shape.shape)} and {list(hypothesis_shape.shape)}",
        )
    hypotheses = _sequences(hypothesis_indices, hypothesis_values)
    truths = _sequences(truth_indices, truth_values)
    result = np.zeros(np.maximum(hypothesis_shape, truth_shape)[:-1], np.float32)
    for place in hypotheses.keys() | truths.keys():
        hypothesis, truth = hypotheses.get(place, []), truths.get(place, [])
        distance: float = _distance(hypothesis, truth)
        if node.attrs["normalize"] and distance:
            distance = distance / len(truth) if truth else np.inf
        if any(i >= n for i, n in zip(place, result.shape, strict=True)):
            raise errors.InvalidArgumentError(
                None, None, f"indices {list(place)} are outside of the shape {list(result.shape)}"
            )
        result[place] = distance
    return result


def _sequences(indices: np.ndarray, values: np.ndarray) -> dict[tuple[int, ...], list[Any]]:
    """The values by all indices but the last, in order."""
    sequences: dict[tuple[int, ...], list[Any]] = defaultdict(list)
    for index, value in zip(indices[:, :-1].tolist(), values.tolist(), strict=True):
        sequences[tuple(index)].append(value)
    return dict(sequences)


def _distance(a: list[Any], b: list[Any]) -> int:
    """The least number of insertions, deletions and substitutions that turn one into the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]


def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance"
) -> Tensor:
    """Levenshtein's distance of sequences.

    Args:
      hypothesis: a SparseTensor; its last dimension runs along the sequences.
      truth: a SparseTensor of the same rank and type.
      normalize: whether distances are divided by the length of the truth (infinite, when there
        is no truth for a hypothesis).
      name: the node's name.

    Returns:
      float32, of the shape of the inputs without the last dimension.

    Raises:
      TypeError: an input is no SparseTensor.
    """
    for what, value in (("Hypothesis", hypothesis), ("Truth", truth)):
        if not isinstance(value, SparseTensor | SparseTensorValue):
            raise TypeError(f"{what} must be a SparseTensor.")
    tensor: Tensor = edit_distance_op(
        hypothesis.indices,
        hypothesis.values,
        hypothesis.dense_shape,
        truth.indices,
        truth.values,
        truth.dense_shape,
        normalize=normalize,
        name=name,
    )
    return tensor
