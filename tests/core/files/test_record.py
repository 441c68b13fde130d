"""TFRecord: TensorFlow writes and we read, we write and TensorFlow reads, and damage."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphflow.core.base import errors
from graphflow.core.files.record import RecordWriter, read_records

COMPRESSIONS = ["", "ZLIB", "GZIP"]
RANDOM = np.random.default_rng(0)
# Short, long, and several of the batches in which records are checked.
RECORDS = [b"", b"a", *(RANDOM.bytes(int(n)) for n in RANDOM.integers(0, 3000, 900))]
RECORDS += [RANDOM.bytes(3_000_000), b"last"]


def write(path: Path, records: list[bytes], compression: str = "") -> str:
    with RecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)
    return str(path)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("record") / "records"


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_tensorflow_reads_what_we_write(tmp_path: Path, tf: ModuleType, compression: str) -> None:
    ours = write(tmp_path / "ours", RECORDS, compression)
    assert list(tf.python_io.tf_record_iterator(ours, compression)) == RECORDS


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_we_read_what_tensorflow_writes(tmp_path: Path, tf: ModuleType, compression: str) -> None:
    theirs = str(tmp_path / "theirs")
    with tf.python_io.TFRecordWriter(theirs, compression) as writer:
        for record in RECORDS:
            writer.write(record)
    assert list(read_records(theirs, compression)) == RECORDS
    if not compression:
        ours = write(tmp_path / "ours", RECORDS)
        assert Path(ours).read_bytes() == Path(theirs).read_bytes()


@given(records=st.lists(st.binary(max_size=60)), compression=st.sampled_from(COMPRESSIONS))
def test_round_trip(path: Path, records: list[bytes], compression: str) -> None:
    assert list(read_records(write(path, records, compression), compression)) == records


def test_options_of_zlib(tmp_path: Path) -> None:
    path = tmp_path / "records"
    with RecordWriter(str(path), "GZIP", level=9, mem_level=9, strategy=zlib.Z_FILTERED) as writer:
        writer.write(b"x" * 1000)
    assert path.stat().st_size < 100
    assert list(read_records(str(path), "GZIP")) == [b"x" * 1000]
    with RecordWriter(str(path), "ZLIB", window_bits=9) as writer:
        writer.write(b"x" * 1000)
    assert path.read_bytes()[0] >> 4 == 1  # the window, in zlib's header


def test_a_file_of_several_gzip_streams(tmp_path: Path) -> None:
    plain = Path(write(tmp_path / "plain", RECORDS)).read_bytes()
    parts = [plain[:5], plain[5:5000], plain[5000:]]
    (tmp_path / "records").write_bytes(b"".join(map(gzip.compress, parts)))
    assert list(read_records(str(tmp_path / "records"), "GZIP")) == RECORDS


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_flush_makes_records_readable(tmp_path: Path, compression: str) -> None:
    path = str(tmp_path / "records")
    with RecordWriter(path, compression) as writer:
        writer.write(b"one")
        writer.flush()
        reader = read_records(path, compression)
        assert next(reader) == b"one"
        reader.close()
        writer.write(b"two")
    assert list(read_records(path, compression)) == [b"one", b"two"]


def test_a_writer_that_nobody_closed(tmp_path: Path) -> None:
    path = str(tmp_path / "records")
    writer = RecordWriter(path)
    writer.write(b"one")
    del writer
    assert list(read_records(path)) == [b"one"]


def test_a_closed_writer(tmp_path: Path) -> None:
    writer = RecordWriter(str(tmp_path / "records"))
    writer.close()
    writer.close()
    with pytest.raises(errors.FailedPreconditionError, match="closed"):
        writer.write(b"one")


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_flipped_bit_is_noticed(path: Path, compression: str) -> None:
    records = [b"", b"some bytes", b"some more bytes" * 9]
    whole = Path(write(path, records, compression)).read_bytes()
    for position in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << bit
            path.write_bytes(damaged)
            read = []
            try:
                for record in read_records(str(path), compression):
                    read.append(record)
            except errors.DataLossError as error:
                assert str(path) in str(error)
                assert read == records[: len(read)]
            else:
                # Some bits of compressed files mean nothing: the time in gzip's header, padding.
                assert compression
                assert read == records


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_cut_is_noticed(path: Path, compression: str) -> None:
    records = [b"", b"some bytes", b"some more bytes" * 9]
    whole = Path(write(path, records, compression)).read_bytes()
    ends = {0} if compression else {0, 16, 16 + 26}
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        if size in ends:  # there is no telling
            assert list(read_records(str(path), compression)) == records[: size // 16]
        else:
            with pytest.raises(errors.DataLossError, match="truncated"):
                list(read_records(str(path), compression))


def test_the_records_before_a_damaged_one(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "records", [b"zero", b"one", b"two"]))
    whole = path.read_bytes()
    for position, how in ((20, "corrupted"), (20 + 12, "corrupted")):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        reader = read_records(str(path))
        assert next(reader) == b"zero"
        with pytest.raises(errors.DataLossError, match=f"{how} record at 20 of {path}"):
            next(reader)


def test_a_length_beyond_the_file(tmp_path: Path) -> None:
    from graphflow.core.files.crc32c import crc32c, mask

    length = struct.pack("<Q", 1 << 62)
    path = tmp_path / "records"
    path.write_bytes(length + struct.pack("<I", mask(crc32c(length))) + b"data")
    with pytest.raises(errors.DataLossError, match="truncated record at 0"):
        list(read_records(str(path)))


def test_other_files(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_text("These are not the records that you are looking for.")
    for compression in COMPRESSIONS:
        with pytest.raises(errors.DataLossError, match="corrupted"):
            list(read_records(str(path), compression))
    with pytest.raises(errors.NotFoundError, match="nowhere"):
        list(read_records(str(tmp_path / "nowhere")))
    with pytest.raises(errors.OpError):
        list(read_records(str(tmp_path)))
    with pytest.raises(errors.NotFoundError, match="nowhere"):
        RecordWriter(str(tmp_path / "nowhere" / "records"))
    with pytest.raises(ValueError, match="LZMA"):
        RecordWriter(str(path), "LZMA")
    with pytest.raises(ValueError, match="LZMA"):
        list(read_records(str(path), "LZMA"))


def test_an_event_file_of_tf_1_0(shared_data: Path, tf: ModuleType) -> None:
    from graphflow.protos import event_pb2

    (path,) = shared_data.glob("tf1_checkpoint/events*")
    records = list(read_records(str(path)))
    assert records == list(tf.python_io.tf_record_iterator(str(path)))
    assert event_pb2.Event.FromString(records[0]).file_version == "brain.Event:2"
