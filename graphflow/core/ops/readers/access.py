"""The ops on readers: ReaderReadV2 and its kin, of today and of old.

A read waits for its queue as a whole: others of its reader cannot go on before it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...base.tensor_shape import TensorShape
from ...graph.op_def import ALONE, OpDef, define_op
from ...graph.shape_context import ShapeContext
from ..queues.handles import check_old_handle, queue_of
from .handles import reader_of

_QUEUE = "queue_handle"


def _define_access(
    op_type: str,
    reference: Callable[..., Any],
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    gives_vectors: bool = False,
) -> OpDef:
    """Defines an op on a reader for the handles of today and of old; gives that of today.

    Args:
      op_type: the op type without V2.
      reference: its meaning.
      inputs: those after the reader's handle; a queue's handle is `"queue_handle"`.
      outputs: the outputs.
      gives_vectors: whether these are vectors and not scalars.
    """
    handles = 1 + (_QUEUE in inputs)

    def shape(context: ShapeContext) -> list[TensorShape]:
        for index in range(context.num_inputs):
            context.with_rank(index, 0)
        return [TensorShape([None] if gives_vectors else [])] * context.num_outputs

    def old_shape(context: ShapeContext) -> list[TensorShape]:
        for index in range(handles):
            check_old_handle(context, index)
        for index in range(handles, context.num_inputs):
            context.with_rank(index, 0)
        return [TensorShape([None] if gives_vectors else [])] * context.num_outputs

    for name, handle, rule in (
        (op_type, "Ref(string)", old_shape),
        (f"{op_type}V2", "resource", shape),
    ):
        after = [f"{_QUEUE}: {handle}" if text == _QUEUE else text for text in inputs]
        op = define_op(
            name,
            inputs=[f"reader_handle: {handle}", *after],
            outputs=outputs,
            shape=rule,
            is_stateful=True,
        )
        op.no_grad()
        op.define_with_context(reference)
        if handles > 1:
            op.waits(ALONE)
    return op


def _strings(values: Sequence[bytes]) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def read_reference(node: Any, context: Any, handle: Any, queue: Any) -> tuple[Any, ...]:
    key, value = reader_of(handle).read(queue_of(queue), context)
    return np.array(key, object), np.array(value, object)


reader_read_v2_op = _define_access(
    "ReaderRead",
    read_reference,
    inputs=[_QUEUE],
    outputs=["key: string", "value: string"],
)


def read_up_to_reference(
    node: Any, context: Any, handle: Any, queue: Any, count: np.ndarray
) -> tuple[Any, ...]:
    records = reader_of(handle).read_up_to(int(count), queue_of(queue), context)
    return _strings([key for key, _ in records]), _strings([value for _, value in records])


reader_read_up_to_v2_op = _define_access(
    "ReaderReadUpTo",
    read_up_to_reference,
    inputs=[_QUEUE, "num_records: int64"],
    outputs=["keys: string", "values: string"],
    gives_vectors=True,
)


def num_records_produced_reference(node: Any, context: Any, handle: Any) -> np.ndarray:
    return np.array(reader_of(handle).records_produced, np.int64)


reader_num_records_produced_v2_op = _define_access(
    "ReaderNumRecordsProduced",
    num_records_produced_reference,
    outputs=["records_produced: int64"],
)


def num_work_units_completed_reference(node: Any, context: Any, handle: Any) -> np.ndarray:
    return np.array(reader_of(handle).work_units_completed, np.int64)


reader_num_work_units_completed_v2_op = _define_access(
    "ReaderNumWorkUnitsCompleted",
    num_work_units_completed_reference,
    outputs=["units_completed: int64"],
)


def serialize_state_reference(node: Any, context: Any, handle: Any) -> np.ndarray:
    return np.array(reader_of(handle).serialized_state(context), object)


reader_serialize_state_v2_op = _define_access(
    "ReaderSerializeState", serialize_state_reference, outputs=["state: string"]
)


def restore_state_reference(node: Any, context: Any, handle: Any, state: np.ndarray) -> None:
    serialized: Any = state[()]
    reader_of(handle).restore_state(serialized, context)


reader_restore_state_v2_op = _define_access(
    "ReaderRestoreState", restore_state_reference, inputs=["state: string"]
)


def reset_reference(node: Any, context: Any, handle: Any) -> None:
    reader_of(handle).reset(context)


reader_reset_v2_op = _define_access("ReaderReset", reset_reference)
