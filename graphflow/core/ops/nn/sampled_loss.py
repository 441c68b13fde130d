"""Losses over a sample of the classes: noise-contrastive estimation and sampled softmax."""

from __future__ import annotations

from typing import Any

from ... import ops
from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .candidate_sampling import compute_accidental_hits, log_uniform_candidate_sampler
from .cross_entropy import (
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
)
from .embedding import embedding_lookup


def sampled_logits(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    subtract_log_q: bool = True,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str | None = None,
    seed: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The logits of the true classes and of sampled ones, and the labels that go with them.

    Args:
      weights: as `nce_loss`, as are the arguments that are not named here.
      biases: likewise.
      labels: likewise.
      inputs: likewise.
      num_sampled: likewise.
      num_classes: likewise.
      num_true: likewise.
      sampled_values: likewise.
      subtract_log_q: whether each logit is lowered by the logarithm of its expected count, which
        makes up for classes that are drawn more often than others.
      remove_accidental_hits: whether the logits of sampled classes that are true get the lowest
        float added.
      partition_strategy: likewise.
      name: the name scope.
      seed: the sampler's seed.

    Returns:
      (logits, labels), both [batch, num_true + num_sampled]; labels are 1 / num_true and 0.
    """
    shards = list(weights) if isinstance(weights, list | tuple) else [weights]
    with name_scope(name, "compute_sampled_logits", [*shards, biases, inputs, labels]):
        inputs = convert_to_tensor(inputs, name="inputs")
        labels = convert_to_tensor(labels, name="labels")
        if labels.dtype != dtypes.int64:
            labels = ops.elementwise.cast(labels, dtypes.int64)
        flat = ops.array.reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = log_uniform_candidate_sampler(
                labels, num_true, num_sampled, True, num_classes, seed=seed
            )
        sampled, true_counts, sampled_counts = map(ops.array.stop_gradient, sampled_values)
        sampled = ops.elementwise.cast(sampled, dtypes.int64)
        everything = ops.array.concat([flat, sampled], 0)
        rows, row_biases = (
            _like(embedding_lookup(table, everything, partition_strategy), inputs)
            for table in (weights, biases)
        )
        count = ops.array.shape(flat)[0]
        of_true = _dots(inputs, rows[:count], num_true)
        of_true += ops.array.reshape(row_biases[:count], [-1, num_true])
        of_sampled = ops.linalg.matmul(inputs, rows[count:], transpose_b=True)
        of_sampled += row_biases[count:]
        if remove_accidental_hits:
            of_sampled += _penalties(labels, sampled, num_true, num_sampled, of_sampled.dtype)
        if subtract_log_q:
            of_true -= _like(ops.elementwise.log(true_counts), inputs)
            of_sampled -= _like(ops.elementwise.log(sampled_counts), inputs)
        logits: Tensor = ops.array.concat([of_true, of_sampled], 1)
        ones, zeros = ops.array.ones_like(of_true), ops.array.zeros_like(of_sampled)
        return logits, ops.array.concat([ones / num_true, zeros], 1)


def _like(tensor: Tensor, other: Tensor) -> Tensor:
    """The tensor in the other's type."""
    if tensor.dtype.base_dtype == other.dtype.base_dtype:
        return tensor
    converted: Tensor = ops.elementwise.cast(tensor, other.dtype)
    return converted


def _dots(inputs: Tensor, rows: Tensor, num_true: int) -> Tensor:
    """The products of each input with the rows of its own true classes, [batch, num_true]."""
    size = ops.array.shape(rows)[1:2]
    of_inputs = ops.array.reshape(rows, ops.array.concat([[-1, num_true], size], 0))
    products = ops.array.expand_dims(inputs, 1) * of_inputs
    matrix = ops.array.reshape(products, ops.array.concat([[-1], size], 0))
    result: Tensor = ops.array.reshape(_sums_of_rows(matrix), [-1, num_true])
    return result


def _sums_of_rows(matrix: Tensor) -> Tensor:
    """By a product with ones, as in TF: the sums that both round alike."""
    ones = ops.array.ones(ops.array.stack([ops.array.shape(matrix)[1], 1]), matrix.dtype)
    sums: Tensor = ops.array.reshape(ops.linalg.matmul(matrix, ones), [-1])
    return sums


def _penalties(
    labels: Tensor, sampled: Tensor, num_true: int, num_sampled: int, dtype: Any
) -> Tensor:
    """The lowest float32 where a sampled class is a true one of that row, else 0."""
    rows, places, weights = compute_accidental_hits(labels, sampled, num_true)
    indices = ops.array.stack([rows, ops.elementwise.cast(places, dtypes.int32)], axis=1)
    shape = ops.array.concat(
        [ops.array.shape(labels)[:1], ops.array.expand_dims(num_sampled, 0)], 0
    )
    dense = ops.array.scatter_nd(indices, weights, shape)
    # Two equal labels in a row hit twice: their sum would be -inf.
    bounded = ops.elementwise.maximum(dense, dtypes.float32.min)
    if dtype == dtypes.float32:
        return bounded
    converted: Tensor = ops.elementwise.cast(bounded, dtype)
    return converted


def nce_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = False,
    partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Tensor:
    """Noise-contrastive estimation: tells true classes from sampled ones (Gutmann 2010).

    For training; in evaluation use `sigmoid_cross_entropy_with_logits` over all classes.

    Args:
      weights: [num_classes, dim], or a list of shards of it.
      biases: [num_classes].
      labels: integers [batch, num_true], the true classes.
      inputs: [batch, dim].
      num_sampled: how many classes are sampled for the whole batch.
      num_classes: how many classes there are.
      num_true: how many true classes an example has.
      sampled_values: what a candidate sampler returned; by default
        `log_uniform_candidate_sampler` is called, for which classes are sorted by frequency.
      remove_accidental_hits: whether sampled classes that are true are left out.
      partition_strategy: how rows are spread over shards, as in `embedding_lookup`.
      name: the name scope.

    Returns:
      The losses, [batch].
    """
    logits, targets = sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits=remove_accidental_hits,
        partition_strategy=partition_strategy,
        name=name,
    )
    losses = sigmoid_cross_entropy_with_logits(labels=targets, logits=logits, name="sampled_losses")
    return _sums_of_rows(losses)


def sampled_softmax_loss(
    weights: Any,
    biases: Any,
    labels: Any,
    inputs: Any,
    num_sampled: int,
    num_classes: int,
    num_true: int = 1,
    sampled_values: Any = None,
    remove_accidental_hits: bool = True,
    partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss",
    seed: int | None = None,
) -> Tensor:
    """Softmax cross entropy over the true and some sampled classes (Jean et al. 2014).

    For training; it is below the loss over all classes, which is for evaluation.

    Args:
      weights: as `nce_loss`.
      biases: likewise.
      labels: likewise.
      inputs: likewise.
      num_sampled: likewise.
      num_classes: likewise.
      num_true: likewise; each true class then has the probability 1 / num_true.
      sampled_values: likewise.
      remove_accidental_hits: likewise.
      partition_strategy: likewise.
      name: the name scope.
      seed: the sampler's seed.

    Returns:
      The losses, [batch].
    """
    logits, targets = sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits=remove_accidental_hits,
        partition_strategy=partition_strategy,
        name=name,
        seed=seed,
    )
    targets = ops.array.stop_gradient(targets, name="labels_stop_gradient")
    return softmax_cross_entropy_with_logits_v2(targets, logits)
