"""A product of matrices with what follows it: a pass makes it, inside a Program only."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from .matmul import matmul_reference, matmul_shape


def _fused_matmul_shape(context: ShapeContext) -> TensorShape:
    context.with_rank(2, 1)
    return matmul_shape(context)


# activation(a @ b + bias), the bias [columns] added to each row; activation: "" or "Relu".
fused_matmul_op = define_op(
    "_FusedMatMul",
    ["a: T", "b: T", "bias: T"],
    ["product: T"],
    [
        "transpose_a: bool = false",
        "transpose_b: bool = false",
        "activation: {'', 'Relu'} = ''",
        "T: {float, double}",
    ],
    _fused_matmul_shape,
)


@fused_matmul_op.define
def fused_matmul_reference(node: Any, a: np.ndarray, b: np.ndarray, bias: np.ndarray) -> Any:
    total = matmul_reference(node, a, b) + bias
    return np.maximum(total, 0) if node.attrs["activation"] == "Relu" else total
