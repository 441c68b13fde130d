"""AudioSummary and AudioSummaryV2: the first sounds of a batch, as WAV."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import scalar_shape
from .scope import collect, new_summary, serialized, summary_scope, tag_of, tags_of_outputs

audio_summary_v2_op = define_op(
    "AudioSummaryV2",
    inputs=["tag: string", "tensor: float", "sample_rate: float"],
    outputs=["summary: string"],
    attrs=["max_outputs: int >= 1 = 3"],
    shape=scalar_shape,
)
audio_summary_v2_op.no_grad()

audio_summary_op = define_op(
    "AudioSummary",
    inputs=["tag: string", "tensor: float"],
    outputs=["summary: string"],
    attrs=["sample_rate: float", "max_outputs: int >= 1 = 3"],
    shape=scalar_shape,
)
audio_summary_op.no_grad()


@audio_summary_v2_op.define
def audio_summary_v2_reference(
    node: Any, tag: np.ndarray, sounds: np.ndarray, sample_rate: np.ndarray
) -> np.ndarray:
    return _summary_of_sounds(node, tag, sounds, float(sample_rate))


@audio_summary_op.define
def audio_summary_reference(node: Any, tag: np.ndarray, sounds: np.ndarray) -> np.ndarray:
    return _summary_of_sounds(node, tag, sounds, node.attrs["sample_rate"])


def _summary_of_sounds(
    node: Any, tag: np.ndarray, sounds: np.ndarray, sample_rate: float
) -> np.ndarray:
    if sounds.ndim not in (2, 3):
        raise errors.InvalidArgumentError(
            None, None, f"Tensor must be 3-D or 2-D, got: {list(sounds.shape)}"
        )
    if not sample_rate > 0:
        raise errors.InvalidArgumentError(None, None, "sample_rate must be > 0")
    if sounds.ndim == 2:
        sounds = sounds[:, :, None]
    _, frames, channels = sounds.shape
    summary = new_summary()
    tags = tags_of_outputs(tag_of(tag), "audio", node.attrs["max_outputs"], len(sounds))
    for text, sound in zip(tags, sounds, strict=False):
        proto = summary.value.add(tag=text).audio
        proto.sample_rate, proto.num_channels = sample_rate, channels
        proto.length_frames, proto.content_type = frames, "audio/wav"
        proto.encoded_audio_string = encode_wav(sound, max(1, round(sample_rate)))
    return serialized(summary)


def encode_wav(sound: np.ndarray, sample_rate: int) -> bytes:
    """Samples `[frames, channels]` from -1 to 1 as a WAV file of 16 bits a sample."""
    scaled = sound.astype(np.float32) * np.float32(1 << 15)
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))  # halves away from zero
    data = np.clip(rounded, -(1 << 15), (1 << 15) - 1).astype("<i2").tobytes()
    channels = sound.shape[1]
    layout = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, sample_rate, sample_rate * channels * 2,
        channels * 2, 16,
    )  # fmt: skip
    body = b"WAVE" + layout + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def audio(
    name: str,
    tensor: Any,
    sample_rate: Any,
    max_outputs: int = 3,
    collections: Iterable[str] | None = None,
    family: str | None = None,
) -> Tensor:
    """A summary of the first sounds of a batch.

    Args:
      name: the node's name, which with its scopes is the tag, with `/audio` or `/audio/0` behind.
      tensor: float32 `[batch, frames]` or `[batch, frames, channels]`, from -1 to 1.
      sample_rate: frames a second, a scalar.
      max_outputs: how many sounds.
      collections: what to add the summary to; `GraphKeys.SUMMARIES` by default.
      family: a prefix of the tag, by which TensorBoard groups.

    Returns:
      A string, a scalar: the serialized Summary.

    Raises:
      InvalidArgumentError: in a run; the tensor has another rank, or the rate is not positive.
    """
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        summary = audio_summary_v2_op(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        return collect(summary, collections)
