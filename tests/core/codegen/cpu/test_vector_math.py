"""Vector functions against wider arithmetic: every exponent, random mantissas, special values."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphflow
from graphflow.core.codegen.cpu.compiler import compile_function, load_object
from graphflow.core.codegen.cpu.elementwise import generate
from graphflow.core.codegen.cpu.library import Kernel, kernel_address
from graphflow.core.ops.fused_body import FusedBody, FusedInput, FusedStep

from .calls import KERNEL_TYPE
from .narrow_targets import TARGETS, vectors_of

assert graphflow  # registers the ops
WIDER = {"float32": np.float64, "float64": np.longdouble}


def _by_element(function: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    return np.vectorize(function, otypes=[np.float64])


UNARY: dict[str, Any] = {
    "Exp": np.exp,
    "Expm1": np.expm1,
    "Log": np.log,
    "Log1p": np.log1p,
    "Tanh": np.tanh,
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Erf": _by_element(math.erf),
    "Erfc": _by_element(math.erfc),
    "Sin": np.sin,
    "Cos": np.cos,
    "Tan": np.tan,
    "Asin": np.arcsin,
    "Acos": np.arccos,
    "Atan": np.arctan,
    "Sinh": np.sinh,
    "Cosh": np.cosh,
    "Asinh": np.arcsinh,
    "Acosh": np.arccosh,
    "Atanh": np.arctanh,
    "Rsqrt": lambda x: 1 / np.sqrt(x),
    "Sqrt": np.sqrt,
    "Floor": np.floor,
    "Ceil": np.ceil,
    "Rint": np.rint,
}
BINARY: dict[str, Any] = {"Pow": np.power, "Atan2": np.arctan2}
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 2.5, -2.5, 1e10, -1e10]
SPECIAL += [np.inf, -np.inf, np.nan, 1e30, 16777217.0]


def results(functions: dict[str, Any], kind: str, *inputs: np.ndarray) -> dict[str, np.ndarray]:
    """What vectors give: all functions from one kernel."""
    count = len(inputs)
    steps = tuple(FusedStep(name, (), tuple(range(count)), (kind,)) for name in functions)
    outputs = tuple(range(count, count + len(steps)))
    body = FusedBody(1, (FusedInput(kind, (True,)),) * count, steps, outputs)
    kernel = KERNEL_TYPE(kernel_address(Kernel("functions", generate(body))))
    size = inputs[0].size
    made = [np.empty(size, kind) for _ in steps]
    words = np.array([size, *(x.ctypes.data for x in (*inputs, *made))])
    kernel(0, size, words.ctypes.data)
    return dict(zip(functions, made, strict=True))


def errors_in_ulp(actual: np.ndarray, exact: np.ndarray, kind: str) -> np.ndarray:
    """How far results are from exact ones, in units of the last place of these."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(kind)
        spacing = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, 0)))
        error = np.abs(actual.astype(exact.dtype) - exact) / spacing.astype(exact.dtype)
    same = (actual == rounded) | (np.isnan(actual) & np.isnan(rounded))
    return np.where(same, np.minimum(np.nan_to_num(error, nan=0, posinf=0), 1), error)


