"""Candidate samplers: a few classes drawn from many, to train on instead of all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...base import errors
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..random.numerics.philox import Philox
from ..random.seeds import get_seed
from .range_samplers import (
    AllSampler,
    FixedUnigramSampler,
    LearnedUnigramSampler,
    LogUniformSampler,
    RangeSampler,
    UniformSampler,
    Words,
    read_unigrams,
    unigram_weights,
)

_BLOCKS_PER_SAMPLE = 512  # that TF sets aside, of which rejected draws take what they need
_SEEDS = ["seed: int = 0", "seed2: int = 0"]
_ATTRS = ["num_true: int >= 1", "num_sampled: int >= 1", "unique: bool"]
_RANGE = "range_max: int >= 1"


class Candidates(NamedTuple):
    """What samplers return: the classes [num_sampled], and how often each class was to be expected.

    The expected counts are float32, for the true classes [batch, num_true] and the sampled ones
    [num_sampled].
    """

    sampled_candidates: Any
    true_expected_count: Any
    sampled_expected_count: Any


def candidate_sampler_shape(context: ShapeContext) -> list[TensorShape]:
    batch = context.with_rank(0, 2).as_list()[0]
    sampled = TensorShape([context.attrs["num_sampled"]])
    return [sampled, TensorShape([batch, context.attrs["num_true"]]), sampled]


class _SamplerState:
    """What a sampler node keeps from run to run."""

    def __init__(self, node: Any, make: Callable[[Any], RangeSampler]) -> None:
        self.philox = Philox(node.attrs["seed"], node.attrs["seed2"])
        self.sampler = make(node.attrs)
        self.lock = threading.Lock()


def _define_sampler(name: str, attrs: Sequence[str], make: Callable[[Any], RangeSampler]) -> OpDef:
    op = define_op(
        f"{name}CandidateSampler",
        ["true_classes: int64"],
        [
            "sampled_candidates: int64",
            "true_expected_count: float",
            "sampled_expected_count: float",
        ],
        [*_ATTRS, *attrs, *_SEEDS],
        candidate_sampler_shape,
        is_stateful=True,
    )
    op.no_grad()

    @op.define_with_context
    def sampler_reference(node: Any, context: Any, true_classes: np.ndarray) -> tuple[Any, ...]:
        _check_true_classes(true_classes, node.attrs["num_true"])
        state: _SamplerState = context.op_state(node, lambda: _SamplerState(node, make))
        sampler, count, unique = state.sampler, node.attrs["num_sampled"], node.attrs["unique"]
        if unique and count > sampler.size:
            raise _invalid(
                f"Sampler's range is too small: {count} distinct classes of {sampler.size}"
            )
        words = Words(state.philox.reserve(_BLOCKS_PER_SAMPLE * count))
        _check_range(true_classes, sampler)
        with state.lock:
            sampled, tries = sampler.sample(words, count, unique)
            of_true, of_sampled = (
                sampler.expected_counts(values, count, tries) for values in (true_classes, sampled)
            )
            if isinstance(sampler, LearnedUnigramSampler):
                sampler.update(true_classes)
        return sampled, of_true, of_sampled

    return op


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _check_true_classes(true_classes: np.ndarray, num_true: int) -> None:
    if true_classes.ndim != 2:
        raise _invalid(f"true_classes must be a matrix, got shape {list(true_classes.shape)}")
    if true_classes.shape[1] != num_true:
        raise _invalid(
            f"true_classes must have num_true columns, expected: {num_true} was: "
            f"{true_classes.shape[1]}"
        )


def _check_range(true_classes: np.ndarray, sampler: RangeSampler) -> None:
    """A learned distribution has no place for a class out of range; there TF reads past its end."""
    if isinstance(sampler, LearnedUnigramSampler):
        wrong = (true_classes < 0) | (true_classes >= sampler.size)
        if wrong.any():
            raise _invalid(
                f"true_classes has {true_classes[wrong][0]}, which is not in [0, {sampler.size})"
            )


def _fixed_unigrams(attrs: Any) -> RangeSampler:
    path, unigrams = attrs["vocab_file"], attrs["unigrams"]
    if not path and not unigrams:
        raise _invalid("Must provide either vocab_file or unigrams.")
    if path and unigrams:
        raise _invalid("Must only provide one of vocab_file and unigrams.")
    names = ("distortion", "num_reserved_ids", "num_shards", "shard")
    weights = unigram_weights(
        read_unigrams(path) if path else unigrams, *(attrs[name] for name in names)
    )
    return FixedUnigramSampler(attrs["range_max"], weights)


uniform_candidate_sampler_op = _define_sampler(
    "Uniform", [_RANGE], lambda attrs: UniformSampler(attrs["range_max"])
)
log_uniform_candidate_sampler_op = _define_sampler(
    "LogUniform", [_RANGE], lambda attrs: LogUniformSampler(attrs["range_max"])
)
learned_unigram_candidate_sampler_op = _define_sampler(
    "LearnedUnigram", [_RANGE], lambda attrs: LearnedUnigramSampler(attrs["range_max"])
)
thread_unsafe_unigram_candidate_sampler_op = _define_sampler(
    "ThreadUnsafeUnigram", [_RANGE], lambda attrs: LearnedUnigramSampler(attrs["range_max"])
)
all_candidate_sampler_op = _define_sampler(
    "All", [], lambda attrs: AllSampler(attrs["num_sampled"])
)
fixed_unigram_candidate_sampler_op = _define_sampler(
    "FixedUnigram",
    [
        _RANGE,
        "vocab_file: string = ''",
        "distortion: float = 1.0",
        "num_reserved_ids: int = 0",
        "num_shards: int >= 1 = 1",
        "shard: int >= 0 = 0",
        "unigrams: list(float) = []",
    ],
    _fixed_unigrams,
)


# --- accidental hits -----------------------------------------------------------------------------


def accidental_hits_shape(context: ShapeContext) -> list[TensorShape]:
    columns = context.with_rank(0, 2).as_list()[1]
    num_true = context.attrs["num_true"]
    if columns not in (None, num_true):
        raise ValueError(f"Dimension must be {num_true} but is {columns}")
    context.with_rank(1, 1)
    return [TensorShape([None])] * 3


compute_accidental_hits_op = define_op(
    "ComputeAccidentalHits",
    ["true_classes: int64", "sampled_candidates: int64"],
    ["indices: int32", "ids: int64", "weights: float"],
    ["num_true: int", *_SEEDS],
    accidental_hits_shape,
)
compute_accidental_hits_op.no_grad()


@compute_accidental_hits_op.define
def compute_accidental_hits_reference(
    node: Any, true_classes: np.ndarray, sampled: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if true_classes.ndim != 2 or true_classes.shape[1] != node.attrs["num_true"]:
        raise _invalid(
            "true_candidates must be a batch_size * num_true matrix, got shape "
            f"{list(true_classes.shape)} and num_true {node.attrs['num_true']}"
        )
    if sampled.ndim != 1:
        raise _invalid(
            "sampled_candidates must be a vector, which is typically an output from "
            f"CandidateSampler, got shape {list(sampled.shape)}"
        )
    place_of = {value: place for place, value in enumerate(sampled.tolist())}
    hits = [
        (row, place_of[value])
        for row, values in enumerate(true_classes.tolist())
        for value in values
        if value in place_of
    ]
    rows, places = (np.array([hit[i] for hit in hits], np.int64) for i in range(2))
    return rows.astype(np.int32), places, np.full(len(hits), np.finfo(np.float32).min)


# --- the public functions ------------------------------------------------------------------------

_TEXT = """{first}

    Args:
      true_classes: int64 [batch, num_true].
      num_true: the number of true classes of an example.
      num_sampled: the number of classes to draw, for the whole batch.
      unique: whether they are distinct.
      range_max: the number of classes there are.
      seed: the op's seed.
      name: the node's name.

    Returns:
      (sampled_candidates, true_expected_count, sampled_expected_count): int64 [num_sampled],
      float32 [batch, num_true] and float32 [num_sampled].
    """


def _make_sampler(op_def: OpDef, function: str, text: str) -> Callable[..., Candidates]:
    def sampler(
        true_classes: Any,
        num_true: int,
        num_sampled: int,
        unique: bool,
        range_max: int,
        seed: int | None = None,
        name: str | None = None,
    ) -> Candidates:
        seed1, seed2 = get_seed(seed)
        outputs = op_def(
            true_classes,
            num_true=num_true,
            num_sampled=num_sampled,
            unique=unique,
            range_max=range_max,
            seed=seed1,
            seed2=seed2,
            name=name,
        )
        return Candidates(*outputs)

    sampler.__name__ = sampler.__qualname__ = function
    sampler.__doc__ = _TEXT.format(first=text)
    return sampler


uniform_candidate_sampler = _make_sampler(
    uniform_candidate_sampler_op,
    "uniform_candidate_sampler",
    "Draws classes, all alike.",
)
log_uniform_candidate_sampler = _make_sampler(
    log_uniform_candidate_sampler_op,
    "log_uniform_candidate_sampler",
    "Draws classes by Zipf's law: P(k) = log((k + 2) / (k + 1)) / log(range_max + 1).",
)
learned_unigram_candidate_sampler = _make_sampler(
    learned_unigram_candidate_sampler_op,
    "learned_unigram_candidate_sampler",
    "Draws classes as often as they were among `true_classes` in earlier runs, plus one.",
)


def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Sequence[float] = (),
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """Draws classes with given frequencies.

    Args:
      true_classes: int64 [batch, num_true].
      num_true: the number of true classes of an example.
      num_sampled: the number of classes to draw, for the whole batch.
      unique: whether they are distinct.
      range_max: the number of classes there are, reserved ones included.
      vocab_file: a file whose lines end in `,frequency`, one for each class.
      distortion: the power that frequencies are raised to.
      num_reserved_ids: how many classes come before those with frequencies; never drawn.
      num_shards: into how many parts the classes are dealt out.
      shard: which of these parts this is.
      unigrams: the frequencies themselves, instead of a file.
      seed: the op's seed.
      name: the node's name.

    Returns:
      As `uniform_candidate_sampler`. The run fails with InvalidArgumentError where there are not
      `range_max` frequencies, or both sources of them, or none.
    """
    seed1, seed2 = get_seed(seed)
    outputs = fixed_unigram_candidate_sampler_op(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=list(unigrams),
        seed=seed1,
        seed2=seed2,
        name=name,
    )
    return Candidates(*outputs)


def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: int | None = None,
    name: str | None = None,
) -> Candidates:
    """All classes `0 ... num_sampled - 1`, to see what sampling costs in accuracy.

    Args:
      true_classes: int64 [batch, num_true].
      num_true: the number of true classes of an example.
      num_sampled: the number of classes there are.
      unique: without effect.
      seed: without effect.
      name: the node's name.

    Returns:
      As `uniform_candidate_sampler`; all expected counts are 1.
    """
    seed1, seed2 = get_seed(seed)
    outputs = all_candidate_sampler_op(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        seed=seed1,
        seed2=seed2,
        name=name,
    )
    return Candidates(*outputs)


def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Finds the sampled classes that are true classes.

    Args:
      true_classes: int64 [batch, num_true].
      sampled_candidates: int64 [num_sampled].
      num_true: the number of true classes of an example.
      seed: without effect.
      name: the node's name.

    Returns:
      (indices, ids, weights), one entry per hit: int32 rows of `true_classes`, int64 places in
      `sampled_candidates`, and the lowest float32, to be added to the hit's logit.
    """
    seed1, seed2 = get_seed(seed)
    indices, ids, weights = compute_accidental_hits_op(
        convert_to_tensor(true_classes),
        sampled_candidates,
        num_true=num_true,
        seed=seed1,
        seed2=seed2,
        name=name,
    )
    return indices, ids, weights
