"""Element types: TensorFlow's DType, one interned object for each type and each `_ref` type.

Every tensor of the graph carries one. Numbers are those of TensorFlow's DataType enum, so that
a GraphDef needs no translation.
"""

from __future__ import annotations

import builtins
import sys
from typing import Any, NamedTuple

import numpy as np

_REF_OFFSET = 100


class _Row(NamedTuple):
    """What is known of a type: a row of the table below."""

    enum: int
    name: str
    kind: str
    numpy: Any


# numpy's kind letters, except where NumPy has no such type: "q" quantized, "h" handle.
_ROWS = (
    _Row(1, "float32", "f", np.float32),
    _Row(2, "float64", "f", np.float64),
    _Row(3, "int32", "i", np.int32),
    _Row(4, "uint8", "u", np.uint8),
    _Row(5, "int16", "i", np.int16),
    _Row(6, "int8", "i", np.int8),
    _Row(7, "string", "O", np.object_),
    _Row(8, "complex64", "c", np.complex64),
    _Row(9, "int64", "i", np.int64),
    _Row(10, "bool", "b", np.bool_),
    # TensorFlow tells quantized arrays from plain ones by the name of the only field.
    _Row(11, "qint8", "q", np.dtype([("qint8", np.int8)])),
    _Row(12, "quint8", "q", np.dtype([("quint8", np.uint8)])),
    _Row(13, "qint32", "q", np.dtype([("qint32", np.int32)])),
    _Row(14, "bfloat16", "f", None),
    _Row(15, "qint16", "q", np.dtype([("qint16", np.int16)])),
    _Row(16, "quint16", "q", np.dtype([("quint16", np.uint16)])),
    _Row(17, "uint16", "u", np.uint16),
    _Row(18, "complex128", "c", np.complex128),
    _Row(19, "float16", "f", np.float16),
    _Row(20, "resource", "h", None),
    _Row(21, "variant", "h", None),
    _Row(22, "uint32", "u", np.uint32),
    _Row(23, "uint64", "u", np.uint64),
)
_BFLOAT16_ENUM = 14

_INTERNED: dict[int, DType] = {}


