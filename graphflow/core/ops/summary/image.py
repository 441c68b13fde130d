"""ImageSummary: the first images of a batch, as PNG."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...base import errors
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import scalar_shape
from .scope import collect, new_summary, serialized, summary_scope, tag_of, tags_of_outputs

image_summary_op = define_op(
    "ImageSummary",
    inputs=["tag: string", "tensor: T"],
    outputs=["summary: string"],
    attrs=[
        "max_images: int >= 1 = 3",
        "T: {uint8, float, half, float64} = DT_FLOAT",
        "bad_color: tensor = uint8[255, 0, 0, 255]",
    ],
    shape=scalar_shape,
)
image_summary_op.no_grad()

_PNG_COLOR_TYPES = {1: 0, 3: 2, 4: 6}  # grey, RGB, RGBA


@image_summary_op.define
def image_summary_reference(node: Any, tag: np.ndarray, images: np.ndarray) -> np.ndarray:
    if images.ndim != 4 or images.shape[3] not in _PNG_COLOR_TYPES:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"Tensor must be 4-D with last dim 1, 3, or 4, not {list(images.shape)}",
        )
    _, height, width, channels = images.shape
    if height == 0 or width == 0:
        raise errors.InvalidArgumentError(
            None, None, f"input tensor must have non-zero dims. Found: {list(images.shape)}."
        )
    bad_color = node.attrs["bad_color"]
    summary = new_summary()
    tags = tags_of_outputs(tag_of(tag), "image", node.attrs["max_images"], len(images))
    for text, image in zip(tags, images, strict=False):
        pixels = image if image.dtype == np.uint8 else as_pixels(image, bad_color[:channels])
        proto = summary.value.add(tag=text).image
        proto.height, proto.width, proto.colorspace = height, width, channels
        proto.encoded_image_string = encode_png(pixels)
    return serialized(summary)


def as_pixels(image: np.ndarray, bad_color: np.ndarray) -> np.ndarray:
    """Numbers as bytes: 0 to the largest become 0 to 255, or around zero -m to m become 1 to 255.

    Pixels with infinities or NaN get `bad_color`, and do not count for the scale.
    """
    finite = np.isfinite(image).all(axis=2)
    values = image[finite].astype(np.float32)
    low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
    size, limit, offset = high, np.float32(255), 0
    if low < 0:
        size, limit, offset = np.maximum(-low, np.abs(high)), np.float32(127), 128
    scale = np.float32(0) if size < np.float32(1e-6) else limit / np.float32(size)
    dtype = image.dtype.type
    pixels = np.empty(image.shape, np.uint8)
    pixels[finite] = (image[finite] * dtype(scale) + dtype(offset)).astype(np.uint8)
    pixels[~finite] = bad_color
    return pixels


def encode_png(pixels: np.ndarray) -> bytes:
    """Bytes `[height, width, channels]` as a PNG file."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _PNG_COLOR_TYPES[channels], 0, 0, 0)
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def image(
    name: str,
    tensor: Any,
    max_outputs: int = 3,
    collections: Iterable[str] | None = None,
    family: str | None = None,
) -> Tensor:
    """A summary of the first images of a batch.

    Args:
      name: the node's name, which with its scopes is the tag, with `/image` or `/image/0` behind.
      tensor: `[batch, height, width, channels]` with 1 (grey), 3 (RGB) or 4 (RGBA) channels. Bytes
        are taken as they are, floats are scaled image by image.
      max_outputs: how many images.
      collections: what to add the summary to; `GraphKeys.SUMMARIES` by default.
      family: a prefix of the tag, by which TensorBoard groups.

    Returns:
      A string, a scalar: the serialized Summary.

    Raises:
      InvalidArgumentError: in a run; the tensor has another shape.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        summary = image_summary_op(tag, tensor, max_images=max_outputs, name=scope)
        return collect(summary, collections)
