"""Candidate samplers draw TensorFlow's numbers; the losses on them are TensorFlow's."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow as tf

_TRUE = np.int64([[0, 3], [7, 3], [1, 2]])


def _runs(tf: ModuleType, make: Any, runs: int = 3) -> list[Any]:
    with tf.Graph().as_default(), tf.Session() as session:
        outputs = make(tf, tf.constant(_TRUE))
        return [session.run(outputs) for _ in range(runs)]


def _assert_equal_runs(mine: list[Any], theirs: list[Any]) -> None:
    for my_run, their_run in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(my_run[0], their_run[0])
        for my_count, their_count in zip(my_run[1:], their_run[1:], strict=True):
            assert my_count.dtype == np.float32
            np.testing.assert_allclose(my_count, their_count, rtol=2e-6)


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("size", [16, 21, 1000])
@pytest.mark.parametrize("kind", ["uniform", "log_uniform", "learned_unigram"])
def test_numbers_of_a_seed(oracle: ModuleType, kind: str, size: int, unique: bool) -> None:
    def make(tf: ModuleType, true_classes: Any) -> Any:
        sampler = getattr(tf.nn, f"{kind}_candidate_sampler")
        return sampler(true_classes, 2, 12, unique, size, seed=71)

    mine = _runs(tf, make)
    _assert_equal_runs(mine, _runs(oracle, make))
    assert mine[0][0].tolist() != mine[1][0].tolist()  # each run draws anew
    if unique:
        assert len(set(mine[0][0].tolist())) == 12


def test_a_range_that_a_quarter_of_all_draws_miss(oracle: ModuleType) -> None:
    """What is left of 2**64 numbers when they are dealt out evenly is drawn again."""

    def make(tf: ModuleType, true_classes: Any) -> Any:
        return tf.nn.uniform_candidate_sampler(true_classes, 2, 12, True, 2**62 + 1, seed=71)

    _assert_equal_runs(_runs(tf, make), _runs(oracle, make))


@pytest.mark.parametrize("unique", [True, False])
def test_numbers_of_given_frequencies(oracle: ModuleType, unique: bool) -> None:
    def make(tf: ModuleType, true_classes: Any) -> Any:
        return tf.nn.fixed_unigram_candidate_sampler(
            true_classes,
            2,
            6,
            unique,
            range_max=10,
            unigrams=[3.0, 0.5, 7.0, 1.0, 1.0, 2.5, 0.1, 9.0],
            distortion=0.75,
            num_reserved_ids=2,
            seed=5,
        )

    mine = _runs(tf, make)
    _assert_equal_runs(mine, _runs(oracle, make))
    assert not set(mine[0][0].tolist()) & {0, 1}  # reserved ids are never drawn


@pytest.mark.parametrize(
    ("reserved", "shard", "weights"),
    [(1, 0, [0, 5, 3, 1]), (1, 1, [5, 3, 1]), (3, 0, [0, 0, 8, 4, 2]), (0, 1, [5, 3, 1])],
)
def test_shards_of_a_vocabulary_file(
    oracle: ModuleType, tmp_path: Path, reserved: int, shard: int, weights: list[float]
) -> None:
    path = tmp_path / "vocabulary.csv"
    path.write_text("the,8\nof,5\n, ,4\nand,3\nto,2\na,1\n")  # the last column counts
    classes = np.arange(len(weights))[:, np.newaxis]

    def make(tf: ModuleType, _: Any) -> Any:
        return tf.nn.fixed_unigram_candidate_sampler(
            tf.constant(classes),
            1,
            20,
            False,
            range_max=len(weights),
            vocab_file=str(path),
            num_reserved_ids=reserved,
            num_shards=2,
            shard=shard,
            seed=5,
        )

    mine = _runs(tf, make)
    np.testing.assert_allclose(mine[0][1][:, 0], np.divide(weights, sum(weights)) * 20, rtol=1e-6)
    _assert_equal_runs(mine, _runs(oracle, make))


def test_a_learned_distribution_follows_the_true_classes() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        often = tf.constant(np.full([50, 2], 9, np.int64))
        sampled = tf.nn.learned_unigram_candidate_sampler(often, 2, 100, False, 10, seed=1)
        first = session.run(sampled.sampled_candidates)
        assert (first == 9).sum() < 30
        later = session.run(sampled)
        assert (later.sampled_candidates == 9).sum() > 80
        # 100 of the 110 counts after one run
        np.testing.assert_allclose(later.true_expected_count, 101 / 110 * 100, rtol=1e-6)


def test_all_classes_are_expected_once() -> None:
    sampled, of_true, of_sampled = _runs(
        tf, lambda tf, classes: tf.nn.all_candidate_sampler(classes, 2, 10, True), runs=1
    )[0]
    assert sampled.tolist() == list(range(10))
    assert of_true.tolist() == [[1, 1]] * 3
    assert of_sampled.tolist() == [1] * 10


def _run_error(make: Any, feed: Any = None) -> str:
    with tf.Graph().as_default(), tf.Session() as session:
        classes = tf.placeholder(tf.int64)
        outputs = make(classes)
        with pytest.raises(tf.errors.InvalidArgumentError) as error:
            session.run(outputs, {classes: _TRUE if feed is None else feed})
    return str(error.value)


def _uniform(classes: Any, size: int = 10, num_true: int = 2) -> Any:
    return tf.nn.uniform_candidate_sampler(classes, num_true, 8, True, size)


def test_errors_of_a_run() -> None:
    assert "range is too small: 8 distinct classes of 5" in _run_error(lambda c: _uniform(c, 5))
    assert "true_classes must be a matrix, got shape [2]" in _run_error(_uniform, [1, 2])
    assert "expected: 3 was: 2" in _run_error(lambda c: _uniform(c, num_true=3))
    assert "which is not in [0, 10)" in _run_error(
        lambda c: tf.nn.learned_unigram_candidate_sampler(c, 1, 2, True, 10), [[10]]
    )


def test_errors_of_given_frequencies(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("a,1\nb,many\n")

    def fixed(**options: Any) -> str:
        return _run_error(
            lambda c: tf.nn.fixed_unigram_candidate_sampler(c, 2, 2, True, 2, **options)
        )

    assert "Must provide either vocab_file or unigrams" in fixed()
    assert "Must only provide one of" in fixed(unigrams=[1.0, 2.0], vocab_file=str(path))
    assert "range_max is 2, but there are 3" in fixed(unigrams=[1.0, 2.0, 3.0])
    assert "Wrong vocabulary format at line: b,many" in fixed(vocab_file=str(path))
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        _runs(
            tf,
            lambda tf, c: tf.nn.fixed_unigram_candidate_sampler(
                c, 2, 2, True, 2, vocab_file=str(tmp_path / "nothing")
            ),
        )


# --- the losses -----------------------------------------------------------------------------------


def _loss_and_gradients(tf: ModuleType, name: str, **options: Any) -> list[np.ndarray]:
    random = np.random.default_rng(2)
    weights = random.normal(size=(12, 4)).astype(np.float32)
    biases = random.normal(size=12).astype(np.float32)
    inputs = random.normal(size=(3, 4)).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        sampled = (
            tf.constant(np.int64([3, 7, 0, 5, 11])),
            tf.constant(np.float32([[0.3, 0.2], [0.4, 0.2], [0.1, 0.5]])),
            tf.constant(np.float32([0.2, 0.4, 0.3, 0.1, 0.6])),
        )
        tensors = [tf.constant(value) for value in (weights, biases, inputs)]
        loss = getattr(tf.nn, name)(
            weights=tensors[0],
            biases=tensors[1],
            labels=tf.constant(_TRUE),
            inputs=tensors[2],
            num_sampled=5,
            num_classes=12,
            num_true=2,
            sampled_values=sampled,
            **options,
        )
        gradients = [tf.convert_to_tensor(g) for g in tf.gradients(loss, tensors)]
        return list(session.run([loss, *gradients]))


@pytest.mark.parametrize("remove", [True, False])
@pytest.mark.parametrize("name", ["nce_loss", "sampled_softmax_loss"])
@pytest.mark.filterwarnings("ignore:Converting sparse IndexedSlices")
def test_losses(oracle: ModuleType, name: str, remove: bool) -> None:
    mine = _loss_and_gradients(tf, name, remove_accidental_hits=remove)
    theirs = _loss_and_gradients(oracle, name, remove_accidental_hits=remove)
    for value, wanted in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=2e-5, atol=1e-6)


def test_equal_labels_of_an_example_are_no_nan() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        every = tf.nn.all_candidate_sampler(np.int64([[1, 1]]), 2, 3, True)
        loss = tf.nn.nce_loss(
            tf.ones([3, 2]),
            tf.zeros([3]),
            tf.constant([[1, 1]]),
            tf.ones([1, 2]),
            3,
            3,
            num_true=2,
            sampled_values=every,
            remove_accidental_hits=True,
        )
        # logits 2: twice true with target 1/2 each, twice false, and one left out
        np.testing.assert_allclose(
            session.run(loss), [2 * (2.126928 - 1) + 2 * 2.126928], rtol=1e-5
        )


def test_the_default_sample_is_log_uniform_and_seeded() -> None:
    losses = []
    for _ in range(2):
        with tf.Graph().as_default(), tf.Session() as session:
            loss = tf.nn.sampled_softmax_loss(
                tf.reshape(tf.lin_space(-1.0, 1.0, 40), [20, 2]),
                tf.zeros([20]),
                tf.constant([[1], [4]]),
                tf.ones([2, 2]),
                5,
                20,
                seed=3,
            )
            assert "LogUniformCandidateSampler" in {op.type for op in loss.graph.get_operations()}
            losses.append(session.run(loss))
    np.testing.assert_array_equal(*losses)


@pytest.mark.parametrize("strategy", ["mod", "div"])
@pytest.mark.parametrize("loss", [tf.nn.nce_loss, tf.nn.sampled_softmax_loss])
def test_sharded_weights(loss: Any, strategy: str) -> None:
    random = np.random.default_rng(0)
    weights = random.normal(size=(11, 4)).astype(np.float32)
    biases, inputs = np.arange(11, dtype=np.float32), random.normal(size=(3, 4)).astype("f")
    shards = [weights[i::3] for i in range(3)] if strategy == "mod" else np.array_split(weights, 3)
    with tf.Graph().as_default(), tf.Session() as session:
        sampled = tf.nn.uniform_candidate_sampler(_TRUE, 2, 5, True, 11, seed=1)
        with tf.variable_scope("scope", partitioner=tf.fixed_size_partitioner(3)):
            variable = tf.get_variable("weights", initializer=tf.constant(weights))
        tables = [weights, [tf.constant(shard) for shard in shards]]
        if strategy == "div":  # how a partitioned variable is dealt out
            tables.append(variable)
        options = {"sampled_values": sampled, "partition_strategy": strategy}
        losses = [loss(t, biases, _TRUE, inputs, 5, 11, 2, **options) for t in tables]
        session.run(tf.global_variables_initializer())
        found = session.run(losses)
    for value in found[1:]:
        np.testing.assert_allclose(value, found[0], rtol=1e-6)
