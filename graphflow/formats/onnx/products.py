"""Matrix products."""

from __future__ import annotations

from ...core.graph.operation import Operation
from ...core.graph.tensor import Tensor
from .writer import RefusedError, Result, Writer


def matmul(to: Writer, op: Operation) -> Result:
    attrs = op.node_attrs
    a, b = op.inputs[:2]
    return to.node(
        "MatMul",
        _matrix(to, a, attrs["transpose_a"]),
        _matrix(to, b, attrs["transpose_b"]),
    )


def batch_matmul(to: Writer, op: Operation) -> Result:
    attrs = op.node_attrs
    x, y = op.inputs
    return to.node("MatMul", _matrix(to, x, attrs["adj_x"]), _matrix(to, y, attrs["adj_y"]))


def _matrix(to: Writer, tensor: Tensor, is_transposed: bool) -> str:
    if not is_transposed:
        return to.value(tensor)
    rank = tensor.shape.ndims
    if rank is None:
        raise RefusedError(f"the rank of '{tensor.name}', which it transposes, is not known")
    return to.transposed(tensor, [*range(rank - 2), rank - 1, rank - 2])


def einsum(to: Writer, op: Operation) -> Result:
    equation = op.node_attrs["equation"]
    if "..." in equation and len({tensor.shape.ndims for tensor in op.inputs}) > 1:
        raise RefusedError("its ellipsis stands for dimensions that are broadcast")
    return to.node("Einsum", *map(to.value, op.inputs), equation=equation)
