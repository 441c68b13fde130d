"""Rows of core/ops/elementwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import OpCase, complexes, floats, ints, raw, strings

_POSITIVE = floats(2, 3, low=0.2, high=3.0)
_MIXED = floats(2, 3)
_OTHER = floats(2, 3, low=-3.0, high=1.7)[::-1].copy()
_ROW = floats(3, low=0.4, high=2.5)
_UNIT = floats(2, 3, low=-0.9, high=0.9)
_BOOLS = np.array([[True, False, True], [False, False, True]])
_SPECIAL = np.array([1.5, np.inf, -np.inf, np.nan, 0.0, -2.5], np.float32)

_NO_SLOPE = {"grad": True, "second_order": False, "numeric": False}
_NO_GRAD: dict[str, Any] = {"grad": False}
_REAL_ONLY: dict[str, Any] = {"numeric": False}  # complex gradients are compared with TensorFlow's


def _unary(op: Any, function: str, values: Any = _MIXED, **options: Any) -> OpCase:
    """A row for `tf.function(x)`; `function` may be dotted."""
    return OpCase(op, lambda tf, x: _find(tf, function)(x), [values], **options)


def _binary(op: Any, function: str, x: Any = _MIXED, y: Any = _ROW, **options: Any) -> OpCase:
    return OpCase(op, lambda tf, x, y: _find(tf, function)(x, y), [x, y], **options)


def _find(tf: Any, function: str) -> Any:
    for name in function.split("."):
        tf = getattr(tf, name)
    return tf


def _raw_binary(op: str, x: Any = _MIXED, y: Any = _ROW, **options: Any) -> OpCase:
    return OpCase(op, lambda tf, x, y: raw(tf, op, x=x, y=y), [x, y], **options)


def _raw_grad(op: str, y: Any = _POSITIVE, **options: Any) -> OpCase:
    return OpCase(op, lambda tf, y, dy: raw(tf, op, y=y, dy=dy), [y, _OTHER], **options)


_ARITHMETIC = [
    _binary("AddV2", "add"),
    _binary("AddV2", "add", complexes(2, 3), complexes(3), label="complex", **_REAL_ONLY),
    _binary("AddV2", "add", ints(2, 3), ints(3), label="int", **_NO_GRAD),
    _raw_binary("Add"),
    _binary("Add", "add", strings("a", "b"), strings("c", "d"), label="string", **_NO_GRAD),
    _binary("Sub", "subtract", _ROW, _MIXED),
    _binary("Mul", "multiply"),
    _binary("Mul", "multiply", complexes(2, 3), complexes(3), label="complex", **_REAL_ONLY),
    _binary("Mul", "multiply", ints(2, 3, dtype=np.int8), ints(3, dtype=np.int8), label="int8",
            **_NO_GRAD),
    _binary("MulNoNan", "math.multiply_no_nan"),
    _binary("MulNoNan", "math.multiply_no_nan", np.float32([np.inf, np.nan, 2]),
            np.float32([0, 0, 3]), label="special", grad=False),
    _unary(("Neg",), "negative"),
    _unary("Square", "square"),
    _unary("Square", "square", complexes(2, 3), label="complex", **_REAL_ONLY),
    _binary("SquaredDifference", "squared_difference"),
    _binary("Maximum", "maximum"),
    _binary("Minimum", "minimum"),
    _binary("Maximum", "maximum", ints(4), ints(4)[::-1].copy(), label="int", **_NO_GRAD),
    OpCase("AddN", lambda tf, *xs: tf.add_n(xs), [_MIXED, _OTHER, _POSITIVE]),
    OpCase("AccumulateNV2", lambda tf, x, y: tf.accumulate_n([x, y]), [_MIXED, _OTHER],
           graph_differs="TensorFlow 1.14 makes AccumulateNV2, 2.x AddN"),
    OpCase("Mul", lambda tf, x: tf.scalar_mul(3.0, x), [_MIXED], label="scalar_mul"),
]  # fmt: skip

_DIVISION = [
    _binary("RealDiv", "realdiv"),
    _binary("RealDiv", "truediv", complexes(2, 3), complexes(3), label="complex", **_REAL_ONLY),
    _binary("RealDiv", "truediv", ints(2, 3), ints(3, low=1), label="int", **_NO_GRAD),
    _binary("FloorDiv", "div", ints(2, 3), ints(3, low=1), label="div-int", **_NO_GRAD),
    _binary("RealDiv", "div", label="div"),
    _raw_binary("Div"),
    _raw_binary("Div", ints(9, low=-9), np.int32([2, -2, 3] * 3), label="int", **_NO_GRAD),
    _binary("TruncateDiv", "truncatediv", ints(9, low=-9), np.int32([2, -2, 3] * 3), **_NO_GRAD),
    _binary("FloorDiv", "floordiv", ints(9, low=-9), np.int32([2, -2, 3] * 3), label="int",
            **_NO_GRAD),
    _binary("FloorDiv", "floordiv", **_NO_SLOPE),
    _binary("FloorMod", "floormod", second_order=False),
    _binary("FloorMod", "mod", ints(9, low=-9), np.int32([2, -2, 3] * 3), label="int", **_NO_GRAD),
    _raw_binary("Mod", _MIXED, _ROW, grad=False),
    _raw_binary("TruncateMod", second_order=False,
                grad=False),  # TensorFlow has no kernel for the gradient, TruncateDiv of floats
    _raw_binary("TruncateMod", ints(9, low=-9), np.int32([2, -2, 3] * 3), label="int", **_NO_GRAD),
    _binary("DivNoNan", "div_no_nan"),
    _binary("DivNoNan", "div_no_nan", _MIXED, np.float32([0, 1, 2]), label="zero", numeric=False),
    _unary(("Reciprocal", "ReciprocalGrad"), "reciprocal", _POSITIVE),
    _unary("Reciprocal", "reciprocal", complexes(2, 3), label="complex", **_REAL_ONLY),
    OpCase("Inv", lambda tf, x: raw(tf, "Inv", x=x), [_POSITIVE]),
    _raw_grad("ReciprocalGrad"),
    _raw_grad("InvGrad"),
    _unary("DivNoNan", "math.reciprocal_no_nan", label="reciprocal"),
    OpCase("Xdivy", lambda tf, x, y: raw(tf, "Xdivy", x=x, y=y), [np.float32([0, 1, 2]),
           np.float32([[0, 2, 3], [1, -2, 2]])], numeric=False),
]  # fmt: skip

_POWERS = [
    _unary("Exp", "exp"),
    _unary("Exp", "exp", complexes(2, 3), label="complex", **_REAL_ONLY),
    _unary("Exp", "exp", floats(2, 3, dtype=np.float16), label="half", grad=False),
    _unary("Expm1", "expm1", floats(2, 3, low=-0.01, high=0.3)),
    _unary("Log", "log", _POSITIVE),
    _unary("Log", "log", complexes(2, 3), label="complex", **_REAL_ONLY),
    _unary("Log1p", "log1p", floats(2, 3, low=-0.5, high=1.0)),
    _binary("Xlogy", "math.xlogy", np.float32([0, 1, 2]), np.float32([[0, 2, 3], [1, 0.5, 2]]),
            numeric=False),
    _unary(("Sqrt", "SqrtGrad"), "sqrt", _POSITIVE),
    _unary("Sqrt", "sqrt", complexes(2, 3), label="complex", **_REAL_ONLY),
    _raw_grad("SqrtGrad"),
    _unary(("Rsqrt", "RsqrtGrad"), "rsqrt", _POSITIVE),
    _unary("Rsqrt", "rsqrt", complexes(2, 3), label="complex", **_REAL_ONLY),
    _raw_grad("RsqrtGrad"),
    _binary("Pow", "pow", _POSITIVE, _ROW),
    _binary("Pow", "pow", np.float32([0, -1, 2]), np.float32([2, 3, -1]), label="nonpositive",
            numeric=False),
    _binary("Pow", "pow", complexes(2, 3), complexes(3), label="complex", **_REAL_ONLY),
    _binary("Pow", "pow", ints(2, 3), ints(3, low=0, high=4), label="int", **_NO_GRAD),
]  # fmt: skip

_TRIGONOMETRIC = [
    _unary("Sin", "sin"),
    _unary("Sin", "sin", complexes(2, 3), label="complex", **_REAL_ONLY),
    _unary("Cos", "cos"),
    _unary("Tan", "tan", _UNIT),
    _unary("Asin", "asin", _UNIT),
    _unary("Acos", "acos", _UNIT),
    _unary("Atan", "atan"),
    OpCase("Atan2", lambda tf, y, x: tf.atan2(y, x), [_MIXED, _OTHER]),
    _unary("Sinh", "sinh"),
    _unary("Cosh", "cosh"),
    _unary("Asinh", "asinh"),
    _unary("Acosh", "acosh", floats(2, 3, low=1.2, high=4.0)),
    _unary("Atanh", "atanh", _UNIT),
    _unary(("Tanh", "TanhGrad"), "tanh"),
    _unary("Tanh", "tanh", complexes(2, 3), label="complex", **_REAL_ONLY),
    _raw_grad("TanhGrad"),
    _unary(("Sigmoid", "SigmoidGrad"), "sigmoid"),
    _unary("Sigmoid", "sigmoid", np.float32([-100, -20, 0, 20, 100]), label="large", grad=False),
    _raw_grad("SigmoidGrad"),
]

_SPECIAL_FUNCTIONS = [
    _unary("Erf", "erf"),
    _unary("Erfc", "erfc"),
    _unary("Erfc", "erfc", floats(20, low=-4, high=9, dtype=np.float64), label="double", grad=False,
           rtol=2e-13, atol=0),
    _unary("Lgamma", "lgamma", _POSITIVE),
    _unary("Lgamma", "lgamma", floats(20, low=-7, high=30, dtype=np.float64), label="double",
           grad=False, rtol=1e-13),
    _unary("Digamma", "digamma", _POSITIVE),
    _unary("Digamma", "digamma", floats(20, low=-7, high=30, dtype=np.float64), label="double",
           grad=False, rtol=1e-12),
    _binary("Polygamma", "polygamma", np.float32([[0], [1], [2]]), _ROW, grad=(1,)),
    _binary("Zeta", "zeta", floats(3, low=1.3, high=5), floats(3, low=0.2, high=4), grad=(1,)),
    _binary(("Igamma", "IgammaGradA"), "igamma", _POSITIVE, _ROW, second_order=False,
            grad_rtol=1e-4),
    _binary("Igammac", "igammac", _POSITIVE, _ROW, second_order=False, grad_rtol=1e-4),
    OpCase("Betainc", lambda tf, a, b, x: tf.betainc(a, b, x),
           [_POSITIVE, floats(2, 3, low=0.3, high=2), floats(2, 3, low=0.1, high=0.9)],
           second_order=False, grad_rtol=1e-4),
    _unary("BesselI0e", "math.bessel_i0e",
           graph_differs="TensorFlow 1.14 names the node BesselI0e, 2.x bessel_i0e/BesselI0e"),
    _unary("BesselI1e", "math.bessel_i1e",
           graph_differs="TensorFlow 1.14 names the node BesselI1e, 2.x bessel_i1e/BesselI1e"),
    _unary("Lgamma", "lbeta", _POSITIVE, label="lbeta"),
]  # fmt: skip

_ROUNDING = [
    _unary("Floor", "floor", **_NO_SLOPE),
    _unary("Ceil", "ceil", **_NO_SLOPE),
    _unary("Rint", "rint", np.float32([-2.5, -1.5, -0.4, 0.5, 1.5, 2.6]), **_NO_SLOPE),
    _unary("Round", "round", np.float32([-2.5, -1.5, -0.4, 0.5, 1.5, 2.6]), **_NO_SLOPE),
    _unary("Abs", "abs"),
    _unary("ComplexAbs", "abs", complexes(2, 3), **_REAL_ONLY),
    _unary("Sign", "sign", _SPECIAL[:3], **_NO_SLOPE),
    _unary("IsNan", "is_nan", _SPECIAL, **_NO_GRAD),
    _unary("IsInf", "is_inf", _SPECIAL, **_NO_GRAD),
    _unary("IsFinite", "is_finite", _SPECIAL, **_NO_GRAD),
    _binary("NextAfter", "math.nextafter", _MIXED, _OTHER, **_NO_GRAD),
]

_COMPARISON = [
    _binary("Less", "less", **_NO_GRAD),
    _binary("LessEqual", "less_equal", ints(2, 3), ints(3), **_NO_GRAD),
    _binary("Greater", "greater", **_NO_GRAD),
    _binary("GreaterEqual", "greater_equal", ints(2, 3), ints(3), **_NO_GRAD),
    _binary("Equal", "equal", ints(2, 3), ints(3), **_NO_GRAD),
    _binary("Equal", "equal", strings("a", "b"), strings("a", "c"), label="string", **_NO_GRAD),
    _binary("NotEqual", "not_equal", _BOOLS, _BOOLS[0], **_NO_GRAD),
    OpCase("ApproximateEqual",
           lambda tf, x, y: raw(tf, "ApproximateEqual", x=x, y=y, tolerance=0.5),
           [_MIXED, _MIXED + floats(2, 3)], grad=False),
    _binary("LogicalAnd", "logical_and", _BOOLS, _BOOLS[0], **_NO_GRAD),
    _binary("LogicalOr", "logical_or", _BOOLS, _BOOLS[0], **_NO_GRAD),
    _unary("LogicalNot", "logical_not", _BOOLS, **_NO_GRAD),
    _binary("LogicalAnd", "logical_xor", _BOOLS, _BOOLS[0], label="xor", **_NO_GRAD),
]  # fmt: skip

_BITS = [
    _binary("BitwiseAnd", "bitwise.bitwise_and", ints(2, 3), ints(3), **_NO_GRAD),
    _binary("BitwiseOr", "bitwise.bitwise_or", ints(2, 3), ints(3), **_NO_GRAD),
    _binary("BitwiseXor", "bitwise.bitwise_xor", ints(2, 3), ints(3), **_NO_GRAD),
    _unary("Invert", "bitwise.invert", ints(4, dtype=np.uint8), **_NO_GRAD),
    _binary("LeftShift", "bitwise.left_shift", ints(6, dtype=np.int8),
            np.int8([0, 1, 7, 8, 100, -1]), **_NO_GRAD),
    _binary("RightShift", "bitwise.right_shift", ints(6, dtype=np.int8),
            np.int8([0, 1, 7, 8, 100, -1]), **_NO_GRAD),
    OpCase("PopulationCount", lambda tf, x: raw(tf, "PopulationCount", x=x),
           [ints(5, dtype=np.int16)], grad=False),
]  # fmt: skip

_COMPLEX = [
    _binary("Complex", "complex", _MIXED, _ROW, numeric=False),
    _unary("Real", "real", complexes(2, 3), **_REAL_ONLY),
    _unary("Imag", "imag", complexes(2, 3), **_REAL_ONLY),
    _unary("Angle", "angle", complexes(2, 3), **_REAL_ONLY),
    _unary("Conj", "conj", complexes(2, 3), **_REAL_ONLY),
]


def _cast(source: np.ndarray, target: str, **options: Any) -> OpCase:
    return OpCase("Cast", lambda tf, x: tf.cast(x, target), [source],
                  label=f"{source.dtype}-{target}", **options)  # fmt: skip


_OTHERS = [
    _cast(np.float32([-2.7, -0.5, 0.0, 1.5, 3e9]), "int32", grad=False),
    _cast(_MIXED, "float64"),
    _cast(_MIXED, "float16", numeric=False),
    _cast(_MIXED, "bfloat16", numeric=False),
    _cast(_MIXED, "bool", grad=False),
    _cast(_MIXED, "complex64", numeric=False),
    _cast(complexes(3), "float32", numeric=False),
    _cast(_BOOLS, "float32", grad=False),
    _cast(ints(6, low=-300, high=300), "uint8", grad=False),
    OpCase("Cast", lambda tf, x: tf.saturate_cast(x, "uint8"), [ints(6, low=-300, high=600)],
           grad=False, label="saturate", graph_differs="2.x clips by one ClipByValue"),
    OpCase("Select", lambda tf, c, x, y: tf.where(c, x, y), [_BOOLS, _MIXED, _OTHER]),
    OpCase("Select", lambda tf, c, x, y: tf.where(c, x, y), [_BOOLS[:, 0], _MIXED, _OTHER],
           label="rows"),
    OpCase("SelectV2", lambda tf, c, x, y: raw(tf, "SelectV2", condition=c, t=x, e=y),
           [_BOOLS, _MIXED, _ROW]),
    OpCase("ClipByValue",
           lambda tf, x, low, high: raw(
               tf, "ClipByValue", t=x, clip_value_min=low, clip_value_max=high),
           [_MIXED, np.float32(-0.7), np.float32(1.1)], second_order=False),
    OpCase("Maximum", lambda tf, x: tf.clip_by_value(x, -0.5, 1.0), [_MIXED], label="clip"),
    OpCase("RealDiv", lambda tf, x: tf.clip_by_norm(x, 1.5), [_MIXED], label="clip_by_norm"),
    OpCase("RealDiv", lambda tf, x: tf.clip_by_norm(x, 1.5, axes=[1]), [_MIXED],
           label="clip_rows_by_norm"),
    OpCase("Rsqrt", lambda tf, x: tf.clip_by_average_norm(x, 0.1), [_MIXED],
           label="clip_by_average_norm", numeric=False),  # it computes in float32
    OpCase("L2Loss", lambda tf, x, y: tf.clip_by_global_norm([x, y], 2.0)[0], [_MIXED, _OTHER],
           label="clip_by_global_norm",
           graph_differs="TensorFlow 1.14 names the results clip_by_global_norm/..._0"),
    OpCase("Bincount", lambda tf, x: tf.bincount(x, minlength=4), [ints(7, low=0, high=6)],
           grad=False, graph_differs="2.x makes DenseBincount", shape_differs="as its graph"),
    OpCase("HistogramFixedWidth", lambda tf, x: tf.histogram_fixed_width(x, [-1.0, 1.0], 4),
           [floats(20)], grad=False),
    OpCase("Floor", lambda tf, x: tf.histogram_fixed_width_bins(x, [-1.0, 1.0], 4), [floats(20)],
           grad=False, label="histogram_bins", graph_differs="2.x asserts that nbins is positive"),
    OpCase("AddV2", lambda tf, x, y: tf.math.polyval([x, y, y], y), [_MIXED, _OTHER],
           label="polyval"),
]  # fmt: skip

_INDICES = np.array([[0, 1], [1, 0], [1, 2]])


def _sparse(operation: Any) -> Any:
    """Applies to a SparseTensor of three entries and a dense tensor."""
    return lambda tf, values, dense: (
        operation(tf.SparseTensor(_INDICES, values, [2, 3]), dense).values
    )


_OPERATORS = [
    OpCase("SparseDenseCwiseMul", _sparse(lambda x, y: x * y), [floats(3), _OTHER]),
    OpCase("SparseDenseCwiseMul", _sparse(lambda x, y: y * x), [floats(3), _ROW], label="row"),
    OpCase("SparseDenseCwiseDiv", _sparse(lambda x, y: x / y), [floats(3), _ROW]),
    OpCase("SparseDenseCwiseDiv", _sparse(lambda x, y: x / y), [ints(3), ints(2, 3, low=1)],
           label="int", grad=False),
    OpCase("SparseDenseCwiseAdd",
           lambda tf, values, dense: raw(tf, "SparseDenseCwiseAdd", sp_indices=_INDICES,
                                         sp_values=values, sp_shape=[2, 3], dense=dense),
           [floats(3), _OTHER], grad=False),
    OpCase("AddV2", lambda tf, x, y: -(2.0 * x + y - 1.0) / (3.0 + y * y) ** 2.0, [_MIXED, _OTHER],
           label="operators"),
    OpCase("FloorMod", lambda tf, x: [x // 3, 7 % x, x / 2, 2 - x, abs(x), x < 3, 3 <= x, x > x],
           [ints(5, low=1)], label="int-operators", grad=False),
    OpCase("LogicalAnd", lambda tf, x, y: [x & y, x | True, ~x ^ y], [_BOOLS, _BOOLS[::-1].copy()],
           label="operators", grad=False),
]  # fmt: skip

CASES = [
    *_ARITHMETIC,
    *_DIVISION,
    *_POWERS,
    *_TRIGONOMETRIC,
    *_SPECIAL_FUNCTIONS,
    *_ROUNDING,
    *_COMPARISON,
    *_BITS,
    *_COMPLEX,
    *_OTHERS,
    *_OPERATORS,
]
