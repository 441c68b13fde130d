"""TFRecord files, as scripts write and read them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from ..core.base import compat
from ..core.files.record import RecordWriter, read_records


class TFRecordCompressionType:
    """How a TFRecord file is compressed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


class TFRecordOptions:
    """How a TFRecord file is compressed, and how well.

    Args:
      compression_type: `""`, `"ZLIB"`, `"GZIP"`, or a member of TFRecordCompressionType.
      flush_mode, input_buffer_size, output_buffer_size, compression_method: accepted, of no
        effect: they change how a file is made, not what can be read from it.
      window_bits, compression_level, mem_level, compression_strategy: of zlib, whose documentation
        explains them.

    Raises:
      ValueError: there is no such compression.
    """

    compression_type_map = {
        TFRecordCompressionType.ZLIB: "ZLIB",
        TFRecordCompressionType.GZIP: "GZIP",
        TFRecordCompressionType.NONE: "",
    }

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)  # refuses what is none
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The compression's name.

        Args:
          options: TFRecordOptions, a member of TFRecordCompressionType, a name, or None.

        Returns:
          `""`, `"ZLIB"` or `"GZIP"`.

        Raises:
          ValueError: there is no such compression.
        """
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        if options in cls.compression_type_map:
            return cls.compression_type_map[options]
        if options in cls.compression_type_map.values():
            return str(options)
        raise ValueError(f'Not a valid compression_type: "{options}"')


class TFRecordWriter:
    """Writes a TFRecord file, over one that was there.

    Args:
      path: the file.
      options: TFRecordOptions, a member of TFRecordCompressionType, or a name of one.

    Raises:
      ValueError: there is no such compression.
      OpError: the file system refuses.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(options)
        level, memory = options.compression_level, options.mem_level
        strategy = options.compression_strategy
        self._writer = RecordWriter(
            compat.as_str(os.fspath(path)),
            TFRecordOptions.get_compression_type_string(options),
            level=zlib.Z_DEFAULT_COMPRESSION if level is None else level,
            window_bits=options.window_bits,
            mem_level=zlib.DEF_MEM_LEVEL if memory is None else memory,
            strategy=zlib.Z_DEFAULT_STRATEGY if strategy is None else strategy,
        )

    def write(self, record: Any) -> None:
        """Appends a record, bytes or text."""
        self._writer.write(compat.as_bytes(record))

    def flush(self) -> None:
        """Makes what was written readable for others."""
        self._writer.flush()

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of a TFRecord file.

    Args:
      path: the file.
      options: as for TFRecordWriter.

    Yields:
      The records; those before a damaged one come before the error.

    Raises:
      DataLossError: a record is damaged or cut off; names the file and where.
      OpError: the file cannot be read.
    """
    compression = TFRecordOptions.get_compression_type_string(options)
    yield from read_records(compat.as_str(os.fspath(path)), compression)