def _all_exponents(kind: str, each: int) -> np.ndarray:
    random = np.random.default_rng(3)
    bits, mantissa, word = {"float32": (8, 23, "u4"), "float64": (11, 52, "u8")}[kind]
    exponents = np.repeat(np.arange(2 << bits, dtype=word), each) << np.dtype(word).type(mantissa)
    mantissas = random.integers(0, 1 << mantissa, exponents.size, dtype=word)
    usual = random.normal(size=20000) * random.choice([0.01, 0.3, 1, 3, 20, 300, 1e5], 20000)
    return np.concatenate([(exponents | mantissas).view(kind), usual.astype(kind)])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_accuracy(kind: str, target: str) -> None:
    wider = WIDER[kind]
    if np.finfo(wider).nmant <= np.finfo(kind).nmant:
        pytest.skip("no wider type to compare with")
    x = _all_exponents(kind, 100 if kind == "float32" else 12)
    with vectors_of(target):
        actual_of = results(UNARY, kind, x)
    for name, actual in actual_of.items():
        with np.errstate(all="ignore"):
            exact = np.asarray(UNARY[name](x.astype(wider)))
        # The C library's erf and erfc are the reference of float64, with errors of their own.
        limit = 3.5 if kind == "float64" and name in ("Erf", "Erfc") else 2
        error = errors_in_ulp(actual, exact, kind)
        worst = int(error.argmax())
        message = f"{name}({x[worst]!r}) = {actual[worst]!r}, not {exact[worst]!r}"
        assert error[worst] <= limit, message


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_accuracy_of_two_arguments(kind: str) -> None:
    wider = WIDER[kind]
    if np.finfo(wider).nmant <= np.finfo(kind).nmant:
        pytest.skip("no wider type to compare with")
    random = np.random.default_rng(4)
    x = (10 ** random.uniform(-20, 20, 20000)).astype(kind)
    y = (random.normal(size=20000) * random.choice([0.1, 1, 5], 20000)).astype(kind)
    for name, actual in results(BINARY, kind, x, y).items():
        with np.errstate(all="ignore"):
            exact = BINARY[name](x.astype(wider), y.astype(wider))
        assert errors_in_ulp(actual, exact, kind).max() <= 2, name


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_special_values(kind: str, target: str) -> None:
    tiny = float(np.finfo(kind).smallest_subnormal)
    values = np.array([*SPECIAL, tiny, -tiny, np.finfo(kind).max, np.finfo(kind).tiny], kind)
    pairs = [array.ravel().copy() for array in np.meshgrid(values, values)]
    for functions, inputs in ((UNARY, [values]), (BINARY, pairs)):
        with vectors_of(target):
            actual_of = results(functions, kind, *inputs)
        for name, actual in actual_of.items():
            with np.errstate(all="ignore"):
                exact = np.asarray(functions[name](*inputs)).astype(kind)
            np.testing.assert_allclose(actual, exact, 1e-6, 2 * tiny, err_msg=name)
            signed = ~np.isnan(exact)
            np.testing.assert_array_equal(
                np.signbit(actual[signed]), np.signbit(exact[signed]), err_msg=name
            )


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_large_angles(kind: str) -> None:
    random = np.random.default_rng(5)
    multiples = np.arange(1, 600000, 97) * (np.pi / 2)  # hard to reduce: all bits cancel
    x = np.concatenate([multiples, random.uniform(1e5, 2e6, 4000), [1e22, 3e38]]).astype(kind)
    names = ("Sin", "Cos", "Tan")
    for name, actual in results(dict.fromkeys(names), kind, x).items():
        exact = UNARY[name](x.astype(np.longdouble))
        if np.finfo(np.longdouble).nmant > np.finfo(kind).nmant:
            assert errors_in_ulp(actual, exact, kind).max() <= 2, name


def test_numba_kernels_have_the_same_functions() -> None:
    from graphflow.core.codegen.cpu import vector_math_intrinsics as vm
    from graphflow.core.codegen.cpu.simd import F32, word

    load, store, step = F32.load, F32.store, F32.width * F32.size
    exp, log, sigmoid = vm.vector_exp, vm.vector_log, vm.vector_sigmoid

    def kernel(lo: Any, hi: Any, args: Any) -> None:
        x, y = word(args, 0), word(args, 1)
        for i in range(lo, hi):
            store(y + i * step, log(exp(load(x + i * step)) + sigmoid(load(x + i * step))))

    function = KERNEL_TYPE(load_object(compile_function(kernel, 3, False)))
    x = np.random.default_rng(0).normal(size=4 * F32.width).astype(np.float32)
    y = np.empty_like(x)
    words = (ctypes.c_int64 * 2)(x.ctypes.data, y.ctypes.data)
    function(0, 4, ctypes.addressof(words))
    np.testing.assert_allclose(y, np.log(np.exp(x) + 1 / (1 + np.exp(-x))), 1e-6, 1e-6)
