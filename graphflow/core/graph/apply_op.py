"""From Python arguments to a node: conversion of inputs, inference of types, checks of attributes.

What `tf.matmul(a, 3.0)` needs between the user's call and `Graph._add_node`.
"""

from __future__ import annotations

import contextlib
import functools
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

from ..base import dtypes
from .attr_values import normalize_attr
from .conversion import convert_to_tensor, graph_of_inputs
from .graph import Graph
from .op_def import ArgDef, OpDef, output_structure
from .operation import Operation
from .scopes import name_scope
from .tensor import Tensor


def apply_op(op_def: OpDef, args: Sequence[Any], kwargs: dict[str, Any], name: str | None) -> Any:
    """Adds a node of type `op_def`; see `OpDef.__call__`."""
    values, given = _bind(op_def, args, kwargs)
    graph = graph_of_inputs(values.values())
    attrs: dict[str, Any] = {}
    for key, value in given.items():
        attrs[key] = normalize_attr(op_def.name, op_def.attr_by_name[key], value)
    with graph.as_default(), name_scope(name or op_def.name) as scope:
        inputs = _convert_inputs(op_def, values, attrs)
        for attr in op_def.attrs:
            if attr.name not in attrs:
                if not attr.has_default:
                    raise TypeError(f"No argument for attr {attr.name} of op {op_def.name}")
                attrs[attr.name] = attr.default
            elif attr.name in op_def.inferred_attrs:
                # inferred from the inputs: it still has to be among the allowed
                attrs[attr.name] = normalize_attr(op_def.name, attr, attrs[attr.name])
        with _beside_references(graph, op_def, inputs, attrs):
            op = graph._add_node(op_def, inputs, attrs, scope)
    return _result(op)


def _beside_references(
    graph: Graph, op_def: OpDef, inputs: Sequence[Tensor], attrs: dict[str, Any]
) -> contextlib.AbstractContextManager[Any]:
    """Places a node that takes variables by reference where they are."""
    scopes = contextlib.ExitStack()
    if any(arg.is_ref for arg in op_def.inputs):
        for tensor, dtype in zip(inputs, op_def.input_dtypes(attrs), strict=True):
            if dtype._is_ref_dtype:
                scopes.enter_context(graph.colocate_with(tensor.op))
    return scopes


