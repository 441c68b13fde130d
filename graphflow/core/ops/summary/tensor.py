"""TensorSummary and TensorSummaryV2: any tensor by its tag, with the plugin that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...base import compat, errors
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ...graph.tensor_proto import array_to_proto
from ..shape_rules import scalar_shape
from .scope import collect, new_summary, serialized, summary_scope, tag_of

tensor_summary_v2_op = define_op(
    "TensorSummaryV2",
    inputs=["tag: string", "tensor: T", "serialized_summary_metadata: string"],
    outputs=["summary: string"],
    attrs=["T: type"],
    shape=scalar_shape,
)
tensor_summary_v2_op.no_grad()

tensor_summary_op = define_op(
    "TensorSummary",
    inputs=["tensor: T"],
    outputs=["summary: string"],
    attrs=[
        "T: type",
        "description: string = ''",
        "labels: list(string) = []",
        "display_name: string = ''",
    ],
    shape=scalar_shape,
)
tensor_summary_op.no_grad()


@tensor_summary_v2_op.define
def tensor_summary_v2_reference(
    node: Any, tag: np.ndarray, tensor: np.ndarray, metadata: np.ndarray
) -> np.ndarray:
    from google.protobuf.message import DecodeError

    summary = new_summary()
    value = summary.value.add(tag=tag_of(tag))
    item: Any = metadata[()]
    try:
        value.metadata.ParseFromString(item)
    except DecodeError:
        raise errors.InvalidArgumentError(
            None, None, f"{item!r} is no serialized SummaryMetadata"
        ) from None
    value.tensor.CopyFrom(array_to_proto(tensor, node.attrs["T"]))
    return serialized(summary)


@tensor_summary_op.define
def tensor_summary_reference(node: Any, tensor: np.ndarray) -> np.ndarray:
    summary = new_summary()
    value = summary.value.add(node_name=node.name)
    value.tensor.CopyFrom(array_to_proto(tensor, node.attrs["T"]))
    return serialized(summary)


def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Iterable[str] | None = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """A summary of a whole tensor.

    Args:
      name: the node's name, which with its scopes is the tag.
      tensor: any tensor.
      summary_description: a text about it.
      collections: what to add the summary to; `GraphKeys.SUMMARIES` by default.
      summary_metadata: a SummaryMetadata message, which names the plugin that shows the tensor. It
        stays as it is, where TF1 writes the other arguments into it.
      family: a prefix of the tag, by which TensorBoard groups.
      display_name: a name to show instead of the tag.

    Returns:
      A string, a scalar: the serialized Summary.
    """
    from ....protos.event_pb2 import SummaryMetadata

    metadata = SummaryMetadata()
    if summary_metadata is not None:
        metadata.ParseFromString(summary_metadata.SerializeToString())
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with summary_scope(name, family, values=[tensor]) as (tag, scope):
        summary = tensor_summary_v2_op(tag, tensor, metadata.SerializeToString(), name=scope)
        return collect(summary, collections)


def text(name: str, tensor: Any, collections: Iterable[str] | None = None) -> Tensor:
    """A summary of text, which TensorBoard shows as Markdown.

    Args:
      name: the node's name, which with its scopes is the tag.
      tensor: strings; of rank 1 or 2, a table.
      collections: what to add the summary to; `GraphKeys.SUMMARIES` by default.

    Returns:
      A string, a scalar: the serialized Summary.

    Raises:
      ValueError: the tensor is not one of strings.
    """
    from ....protos.event_pb2 import SummaryMetadata

    tensor = convert_to_tensor(tensor)
    if tensor.dtype.name != "string":
        raise ValueError(
            f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype!r}"
        )
    plugin = SummaryMetadata.PluginData(plugin_name="text")
    metadata = SummaryMetadata(plugin_data=plugin)
    return tensor_summary(name, tensor, summary_metadata=metadata, collections=collections)


def get_summary_description(node_def: Any) -> Any:
    """The description that a TensorSummary node carries.

    Args:
      node_def: the NodeDef.

    Returns:
      A SummaryDescription.

    Raises:
      ValueError: it is no TensorSummary.
    """
    from google.protobuf import json_format

    from ....protos.event_pb2 import SummaryDescription

    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    description = compat.as_str(node_def.attr["description"].s)
    return json_format.Parse(description, SummaryDescription())
