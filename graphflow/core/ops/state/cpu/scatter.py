"""Rows and parts of variables on the CPU: read by their numbers, changed in place."""

from __future__ import annotations

import math
from typing import Any

from ....graph.op_def import OpDef
from ...array.cpu.gather import gather, gather_places
from ...array.cpu.places import (
    ADD,
    DIV,
    MAX,
    MIN,
    MUL,
    SET,
    SKIPS_NONE,
    SKIPS_PADDING,
    SUB,
    brackets,
    change_rows,
    outside,
    outside_places,
)
from ...array.unique_rows import PADDED
from ...lowering import Lowering
from .. import scatter as ops
from ..resources import resource_gather_nd_op, resource_gather_op


@resource_gather_op.cpu
def resource_gather_cpu(node: Any, k: Lowering) -> None:
    variable, indices = k.inputs
    batch = node.attrs["batch_dims"]
    k.require(batch >= 0)
    gather(k, variable, indices, k.outputs[0], batch, batch)


@resource_gather_nd_op.cpu
def resource_gather_nd_cpu(node: Any, k: Lowering) -> None:
    variable, indices = k.inputs
    k.require(len(indices.shape) > 1)
    ending = f"does not index into param shape {list(variable.shape)}"
    gather_places(k, variable, indices, k.outputs[0], ending)


def _lower_scatter(op: OpDef, kind: int) -> None:
    @op.cpu
    def scatter_cpu(node: Any, k: Lowering) -> None:
        variable, indices, updates = k.inputs
        k.require(len(variable.shape) > 0)
        k.require(updates.shape in ((), (*indices.shape, *variable.shape[1:])))
        size, count = variable.shape[0], math.prod(indices.shape)
        failure = outside("indices", indices, f"is not in [0, {size})")
        skips = SKIPS_PADDING if node.attrs.get(PADDED) else SKIPS_NONE
        change_rows(k, kind, variable, indices, updates, [size], count, failure, skips)


def _lower_scatter_nd(op: OpDef, kind: int) -> None:
    @op.cpu
    def scatter_nd_cpu(node: Any, k: Lowering) -> None:
        variable, indices, updates = k.inputs
        k.require(node.attrs["bad_indices_policy"] == "" and len(indices.shape) > 1)
        outer, depth = indices.shape[:-1], indices.shape[-1]
        k.require(0 < depth <= len(variable.shape))
        k.require(updates.shape == (*outer, *variable.shape[depth:]))
        ending = f"does not index into shape {brackets(variable.shape)}"
        failure = outside_places(indices, depth, ending)
        limits = variable.shape[:depth]
        change_rows(k, kind, variable, indices, updates, limits, math.prod(outer), failure)


for _op, _kind in {
    ops.scatter_update_op: SET,
    ops.scatter_add_op: ADD,
    ops.scatter_sub_op: SUB,
    ops.scatter_mul_op: MUL,
    ops.scatter_div_op: DIV,
    ops.scatter_min_op: MIN,
    ops.scatter_max_op: MAX,
    ops.resource_scatter_update_op: SET,
    ops.resource_scatter_add_op: ADD,
    ops.resource_scatter_sub_op: SUB,
    ops.resource_scatter_mul_op: MUL,
    ops.resource_scatter_div_op: DIV,
    ops.resource_scatter_min_op: MIN,
    ops.resource_scatter_max_op: MAX,
}.items():
    _lower_scatter(_op, _kind)

for _op, _kind in {
    ops.scatter_nd_update_op: SET,
    ops.scatter_nd_add_op: ADD,
    ops.scatter_nd_sub_op: SUB,
    ops.resource_scatter_nd_update_op: SET,
    ops.resource_scatter_nd_add_op: ADD,
    ops.resource_scatter_nd_sub_op: SUB,
}.items():
    _lower_scatter_nd(_op, _kind)
