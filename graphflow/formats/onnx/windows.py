"""Convolutions, pools and batch norms: ONNX has them with channels in the second place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from .writer import ChannelsFirst, RefusedError, Result, Writer


class _Images:
    """The images that an op works on, in ONNX' order.

    Attributes:
      name: of the value.
      sizes: height and width (and depth), None where they are not known.
      in_order: wraps the name of a result that has the same order.
    """

    def __init__(self, to: Writer, op: Operation, tensor: Tensor) -> None:
        rank = tensor.shape.ndims
        if rank is None:
            raise RefusedError("the rank of its input is not known")
        self.has_channels_last = not op.node_attrs.get("data_format", "NHWC").startswith("NC")
        self.name = to.channels_first(tensor) if self.has_channels_last else to.value(tensor)
        self.in_order: Callable[[str], Result] = ChannelsFirst if self.has_channels_last else str
        self.sizes = self.spatial(tensor.shape.as_list())
        self.channels = tensor.shape.as_list()[-1 if self.has_channels_last else 1]

    def spatial(self, attribute: Sequence[Any]) -> list[Any]:
        """What a list with an entry for each dimension says of height and width."""
        return list(attribute[1:-1] if self.has_channels_last else attribute[2:])


def _margins(sizes: Sequence[int | None], kernel: Any, strides: Any, dilations: Any) -> Any:
    """SAME's margins before and after each dimension; None when a size must be known for it."""
    pairs = []
    for size, length, stride, dilation in zip(sizes, kernel, strides, dilations):
        if size is None and stride != 1:
            return None
        reach = (length - 1) * dilation + 1
        total = reach - stride
        if size is not None:
            total = (-(-size // stride) - 1) * stride + reach - size
        total = max(total, 0)
        pairs.append((total // 2, total - total // 2))
    return [pair[0] for pair in pairs] + [pair[1] for pair in pairs]


def _padding(op: Operation, images: _Images, kernel: Any, strides: Any, dilations: Any) -> Any:
    """ONNX' attributes for the padding of a convolution or pool."""
    padding = op.node_attrs["padding"]
    if padding == "VALID":
        return {}
    if padding == "EXPLICIT":
        pairs = images.spatial(list(zip(*[iter(op.node_attrs["explicit_paddings"])] * 2)))
        return {"pads": [pair[0] for pair in pairs] + [pair[1] for pair in pairs]}
    margins = _margins(images.sizes, kernel, strides, dilations)
    if margins is not None:
        return {"pads": margins}
    if any(dilation != 1 for dilation in dilations):
        raise RefusedError(
            "its images have no known size, which SAME with dilations and strides wants"
        )
    return {"auto_pad": "SAME_UPPER"}


def _geometry(op: Operation, images: _Images, kernel: Sequence[int]) -> dict[str, Any]:
    strides = images.spatial(op.node_attrs["strides"])
    dilations = images.spatial(op.node_attrs.get("dilations") or [1] * (len(kernel) + 2))
    return {
        "kernel_shape": list(kernel),
        "strides": strides,
        "dilations": dilations,
        **_padding(op, images, kernel, strides, dilations),
    }


def _kernel(filters: Tensor, count: int) -> list[int]:
    """Height and width of filters."""
    sizes = filters.shape.as_list()[:count] if filters.shape.ndims is not None else [None]
    if None in sizes:
        raise RefusedError(f"the shape of its filters '{filters.name}' is not known")
    return sizes


def conv(to: Writer, op: Operation) -> Result:
    """Conv2D and Conv3D: filters [height, width, in, out] become [out, in, height, width]."""
    x, filters = op.inputs
    images = _Images(to, op, x)
    count = len(images.sizes)
    kernel = _kernel(filters, count)
    group = 1
    if images.channels and filters.shape.as_list()[count]:
        group = images.channels // filters.shape.as_list()[count]
    weights = to.transposed(filters, [count + 1, count, *range(count)])
    geometry = _geometry(op, images, kernel)
    return images.in_order(to.node("Conv", images.name, weights, group=group, **geometry))


def depthwise_conv(to: Writer, op: Operation) -> Result:
    """Filters [height, width, in, multiplier] become [in * multiplier, 1, height, width]."""
    x, filters = op.inputs
    images = _Images(to, op, x)
    kernel = _kernel(filters, 2)
    channels = filters.shape.as_list()[2]
    if channels is None:
        raise RefusedError(f"the shape of its filters '{filters.name}' is not known")
    array = to.known(filters)
    if array is not None:
        weights = to.constant(
            array.transpose(2, 3, 0, 1).reshape(-1, 1, *kernel), f"{filters.name}/depthwise"
        )
    else:
        weights = to.node("Reshape", to.transposed(filters, [2, 3, 0, 1]), [-1, 1, *kernel])
    geometry = _geometry(op, images, kernel)
    return images.in_order(to.node("Conv", images.name, weights, group=channels, **geometry))


def conv_transpose(to: Writer, op: Operation) -> Result:
    """Conv2DBackpropInput: the images that it makes have the size that SAME or VALID came from."""
    sizes, filters, dy = op.inputs
    images = _Images(to, op, dy)
    kernel = _kernel(filters, 2)
    strides = images.spatial(op.node_attrs["strides"])
    dilations = images.spatial(op.node_attrs["dilations"])
    made = op.outputs[0].shape
    made_sizes = images.spatial(made.as_list()) if made.ndims else [None]
    if None in made_sizes or None in images.sizes:
        raise RefusedError("the height and width of its input and output are not known")
    images_made, images.sizes = images.sizes, made_sizes
    padding = _padding(op, images, kernel, strides, dilations)
    pads = padding.get("pads", [0] * (2 * len(kernel)))
    reaches = [(length - 1) * dilation + 1 for length, dilation in zip(kernel, dilations)]
    beyond = [
        size - ((number - 1) * stride + reach - pads[i] - pads[i + len(kernel)])
        for i, (size, number, stride, reach) in enumerate(
            zip(made_sizes, images_made, strides, reaches)
        )
    ]
    result = to.node(
        "ConvTranspose",
        images.name,
        to.transposed(filters, [3, 2, 0, 1]),
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        pads=pads,
        output_padding=beyond,
    )
    return images.in_order(result)


def pool(op_type: str) -> Callable[[Writer, Operation], Result]:
    """A row for a pool. AvgPool leaves margins out of its means, as TensorFlow does."""

    def emitter(to: Writer, op: Operation) -> Result:
        images = _Images(to, op, op.inputs[0])
        lengths, strides = op.node_attrs["ksize"], op.node_attrs["strides"]
        kernel = images.spatial(lengths)
        if np.prod(lengths) != np.prod(kernel) or np.prod(strides) != np.prod(
            images.spatial(strides)
        ):
            raise RefusedError("it pools over examples or channels")
        geometry = _geometry(op, images, kernel)
        del geometry["dilations"]
        return images.in_order(to.node(op_type, images.name, **geometry))

    return emitter


def batch_norm(to: Writer, op: Operation) -> list[Result]:
    """FusedBatchNorm; in inference, what it gives beside the images is what it was given."""
    x, scale, offset, mean, variance = op.inputs
    images = _Images(to, op, x)
    epsilon = float(op.node_attrs["epsilon"])
    if op.node_attrs["is_training"]:
        return _with_own_statistics(to, op, images, epsilon)
    names = [to.value(tensor) for tensor in (scale, offset, mean, variance)]
    y = images.in_order(to.node("BatchNormalization", images.name, *names, epsilon=epsilon))
    others: list[Result] = [mean, variance, mean, variance, None]
    return [y, *others[: len(op.outputs) - 1]]


def _with_own_statistics(
    to: Writer, op: Operation, images: _Images, epsilon: float
) -> list[Result]:
    """As in training, and as layer norms are written: the batch's own mean and variance."""
    x, scale, offset = op.inputs[:3]
    if x.dtype != scale.dtype:
        raise RefusedError(f"its statistics are {scale.dtype.name}, its images {x.dtype.name}")
    axes = [0, *range(2, len(images.sizes) + 2)]
    columns = [*range(1, len(images.sizes) + 1)]
    mean = to.node("ReduceMean", images.name, axes, keepdims=1)
    centered = to.node("Sub", images.name, mean)
    variance = to.node("ReduceMean", to.node("Mul", centered, centered), axes, keepdims=1)
    deviation = to.node("Sqrt", to.node("Add", variance, to.scalar(epsilon, scale)))
    factor = to.node("Div", to.node("Unsqueeze", to.value(scale), columns), deviation)
    summand = to.node("Unsqueeze", to.value(offset), columns)
    y = images.in_order(to.node("Add", to.node("Mul", centered, factor), summand))
    return [y, to.node("Squeeze", mean, axes), *[None] * (len(op.outputs) - 2)]


def bias_add(to: Writer, op: Operation) -> Result:
    x, bias = op.inputs
    if not op.node_attrs["data_format"].startswith("NC"):
        names, in_order = to.aligned([x, bias])
        return in_order(to.node("Add", *names))
    if x.shape.ndims is None:
        raise RefusedError("the rank of its input is not known")
    column = to.node("Unsqueeze", to.value(bias), list(range(1, x.shape.ndims - 1)))
    return to.node("Add", to.value(x), column)


def lrn(to: Writer, op: Operation) -> Result:
    """TensorFlow multiplies the sum by alpha, ONNX the mean."""
    attrs = op.node_attrs
    size = 2 * attrs["depth_radius"] + 1
    name = to.channels_first(op.inputs[0])
    factors = {key: float(attrs[key]) for key in ("beta", "bias")}
    alpha = float(attrs["alpha"]) * size
    return ChannelsFirst(to.node("LRN", name, size=size, alpha=alpha, **factors))


def depth_to_space(to: Writer, op: Operation) -> Result:
    images = _Images(to, op, op.inputs[0])
    size = op.node_attrs["block_size"]
    return images.in_order(to.node("DepthToSpace", images.name, blocksize=size, mode="DCR"))


def space_to_depth(to: Writer, op: Operation) -> Result:
    images = _Images(to, op, op.inputs[0])
    return images.in_order(
        to.node("SpaceToDepth", images.name, blocksize=op.node_attrs["block_size"])
    )
