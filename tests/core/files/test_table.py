"""Tables and their blocks: written and read back, every damage noticed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphflow.core.base import errors
from graphflow.core.files import snappy
from graphflow.core.files.crc32c import crc32c, mask
from graphflow.core.files.table import Table, TableWriter
from graphflow.core.files.varint import decode_varint, encode_varint

Entries = dict[bytes, bytes]


def table_of(entries: Entries) -> bytes:
    file = io.BytesIO()
    writer = TableWriter(file)
    for key in sorted(entries):
        writer.add(key, entries[key])
    writer.finish()
    return file.getvalue()


def read(path: Path, data: bytes) -> Entries:
    path.write_bytes(data)
    return dict(Table(str(path)))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("table") / "table"


@given(entries=st.dictionaries(st.binary(max_size=9), st.binary(max_size=40)))
def test_round_trip(path: Path, entries: Entries) -> None:
    assert read(path, table_of(entries)) == entries
    table = Table(str(path))
    assert list(table) == sorted(entries.items())
    for key, value in entries.items():
        assert table.get(key) == value
        assert table.get(key + b"\0") == entries.get(key + b"\0")


def test_many_blocks(path: Path) -> None:
    entries = {b"%06d" % (i * i): bytes([i % 256]) * (i % 3000) for i in range(1000)}
    entries |= {b"\xff" * n: bytes(300_000) for n in range(1, 4)}
    assert read(path, table_of(entries)) == entries
    table = Table(str(path))
    assert all(table.get(key) == value for key, value in entries.items())
    assert table.get(b"000002") is None
    assert table.get(b"\xff\xff\xff\xff") is None


def test_keys_out_of_order() -> None:
    writer = TableWriter(io.BytesIO())
    writer.add(b"b", b"")
    for key in (b"b", b"a", b""):
        with pytest.raises(ValueError, match="increasing order"):
            writer.add(key, b"")


def test_every_flipped_bit_is_noticed(path: Path) -> None:
    whole = table_of({b"weights": b"some value", b"weights/Adam": b"another", b"": b"header"})
    for position in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << bit
            with pytest.raises(errors.DataLossError, match=str(path)):
                read(path, bytes(damaged))


def test_every_cut_is_noticed(path: Path) -> None:
    whole = table_of({b"weights": b"some value", b"": b"header"})
    for size in range(len(whole)):
        with pytest.raises(errors.DataLossError, match=str(path)):
            read(path, whole[:size])


@given(data=st.binary(max_size=200))
def test_other_files_are_no_tables(path: Path, data: bytes) -> None:
    with pytest.raises(errors.DataLossError):
        read(path, data)


def as_table(block: bytes, compression: int) -> bytes:
    """A table of one data block, valid but for what the block itself may be."""

    def stored(data: bytes, kind: int) -> bytes:
        return data + bytes([kind]) + mask(crc32c(data + bytes([kind]))).to_bytes(4, "little")

    def place(offset: int, size: int) -> bytes:
        return encode_varint(offset) + encode_varint(size)

    restarts = (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    handle = place(0, len(block))
    index = bytes([0, 1, len(handle)]) + b"z" + handle + restarts
    metaindex_offset = len(block) + 5
    index_offset = metaindex_offset + len(restarts) + 5
    footer = (place(metaindex_offset, len(restarts)) + place(index_offset, len(index))).ljust(
        40, b"\0"
    )
    magic = bytes.fromhex("57fb808b247547db")
    return stored(block, compression) + stored(restarts, 0) + stored(index, 0) + footer + magic


BLOCK = bytes([0, 1, 12]) + b"k" + b"abcabcabcabc" + bytes(4) + (1).to_bytes(4, "little")


def test_a_compressed_block(path: Path) -> None:
    # 7 literals, 9 copied from 3 back, 8 literals
    compressed = bytes([24, 6 << 2]) + BLOCK[:7] + bytes([5 << 2 | 1, 3, 7 << 2]) + BLOCK[16:]
    assert read(path, as_table(compressed, 1)) == {b"k": b"abcabcabcabc"}
    assert read(path, as_table(BLOCK, 0)) == {b"k": b"abcabcabcabc"}


@pytest.mark.parametrize(
    ("block", "compression", "message"),
    [
        (BLOCK, 2, "compression 2 is not known"),
        (BLOCK, 1, "unreadable"),
        (b"", 0, "restarts"),
        (b"\xff\xff\xff\xff", 0, "restarts"),
        (bytes([0, 1, 99]) + BLOCK[3:], 0, "beyond the block"),
        (bytes([1, 1, 12]) + BLOCK[3:], 0, "beyond the block"),
        (b"\xff" * 20 + bytes(4) + (1).to_bytes(4, "little"), 0, "varint"),
    ],
)
def test_a_block_that_only_its_checksum_calls_good(
    path: Path, block: bytes, compression: int, message: str
) -> None:
    with pytest.raises(errors.DataLossError, match=message):
        read(path, as_table(block, compression))


@given(value=st.integers(0, 2**64 - 1), before=st.binary(max_size=3))
def test_varint(value: int, before: bytes) -> None:
    encoded = encode_varint(value)
    assert decode_varint(before + encoded + b"\x7f", len(before)) == (
        value,
        len(before) + len(encoded),
    )
    with pytest.raises(ValueError, match="without an end"):
        decode_varint(encoded[:-1], 0)


@pytest.mark.parametrize(
    ("compressed", "data"),
    [
        (b"\0", b""),
        (b"\x01\0a", b"a"),
        # the length of a literal in one byte and in two
        (bytes([100, 60 << 2, 99]) + b"x" * 100, b"x" * 100),
        (b"\xac\x02" + bytes([61 << 2, 43, 1]) + b"y" * 300, b"y" * 300),
        # copies with offsets of 11, 16 and 32 bits
        (b"\x06\x04ab" + bytes([0 << 2 | 1, 2]), b"ababab"),
        (b"\x05\x04ab" + bytes([2 << 2 | 2, 1, 0]), b"abbbb"),
        (b"\x06\x08abc" + bytes([2 << 2 | 3, 3, 0, 0, 0]), b"abcabc"),
        (
            b"\xb0\x02" + bytes([61 << 2, 43, 1]) + bytes(range(150)) * 2 + bytes([1 << 5 | 1, 44]),
            bytes(range(150)) * 2 + bytes(range(4)),
        ),
    ],
)
def test_snappy(compressed: bytes, data: bytes) -> None:
    assert snappy.uncompress(compressed) == data
    for size in range(len(compressed)):
        with pytest.raises(ValueError, match="."):
            snappy.uncompress(compressed[:size])


@pytest.mark.parametrize(
    "compressed",
    [
        b"\x04" + bytes([1, 1]),  # a copy of what is not there
        b"\x06\x04ab" + bytes([1, 3]),
        b"\x06\x04ab" + bytes([1, 0]),
        b"\x02\0a",  # shorter than it says
        b"\x01\x04ab",  # longer
    ],
)
def test_snappy_that_is_none(compressed: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        snappy.uncompress(compressed)
