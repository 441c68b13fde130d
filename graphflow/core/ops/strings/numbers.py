"""StringToNumber and AsString: numbers from texts and back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...base import dtypes, errors
from ...base.deprecation import deprecated_argument_lookup
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .elementwise import each_text_as, text_array

_INTEGER = re.compile(rb"\s*[+-]?[0-9]+\s*")
_DECIMAL = re.compile(
    rb"\s*[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf(inity)?|nan)\s*", re.IGNORECASE
)
_HEXADECIMAL = re.compile(rb"\s*[+-]?0x[0-9a-f]+\.?[0-9a-f]*(p[+-]?[0-9]+)?\s*", re.IGNORECASE)

string_to_number_op = define_op(
    "StringToNumber",
    inputs=["string_tensor: string"],
    outputs=["output: out_type"],
    attrs=["out_type: {float, double, int32, int64} = DT_FLOAT"],
    shape=same_as_input,
)
string_to_number_op.no_grad()


@string_to_number_op.define
def string_to_number_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    dtype = np.dtype(node.attrs["out_type"].as_numpy_dtype)
    number = _float if dtype.kind == "f" else _integer_between(np.iinfo(dtype))

    def value(text: bytes) -> float | int:
        found = number(text)
        if found is None:
            shown = text.decode(errors="replace")
            raise errors.InvalidArgumentError(
                None, None, f"StringToNumberOp could not correctly convert string: {shown}"
            )
        return found

    with np.errstate(over="ignore"):  # a float too large is infinite
        return each_text_as(texts, np.float64 if dtype.kind == "f" else dtype, value).astype(dtype)


def _float(text: bytes) -> float | None:
    if _DECIMAL.fullmatch(text):
        return float(text)
    return float.fromhex(text.decode()) if _HEXADECIMAL.fullmatch(text) else None


def _integer_between(limits: Any) -> Any:
    def integer(text: bytes) -> int | None:
        if not _INTEGER.fullmatch(text):
            return None
        number = int(text)
        return number if limits.min <= number <= limits.max else None

    return integer


as_string_op = define_op(
    "AsString",
    inputs=["input: T"],
    outputs=["output: string"],
    attrs=[
        "T: {int8, int16, int32, int64, complex64, complex128, float, double, bool}",
        "precision: int = -1",
        "scientific: bool = false",
        "shortest: bool = false",
        "width: int = -1",
        "fill: string = ''",
    ],
    shape=same_as_input,
)
as_string_op.no_grad()


@as_string_op.define
def as_string_reference(node: Any, numbers: np.ndarray) -> np.ndarray:
    pattern = _format_of(node.attrs)
    if numbers.dtype == bool:
        texts = ["true" if value else "false" for value in numbers.ravel().tolist()]
    elif numbers.dtype.kind == "c":
        pairs = [(value.real, value.imag) for value in numbers.ravel().tolist()]
        texts = [f"({_formatted(pattern, a)},{_formatted(pattern, b)})" for a, b in pairs]
    else:
        texts = [_formatted(pattern, value) for value in numbers.ravel().tolist()]
    return text_array((text.encode() for text in texts), numbers.shape)


def _format_of(attrs: Any) -> str:
    """The format of C's printf; that of Python's % operator is the same."""
    dtype, fill = attrs["T"], attrs["fill"]
    scientific, shortest, precision = attrs["scientific"], attrs["shortest"], attrs["precision"]
    is_fractional = dtype.is_floating or dtype.is_complex
    wrong = None
    if not is_fractional and (scientific or shortest):
        wrong = f"scientific and shortest format not supported for datatype {_proto_name(dtype)}"
    elif not is_fractional and precision > -1:
        wrong = f"precision not supported for datatype {_proto_name(dtype)}"
    elif len(fill) > 1:
        wrong = "Fill string must be one or fewer characters"
    elif fill not in ("", " ", "+", "-", "0", "#"):
        wrong = f'Fill argument not supported: "{fill}"'
    elif scientific and shortest:
        wrong = "Cannot select both scientific and shortest notation"
    if wrong:
        raise errors.InvalidArgumentError(None, None, wrong)
    width = f"{fill}{attrs['width']}" if attrs["width"] > -1 else ""
    digits = f".{precision}" if precision > -1 else ""
    kind = "d"
    if is_fractional:
        kind = "g" if shortest else "e" if scientific else "f"
    return f"%{width}{digits}{kind}"


def _proto_name(dtype: dtypes.DType) -> str:
    names = {"float32": "float", "float64": "double"}
    return names.get(dtype.name, dtype.name)


def _formatted(pattern: str, value: float) -> str:
    if pattern.startswith("%0") and not np.isfinite(value):
        pattern = "%" + pattern[2:]  # C fills up infinities with spaces
    return pattern % value


def string_to_number(
    string_tensor: Any = None,
    out_type: Any = dtypes.float32,
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """The numbers that texts say.

    Args:
      string_tensor: strings of any shape.
      out_type: float32, float64, int32 or int64.
      name: the node's name.
      input: another name of `string_tensor`.

    Returns:
      Numbers of the same shape; a float too large is infinite.

    Raises:
      ValueError: both names are given. TypeError: another type. In a run, InvalidArgumentError: a
        text is no number, or an integer too large.
    """
    texts = deprecated_argument_lookup("input", input, "string_tensor", string_tensor)
    return string_to_number_op(texts, out_type=out_type, name=name)


def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Tensor:
    """Numbers as texts.

    Args:
      input: numbers or bools of any shape.
      precision: how many digits stand after the point; 6 by default.
      scientific: whether floats are written with an exponent.
      shortest: whether they are written with one only where that is shorter.
      width: how many characters there are at least.
      fill: with what they are filled up: " ", "0", "+", "-" (at the end) or "#".
      name: the node's name.

    Returns:
      Strings of the same shape.

    Raises:
      TypeError: a type that has no texts. In a run, InvalidArgumentError: options that exclude
        each other, or floats' options for others.
    """
    return as_string_op(
        input,
        precision=precision,
        scientific=scientific,
        shortest=shortest,
        width=width,
        fill=fill,
        name=name,
    )
