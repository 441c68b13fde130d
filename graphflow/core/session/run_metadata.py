"""Times of a profiled run, as TF's RunMetadata proto."""

from __future__ import annotations

import time
from typing import Any

from ..runtime.context import RunContext
from .devices import local_devices


def wants_trace(options: Any, run_metadata: Any) -> bool:
    """Whether a run with these RunOptions is to time its nodes."""
    return run_metadata is not None and options is not None and options.trace_level > 0


def fill_run_metadata(run_metadata: Any, context: RunContext) -> None:
    """Writes the context's step times into a RunMetadata proto, in microseconds since the epoch."""
    if not context.step_times:
        return
    to_epoch = time.time() - time.perf_counter()
    device = run_metadata.step_stats.dev_stats.add()
    device.device = local_devices()[0].name
    for node, start, end in context.step_times:
        stats = device.node_stats.add()
        stats.node_name = node.name
        stats.timeline_label = f"{node.name} = {node.op.name}()"
        stats.all_start_micros = round((start + to_epoch) * 1e6)
        stats.op_end_rel_micros = stats.all_end_rel_micros = round((end - start) * 1e6)
