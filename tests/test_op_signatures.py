"""Our op definitions are TensorFlow's: inputs, outputs, attributes, defaults, allowed types."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow
from graphflow.core.base.dtypes import DType
from graphflow.core.base.tensor_shape import TensorShape
from graphflow.core.graph.graph_def import attr_from_proto
from graphflow.core.graph.import_graph_def_ops import LATER_ATTRS
from graphflow.core.graph.op_def import REQUIRED, ArgDef, AttrDef, registered_ops

assert graphflow  # registers the ops

PUBLIC_OPS = sorted(name for name in registered_ops() if not name.startswith("_"))

# Where we follow 1.14, and TensorFlow 2.21 takes more types or has another attribute: op -> why.
_BAD_INDICES = "bad_indices_policy came in 2.18"
_SMALL_INDICES = "16-bit indices came after 1.14"
_SIZE_TYPES = "other types than int32 for sizes and positions came after 1.14"
NARROWER: dict[str, str] = {
    "AsString": "half, unsigned and string inputs came after 1.14",
    "Bitcast": "the bytes of quantized types are not laid open here",
    "ConcatOffset": _SIZE_TYPES,
    "DecodePaddedRaw": "more types came after 1.14",
    "DecodeRaw": "more types came after 1.14",
    "GatherNd": _BAD_INDICES,
    "GatherV2": _SMALL_INDICES,
    "MaxPool": "explicit padding came in 2.2",
    "MaxPoolGrad": "explicit padding came in 2.2",
    "Range": "unsigned ranges came in 2.3",
    "ScatterNd": _BAD_INDICES,
    "ScatterNdNonAliasingAdd": _BAD_INDICES,
    "SplitV": "int8 sizes came after 1.14",
    "StringToNumber": "unsigned numbers came after 1.14",
    "StridedSlice": _SMALL_INDICES,
    "TensorListGetItem": _SIZE_TYPES,
    "TensorScatterAdd": _BAD_INDICES,
    "TensorScatterSub": _BAD_INDICES,
    "TensorScatterUpdate": _BAD_INDICES,
    "TopKV2": _SIZE_TYPES,
}


@pytest.fixture(scope="module")
def registry(oracle: ModuleType) -> Any:
    from tensorflow.python.framework import op_def_registry

    return op_def_registry


@pytest.mark.parametrize("name", PUBLIC_OPS)
def test_signature(name: str, registry: Any) -> None:
    ours, theirs = registered_ops()[name], registry.get(name)
    assert theirs is not None, f"TensorFlow has no op {name}"
    theirs_by_name = {attr.name: attr for attr in theirs.attr}
    mine = {attr.name: _attr(attr) for attr in ours.attrs}
    wanted = {attr.name: _their_attr(attr) for attr in theirs.attr}
    # The type of an argument that has become an attribute: TensorFlow's default is what it was.
    fixed = {key: value[1] for key, value in wanted.items() if key not in mine}
    assert [_arg(a) for a in ours.inputs] == [_their_arg(a, fixed) for a in theirs.input_arg]
    assert [_arg(a) for a in ours.outputs] == [_their_arg(a, fixed) for a in theirs.output_arg]
    if name not in NARROWER:
        assert mine == wanted
        return
    assert mine != wanted, "no longer narrower: drop it from NARROWER"
    for attr_name, (kind, default, allowed, minimum) in mine.items():
        their_kind, their_default, their_allowed, their_minimum = wanted.pop(attr_name)
        assert (kind, default, minimum) == (their_kind, their_default, their_minimum)
        assert their_allowed is None or (allowed is not None and allowed <= their_allowed)
    for attr_name, (_, default, _, _) in wanted.items():
        assert attr_from_proto(theirs_by_name[attr_name].default_value) == LATER_ATTRS[attr_name]
        assert default is not REQUIRED


def test_narrower_ops_are_registered() -> None:
    assert set(NARROWER) <= set(PUBLIC_OPS)


def _arg(arg: ArgDef) -> tuple[Any, ...]:
    dtype = None if arg.dtype is None else arg.dtype.as_datatype_enum
    return arg.name, dtype, arg.type_attr, arg.number_attr, arg.type_list_attr, arg.is_ref


def _their_arg(arg: Any, fixed: dict[str, Any]) -> tuple[Any, ...]:
    return (
        arg.name,
        arg.type or fixed.get(arg.type_attr),
        None if arg.type_attr in fixed else arg.type_attr or None,
        arg.number_attr or None,
        arg.type_list_attr or None,
        arg.is_ref,
    )


def _attr(attr: AttrDef) -> tuple[Any, ...]:
    allowed = None if attr.allowed is None else frozenset(_plain(v) for v in attr.allowed)
    default = attr.default if attr.default is REQUIRED else _plain(attr.default)
    return attr.kind, default, allowed, attr.minimum


def _plain(value: Any) -> Any:
    """An attribute's value in the form in which both sides are compared."""
    if isinstance(value, DType):
        return value.as_datatype_enum
    if isinstance(value, TensorShape):
        return None if value.ndims is None else tuple(value.as_list())
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.tolist()
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return value


def _their_attr(attr: Any) -> tuple[Any, ...]:
    kind, allowed = attr.type, None
    if attr.allowed_values.list.type:
        allowed = frozenset(attr.allowed_values.list.type)
    elif attr.allowed_values.list.s:
        allowed = frozenset(s.decode() for s in attr.allowed_values.list.s)
    default = _their_default(attr) if attr.HasField("default_value") else REQUIRED
    return kind, default, allowed, attr.minimum if attr.has_minimum else None


def _their_default(attr: Any) -> Any:
    value = attr.default_value
    kind = value.WhichOneof("value")
    if attr.type.startswith("list("):
        return tuple(_their_value(attr.type[5:-1], v) for v in _their_items(value.list))
    return _their_value(attr.type, getattr(value, kind))


def _their_items(values: Any) -> list[Any]:
    lists = (values.s, values.i, values.f, values.b, values.type, values.shape)
    return next((list(items) for items in lists if items), [])


def _their_value(kind: str, value: Any) -> Any:
    if kind == "string":
        return value.decode()
    if kind == "float":
        return float(f"{value:.7g}")  # protos hold it as a float32
    if kind == "tensor":
        return _plain(graphflow.make_ndarray(value))
    if kind == "shape":
        return None if value.unknown_rank else tuple(d.size for d in value.dim)
    return value