def _bind(
    op_def: OpDef, args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Splits a call into inputs by name and attributes by name."""
    names = [arg.name for arg in op_def.inputs]
    if len(args) > len(names):
        raise TypeError(f"{op_def.name} takes {len(names)} inputs, got {len(args)}")
    values = dict(zip(names, args, strict=False))
    attrs = {}
    for key, value in kwargs.items():
        if key in names and key not in values:
            values[key] = value
        elif key in op_def.attr_by_name:
            if value is not None:
                attrs[key] = value
        else:
            raise TypeError(f"{op_def.name} got an unexpected argument {key!r}")
    missing = [n for n in names if n not in values]
    if missing:
        raise TypeError(f"No argument for input {missing[0]} of op {op_def.name}")
    return values, attrs


def _convert_inputs(op_def: OpDef, values: dict[str, Any], attrs: dict[str, Any]) -> list[Tensor]:
    inputs: list[Tensor] = []
    source: dict[str, str] = {}  # attribute -> the argument that determined it
    for arg in op_def.inputs:
        convert = _convert_list if arg.is_list else _convert_single
        inputs.extend(convert(op_def, arg, values[arg.name], attrs, source))
    return inputs


def _wanted_type(op_def: OpDef, arg: ArgDef, attrs: dict[str, Any]) -> tuple[Any, Any]:
    """The type an argument must have, if that is settled, and the one it has by default."""
    if arg.dtype is not None:
        return arg.dtype, None
    if arg.type_attr in attrs:
        return attrs[arg.type_attr], None
    default = op_def.attr_by_name[arg.type_attr].default if arg.type_attr else None
    return None, default if isinstance(default, dtypes.DType) else None


def _convert_single(
    op_def: OpDef, arg: ArgDef, value: Any, attrs: dict[str, Any], source: dict[str, str]
) -> list[Tensor]:
    wanted, preferred = _wanted_type(op_def, arg, attrs)
    try:
        tensor = convert_to_tensor(
            value, dtype=wanted, name=arg.name, preferred_dtype=preferred, as_ref=arg.is_ref
        )
    except (TypeError, ValueError):
        if wanted is None:
            raise
        _raise_type_mismatch(op_def, arg, value, wanted, source)
        raise
    if arg.is_ref and not tensor.dtype._is_ref_dtype:
        raise TypeError(
            f"'{op_def.name}' Op requires that input '{arg.name}' be a mutable tensor "
            "(e.g.: a tf.Variable)"
        )
    if wanted is not None and tensor.dtype.base_dtype != wanted.base_dtype:
        _raise_type_mismatch(op_def, arg, tensor, wanted, source)
    if arg.type_attr is not None and arg.type_attr not in attrs:
        attrs[arg.type_attr] = tensor.dtype.base_dtype
        source[arg.type_attr] = arg.name
    return [tensor]


def _raise_type_mismatch(
    op_def: OpDef, arg: ArgDef, value: Any, wanted: dtypes.DType, source: dict[str, str]
) -> None:
    """Words a mismatch as TF does; returns when the value is simply not convertible."""
    try:
        observed = convert_to_tensor(value, as_ref=arg.is_ref).dtype.name
    except (TypeError, ValueError):
        return
    head = f"Input '{arg.name}' of '{op_def.name}' Op has type {observed} that does not match"
    if arg.type_attr in source:
        raise TypeError(f"{head} type {wanted.name} of argument '{source[arg.type_attr]}'.")
    raise TypeError(f"{head} expected type of {wanted.name}.")


def _convert_list(
    op_def: OpDef, arg: ArgDef, value: Any, attrs: dict[str, Any], source: dict[str, str]
) -> list[Tensor]:
    if not isinstance(value, list | tuple):
        raise TypeError(
            f"Expected list for '{arg.name}' argument to '{op_def.name}' Op, not {value}."
        )
    if arg.type_list_attr is not None:
        return _convert_mixed_list(op_def, arg, value, attrs)
    wanted, preferred = _wanted_type(op_def, arg, attrs)
    if wanted is None:
        wanted = next((t for t in map(_type_of, value) if t is not None), None)
    tensors = []
    for index, item in enumerate(value):
        try:
            tensor = convert_to_tensor(
                item,
                dtype=wanted,
                name=f"{arg.name}_{index}",
                preferred_dtype=preferred,
                as_ref=arg.is_ref,
            )
        except (TypeError, ValueError):
            _raise_list_mismatch(op_def, arg, value, wanted)
            raise
        wanted = wanted or tensor.dtype.base_dtype
        tensors.append(tensor)
    _set_number(op_def, arg, len(tensors), attrs)
    if any(t.dtype.base_dtype != wanted.base_dtype for t in tensors):
        _raise_list_mismatch(op_def, arg, tensors, wanted)
    if arg.type_attr is not None and wanted is not None and arg.type_attr not in attrs:
        attrs[arg.type_attr] = wanted.base_dtype
        source[arg.type_attr] = arg.name
    return tensors


def _type_of(value: Any) -> dtypes.DType | None:
    dtype = getattr(value, "dtype", None)
    return dtype.base_dtype if isinstance(dtype, dtypes.DType) else None


def _raise_list_mismatch(op_def: OpDef, arg: ArgDef, values: Sequence[Any], wanted: Any) -> None:
    try:
        names = [convert_to_tensor(v, as_ref=arg.is_ref).dtype.name for v in values]
    except (TypeError, ValueError):
        return
    raise TypeError(
        f"Tensors in list passed to '{arg.name}' of '{op_def.name}' Op have types "
        f"[{', '.join(names)}] that don't all match"
        + (f" (expected {wanted.name})." if wanted is not None else ".")
    )


def _convert_mixed_list(
    op_def: OpDef, arg: ArgDef, value: Sequence[Any], attrs: dict[str, Any]
) -> list[Tensor]:
    wanted = attrs.get(arg.type_list_attr or "")
    if wanted is not None and len(wanted) != len(value):
        raise ValueError(
            f"'{op_def.name}' Op: attr '{arg.type_list_attr}' lists {len(wanted)} types, but "
            f"'{arg.name}' has {len(value)} values"
        )
    tensors = [
        convert_to_tensor(
            item,
            dtype=wanted[index] if wanted is not None else None,
            name=f"{arg.name}_{index}",
            as_ref=arg.is_ref,
        )
        for index, item in enumerate(value)
    ]
    assert arg.type_list_attr is not None
    attrs[arg.type_list_attr] = tuple(t.dtype.base_dtype for t in tensors)
    return tensors


def _set_number(op_def: OpDef, arg: ArgDef, count: int, attrs: dict[str, Any]) -> None:
    if arg.number_attr is None:
        return
    expected = attrs.setdefault(arg.number_attr, count)
    if expected != count:
        raise ValueError(
            f"List argument '{arg.name}' to '{op_def.name}' Op with length {count} must match "
            f"length {expected} of the arguments before it."
        )
    minimum = op_def.attr_by_name[arg.number_attr].minimum
    if minimum is not None and count < minimum:
        raise ValueError(
            f"List argument '{arg.name}' to '{op_def.name}' Op with length {count} shorter than "
            f"minimum length {minimum}."
        )


def _result(op: Operation) -> Any:
    groups = output_structure(op)
    if not groups:
        return op
    if len(groups) == 1:
        return groups[0]
    return _result_type(op.op_def)(*groups)


@functools.cache
def _result_type(op_def: OpDef) -> Callable[..., Any]:
    return namedtuple(op_def.name, [arg.name for arg in op_def.outputs])
