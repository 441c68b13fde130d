"""Attribute values as nodes hold them: plain, immutable Python.

kind     held as                          kind      held as
int      int                              type      DType
float    float                            shape     TensorShape
bool     bool                             tensor    read-only ndarray
string   str (bytes when not UTF-8)       func      the FuncGraph itself
list(k)  tuple of these
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import dtypes
from ..base.tensor_shape import as_shape

if TYPE_CHECKING:
    from .op_def import AttrDef


def normalize_attr(op_name: str, attr: AttrDef, value: Any) -> Any:
    """Checks a value against its declaration and brings it to the form that nodes hold.

    Raises:
      TypeError: the value is not of the attribute's kind.
      ValueError: it is, but is not among the allowed values or is below the minimum.
    """
    if attr.kind.startswith("list("):
        if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
            raise TypeError(f"Expected list for attr {attr.name} of op {op_name}, got {value!r}")
        kind = attr.kind[len("list(") : -1]
        items = tuple(_normalize_one(op_name, attr, kind, item) for item in value)
        if attr.minimum is not None and len(items) < attr.minimum:
            raise ValueError(
                f"Attr '{attr.name}' of '{op_name}' Op passed list of length {len(items)} "
                f"less than minimum {attr.minimum}."
            )
        return items
    normalized = _normalize_one(op_name, attr, attr.kind, value)
    if attr.minimum is not None and normalized < attr.minimum:
        raise ValueError(
            f"Attr '{attr.name}' of '{op_name}' Op passed {normalized} less than minimum "
            f"{attr.minimum}."
        )
    return normalized


def _normalize_one(op_name: str, attr: AttrDef, kind: str, value: Any) -> Any:
    normalized = _AS_KIND[kind](value, attr.name)
    if attr.allowed is not None and normalized not in attr.allowed:
        raise _not_allowed(op_name, attr, kind, normalized)
    return normalized


def _not_allowed(op_name: str, attr: AttrDef, kind: str, value: Any) -> Exception:
    assert attr.allowed is not None
    if kind == "type":
        allowed = ", ".join(t.name for t in attr.allowed)
        return TypeError(
            f"Value passed to parameter '{attr.name}' of op '{op_name}' has DataType {value.name} "
            f"not in list of allowed values: {allowed}"
        )
    words = '", "'.join(attr.allowed)
    return ValueError(
        f"Attr '{attr.name}' of '{op_name}' Op passed string '{value}' not in: \"{words}\"."
    )


def _as_int(value: Any, name: str) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise TypeError(f"Expected int for argument '{name}' not {value!r}.")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TypeError(f"Expected int for argument '{name}' not {value!r}.") from None


def _as_float(value: Any, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"Expected float for argument '{name}' not {value!r}.") from None


def _as_bool(value: Any, name: str) -> bool:
    if not isinstance(value, bool | int | np.bool_):
        raise TypeError(f"Expected bool for argument '{name}' not {value!r}.")
    return bool(value)


def _as_string(value: Any, name: str) -> str | bytes:
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        raise TypeError(f"Expected string for argument '{name}' not {value!r}.")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _as_type(value: Any, name: str) -> dtypes.DType:
    try:
        return dtypes.as_dtype(value).base_dtype
    except TypeError:
        raise TypeError(f"Expected DataType for argument '{name}' not {value!r}.") from None


def _as_shape(value: Any, name: str) -> Any:
    try:
        return as_shape(value)
    except (TypeError, ValueError) as e:
        raise TypeError(
            f"Error converting {value!r} (arg name = {name}) to a TensorShape: {e}"
        ) from None


def _as_array(value: Any, name: str) -> np.ndarray:
    array = np.array(value, copy=True)
    array.flags.writeable = False
    return array


def _as_is(value: Any, name: str) -> Any:
    return value


_AS_KIND = {
    "int": _as_int,
    "float": _as_float,
    "bool": _as_bool,
    "string": _as_string,
    "type": _as_type,
    "shape": _as_shape,
    "tensor": _as_array,
    "func": _as_is,
}
