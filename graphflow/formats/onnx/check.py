"""The ONNX model and the graph that it was made of, run on the same inputs and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...core.base import compat, errors
from ...core.graph.graph import Graph
from ...core.graph.import_graph_def import import_graph_def
from ...core.session.session import Session
from .package import find_onnxruntime, import_onnx

RTOL = 1e-5
_OPEN = 2  # the size of a dimension that the graph leaves open


def check_onnx(
    model: Any,
    graph_def: Any,
    outputs: Sequence[str],
    constants: Mapping[str, Any] | None = None,
    feeds: Mapping[str, np.ndarray] | None = None,
) -> str:
    """Checks a model's form, and runs it by onnxruntime and its graph by graphflow.

    Args:
      model: what `to_onnx` made.
      graph_def: what it was made of.
      outputs: as there.
      constants: as there.
      feeds: values by the names of inputs; by default random ones, of the size 2 where it is open.

    Returns:
      What was found, in words: how far the two are apart, or why they were not compared.

    Raises:
      DataLossError: the model is malformed, or its results are others.
    """
    onnx = import_onnx()
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # the checker's own classes, and those of shape inference
        raise errors.DataLossError(None, None, f"the ONNX model is malformed: {error}") from error
    runtime = find_onnxruntime()
    if runtime is None:
        return "not run: that needs the package onnxruntime: pip install onnxruntime"
    if any(node.op_type.startswith("Random") for node in model.graph.node):
        return "not compared: it draws random numbers"
    names = [_tensor_name(name) for name in outputs]
    values = {info.name: _made_up(info) for info in model.graph.input} if feeds is None else feeds
    fixed = {_tensor_name(name): value for name, value in (constants or {}).items()}
    try:
        expected = _run_graph(graph_def, names, {**values, **fixed})
    except errors.OpError as error:
        if feeds is not None:
            raise
        return f"not compared: the graph does not run on made-up inputs: {error.message}"
    try:
        given = _run_model(runtime, model, names, values)
    except Exception as error:  # onnxruntime's own classes share no base
        return f"not compared: onnxruntime does not run it: {error}"
    return _compared(names, given, expected)


def _tensor_name(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _run_graph(graph_def: Any, names: Sequence[str], feeds: Mapping[str, Any]) -> Any:
    graph = Graph()
    with graph.as_default(), Session(graph=graph) as session:
        import_graph_def(graph_def, name="")
        return session.run(names, feeds)


def _run_model(runtime: Any, model: Any, names: Sequence[str], feeds: Mapping[str, Any]) -> Any:
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors
    runner = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return runner.run(names, {name: _as_text(value) for name, value in feeds.items()})


def _as_text(value: Any) -> np.ndarray:
    """A value for onnxruntime, whose strings are text."""
    array = np.asarray(value)
    is_text = array.dtype == object
    return np.vectorize(compat.as_text, otypes="O")(array) if is_text else array


def _made_up(info: Any) -> np.ndarray:
    """A value for an input: random numbers; zeros and ones where these may be places."""
    tensor_type = info.type.tensor_type
    dtype = import_onnx().helper.tensor_dtype_to_np_dtype(tensor_type.elem_type)
    sizes = [dim.dim_value if dim.HasField("dim_value") else _OPEN for dim in tensor_type.shape.dim]
    generator = np.random.default_rng(0)
    if dtype.kind == "f":
        return generator.normal(size=sizes).astype(dtype)
    return generator.integers(0, 2, sizes).astype(dtype)


def _compared(names: Sequence[str], given: Sequence[Any], expected: Sequence[Any]) -> str:
    """How far the results are apart, as a part of the largest number in each."""
    worst = 0.0
    for name, mine, theirs in zip(names, expected, given):
        mine, theirs = np.asarray(mine), np.asarray(theirs)
        if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
            raise errors.DataLossError(
                None,
                None,
                f"'{name}' is {theirs.dtype}{list(theirs.shape)} in onnxruntime and "
                f"{mine.dtype}{list(mine.shape)} in graphflow",
            )
        apart = _apart(mine, theirs)
        if apart > _tolerance(mine.dtype):
            raise errors.DataLossError(
                None, None, f"'{name}' differs by {apart:.1e} between onnxruntime and graphflow"
            )
        worst = max(worst, apart)
    return f"the same in onnxruntime and graphflow within {worst:.1e}"


def _tolerance(dtype: np.dtype[Any]) -> float:
    return max(RTOL, 4 * float(np.finfo(dtype).eps)) if dtype.kind == "f" else 0.0


def _apart(mine: np.ndarray, theirs: np.ndarray) -> float:
    if mine.dtype == object:  # strings, which onnxruntime gives as such
        mine, theirs = _as_text(mine), _as_text(theirs)
    if mine.dtype.kind != "f":
        return 0.0 if np.array_equal(mine, theirs) else np.inf
    mine, theirs = mine.astype(np.float64), theirs.astype(np.float64)
    same = (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
    if same.all():
        return 0.0
    difference = np.abs(mine - theirs)[~same].max()
    scale = max(np.abs(mine[np.isfinite(mine)]).max(initial=0.0), np.finfo(np.float32).tiny)
    return float(difference / scale) if np.isfinite(difference) else np.inf
