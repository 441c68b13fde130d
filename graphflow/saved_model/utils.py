"""tf.saved_model.utils: TensorInfos, by which signatures name tensors."""

from __future__ import annotations

from typing import Any

from ..core.graph.graph import Graph
from ..core.graph.indexed_slices import SparseTensor
from ..core.graph.stacks import get_default_graph
from ..core.variables.save_slice_info import within_scope


def build_tensor_info(tensor: Any) -> Any:
    """A TensorInfo: a tensor's name, type and shape.

    Args:
      tensor: a Tensor or SparseTensor.

    Returns:
      The TensorInfo.
    """
    from ..protos.meta_graph_pb2 import TensorInfo

    info = TensorInfo(
        dtype=tensor.dtype.base_dtype.as_datatype_enum,
        tensor_shape=tensor.get_shape().as_proto(),
    )
    if isinstance(tensor, SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


def get_tensor_from_tensor_info(
    tensor_info: Any, graph: Graph | None = None, import_scope: str | None = None
) -> Any:
    """The tensor that a TensorInfo names.

    Args:
      tensor_info: the TensorInfo.
      graph: the graph to look in; the default graph by default.
      import_scope: a scope that the graph was imported under.

    Returns:
      A Tensor or SparseTensor.

    Raises:
      KeyError: the graph has no such tensor.
      ValueError: the TensorInfo names none, or one of TF 2's composite tensors.
    """
    graph = graph or get_default_graph()

    def tensor(name: str) -> Any:
        return graph.get_tensor_by_name(within_scope(name, import_scope))

    encoding = tensor_info.WhichOneof("encoding")
    if encoding == "name":
        return tensor(tensor_info.name)
    if encoding == "coo_sparse":
        sparse = tensor_info.coo_sparse
        return SparseTensor(
            tensor(sparse.indices_tensor_name),
            tensor(sparse.values_tensor_name),
            tensor(sparse.dense_shape_tensor_name),
        )
    raise ValueError(f"Invalid TensorInfo.encoding: {encoding}")
