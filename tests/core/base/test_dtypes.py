"""DType against TensorFlow's, property by property."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from graphflow.core.base import dtypes
from graphflow.core.base.dtypes import DType, as_dtype

NAMES = [
    *("float16", "float32", "float64", "bfloat16", "complex64", "complex128", "bool", "string"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("qint8", "qint16", "qint32", "quint8", "quint16", "resource", "variant"),
]
ALL_NAMES = NAMES + [name + "_ref" for name in NAMES]

PROPERTIES = (
    *("name", "as_datatype_enum", "is_bool", "is_integer", "is_floating", "is_complex"),
    *("is_unsigned", "is_quantized", "is_numpy_compatible"),
)


@pytest.mark.parametrize("name", ALL_NAMES)
def test_properties_are_tensorflows(oracle: ModuleType, name: str) -> None:
    ours, theirs = getattr(dtypes, name), oracle.as_dtype(name)
    for attribute in PROPERTIES:
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    assert repr(ours) == repr(theirs)
    assert str(ours) == str(theirs)
    assert hash(ours) == hash(theirs)
    assert ours.base_dtype.name == theirs.base_dtype.name
    assert ours.real_dtype.name == theirs.real_dtype.name
    assert ours._is_ref_dtype == theirs._is_ref_dtype
    assert ours._as_ref.name == theirs._as_ref.name


@pytest.mark.parametrize("name", ALL_NAMES)
def test_numpy_types_are_tensorflows(oracle: ModuleType, name: str) -> None:
    ours, theirs = as_dtype(name), oracle.as_dtype(name)
    if not ours.is_numpy_compatible:
        with pytest.raises(TypeError, match=f"{name} has no NumPy type"):
            _ = ours.as_numpy_dtype
        assert ours.size == 1
        return
    assert np.dtype(ours.as_numpy_dtype) == np.dtype(theirs.as_numpy_dtype)
    assert ours.size == np.dtype(theirs.as_numpy_dtype).itemsize
    assert as_dtype(ours.as_numpy_dtype) is ours.base_dtype
    assert as_dtype(np.dtype(ours.as_numpy_dtype)) is ours.base_dtype


@pytest.mark.parametrize("name", ALL_NAMES)
@pytest.mark.parametrize("attribute", ["min", "max", "limits"])
def test_bounds_are_tensorflows(oracle: ModuleType, name: str, attribute: str) -> None:
    ours, theirs = as_dtype(name), oracle.as_dtype(name)
    try:
        expected = getattr(theirs, attribute)
    except (TypeError, ValueError, KeyError):
        with pytest.raises((TypeError, ValueError)):
            getattr(ours, attribute)
    else:
        assert getattr(ours, attribute) == expected


def test_there_is_one_object_for_each_type() -> None:
    assert DType(1) is dtypes.float32
    assert DType(101) is dtypes.float32_ref
    assert dtypes.half is dtypes.float16
    assert dtypes.double_ref is dtypes.float64_ref
    assert len({as_dtype(name) for name in ALL_NAMES}) == len(ALL_NAMES)


@pytest.mark.parametrize("number", [0, -1, 24, 99, 124])
def test_number_of_no_type(number: int) -> None:
    with pytest.raises(TypeError, match=f"not a valid types_pb2.DataType: {number}"):
        DType(number)
    with pytest.raises(TypeError, match=f"Cannot convert value {number} to a TensorFlow DType"):
        as_dtype(number)


DESCRIPTIONS = [
    *("float", "float_ref", "double", "double_ref", "half", "half_ref", 1, 103, 19),
    *(float, bool, object, np.float32, np.str_, np.bytes_, np.object_, np.bool_),
    *(np.intc, np.uintc, np.int_, np.uint, np.longlong, np.ulonglong),
    *(np.dtype("S3"), np.dtype("U3"), np.dtype("<i8"), np.dtype(object), np.dtype("bool")),
]


@pytest.mark.parametrize("value", DESCRIPTIONS, ids=repr)
def test_descriptions_mean_what_they_mean_in_tensorflow(oracle: ModuleType, value: Any) -> None:
    assert as_dtype(value).name == oracle.as_dtype(value).name
    assert as_dtype(value) == value


NO_TYPES = [int, str, complex, bytes, None, [], {}, (1, 2), "float33", np.dtype("M8[s]"), np.void]


@pytest.mark.parametrize("value", NO_TYPES, ids=repr)
def test_descriptions_of_nothing(oracle: ModuleType, value: Any) -> None:
    with pytest.raises(TypeError):
        oracle.as_dtype(value)
    with pytest.raises(TypeError, match="Cannot convert value"):
        as_dtype(value)
    assert dtypes.float32 != value


def test_equality() -> None:
    assert dtypes.float32 == np.float32
    assert np.float32 == dtypes.float32
    assert dtypes.float32 == "float"
    assert dtypes.float32 != dtypes.float32_ref
    assert dtypes.float32 != np.float64
    assert dtypes.float32 != object()


def test_compatibility() -> None:
    assert dtypes.float32.is_compatible_with(dtypes.float32_ref)
    assert not dtypes.float32_ref.is_compatible_with(dtypes.float32)
    assert dtypes.float32_ref.is_compatible_with(dtypes.float32_ref)
    assert dtypes.int64.is_compatible_with(np.int64)
    assert not dtypes.int64.is_compatible_with("int32")


@pytest.mark.parametrize("name", ALL_NAMES)
def test_copies_are_the_type_itself(name: str) -> None:
    dtype = as_dtype(name)
    assert pickle.loads(pickle.dumps(dtype)) is dtype
    assert copy.copy(dtype) is dtype
    assert copy.deepcopy([dtype])[0] is dtype


def test_sets_of_types(oracle: ModuleType) -> None:
    assert {d.name for d in dtypes.QUANTIZED_DTYPES} == {d.name for d in oracle.QUANTIZED_DTYPES}
    handles_and_refs = {"resource", "variant"}
    assert {d.name for d in dtypes.TF_VALUE_DTYPES} == set(NAMES) - handles_and_refs


def test_bfloat16_without_ml_dtypes_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    assert dtypes.bfloat16.is_floating
    with pytest.raises(ImportError, match=r"pip install graphflow\[bfloat16\]"):
        _ = dtypes.bfloat16.as_numpy_dtype
    with pytest.raises(ImportError, match=r"pip install graphflow\[bfloat16\]"):
        _ = dtypes.bfloat16.max


def test_ml_dtypes_is_imported_when_needed() -> None:
    script = (
        "import sys; from graphflow.core.base import dtypes; "
        "assert 'ml_dtypes' not in sys.modules; dtypes.bfloat16.as_numpy_dtype; "
        "assert 'ml_dtypes' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
