"""What layers with windows share: sizes for each axis, paddings, orders of dimensions, lengths."""

from __future__ import annotations

from typing import Any

_FORMATS = {
    "channels_last": {1: "NWC", 2: "NHWC", 3: "NDHWC"},
    "channels_first": {1: "NCW", 2: "NCHW", 3: "NCDHW"},
}


def per_axis(value: Any, rank: int, argument: str) -> tuple[int, ...]:
    """An int for each spatial axis, from one for all of them or one for each.

    Args:
      value: an int, or as many of them as there are spatial axes.
      rank: how many spatial axes there are.
      argument: the argument's name, for the message.

    Raises:
      ValueError: `value` is something else.
    """
    wanted = f"The `{argument}` argument must be an integer or a tuple of {rank} integers."
    if _is_whole(value):
        return (int(value),) * rank
    try:
        values = tuple(value)
    except TypeError:
        raise ValueError(f"{wanted} Received: {value!r}") from None
    if len(values) != rank:
        raise ValueError(f"{wanted} Received: {value!r}, which has {len(values)} elements")
    for element in values:
        if not _is_whole(element):
            raise ValueError(
                f"{wanted} Received: {value!r} with the element {element!r} of type "
                f"{type(element).__name__}"
            )
    return tuple(map(int, values))


def _is_whole(value: Any) -> bool:
    """Whether it is an integer of any type (`tf.Dimension` too)."""
    try:
        return bool(int(value) == value)
    except (TypeError, ValueError):
        return False


def padding_of(value: Any, causal: bool = False) -> str:
    """A padding's name in lower case.

    Args:
      value: `"valid"` or `"same"` in any case.
      causal: whether `"causal"` is a padding too.

    Raises:
      ValueError: it is none of these.
    """
    padding = value.lower() if isinstance(value, str) else value
    if padding == "causal" and not causal:
        raise ValueError("Causal padding is only supported for `Conv1D` and `SeparableConv1D`.")
    if padding not in ("valid", "same", "causal"):
        names = '"valid", "same" or "causal"' if causal else '"valid" or "same"'
        raise ValueError(f"The `padding` argument must be one of {names}. Received: {value!r}")
    return str(padding)


def data_format_of(value: Any) -> str:
    """`"channels_last"` or `"channels_first"`, from either in any case; None is the first.

    Raises:
      ValueError: it is neither.
    """
    data_format = value.lower() if isinstance(value, str) else value
    if data_format is None:
        return "channels_last"
    if data_format not in _FORMATS:
        raise ValueError(
            'The `data_format` argument must be one of "channels_first", "channels_last". '
            f"Received: {value!r}"
        )
    return str(data_format)


def op_format(data_format: str, rank: int) -> str:
    """What ops call the order of dimensions: `"NHWC"` for two spatial axes and channels last."""
    return _FORMATS[data_format][rank]


def all_axes(values: tuple[int, ...], data_format: str) -> list[int]:
    """Values of the spatial axes with ones for the batch and the channels."""
    return [1, *values, 1] if data_format == "channels_last" else [1, 1, *values]


def first_spatial_axis(data_format: str) -> int:
    """The axis after the batch, and after the channels if they come first."""
    return 1 if data_format == "channels_last" else 2


def channel_axis(data_format: str) -> int:
    """The axis of the channels."""
    return -1 if data_format == "channels_last" else 1


def pooled_length(
    length: int | None, window: int, padding: str, stride: int, dilation: int = 1
) -> int | None:
    """How many windows there are along an axis.

    Args:
      length: the axis' length, or None if it is not known.
      window: the window's length.
      padding: `"valid"`, `"same"` or `"causal"`.
      stride: the distance between windows.
      dilation: the distance between the window's elements.
    """
    if length is None:
        return None
    reach = dilation * (window - 1) if padding == "valid" else 0
    return (length - reach + stride - 1) // stride
