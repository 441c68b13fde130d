"""The ops that name a reader: TextLineReaderV2 and the others, of today and of old."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...base import errors
from ...graph.op_def import OpDef, define_op
from ..queues.handles import old_handle_shape
from ..shape_rules import scalar_shape
from .reader import Reader
from .sources import FixedLengthRecords, Itself, Lines, Source, TFRecords, WholeFile

_NAMES = ("container: string = ''", "shared_name: string = ''")


def _define_reader(
    kind: str,
    open_work: Callable[[Any, bytes], Source],
    attrs: Sequence[str] = _NAMES,
    more: Sequence[str] = (),
    has_state: bool = False,
) -> OpDef:
    """Defines an op that names a reader, of today and of old.

    Args:
      kind: the op type without V2.
      open_work: from a node's attributes and a work unit to its records.
      attrs: the attributes.
      more: those that only the op of today has.
      has_state: whether the reader's state can be saved.

    Returns:
      The op of today.
    """

    def reader_reference(node: Any, context: Any) -> np.ndarray:
        def make(name: str) -> Reader:
            _check_counts(node.attrs)
            return Reader(
                f"{kind} '{node.name}'", lambda work: open_work(node.attrs, work), has_state
            )

        reader: Reader = context.resource("reader", node, make)
        return reader.handle

    for op_type, handle, shape, own in (
        (kind, "Ref(string)", old_handle_shape, ()),
        (f"{kind}V2", "resource", scalar_shape, more),
    ):
        op = define_op(
            op_type,
            outputs=[f"reader_handle: {handle}"],
            attrs=[*attrs, *own],
            shape=shape,
            is_stateful=True,
        )
        op.no_grad()
        op.define_with_context(reader_reference)
    return op


def _check_counts(attrs: Any) -> None:
    for name in ("skip_header_lines", "header_bytes", "record_bytes", "footer_bytes", "hop_bytes"):
        if attrs.get(name, 0) < 0:
            raise errors.InvalidArgumentError(None, None, f"{name} must be >= 0 not {attrs[name]}")


def _fixed_length(attrs: Any, work: bytes) -> Source:
    return FixedLengthRecords(
        work,
        attrs["header_bytes"],
        attrs["record_bytes"],
        attrs["footer_bytes"],
        attrs["hop_bytes"],
        attrs.get("encoding", ""),
    )


whole_file_reader_v2_op = _define_reader(
    "WholeFileReader", lambda attrs, work: WholeFile(work), has_state=True
)
identity_reader_v2_op = _define_reader(
    "IdentityReader", lambda attrs, work: Itself(work), has_state=True
)
text_line_reader_v2_op = _define_reader(
    "TextLineReader",
    lambda attrs, work: Lines(work, attrs["skip_header_lines"]),
    attrs=["skip_header_lines: int = 0", *_NAMES],
)
fixed_length_record_reader_v2_op = _define_reader(
    "FixedLengthRecordReader",
    _fixed_length,
    attrs=[
        "header_bytes: int = 0",
        "record_bytes: int",
        "footer_bytes: int = 0",
        "hop_bytes: int = 0",
        *_NAMES,
    ],
    more=["encoding: string = ''"],
)
tf_record_reader_v2_op = _define_reader(
    "TFRecordReader",
    lambda attrs, work: TFRecords(work, attrs["compression_type"]),
    attrs=[*_NAMES, "compression_type: string = ''"],
)


def reader_of(handle: Any) -> Reader:
    """The reader that a handle's value stands for.

    Raises:
      InvalidArgumentError: it stands for none.
    """
    value = handle.item() if isinstance(handle, np.ndarray) and handle.size == 1 else handle
    if not isinstance(value, Reader):
        raise errors.InvalidArgumentError(
            None, None, f"Trying to access a reader by the handle of a {type(value).__name__}"
        )
    return value
