"""What a call of `run` looks up, found once: the same fetches and feeds come again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import dtypes
from ..graph.tensor import Tensor
from ..runtime.executable import Executable
from .feeds import feed_array
from .fetches import FetchPlan

if TYPE_CHECKING:
    from ..runtime.simple_run import SimpleRun

_MAX_PREPARED = 256
_FLOATS = (dtypes.float16, dtypes.float32, dtypes.float64)

Feeder = Callable[[Any], Any]


class PreparedRun:
    """Fetches and feeds that have been looked at.

    Attributes:
      version: the graph's count of changes when they were.
      fetches: the fetches.
      executable: what computes them.
      feeders: for each fed tensor, what turns a fed value into its array.
      quick: from fed values to what users get, where runs need nothing else and the shapes of all
        fed tensors are fixed; None until there is a plan for that.
    """

    __slots__ = (
        "_has_fixed_shapes",
        "_takes_float",
        "executable",
        "feeders",
        "fetches",
        "quick",
        "version",
    )

    def __init__(
        self, version: int, fetches: FetchPlan, executable: Executable, feeds: Sequence[Tensor]
    ) -> None:
        self.version = version
        self.fetches = fetches
        self.executable = executable
        self.feeders = [feeder(tensor) for tensor in feeds]
        self.quick: Callable[[Iterable[Any]], Any] | None = None
        self._has_fixed_shapes = all(tensor.shape.is_fully_defined() for tensor in feeds)
        self._takes_float = [
            tensor.shape.ndims == 0 and tensor.dtype.base_dtype in _FLOATS for tensor in feeds
        ]

    def run_simple(self, args: list[Any]) -> list[Any] | None:
        """What users get for the fetched tensors, if a run needs nothing but its arguments."""
        run = self.executable.simple_run(args)
        if run is None:
            return None
        if self._has_fixed_shapes and self.quick is None:
            self.quick = self._make_quick(run)
        return run(args)

    def _make_quick(self, run: SimpleRun) -> Callable[[Iterable[Any]], Any]:
        feeders = self.feeders
        rebuild: Callable[[Any], Any] = self.fetches.rebuild
        if self.fetches.is_one_tensor:
            rebuild = itemgetter(0)

        def quick(values: Iterable[Any]) -> Any:
            return rebuild(run([feed(value) for feed, value in zip(feeders, values)]))

        if len(feeders) != 1:
            return quick
        (feed,), (takes_float,) = feeders, self._takes_float

        def quick_with_one(values: Iterable[Any]) -> Any:
            (value,) = values
            if not takes_float or type(value) is not float:
                value = feed(value)
            return rebuild(run((value,)))

        return quick_with_one


class PreparedRuns:
    """The prepared runs of a session, by the objects that `run` is given."""

    def __init__(self) -> None:
        self._runs: dict[Any, PreparedRun] = {}

    @staticmethod
    def key(fetches: Any, feed_dict: Any) -> Any:
        """A key for fetches and feeds that can be told by identity; None for others."""
        kind = type(fetches)
        try:
            what = tuple(fetches) if kind is list or kind is tuple else fetches
            key = kind, what, tuple(feed_dict) if feed_dict else ()
            hash(key)
        except TypeError:
            return None
        return key

    def find(self, key: Any, version: int) -> PreparedRun | None:
        """The run prepared under a key, unless the graph has changed since."""
        found = self._runs.get(key)
        return found if found is not None and found.version == version else None

    def keep(self, key: Any, feed_dict: Any, prepared: PreparedRun) -> None:
        """Remembers a run whose feeds are plain tensors."""
        if isinstance(feed_dict, Mapping) and not all(isinstance(k, Tensor) for k in feed_dict):
            return
        if len(self._runs) >= _MAX_PREPARED:
            self._runs.clear()
        self._runs[key] = prepared

    def clear(self) -> None:
        """Forgets all of them."""
        self._runs.clear()


def feeder(tensor: Tensor) -> Feeder:
    """What turns a fed value into a tensor's array, fast for the values that are fed most."""
    dtype = tensor.dtype.base_dtype
    if dtype in (dtypes.string, dtypes.resource, dtypes.variant):
        return lambda value: feed_array(tensor, value)
    numpy_type = np.dtype(dtype.as_numpy_dtype)
    takes_floats = numpy_type.kind == "f"
    sizes = None if tensor.shape.ndims is None else tuple(tensor.shape.as_list())
    takes_scalars = sizes is None or sizes == ()

    def feed(value: Any) -> Any:
        kind = type(value)
        if kind is np.ndarray:
            if value.dtype == numpy_type and (sizes is None or _fits(value.shape, sizes)):
                return value
        elif kind is float and takes_floats and takes_scalars:
            return np.array(value, numpy_type)
        return feed_array(tensor, value)

    return feed


def _fits(shape: tuple[int, ...], sizes: tuple[int | None, ...]) -> bool:
    if shape == sizes:
        return True
    return len(shape) == len(sizes) and all(
        b is None or a == b for a, b in zip(shape, sizes, strict=True)
    )