class DType:
    """The type of a tensor's elements: `tf.float32`, `tf.string`, `tf.int32_ref`...

    Args:
      type_enum: a number of TensorFlow's DataType enum. There is one object for each number, so
        that `is` and `==` agree between DTypes.

    Raises:
      TypeError: no type has this number.
    """

    __slots__ = ("_base", "_kind", "_name", "_numpy", "_type_enum")

    _base: DType
    _kind: str
    _name: str
    _numpy: Any
    _type_enum: int

    def __new__(cls, type_enum: int) -> DType:
        dtype = _INTERNED.get(int(type_enum))
        if dtype is None:
            raise TypeError(f"type_enum is not a valid types_pb2.DataType: {type_enum}")
        return dtype

    @property
    def name(self) -> str:
        """The type's name, `float32` or `float32_ref`."""
        return self._name

    @property
    def as_datatype_enum(self) -> int:
        """The number in TensorFlow's DataType enum."""
        return self._type_enum

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy type (a scalar class, or a structured dtype for a quantized type).

        Raises:
          TypeError: a `resource` or `variant` has none. TF1 raises KeyError.
          ImportError: bfloat16 without the package `ml_dtypes`.
        """
        if self._numpy is not None:
            return self._numpy
        if self._base._type_enum == _BFLOAT16_ENUM:
            return _ml_dtypes().bfloat16
        raise TypeError(f"{self.name} has no NumPy type.")

    @property
    def base_dtype(self) -> DType:
        """The type without `_ref`."""
        return self._base

    @property
    def _is_ref_dtype(self) -> builtins.bool:
        """Whether a tensor of this type is a variable's cell, not a value."""
        return self._base is not self

    @property
    def _as_ref(self) -> DType:
        """The type with `_ref`."""
        return self if self._is_ref_dtype else _INTERNED[self._type_enum + _REF_OFFSET]

    @property
    def real_dtype(self) -> DType:
        """The type of a complex number's parts; any other type itself."""
        if self._kind == "c":
            return float32 if self._base is complex64 else float64
        return self

    @property
    def is_numpy_compatible(self) -> builtins.bool:
        """Whether a NumPy array can hold the values."""
        return self._kind != "h"

    @property
    def is_bool(self) -> builtins.bool:
        """Whether this is `bool` or `bool_ref`."""
        return self._kind == "b"

    @property
    def is_integer(self) -> builtins.bool:
        """Whether this is a signed or unsigned integer, not quantized."""
        return self._kind in "iu"

    @property
    def is_floating(self) -> builtins.bool:
        """Whether this is a real floating-point type."""
        return self._kind == "f"

    @property
    def is_complex(self) -> builtins.bool:
        """Whether this is a complex floating-point type."""
        return self._kind == "c"

    @property
    def is_quantized(self) -> builtins.bool:
        """Whether this is a quantized integer type."""
        return self._kind == "q"

    @property
    def is_unsigned(self) -> builtins.bool:
        """Whether this is an unsigned integer type, not quantized."""
        return self._kind == "u"

    @property
    def min(self) -> Any:
        """The least finite value.

        Raises:
          TypeError: the type is quantized, complex, or no number.
        """
        return self._info("minimum").min

    @property
    def max(self) -> Any:
        """The greatest finite value.

        Raises:
          TypeError: the type is quantized, complex, or no number.
        """
        return self._info("maximum").max

    def _info(self, bound: str) -> Any:
        """NumPy's finfo or iinfo."""
        if self._kind == "f":
            numpy_type = self.as_numpy_dtype
            return np.finfo(numpy_type) if self._numpy else _ml_dtypes().finfo(numpy_type)
        if self._kind in "iu":
            return np.iinfo(self.as_numpy_dtype)
        raise TypeError(f"Cannot find {bound} value of {self}.")

    @property
    def limits(self) -> tuple[int, Any]:
        """The range of an image's intensities: 0 and the top of the type (1 for floats).

        Raises:
          ValueError: no intensities are defined for the type. TF1 raises KeyError.
        """
        if self._kind in "iu":
            return 0, self.max
        if self._kind == "b":
            return 0, True
        if self._base in (float32, float64):
            return 0, 1
        raise ValueError(f"{self} does not have defined limits.")

    @property
    def size(self) -> int:
        """Bytes of an element in a NumPy array: 8, a pointer, for a string; 1 for a handle."""
        return np.dtype(self.as_numpy_dtype).itemsize if self.is_numpy_compatible else 1

    def is_compatible_with(self, other: Any) -> builtins.bool:
        """Whether a tensor of type `other` serves where this type is asked for.

        Args:
          other: a DType, or what `as_dtype` takes.

        Returns:
          True for the same type, and for the `_ref` type where the plain one is asked for.
        """
        other = as_dtype(other)
        return self is other or self is other._base

    def __eq__(self, other: Any) -> builtins.bool:
        if self is other:
            return True
        if other is None or isinstance(other, DType):
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: Any) -> builtins.bool:
        return not self == other

    def __hash__(self) -> int:
        return self._type_enum

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


def _ml_dtypes() -> Any:
    """The package that brings bfloat16 to NumPy, needed only where its values are."""
    try:
        import ml_dtypes
    except ImportError as error:
        raise ImportError(
            "tf.bfloat16 values need the package ml_dtypes: pip install graphflow[bfloat16]"
        ) from error
    return ml_dtypes


def _intern(row: _Row) -> DType:
    """Makes a row's DType and its `_ref` twin."""
    base = object.__new__(DType)
    ref = object.__new__(DType)
    for dtype, offset, suffix in ((base, 0, ""), (ref, _REF_OFFSET, "_ref")):
        dtype._type_enum = row.enum + offset
        dtype._name = row.name + suffix
        dtype._kind = row.kind
        dtype._numpy = row.numpy
        dtype._base = base
        _INTERNED[dtype._type_enum] = dtype
    return base


_BY_NAME = {row.name: _intern(row) for row in _ROWS}
_BY_NAME |= {name + "_ref": dtype._as_ref for name, dtype in _BY_NAME.items()}

