"""graphflow: TF1-style scripts, unmodified, on today's Python. `import graphflow as tf`.

Re-exports only: each public name is written where its idea lives. Sections follow the pipeline.
"""

# core/graph
from .core.graph.collection_keys import GraphKeys as GraphKeys
from .core.graph.conversion import convert_to_tensor as convert_to_tensor
from .core.graph.conversion import (
    register_tensor_conversion_function as register_tensor_conversion_function,
)
from .core.graph.device import DeviceSpec as DeviceSpec
from .core.graph.graph import Graph as Graph
from .core.graph.indexed_slices import IndexedSlices as IndexedSlices
from .core.graph.indexed_slices import SparseTensor as SparseTensor
from .core.graph.indexed_slices import SparseTensorValue as SparseTensorValue
from .core.graph.indexed_slices import (
    convert_to_tensor_or_indexed_slices as convert_to_tensor_or_indexed_slices,
)
from .core.graph.operation import Operation as Operation
from .core.graph.scopes import add_to_collection as add_to_collection
from .core.graph.scopes import add_to_collections as add_to_collections
from .core.graph.scopes import colocate_with as colocate_with
from .core.graph.scopes import container as container
from .core.graph.scopes import control_dependencies as control_dependencies
from .core.graph.scopes import device as device
from .core.graph.scopes import get_collection as get_collection
from .core.graph.scopes import get_collection_ref as get_collection_ref
from .core.graph.scopes import init_scope as init_scope
from .core.graph.scopes import name_scope as name_scope
from .core.graph.scopes import op_scope as op_scope
from .core.graph.stacks import get_default_graph as get_default_graph
from .core.graph.stacks import get_default_session as get_default_session
from .core.graph.stacks import reset_default_graph as reset_default_graph
from .core.graph.tensor import Tensor as Tensor

# core/ops/array
from .core.ops.array import constant as constant
from .core.ops.array import identity as identity
from .core.ops.array import identity_n as identity_n
from .core.ops.array import stop_gradient as stop_gradient

# core/session
from .core.session.session import InteractiveSession as InteractiveSession
from .core.session.session import Session as Session

# core/gradients
from .core.gradients import AggregationMethod as AggregationMethod
from .core.gradients import NotDifferentiable as NoGradient  # its name before TF 1.0
from .core.gradients import NotDifferentiable as NotDifferentiable
from .core.gradients import RegisterGradient as RegisterGradient
from .core.gradients import UnconnectedGradients as UnconnectedGradients
from .core.gradients import gradients as gradients
from .core.gradients import hessians as hessians
