"""The cases that PyTorch runs too, as its users write them: channels_last, fused optimizers.

A case that is not here is left out where PyTorch is the peer: that with dropout too, whose random
numbers are others, so that there is nothing to compare losses with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # the name its users know

from .cases import Work, digits, photographs
from .models import BLOCKS, Weights

_EPSILON = 1e-3


class TorchWeights(Weights):
    """Tensors from the same numbers, drawn in the same order, in PyTorch's layout."""

    def __init__(self) -> None:
        super().__init__(None)
        self.trainable: list[torch.Tensor] = []

    def of(self, value: np.ndarray, trainable: bool = True) -> torch.Tensor:
        tensor = torch.from_numpy(value)
        if tensor.ndim == 4:  # height, width, inputs, outputs
            tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        if trainable:
            self.trainable.append(tensor.requires_grad_())
        return tensor


def set_threads(threads: int) -> None:
    """How many threads PyTorch uses."""
    torch.set_num_threads(threads)


def _same(x: torch.Tensor, size: int, stride: int, value: float = 0.0) -> torch.Tensor:
    """Pads as TensorFlow's SAME does: the odd row and column at the end."""
    sides = []
    for length in (x.shape[3], x.shape[2]):
        total = max(0, (-(-length // stride) - 1) * stride + size - length)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides, value=value) if any(sides) else x


def _channels_last(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def _normalized(x: torch.Tensor, scale: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
    return F.batch_norm(x, None, None, scale, offset, training=True, eps=_EPSILON)


def _trainer(optimizer: torch.optim.Optimizer, loss: Callable[[], torch.Tensor]) -> Work:
    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return float(value)

    return Work(step, float)


def _inference(logits: Callable[[], torch.Tensor]) -> Work:
    def step() -> np.ndarray:
        with torch.inference_mode():
            return logits().numpy()

    return Work(step, lambda result: float(np.abs(result).mean()))


def _adam(weights: TorchWeights, rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(weights.trainable, lr=rate, fused=True)


# --- LeNet and the perceptron --------------------------------------------------------------------


def _lenet(batch_norm: bool = False) -> tuple[TorchWeights, Callable[..., torch.Tensor]]:
    weights = TorchWeights()
    layers = []
    for channels, filters in ((1, 32), (32, 64)):
        layer = [weights.normal([5, 5, channels, filters], 0.1), weights.filled([filters], 0.1)]
        if batch_norm:
            layer += [weights.filled([filters], 0.0), weights.filled([filters], 1.0)]
        layers.append(layer)
    dense = weights.normal([7 * 7 * 64, 1024], 0.1), weights.filled([1024], 0.1)
    last = weights.normal([1024, 10], 0.1), weights.filled([10], 0.1)

    def logits(x: torch.Tensor) -> torch.Tensor:
        h = x.reshape(-1, 28, 28, 1).permute(0, 3, 1, 2)
        for kernel, bias, *norm in layers:
            h = F.conv2d(h, kernel, bias, padding=2)
            if norm:
                h = _normalized(h, norm[1], norm[0])
            h = F.max_pool2d(F.relu(h), 2)
        h = F.relu(torch.addmm(dense[1], h.permute(0, 2, 3, 1).reshape(-1, 7 * 7 * 64), dense[0]))
        return torch.addmm(last[1], h, last[0])

    return weights, logits


def _lenet_training(batch_norm: bool = False) -> Work:
    weights, logits = _lenet(batch_norm)
    images, labels = map(torch.from_numpy, digits(100))
    return _trainer(
        _adam(weights, 1e-4),
        lambda: F.binary_cross_entropy_with_logits(logits(images), labels),
    )


def _lenet_inference() -> Work:
    _, logits = _lenet()
    images = torch.from_numpy(digits(100)[0])
    return _inference(lambda: logits(images))


def _mlp_training() -> Work:
    weights = TorchWeights()
    layers = [
        (weights.normal([inputs, outputs], 0.05), weights.filled([outputs], 0.0))
        for inputs, outputs in ((784, 256), (256, 256), (256, 10))
    ]
    images, labels = map(torch.from_numpy, digits(128))

    def loss() -> torch.Tensor:
        h = images
        for kernel, bias in layers[:-1]:
            h = F.relu(torch.addmm(bias, h, kernel))
        return F.cross_entropy(torch.addmm(layers[-1][1], h, layers[-1][0]), labels)

    return _trainer(_adam(weights, 1e-3), loss)


# --- ResNets -------------------------------------------------------------------------------------


class _ResNet:
    """The ResNet of `models`, with its weights drawn in the same order."""

    def __init__(self, depth: int, is_training: bool) -> None:
        self.weights = TorchWeights()
        self._is_training = is_training
        self._stem = self._layer(3, 64, 7, 2)
        self._blocks: list[tuple[list[Any], Any]] = []
        channels = 64
        for stage, count in enumerate(BLOCKS[depth]):
            for i in range(count):
                stride = 2 if stage and not i else 1
                filters, path = 64 << stage, []
                if depth < 50:
                    path = [(channels, filters, 3, stride), (filters, filters, 3, 1)]
                else:
                    path = [
                        (channels, filters, 1, 1),
                        (filters, filters, 3, stride),
                        (filters, 4 * filters, 1, 1),
                    ]
                layers = [self._layer(*arguments) for arguments in path]
                outputs = path[-1][1]
                is_plain = channels == outputs and stride == 1
                shortcut = None if is_plain else self._layer(channels, outputs, 1, stride)
                self._blocks.append((layers, shortcut))
                channels = outputs
        self._last = self.weights.normal([channels, 1000], 0.01), self.weights.filled([1000], 0.0)

    def _layer(
        self, channels: int, filters: int, size: int, stride: int
    ) -> Callable[[torch.Tensor], torch.Tensor]:
        """A convolution and its batch norm."""
        weights = self.weights
        kernel = weights.normal(
            [size, size, channels, filters], (2.0 / (size**2 * channels)) ** 0.5
        )
        scale, offset = weights.filled([filters], 1.0), weights.filled([filters], 0.0)
        if self._is_training:
            return lambda x: _normalized(
                F.conv2d(_same(x, size, stride), kernel, stride=stride), scale, offset
            )
        mean = weights.filled([filters], 0.1, trainable=False)
        variance = weights.filled([filters], 1.5, trainable=False)
        return lambda x: F.batch_norm(
            F.conv2d(_same(x, size, stride), kernel, stride=stride),
            mean, variance, scale, offset, eps=_EPSILON,
        )  # fmt: skip

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        h = F.relu(self._stem(x))
        h = F.max_pool2d(_same(h, 3, 2, value=-torch.inf), 3, 2)
        for (*inner, last), shortcut in self._blocks:
            path = h
            for layer in inner:
                path = F.relu(layer(path))
            h = F.relu(last(path) + (shortcut(h) if shortcut else h))
        return torch.addmm(self._last[1], h.mean([2, 3]), self._last[0])


def _resnet_inference(depth: int, batch: int) -> Work:
    net = _ResNet(depth, is_training=False)
    images = _channels_last(photographs(batch))
    return _inference(lambda: net.logits(images))


def _resnet_training(depth: int, batch: int) -> Work:
    net = _ResNet(depth, is_training=True)
    images, labels = _channels_last(photographs(batch)), torch.arange(batch)
    optimizer = torch.optim.SGD(net.weights.trainable, lr=1e-4, momentum=0.9, fused=True)
    return _trainer(optimizer, lambda: F.cross_entropy(net.logits(images), labels))


TORCH_CASES: dict[str, Callable[[], Work]] = {
    "lenet_train": _lenet_training,
    "lenet_train_batch_norm": lambda: _lenet_training(batch_norm=True),
    "lenet_infer": _lenet_inference,
    "lenet_train_one_core": _lenet_training,
    "resnet18_infer_1": lambda: _resnet_inference(18, 1),
    "resnet18_infer_8": lambda: _resnet_inference(18, 8),
    "resnet50_infer_1": lambda: _resnet_inference(50, 1),
    "resnet50_infer_8": lambda: _resnet_inference(50, 8),
    "resnet18_train": lambda: _resnet_training(18, 8),
    "resnet50_train": lambda: _resnet_training(50, 8),
    "mlp_train": _mlp_training,
}