float16 = half = _BY_NAME["float16"]
float32 = _BY_NAME["float32"]
float64 = double = _BY_NAME["float64"]
bfloat16 = _BY_NAME["bfloat16"]
int8 = _BY_NAME["int8"]
int16 = _BY_NAME["int16"]
int32 = _BY_NAME["int32"]
int64 = _BY_NAME["int64"]
uint8 = _BY_NAME["uint8"]
uint16 = _BY_NAME["uint16"]
uint32 = _BY_NAME["uint32"]
uint64 = _BY_NAME["uint64"]
bool = _BY_NAME["bool"]
string = _BY_NAME["string"]
complex64 = _BY_NAME["complex64"]
complex128 = _BY_NAME["complex128"]
qint8 = _BY_NAME["qint8"]
qint16 = _BY_NAME["qint16"]
qint32 = _BY_NAME["qint32"]
quint8 = _BY_NAME["quint8"]
quint16 = _BY_NAME["quint16"]
resource = _BY_NAME["resource"]
variant = _BY_NAME["variant"]

float16_ref = half_ref = float16._as_ref
float32_ref = float32._as_ref
float64_ref = double_ref = float64._as_ref
bfloat16_ref = bfloat16._as_ref
int8_ref = int8._as_ref
int16_ref = int16._as_ref
int32_ref = int32._as_ref
int64_ref = int64._as_ref
uint8_ref = uint8._as_ref
uint16_ref = uint16._as_ref
uint32_ref = uint32._as_ref
uint64_ref = uint64._as_ref
bool_ref = bool._as_ref
string_ref = string._as_ref
complex64_ref = complex64._as_ref
complex128_ref = complex128._as_ref
qint8_ref = qint8._as_ref
qint16_ref = qint16._as_ref
qint32_ref = qint32._as_ref
quint8_ref = quint8._as_ref
quint16_ref = quint16._as_ref
resource_ref = resource._as_ref
variant_ref = variant._as_ref

QUANTIZED_DTYPES = frozenset(dtype for dtype in _INTERNED.values() if dtype.is_quantized)

# Types whose values a NumPy array can bring.
TF_VALUE_DTYPES = frozenset(
    dtype for dtype in _INTERNED.values() if dtype.is_numpy_compatible and not dtype._is_ref_dtype
)

_ALIASES = {
    "half": float16,
    "half_ref": float16_ref,
    "float": float32,
    "float_ref": float32_ref,
    "double": float64,
    "double_ref": float64_ref,
}
# TF1 maps Python's float and bool; it leaves int, complex and str out as ambiguous.
_PYTHON_TYPES: dict[Any, DType] = {
    builtins.float: float32,
    builtins.bool: bool,
    builtins.object: string,
}
_NUMPY_TYPES: dict[Any, DType] = {row.numpy: _INTERNED[row.enum] for row in _ROWS if row.numpy} | {
    np.bytes_: string,
    np.str_: string,
}
# The platform's C integers: some are the fixed-width classes above, some their twins.
_NUMPY_TYPES |= {
    c_integer: _BY_NAME[np.dtype(c_integer).name]
    for c_integer in (np.intc, np.uintc, np.int_, np.uint, np.longlong, np.ulonglong)
}
_ANY_TO_DTYPE: dict[Any, DType] = _INTERNED | _BY_NAME | _ALIASES | _PYTHON_TYPES | _NUMPY_TYPES


def as_dtype(type_value: Any) -> DType:
    """Converts a description of a type to the DType.

    Args:
      type_value: a DType, a number of the DataType enum, a name (`"float32"`, `"double"`,
        `"int32_ref"`...), a NumPy dtype or scalar class, or Python's `float`, `bool` or `object`
        (strings). Python's `int`, `complex` and `str` are refused, as in TF1.

    Returns:
      The DType.

    Raises:
      TypeError: the value describes no type.
    """
    if isinstance(type_value, DType):
        return type_value
    key = type_value
    # A plain dtype is known by its scalar class, a structured one by itself.
    if isinstance(type_value, np.dtype) and type_value.type is not np.void:
        key = type_value.type
    try:
        dtype = _ANY_TO_DTYPE.get(key)
    except TypeError:  # not hashable
        dtype = None
    if dtype is not None:
        return dtype
    if _is_numpy_bfloat16(key):
        return bfloat16
    raise TypeError(f"Cannot convert value {type_value!r} to a TensorFlow DType.")


def _is_numpy_bfloat16(key: Any) -> builtins.bool:
    """Whether this is ml_dtypes' class, which nobody can hold without having imported it."""
    package = sys.modules.get("ml_dtypes")
    return package is not None and key is package.bfloat16
