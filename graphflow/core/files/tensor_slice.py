"""Slices of partitioned tensors: their text, their message, and their keys in checkpoints.

A slice is a box of a tensor. Its text has a `start,length` for each dimension, or `-` for all of
it: `0,10:-:14,1`. What Save and Restore ops are given is the full shape before it: `30 4 20
0,10:-:14,1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base import errors

if TYPE_CHECKING:
    from ...protos.tensor_pb2 import TensorSliceProto

Box = tuple[slice, ...]


@dataclass(frozen=True)
class TensorSlice:
    """Which part of a tensor: `(start, length)` for each dimension, None for all of it."""

    extents: tuple[tuple[int, int] | None, ...]

    @classmethod
    def whole(cls, rank: int) -> TensorSlice:
        """All of a tensor."""
        return cls((None,) * rank)

    @classmethod
    def parse(cls, text: str) -> TensorSlice:
        """The slice that a text such as `0,10:-` describes.

        Raises:
          InvalidArgumentError: the text describes none.
        """
        return cls(tuple(_parse_extent(part, text) for part in text.split(":") if part))

    @classmethod
    def from_proto(cls, proto: TensorSliceProto) -> TensorSlice:
        """The slice that a message describes."""
        return cls(
            tuple((e.start, e.length) if e.HasField("length") else None for e in proto.extent)
        )

    def to_proto(self) -> TensorSliceProto:
        """The message for this slice."""
        from ...protos.tensor_pb2 import TensorSliceProto

        proto = TensorSliceProto()
        for extent in self.extents:
            part = proto.extent.add()
            if extent is not None:
                part.start, part.length = extent
        return proto

    def box(self, shape: Sequence[int]) -> Box:
        """The slices that index an array of `shape`.

        Raises:
          InvalidArgumentError: the shape has another rank or is too small.
        """
        if len(self.extents) != len(shape):
            raise errors.InvalidArgumentError(
                None, None, f"Slice {self} does not have the rank of the shape {list(shape)}"
            )
        box = []
        for dimension, (extent, size) in enumerate(zip(self.extents, shape, strict=True)):
            start, length = extent or (0, size)
            if start < 0 or length < 0 or start + length > size:
                raise errors.InvalidArgumentError(
                    None,
                    None,
                    f"Extent in dimension {dimension} out of bounds: "
                    f"shape = {list(shape)}, slice = {self}",
                )
            box.append(slice(start, start + length))
        return tuple(box)

    def key(self, name: str) -> bytes:
        """The key under which checkpoints store this slice of the tensor `name`.

        Keys sort by name, rank, and numbers.
        """
        parts = [_ordered_number(0), _ordered_string(name.encode())]
        parts.append(_ordered_number(len(self.extents)))
        for extent in self.extents:
            parts.extend(map(_ordered_signed_number, extent or (0, -1)))
        return b"".join(parts)

    def __str__(self) -> str:
        return ":".join("-" if e is None else f"{e[0]},{e[1]}" for e in self.extents)


def parse_shape_and_slice(text: str) -> tuple[tuple[int, ...], TensorSlice]:
    """Splits what Save and Restore ops are given, `4 3 0,2:-`.

    Args:
      text: the full shape and the slice, with spaces between.

    Returns:
      The shape and the slice, which fits it.

    Raises:
      InvalidArgumentError: the text is none of this form, or the slice does not fit the shape.
    """
    *sizes, last = text.split(" ")
    if not sizes or not all(size.isdecimal() for size in sizes):
        raise errors.InvalidArgumentError(
            None, None, f"Expected a shape and a slice such as '4 3 0,2:-', got '{text}'"
        )
    shape = tuple(map(int, sizes))
    tensor_slice = TensorSlice.parse(last)
    tensor_slice.box(shape)
    return shape, tensor_slice


def box_shape(box: Box) -> tuple[int, ...]:
    """The shape of the part that a box cuts out."""
    return tuple(part.stop - part.start for part in box)


def intersect(a: Box, b: Box) -> Box:
    """What two boxes of the same tensor share: with a negative or zero extent if nothing."""
    return tuple(
        slice(max(p.start, q.start), min(p.stop, q.stop)) for p, q in zip(a, b, strict=True)
    )


def relative(inner: Box, outer: Box) -> Box:
    """The box that cuts `inner` out of what `outer` has cut out."""
    return tuple(
        slice(p.start - q.start, p.stop - q.start) for p, q in zip(inner, outer, strict=True)
    )


def _parse_extent(part: str, text: str) -> tuple[int, int] | None:
    if part == "-":
        return None
    numbers = part.split(",")
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        raise errors.InvalidArgumentError(
            None, None, f"Expected a pair of numbers or '-' but got '{part}': string = {text}"
        )
    start, length = map(int, numbers)
    if length == 0:
        raise errors.InvalidArgumentError(
            None, None, f"Expected a positive length but got '{part}': string = {text}"
        )
    return start, length


# Below: bytes that sort as the numbers and strings that they stand for, for keys of many parts.


def _ordered_number(value: int) -> bytes:
    """A length in one byte, then the number, its highest byte first."""
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def _ordered_string(value: bytes) -> bytes:
    """The string, with 0 and 255 escaped because 0, 1 ends it."""
    escapes = {0: b"\0\xff", 255: b"\xff\0"}
    return b"".join(escapes.get(byte, bytes([byte])) for byte in value) + b"\0\x01"


def _ordered_signed_number(value: int) -> bytes:
    """Two's complement of as many bytes as leading bits differ from the sign."""
    bits = (value if value >= 0 else ~value).bit_length()
    size = bits // 7 + 1
    header = ((1 << size) - 1) << 7 * size
    return (value & (1 << 8 * size) - 1 ^ header).to_bytes(size, "big")
