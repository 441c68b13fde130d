"""Ops on variables: what they do shows over several runs, which a row cannot hold."""

from __future__ import annotations

_ASSIGN = "tests/core/ops/state/test_assign.py"
_RESOURCES = "tests/core/ops/state/test_resources.py"
_SCATTER = "tests/core/ops/state/test_scatter.py"

CASES: list[object] = []

TESTED_ELSEWHERE = {
    "Assign": _ASSIGN,
    "AssignAdd": _ASSIGN,
    "AssignSub": _ASSIGN,
    "CountUpTo": _ASSIGN,
    "DestroyTemporaryVariable": _ASSIGN,
    "IsVariableInitialized": "tests/core/variables/test_variable.py",
    "ResourceCountUpTo": _ASSIGN,
    "TemporaryVariable": _ASSIGN,
    "Variable": "tests/core/variables/test_variable.py",
    "VariableV2": _ASSIGN,
    "AssignAddVariableOp": _ASSIGN,
    "AssignSubVariableOp": _ASSIGN,
    "AssignVariableOp": _RESOURCES,
    "DestroyResourceOp": _RESOURCES,
    "DisableCopyOnRead": "tests/saved_model/test_saved_model.py",
    "ReadVariableOp": _RESOURCES,
    "ResourceGather": _RESOURCES,
    "ResourceGatherNd": _RESOURCES,
    "VarHandleOp": _RESOURCES,
    "VarIsInitializedOp": _RESOURCES,
    "VariableShape": _RESOURCES,
    "ResourceStridedSliceAssign": _SCATTER,
    "StridedSliceAssign": _SCATTER,
    **{
        f"{kind}Scatter{update}": _SCATTER
        for kind in ("", "Resource")
        for update in (
            *("Update", "Add", "Sub", "Mul", "Div", "Min", "Max"),
            *("NdUpdate", "NdAdd", "NdSub"),
        )
    },
}
