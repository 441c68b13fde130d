"""The arena: what lives at one time does not overlap, in random lifetimes and random graphs."""

from __future__ import annotations

import numpy as np
from core.native import plan_of
from core.plan.checks import check_plan
from core.runtime.random_graphs import RandomGraph, random_graphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphflow as tf
from graphflow.core.ops.lowering import Home, Storage
from graphflow.core.plan.memory import ALIGNMENT, SLACK, Lifetime, lay_out, padded

SIZES = st.one_of(st.integers(0, 300), st.sampled_from([4096 - SLACK, 4096, 8192, 100_000]))
LIVES = st.lists(st.tuples(SIZES, st.integers(0, 20), st.integers(0, 8)), max_size=60)


@settings(max_examples=200)
@given(LIVES)
def test_storages_that_live_at_one_time_do_not_overlap(lives):
    made = [Lifetime(Storage(Home.ARENA, n), first, first + more) for n, first, more in lives]
    offsets, total = lay_out(made)
    assert set(offsets) == {life.storage for life in made}
    for life in made:
        start = offsets[life.storage]
        assert start % ALIGNMENT == 0 and start >= 0
        assert start + life.storage.nbytes + SLACK <= total
        for other in made:
            if other is life or other.first > life.last or other.last < life.first:
                continue
            there = offsets[other.storage]
            assert (
                start + life.storage.nbytes + SLACK <= there
                or there + other.storage.nbytes + SLACK <= start
            )


@settings(max_examples=100)
@given(st.lists(SIZES, min_size=1, max_size=30))
def test_storages_that_follow_each_other_share_memory(sizes):
    made = [Lifetime(Storage(Home.ARENA, n), 2 * i, 2 * i + 1) for i, n in enumerate(sizes)]
    offsets, total = lay_out(made)
    assert set(offsets.values()) == {0}
    assert total == max(padded(n) for n in sizes)


def test_nothing_takes_no_memory() -> None:
    assert lay_out([]) == ({}, 0)


def test_values_are_not_a_power_of_two_apart() -> None:
    """They would fall on the same few lines of the cache."""
    for power in range(12, 24):
        for nbytes in (2**power, 2**power - SLACK):
            assert padded(nbytes) % 4096 != 0
            assert padded(nbytes) % ALIGNMENT == 0 and padded(nbytes) >= nbytes + SLACK


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(random_graphs(size=40))
def test_plans_of_random_graphs_keep_their_rules(graph: RandomGraph):
    feeds = list(graph.feeds)
    check_plan(plan_of([*graph.fetches, *graph.updates], feeds))


def training_step(batch: int) -> tuple[list, list]:
    images, labels = (
        tf.placeholder(tf.float32, [batch, 14, 14, 3]),
        tf.placeholder(tf.int32, [None]),
    )

    def weights(*shape: int):
        return tf.Variable(np.ones(shape, np.float32))

    h = tf.nn.conv2d(images, weights(5, 5, 3, 8), [1, 1, 1, 1], "SAME") + weights(8)
    h, _, _ = tf.nn.fused_batch_norm(h, weights(8), weights(8))
    h = tf.nn.max_pool(tf.nn.relu(h), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.nn.relu(tf.nn.conv2d(h, weights(3, 3, 8, 16), [1, 1, 1, 1], "SAME") + weights(16))
    h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.nn.dropout(tf.reshape(h, [batch, 256]), keep_prob=0.5, seed=1)
    logits = tf.matmul(h, weights(256, 10)) + weights(10)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    loss = tf.reduce_mean(losses)
    return [loss, tf.train.AdamOptimizer().minimize(loss)], [images, labels]


def test_plans_of_training_steps_keep_their_rules() -> None:
    for batch in (1, 7, 64):
        fetches, feeds = training_step(batch)
        plan = plan_of(fetches, feeds, [(batch, 14, 14, 3), (batch,)])
        check_plan(plan)
        if batch == 64:
            assert plan.scratch, "no group has values of its own: the test tests less"
