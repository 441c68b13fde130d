"""tf.print and tf.strings.format: values, in Python structures and among text, as text."""

from __future__ import annotations

import os
import pprint
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...base import dtypes, nest
from ...base.tensor_shape import TensorShape
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor
from ...graph.op_def import define_op
from ...graph.operation import Operation
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import no_outputs
from .summarize import element_text


def string_format_shape(context: ShapeContext) -> TensorShape:
    count = context.attrs["template"].count(context.attrs["placeholder"])
    if count != context.num_inputs:
        raise ValueError(
            "num placeholders in template and num inputs must match: "
            f"{count} vs. {context.num_inputs}"
        )
    return TensorShape([])


string_format_op = define_op(
    "StringFormat",
    inputs=["inputs: T"],
    outputs=["output: string"],
    attrs=[
        "T: list(type) >= 0",
        "template: string = '%s'",
        "placeholder: string = '%s'",
        "summarize: int = 3",
    ],
    shape=string_format_shape,
)
string_format_op.no_grad()


@string_format_op.define
def string_format_reference(node: Any, *arrays: np.ndarray) -> np.ndarray:
    parts = node.attrs["template"].split(node.attrs["placeholder"])
    ends = node.attrs["summarize"]
    texts = [_array_text(array, ends if ends >= 0 else max(array.size, 1)) for array in arrays]
    text = "".join(part + text for part, text in zip(parts, [*texts, ""], strict=True))
    return np.array(text.encode(), dtype=object)


def _array_text(array: np.ndarray, ends: int) -> str:
    """The first and last `ends` elements along each axis, rows on lines of their own."""
    return "".join(_parts(array, ends, 0, array.ndim))


def _parts(array: Any, ends: int, axis: int, rank: int) -> Iterator[str]:
    if axis == rank:
        element = array if isinstance(array, bytes) else np.asarray(array)[()]
        text = element_text(element)
        yield f'"{text}"' if isinstance(element, bytes) else text
        return
    space = " " if axis == rank - 1 else "\n" * (rank - axis - 1) + " " * (axis + 1)
    size = len(array)
    yield "["
    for index in range(min(ends, size)):
        yield space if index else ""
        yield from _parts(array[index], ends, axis + 1, rank)
    if size > 2 * ends:
        yield f"{space}..."
    for index in range(max(ends, size - ends), size):
        yield space
        yield from _parts(array[index], ends, axis + 1, rank)
    yield "]"


def string_format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> Tensor:
    """A string scalar: `template` with tensors' values in the places of the placeholders.

    Args:
      template: the text.
      inputs: a tensor or a list of tensors, one per placeholder.
      placeholder: what stands for a tensor in the template.
      summarize: how many elements are shown at both ends of each axis; all when negative.
      name: the node's name.

    Raises:
      ValueError: there are not as many placeholders as tensors.
    """
    if not isinstance(inputs, list | tuple):
        inputs = [inputs]
    if template.count(placeholder) != len(inputs):
        raise ValueError(
            f"{template.count(placeholder)} placeholder(s) in template does not match "
            f"{len(inputs)} tensor(s) provided as input"
        )
    text: Tensor = string_format_op(
        list(inputs), template=template, placeholder=placeholder, summarize=summarize, name=name
    )
    return text


print_v2_op = define_op(
    "PrintV2",
    inputs=["input: string"],
    attrs=["output_stream: string = 'stderr'", "end: string = '\n'"],
    shape=no_outputs,
    is_stateful=True,
)
print_v2_op.no_grad()


@print_v2_op.define
def print_v2_reference(node: Any, text: np.ndarray) -> None:
    line: str = text.item().decode(errors="replace") + node.attrs["end"]
    target = node.attrs["output_stream"]
    if target.startswith(_FILE):
        with open(target.removeprefix(_FILE), "a", encoding="utf-8") as file:
            file.write(line)
        return
    stream = sys.stdout if target == "stdout" else sys.stderr
    stream.write(line)
    stream.flush()


_FILE = "file://"


def print_v2(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that prints its inputs as Python's `print` would, tensors with their values.

    Like every operation of a TF1 graph it prints only when something runs it.

    Args:
      *inputs: tensors, variables, SparseTensors, anything else, and nestings of these.
      output_stream: `sys.stderr` (the default), `sys.stdout`, or `"file://path"`.
      summarize: how many elements are shown at both ends of each axis; all when negative.
      sep: what stands between the inputs.
      end: what stands at the end.
      name: the node's name.

    Returns:
      The operation.

    Raises:
      ValueError: another keyword argument or output stream.
    """
    stream = _stream_name(kwargs.pop("output_stream", sys.stderr))
    name = kwargs.pop("name", None)
    summarize = kwargs.pop("summarize", 3)
    sep = kwargs.pop("sep", " ")
    end = kwargs.pop("end", os.linesep)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    text = _formatted(inputs, sep, summarize, f"{name}_format" if name else None)
    op: Operation = print_v2_op(text, output_stream=stream, end=end, name=name)
    return op


def _stream_name(stream: Any) -> str:
    if isinstance(stream, str) and stream.startswith(_FILE):
        return stream
    if stream is sys.stdout or stream is sys.stderr:
        return "stdout" if stream is sys.stdout else "stderr"
    raise ValueError(
        f"Unsupported output stream, logging level, or file. {stream}. Supported streams are "
        "sys.stdout, sys.stderr. File needs to be in the form of 'file://<filepath>'."
    )


def _formatted(inputs: Any, sep: str, summarize: int, name: str | None) -> Tensor:
    if len(inputs) == 1 and isinstance(inputs[0], Tensor):
        tensor = inputs[0]
        if tensor.shape.ndims == 0 and tensor.dtype.base_dtype == dtypes.string:
            return tensor
    plain = str(nest.map_structure(lambda x: "" if _is_tensor(x) else x, inputs))
    placeholder = "{}"
    while placeholder in plain:
        placeholder = f"{{{placeholder}}}"
    tensors: list[Tensor] = []
    templates = [_template(item, placeholder, tensors) for item in inputs]
    template = sep.join(templates).replace(f"'{placeholder}'", placeholder)
    return string_format(template, tensors, placeholder, summarize, name)


def _is_tensor(value: Any) -> bool:
    if isinstance(value, Tensor | SparseTensor):
        return True
    return hasattr(value, "_as_graph_element") and hasattr(value, "dtype")


def _template(item: Any, placeholder: str, tensors: list[Tensor]) -> str:
    """The text of one input with placeholders for its tensors, which are added to `tensors`."""
    if isinstance(item, str):
        return item

    def stand_in(leaf: Any) -> Any:
        if isinstance(leaf, SparseTensor):
            tensors.extend([leaf.indices, leaf.values, leaf.dense_shape])
            return f"SparseTensor(indices={placeholder}, values={placeholder}, shape={placeholder})"
        if _is_tensor(leaf):
            tensors.append(convert_to_tensor(leaf))
            return placeholder
        return leaf

    return pprint.pformat(nest.map_structure(stand_in, item))
