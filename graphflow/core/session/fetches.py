"""Fetches: any nesting of tensors, operations, variables and names, and back again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any

from ..graph.graph import Graph
from ..graph.indexed_slices import (
    IndexedSlices,
    IndexedSlicesValue,
    SparseTensor,
    SparseTensorValue,
)
from ..graph.operation import Operation
from ..graph.tensor import Tensor

Rebuild = Callable[[dict[Any, Any]], Any]


class FetchPlan:
    """What a `fetches` argument asks for.

    Attributes:
      tensors: the distinct tensors to compute.
      targets: the distinct operations to run for their effect.
      is_one_tensor: whether a tensor alone is fetched.
    """

    def __init__(self, graph: Graph, fetches: Any) -> None:
        self._graph = graph
        elements: dict[Tensor | Operation, None] = {}
        self._rebuild = self._plan(fetches, elements)
        self.tensors = [e for e in elements if isinstance(e, Tensor)]
        self.targets = [e for e in elements if isinstance(e, Operation)]
        self.is_one_tensor = isinstance(fetches, Tensor) and len(self.tensors) == 1

    def rebuild(self, values: Sequence[Any]) -> Any:
        """The values of `tensors` in the nesting of the fetches; None for operations."""
        if self.is_one_tensor:
            return values[0]
        return self._rebuild(dict(zip(self.tensors, values, strict=True)))

    def _plan(self, fetch: Any, elements: dict[Any, None]) -> Rebuild:
        if isinstance(fetch, list):
            return self._plan_items(fetch, elements, list)
        if isinstance(fetch, tuple) and hasattr(fetch, "_fields"):
            return self._plan_items(fetch, elements, lambda items: type(fetch)(*items))
        if isinstance(fetch, tuple):
            return self._plan_items(fetch, elements, tuple)
        if isinstance(fetch, Mapping):
            keys = list(fetch)
            as_mapping = partial(_mapping_of, type(fetch), keys)
            return self._plan_items([fetch[k] for k in keys], elements, as_mapping)
        if hasattr(type(fetch), "__attrs_attrs__"):
            parts = [getattr(fetch, field.name) for field in type(fetch).__attrs_attrs__]
            return self._plan_items(parts, elements, lambda items: type(fetch)(*items))
        if isinstance(fetch, SparseTensor):
            parts = [fetch.indices, fetch.values, fetch.dense_shape]
            return self._plan_items(parts, elements, lambda items: SparseTensorValue(*items))
        if isinstance(fetch, IndexedSlices):
            parts = [fetch.values, fetch.indices]
            if fetch.dense_shape is not None:
                parts.append(fetch.dense_shape)
            pad = [None] * (3 - len(parts))
            return self._plan_items(parts, elements, lambda v: IndexedSlicesValue(*v, *pad))
        element = self._element(fetch)
        elements[element] = None
        return lambda values: values.get(element)

    def _plan_items(
        self, items: Sequence[Any], elements: dict[Any, None], combine: Callable[[list[Any]], Any]
    ) -> Rebuild:
        rebuilds = [self._plan(item, elements) for item in items]
        return lambda values: combine([rebuild(values) for rebuild in rebuilds])

    def _element(self, fetch: Any) -> Any:
        if fetch is None:
            raise TypeError(f"Fetch argument {fetch!r} has invalid type {type(fetch)}")
        try:
            element = self._graph.as_graph_element(fetch)
        except TypeError as e:
            raise TypeError(
                f"Fetch argument {fetch!r} has invalid type {type(fetch)}, must be a string or "
                f"Tensor. ({e})"
            ) from None
        except (ValueError, KeyError) as e:
            raise ValueError(
                f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({e.args[0]})"
            ) from None
        if not self._graph.is_fetchable(element):
            raise ValueError(f"Operation {element.name!r} has been marked as not fetchable.")
        return element


def _mapping_of(kind: Any, keys: Sequence[Any], items: Sequence[Any]) -> Any:
    """A mapping of the same type as the one that was fetched."""
    pairs = zip(keys, items, strict=True)
    if not issubclass(kind, MutableMapping):
        return kind(dict(pairs))
    mapping = kind()  # made empty: a defaultdict cannot be made of pairs alone
    mapping.update(pairs)
    return mapping
