"""Convolution and pooling as sums over single elements: slow, and plain to read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np


class Geometry(NamedTuple):
    """Sliding windows: one entry per spatial axis."""

    strides: Sequence[int]
    dilations: Sequence[int]
    padding: str | Sequence[tuple[int, int]]


def before_and_out(size: int, kernel: int, axis: int, geometry: Geometry) -> tuple[int, int]:
    """How many elements of padding come first, and how many windows there are."""
    stride, dilation = geometry.strides[axis], geometry.dilations[axis]
    reach = (kernel - 1) * dilation + 1
    if geometry.padding == "SAME":
        out = -(-size // stride)
        return max((out - 1) * stride + reach - size, 0) // 2, out
    before, after = (0, 0) if geometry.padding == "VALID" else geometry.padding[axis]
    return before, (size + before + after - reach) // stride + 1


def out_sizes(sizes: Sequence[int], kernel: Sequence[int], geometry: Geometry) -> list[int]:
    """The number of windows along each axis."""
    pairs = zip(sizes, kernel, strict=True)
    return [before_and_out(s, k, axis, geometry)[1] for axis, (s, k) in enumerate(pairs)]


def taps(
    sizes: Sequence[int], kernel: Sequence[int], geometry: Geometry
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """All (window, position in the kernel, element) whose element is not padding."""
    starts = [before_and_out(s, k, i, geometry)[0] for i, (s, k) in enumerate(zip(sizes, kernel))]
    for window in itertools.product(*map(range, out_sizes(sizes, kernel, geometry))):
        for tap in itertools.product(*map(range, kernel)):
            element = tuple(
                w * stride + t * dilation - start
                for w, t, stride, dilation, start in zip(
                    window, tap, geometry.strides, geometry.dilations, starts, strict=True
                )
            )
            if all(0 <= e < size for e, size in zip(element, sizes, strict=True)):
                yield window, tap, element


def convolve(x: np.ndarray, filters: np.ndarray, geometry: Geometry) -> np.ndarray:
    """[batch, spatial..., c_in] with [kernel..., c_in, c_out]."""
    sizes, kernel = x.shape[1:-1], filters.shape[:-2]
    result = np.zeros((len(x), *out_sizes(sizes, kernel, geometry), filters.shape[-1]))
    for window, tap, element in taps(sizes, kernel, geometry):
        result[:, *window] += x[:, *element] @ filters[tap]
    return result


def convolve_backprops(
    x: np.ndarray, filters: np.ndarray, dy: np.ndarray, geometry: Geometry
) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of `sum(convolve(x, filters) * dy)`."""
    dx, dfilters = np.zeros(x.shape), np.zeros(filters.shape)
    for window, tap, element in taps(x.shape[1:-1], filters.shape[:-2], geometry):
        dx[:, *element] += dy[:, *window] @ filters[tap].T
        dfilters[tap] += x[:, *element].T @ dy[:, *window]
    return dx, dfilters


def pool(kind: str, x: np.ndarray, kernel: Sequence[int], geometry: Geometry) -> np.ndarray:
    """MAX or AVG over the elements that are not padding."""
    members: dict[tuple[int, ...], list[np.ndarray]] = {}
    for window, _, element in taps(x.shape[1:-1], kernel, geometry):
        members.setdefault(window, []).append(x[:, *element])
    sizes = out_sizes(x.shape[1:-1], kernel, geometry)
    result = np.zeros((len(x), *sizes, x.shape[-1]))
    for window, values in members.items():
        result[:, *window] = np.max(values, axis=0) if kind == "MAX" else np.mean(values, axis=0)
    return result


def pool_backprop(
    kind: str, x: np.ndarray, dy: np.ndarray, kernel: Sequence[int], geometry: Geometry
) -> np.ndarray:
    """The gradient of `sum(pool(x) * dy)`; of equal maxima the first one gets it."""
    members: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for window, _, element in taps(x.shape[1:-1], kernel, geometry):
        members.setdefault(window, []).append(element)
    dx = np.zeros(x.shape)
    for window, elements in members.items():
        values = np.stack([x[:, *element] for element in elements])
        winner = values.argmax(axis=0)
        for number, element in enumerate(elements):
            share = winner == number if kind == "MAX" else 1 / len(elements)
            dx[:, *element] += share * dy[:, *window]
    return dx
