"""tf.ReaderBase and the five kinds of readers."""

from __future__ import annotations

from typing import Any

from ...base import dtypes
from ...graph.op_def import OpDef, find_op
from ...graph.operation import Operation
from ...graph.tensor import Tensor
from ..queues.handles import fake_queue_op
from .access import (
    reader_num_records_produced_v2_op,
    reader_num_work_units_completed_v2_op,
    reader_read_up_to_v2_op,
    reader_read_v2_op,
    reader_reset_v2_op,
    reader_restore_state_v2_op,
    reader_serialize_state_v2_op,
)
from .handles import (
    fixed_length_record_reader_v2_op,
    identity_reader_v2_op,
    text_line_reader_v2_op,
    tf_record_reader_v2_op,
    whole_file_reader_v2_op,
)


class ReaderBase:
    """A reader of the session: work units, such as names of files, in; records out.

    Args:
      reader_ref: the reader's handle.
      supports_serialize: whether its state can be saved.
    """

    def __init__(self, reader_ref: Tensor, supports_serialize: bool = False) -> None:
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Tensor:
        """The reader's handle."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether its state can be saved."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> Any:
        """The next record; takes a work unit from a queue when the last one is finished.

        Args:
          queue: a queue of strings, or its handle.
          name: the node's name.

        Returns:
          `(key, value)`, string scalars. In a run they raise OutOfRangeError when the queue is
          closed and empty.
        """
        return self._op(reader_read_v2_op)(self._reader_ref, self._handle_of(queue), name=name)

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """The next records, up to a number; fewer at the end of a work unit.

        Args:
          queue: as in `read`.
          num_records: an int64 scalar.
          name: the node's name.

        Returns:
          `(keys, values)`, string vectors.
        """
        op = self._op(reader_read_up_to_v2_op)
        return op(self._reader_ref, self._handle_of(queue), num_records, name=name)

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """How many records have been read, an int64 scalar."""
        tensor: Tensor = self._op(reader_num_records_produced_v2_op)(self._reader_ref, name=name)
        return tensor

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """How many work units have been read to their end, an int64 scalar."""
        op = self._op(reader_num_work_units_completed_v2_op)
        tensor: Tensor = op(self._reader_ref, name=name)
        return tensor

    def serialize_state(self, name: str | None = None) -> Tensor:
        """How far the reader has come, a string; UnimplementedError if it cannot say."""
        tensor: Tensor = self._op(reader_serialize_state_v2_op)(self._reader_ref, name=name)
        return tensor

    def restore_state(self, state: Any, name: str | None = None) -> Operation:
        """Takes over what `serialize_state` gave for a reader of the same kind.

        Args:
          state: the string.
          name: the node's name.

        Returns:
          The Operation.
        """
        node: Operation = self._op(reader_restore_state_v2_op)(self._reader_ref, state, name=name)
        return node

    def reset(self, name: str | None = None) -> Operation:
        """Brings the reader into its first state, between two work units."""
        node: Operation = self._op(reader_reset_v2_op)(self._reader_ref, name=name)
        return node

    def _is_old(self) -> bool:
        return self._reader_ref.dtype != dtypes.resource

    def _op(self, op: OpDef) -> OpDef:
        """The op, or its twin for a handle of old."""
        twin = find_op(op.name.removesuffix("V2")) if self._is_old() else op
        assert twin is not None
        return twin

    def _handle_of(self, queue: Any) -> Tensor:
        handle: Tensor = queue if isinstance(queue, Tensor) else queue.queue_ref
        if self._is_old() and handle.dtype == dtypes.resource:
            return fake_queue_op(handle)
        return handle


class WholeFileReader(ReaderBase):
    """Gives each file as one record, with its name as the key.

    Args:
      name: the node's name.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(whole_file_reader_v2_op(name=name), supports_serialize=True)


class TextLineReader(ReaderBase):
    """Gives the lines of files, without their ends; keys are names and numbers of lines.

    Args:
      skip_header_lines: how many lines at the beginning of each file are no records.
      name: the node's name.
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        super().__init__(text_line_reader_v2_op(skip_header_lines=skip_header_lines, name=name))


class FixedLengthRecordReader(ReaderBase):
    """Gives pieces of files of one length; keys are names and numbers.

    Args:
      record_bytes: how long a record is.
      header_bytes: how many bytes at the beginning of a file belong to none.
      footer_bytes: how many bytes at its end belong to none.
      hop_bytes: how far it is from one record to the next; its length by default.
      name: the node's name.
      encoding: how files are compressed: "ZLIB" or "GZIP".
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ) -> None:
        super().__init__(
            fixed_length_record_reader_v2_op(
                record_bytes=record_bytes,
                header_bytes=header_bytes,
                footer_bytes=footer_bytes,
                hop_bytes=hop_bytes,
                encoding=encoding,
                name=name,
            )
        )


class TFRecordReader(ReaderBase):
    """Gives the records of TFRecord files; keys are names and places in the file.

    Args:
      name: the node's name.
      options: a `TFRecordOptions`, or None for files without compression.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        compression = options.get_compression_type_string(options) if options else ""
        super().__init__(tf_record_reader_v2_op(name=name, compression_type=compression))


class IdentityReader(ReaderBase):
    """Gives the work units themselves, as keys and values.

    Args:
      name: the node's name.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(identity_reader_v2_op(name=name), supports_serialize=True)
