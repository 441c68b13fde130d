"""How the seed of the graph and the seed of an op become the two seeds of a generator."""

from __future__ import annotations

from ...graph.stacks import get_default_graph

DEFAULT_GRAPH_SEED = 87654321
_MAX_SEED = 2**31 - 1

Seeds = tuple[int, int] | tuple[None, None]


def derive_seeds(graph_seed: int | None, op_seed: int | None, last_op_id: int) -> Seeds:
    """TensorFlow's rule.

    graph seed   op seed   seeds of the op
    -            -         none: different numbers in each session
    -            given     the default graph seed and the op seed
    given        -         the graph seed and the number of ops made so far
    given        given     both

    Args:
      graph_seed: what `tf.set_random_seed` set, or None.
      op_seed: the `seed` argument of the op, or None.
      last_op_id: how many operations the graph has; sets ops without a seed apart. (TF 2 counts
        the random ops instead, so that there a graph seed alone gives other numbers than in TF1.)

    Returns:
      `(seed, seed2)`, each below 2**31 - 1, and never (0, 0), which a generator takes for no seed:
      that pair becomes (0, 2**31 - 1).
    """
    if graph_seed is None:
        if op_seed is None:
            return None, None
        seeds = DEFAULT_GRAPH_SEED, op_seed % _MAX_SEED
    else:
        seeds = graph_seed % _MAX_SEED, (last_op_id if op_seed is None else op_seed) % _MAX_SEED
    return (0, _MAX_SEED) if seeds == (0, 0) else seeds


def get_seed(op_seed: int | None) -> Seeds:
    """The two seeds of an op that is now added to the default graph.

    Args:
      op_seed: the op's own seed, or None.

    Returns:
      `(seed, seed2)`, or (None, None) when neither the graph nor the op has a seed.
    """
    graph = get_default_graph()
    return derive_seeds(graph.seed, op_seed, graph._last_op_id)


def set_random_seed(seed: int | None) -> None:
    """Sets the seed of the default graph, for the random ops added from now on.

    With it every op without a seed of its own gives the same numbers in each new session.

    Args:
      seed: an integer; None removes the seed.
    """
    get_default_graph().seed = seed
