"""Times and sizes of a profiled run, as TF's RunMetadata proto."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from ..base.dtypes import DType
from ..base.tensor_shape import TensorShape
from ..runtime.context import RunContext
from .devices import local_devices


def wants_trace(options: Any, run_metadata: Any) -> bool:
    """Whether a run with these RunOptions is to time its nodes."""
    return run_metadata is not None and options is not None and options.trace_level > 0


def fill_run_metadata(run_metadata: Any, context: RunContext) -> None:
    """Writes the context's steps into a RunMetadata proto, in microseconds since the epoch."""
    if not context.step_times:
        return
    to_epoch = time.time() - time.perf_counter()
    device = run_metadata.step_stats.dev_stats.add()
    device.device = local_devices()[0].name
    for node, start, end, shapes in context.step_times:
        stats = device.node_stats.add()
        stats.node_name = node.name
        stats.timeline_label = f"{node.name} = {node.op.name}()"
        stats.all_start_micros = round((start + to_epoch) * 1e6)
        stats.op_end_rel_micros = stats.all_end_rel_micros = round((end - start) * 1e6)
        for slot, (dtype, shape) in enumerate(zip(node.output_dtypes, shapes, strict=False)):
            if shape is not None:
                _describe_output(stats.output.add(slot=slot), dtype, shape)


def _describe_output(output: Any, dtype: DType, shape: Sequence[int]) -> None:
    described = output.tensor_description
    described.dtype = dtype.base_dtype.as_datatype_enum
    described.shape.CopyFrom(TensorShape(shape).as_proto())
    size = math.prod(shape) * (dtype.base_dtype.size or 0)
    allocation = described.allocation_description
    allocation.requested_bytes = allocation.allocated_bytes = size
    allocation.allocator_name = "cpu"
