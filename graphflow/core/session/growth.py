"""Notices a training loop that adds to its graph in every round, which slows each run down."""

from __future__ import annotations

import warnings
from collections import Counter

from ..graph.graph import Graph

_TOLERATED_RUNS = 10


class GrowthWatch:
    """Counts, per line of the user's script, the runs before which that line added nodes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._seen_version = 0
        self._growths: Counter[tuple[str, int]] = Counter()

    def before_run(self) -> None:
        """Warns once for a line that has made nodes before many runs of this session."""
        version = self._graph.version
        if version == self._seen_version:
            return
        first_run = self._seen_version == 0
        self._seen_version = version
        operations = self._graph._nodes_by_name
        if first_run or not operations:
            return
        frame = operations[next(reversed(operations))].user_frame
        place = (frame.filename, frame.lineno)
        self._growths[place] += 1
        if self._growths[place] == _TOLERATED_RUNS:
            warnings.warn(
                f"The graph grows between runs: {frame} ({frame.line}) has added nodes before "
                f"{_TOLERATED_RUNS} runs. Build the graph once, before the loop; "
                "tf.get_default_graph().finalize() shows where it grows.",
                RuntimeWarning,
                stacklevel=4,
            )
