"""graphflow: TF1-style scripts, unmodified, on today's Python. `import graphflow as tf`.

Re-exports only: each public name is written where its idea lives. Sections follow the pipeline.
"""

# core/base
# core/ops/elementwise
from . import bitwise as bitwise

# public submodules
from . import compat as compat
from . import contrib as contrib
from . import debugging as debugging
from . import dtypes as dtypes

# core/variables
from . import gfile as gfile
from . import graph_util as graph_util
from . import initializers as initializers
from . import io as io
from . import layers as layers
from . import linalg as linalg
from . import logging as logging
from . import losses as losses
from . import manip as manip
from . import math as math
from . import metrics as metrics
from . import nest as nest
from . import nn as nn
from . import notebook as notebook
from . import python_io as python_io
from . import queue as queue

# core/ops/random
from . import random as random
from . import saved_model as saved_model
from . import strings as strings
from . import summary as summary
from . import train as train
from . import version as version
from .behavior import control_flow_v2_enabled as control_flow_v2_enabled
from .behavior import disable_control_flow_v2 as disable_control_flow_v2
from .behavior import disable_eager_execution as disable_eager_execution
from .behavior import disable_tensor_equality as disable_tensor_equality
from .behavior import disable_v2_behavior as disable_v2_behavior
from .behavior import enable_control_flow_v2 as enable_control_flow_v2
from .behavior import enable_eager_execution as enable_eager_execution
from .behavior import enable_v2_behavior as enable_v2_behavior
from .behavior import executing_eagerly as executing_eagerly
from .behavior import is_tensor as is_tensor
from .core.base import errors as errors
from .core.base.dtypes import QUANTIZED_DTYPES as QUANTIZED_DTYPES
from .core.base.dtypes import DType as DType
from .core.base.dtypes import as_dtype as as_dtype
from .core.base.dtypes import bfloat16 as bfloat16
from .core.base.dtypes import bool as bool
from .core.base.dtypes import complex64 as complex64
from .core.base.dtypes import complex128 as complex128
from .core.base.dtypes import double as double
from .core.base.dtypes import float16 as float16
from .core.base.dtypes import float32 as float32
from .core.base.dtypes import float64 as float64
from .core.base.dtypes import half as half
from .core.base.dtypes import int8 as int8
from .core.base.dtypes import int16 as int16
from .core.base.dtypes import int32 as int32
from .core.base.dtypes import int64 as int64
from .core.base.dtypes import qint8 as qint8
from .core.base.dtypes import qint16 as qint16
from .core.base.dtypes import qint32 as qint32
from .core.base.dtypes import quint8 as quint8
from .core.base.dtypes import quint16 as quint16
from .core.base.dtypes import resource as resource
from .core.base.dtypes import string as string
from .core.base.dtypes import uint8 as uint8
from .core.base.dtypes import uint16 as uint16
from .core.base.dtypes import uint32 as uint32
from .core.base.dtypes import uint64 as uint64
from .core.base.dtypes import variant as variant
from .core.base.errors import OpError as OpError
from .core.base.tensor_shape import Dimension as Dimension
from .core.base.tensor_shape import TensorShape as TensorShape
from .core.base.tensor_shape import dimension_at_index as dimension_at_index
from .core.base.tensor_shape import dimension_value as dimension_value
from .core.base.tensor_shape import disable_v2_tensorshape as disable_v2_tensorshape
from .core.base.tensor_shape import enable_v2_tensorshape as enable_v2_tensorshape

# core/gradients
from .core.gradients import AggregationMethod as AggregationMethod
from .core.gradients import NotDifferentiable as NoGradient  # its name before TF 1.0
from .core.gradients import NotDifferentiable as NotDifferentiable
from .core.gradients import RegisterGradient as RegisterGradient
from .core.gradients import UnconnectedGradients as UnconnectedGradients
from .core.gradients import gradients as gradients
from .core.gradients import hessians as hessians

# core/graph
from .core.graph.collection_keys import GraphKeys as GraphKeys
from .core.graph.constant_value import get_static_value as get_static_value
from .core.graph.conversion import convert_to_tensor as convert_to_tensor
from .core.graph.conversion import (
    register_tensor_conversion_function as register_tensor_conversion_function,
)
from .core.graph.device import DeviceSpec as DeviceSpec
from .core.graph.graph import Graph as Graph
from .core.graph.import_graph_def import import_graph_def as import_graph_def
from .core.graph.indexed_slices import IndexedSlices as IndexedSlices
from .core.graph.indexed_slices import SparseTensor as SparseTensor
from .core.graph.indexed_slices import SparseTensorValue as SparseTensorValue
from .core.graph.indexed_slices import (
    convert_to_tensor_or_indexed_slices as convert_to_tensor_or_indexed_slices,
)
from .core.graph.indexed_slices import (
    convert_to_tensor_or_sparse_tensor as convert_to_tensor_or_sparse_tensor,
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
from .core.graph.tensor_proto import make_ndarray as make_ndarray
from .core.graph.tensor_proto import make_tensor_proto as make_tensor_proto
from .core.graph.type_spec import IndexedSlicesSpec as IndexedSlicesSpec
from .core.graph.type_spec import SparseTensorSpec as SparseTensorSpec
from .core.graph.type_spec import TensorSpec as TensorSpec
from .core.graph.type_spec import TypeSpec as TypeSpec

# core/ops/array
from .core.ops.array import add_check_numerics_ops as add_check_numerics_ops
from .core.ops.array import argsort as argsort
from .core.ops.array import batch_gather as batch_gather
from .core.ops.array import batch_to_space as batch_to_space
from .core.ops.array import batch_to_space_nd as batch_to_space_nd
from .core.ops.array import bitcast as bitcast
from .core.ops.array import boolean_mask as boolean_mask
from .core.ops.array import broadcast_dynamic_shape as broadcast_dynamic_shape
from .core.ops.array import broadcast_static_shape as broadcast_static_shape
from .core.ops.array import broadcast_to as broadcast_to
from .core.ops.array import check_numerics as check_numerics
from .core.ops.array import concat as concat
from .core.ops.array import constant as constant
from .core.ops.array import depth_to_space as depth_to_space
from .core.ops.array import diag as diag
from .core.ops.array import diag_part as diag_part
from .core.ops.array import dynamic_partition as dynamic_partition
from .core.ops.array import dynamic_stitch as dynamic_stitch
from .core.ops.array import edit_distance as edit_distance
from .core.ops.array import ensure_shape as ensure_shape
from .core.ops.array import expand_dims as expand_dims
from .core.ops.array import extract_image_patches as extract_image_patches
from .core.ops.array import extract_volume_patches as extract_volume_patches
from .core.ops.array import eye as eye
from .core.ops.array import fill as fill
from .core.ops.array import gather as gather
from .core.ops.array import gather_nd as gather_nd
from .core.ops.array import guarantee_const as guarantee_const
from .core.ops.array import identity as identity
from .core.ops.array import identity_n as identity_n
from .core.ops.array import invert_permutation as invert_permutation
from .core.ops.array import lin_space as lin_space
from .core.ops.array import lin_space as linspace
from .core.ops.array import matrix_band_part as matrix_band_part
from .core.ops.array import matrix_diag as matrix_diag
from .core.ops.array import matrix_diag_part as matrix_diag_part
from .core.ops.array import matrix_set_diag as matrix_set_diag
from .core.ops.array import matrix_transpose as matrix_transpose
from .core.ops.array import meshgrid as meshgrid
from .core.ops.array import one_hot as one_hot
from .core.ops.array import ones as ones
from .core.ops.array import ones_like as ones_like
from .core.ops.array import pad as pad
from .core.ops.array import parallel_stack as parallel_stack
from .core.ops.array import placeholder as placeholder
from .core.ops.array import placeholder_with_default as placeholder_with_default
from .core.ops.array import range as range
from .core.ops.array import rank as rank
from .core.ops.array import repeat as repeat
from .core.ops.array import required_space_to_batch_paddings as required_space_to_batch_paddings
from .core.ops.array import reshape as reshape
from .core.ops.array import reverse as reverse
from .core.ops.array import reverse as reverse_v2
from .core.ops.array import reverse_sequence as reverse_sequence
from .core.ops.array import roll as roll
from .core.ops.array import scatter_nd as scatter_nd
from .core.ops.array import searchsorted as searchsorted
from .core.ops.array import sequence_mask as sequence_mask
from .core.ops.array import setdiff1d as setdiff1d
from .core.ops.array import shape as shape
from .core.ops.array import shape_n as shape_n
from .core.ops.array import size as size
from .core.ops.array import slice as slice
from .core.ops.array import sort as sort
from .core.ops.array import space_to_batch as space_to_batch
from .core.ops.array import space_to_batch_nd as space_to_batch_nd
from .core.ops.array import space_to_depth as space_to_depth
from .core.ops.array import sparse_mask as sparse_mask
from .core.ops.array import sparse_placeholder as sparse_placeholder
from .core.ops.array import split as split
from .core.ops.array import squeeze as squeeze
from .core.ops.array import stack as stack
from .core.ops.array import stop_gradient as stop_gradient
from .core.ops.array import strided_slice as strided_slice
from .core.ops.array import tensor_scatter_add as tensor_scatter_add
from .core.ops.array import tensor_scatter_add as tensor_scatter_nd_add
from .core.ops.array import tensor_scatter_sub as tensor_scatter_nd_sub
from .core.ops.array import tensor_scatter_sub as tensor_scatter_sub
from .core.ops.array import tensor_scatter_update as tensor_scatter_nd_update
from .core.ops.array import tensor_scatter_update as tensor_scatter_update
from .core.ops.array import tile as tile
from .core.ops.array import transpose as transpose
from .core.ops.array import unique as unique
from .core.ops.array import unique_with_counts as unique_with_counts
from .core.ops.array import unravel_index as unravel_index
from .core.ops.array import unstack as unstack
from .core.ops.array import verify_tensor_all_finite as verify_tensor_all_finite
from .core.ops.array import where as where
from .core.ops.array import where_v2 as where_v2
from .core.ops.array import zeros as zeros
from .core.ops.array import zeros_like as zeros_like

# core/ops/control
from .core.ops.control import Assert as Assert
from .core.ops.control import Print as Print
from .core.ops.control import TensorArray as TensorArray
from .core.ops.control import case as case
from .core.ops.control import cond as cond
from .core.ops.control import custom_gradient as custom_gradient
from .core.ops.control import foldl as foldl
from .core.ops.control import foldr as foldr
from .core.ops.control import grad_pass_through as grad_pass_through
from .core.ops.control import group as group
from .core.ops.control import map_fn as map_fn
from .core.ops.control import no_op as no_op
from .core.ops.control import numpy_function as numpy_function
from .core.ops.control import print_v2 as print
from .core.ops.control import py_func as py_func
from .core.ops.control import scan as scan
from .core.ops.control import switch_case as switch_case
from .core.ops.control import tuple as tuple
from .core.ops.control import while_loop as while_loop
from .core.ops.elementwise import abs as abs
from .core.ops.elementwise import accumulate_n as accumulate_n
from .core.ops.elementwise import acos as acos
from .core.ops.elementwise import acosh as acosh
from .core.ops.elementwise import add as add
from .core.ops.elementwise import add_n as add_n
from .core.ops.elementwise import angle as angle
from .core.ops.elementwise import asin as asin
from .core.ops.elementwise import asinh as asinh
from .core.ops.elementwise import atan as atan
from .core.ops.elementwise import atan2 as atan2
from .core.ops.elementwise import atanh as atanh
from .core.ops.elementwise import betainc as betainc
from .core.ops.elementwise import bincount as bincount
from .core.ops.elementwise import cast as cast
from .core.ops.elementwise import ceil as ceil
from .core.ops.elementwise import clip_by_average_norm as clip_by_average_norm
from .core.ops.elementwise import clip_by_global_norm as clip_by_global_norm
from .core.ops.elementwise import clip_by_norm as clip_by_norm
from .core.ops.elementwise import clip_by_value as clip_by_value
from .core.ops.elementwise import complex as complex
from .core.ops.elementwise import conj as conj
from .core.ops.elementwise import cos as cos
from .core.ops.elementwise import cosh as cosh
from .core.ops.elementwise import digamma as digamma
from .core.ops.elementwise import div as div
from .core.ops.elementwise import div_no_nan as div_no_nan
from .core.ops.elementwise import divide as divide
from .core.ops.elementwise import equal as equal
from .core.ops.elementwise import erf as erf
from .core.ops.elementwise import erfc as erfc
from .core.ops.elementwise import exp as exp
from .core.ops.elementwise import expm1 as expm1
from .core.ops.elementwise import floor as floor
from .core.ops.elementwise import floor_div as floor_div
from .core.ops.elementwise import floordiv as floordiv
from .core.ops.elementwise import floormod as floormod
from .core.ops.elementwise import floormod as mod
from .core.ops.elementwise import global_norm as global_norm
from .core.ops.elementwise import greater as greater
from .core.ops.elementwise import greater_equal as greater_equal
from .core.ops.elementwise import histogram_fixed_width as histogram_fixed_width
from .core.ops.elementwise import histogram_fixed_width_bins as histogram_fixed_width_bins
from .core.ops.elementwise import igamma as igamma
from .core.ops.elementwise import igammac as igammac
from .core.ops.elementwise import imag as imag
from .core.ops.elementwise import is_finite as is_finite
from .core.ops.elementwise import is_inf as is_inf
from .core.ops.elementwise import is_nan as is_nan
from .core.ops.elementwise import lbeta as lbeta
from .core.ops.elementwise import less as less
from .core.ops.elementwise import less_equal as less_equal
from .core.ops.elementwise import lgamma as lgamma
from .core.ops.elementwise import log as log
from .core.ops.elementwise import log1p as log1p
from .core.ops.elementwise import log_sigmoid as log_sigmoid
from .core.ops.elementwise import logical_and as logical_and
from .core.ops.elementwise import logical_not as logical_not
from .core.ops.elementwise import logical_or as logical_or
from .core.ops.elementwise import logical_xor as logical_xor
from .core.ops.elementwise import maximum as maximum
from .core.ops.elementwise import minimum as minimum
from .core.ops.elementwise import multiply as multiply
from .core.ops.elementwise import negative as negative
from .core.ops.elementwise import not_equal as not_equal
from .core.ops.elementwise import polygamma as polygamma
from .core.ops.elementwise import pow as pow
from .core.ops.elementwise import real as real
from .core.ops.elementwise import realdiv as realdiv
from .core.ops.elementwise import reciprocal as reciprocal
from .core.ops.elementwise import rint as rint
from .core.ops.elementwise import round as round
from .core.ops.elementwise import rsqrt as rsqrt
from .core.ops.elementwise import saturate_cast as saturate_cast
from .core.ops.elementwise import scalar_mul as scalar_mul
from .core.ops.elementwise import sigmoid as sigmoid
from .core.ops.elementwise import sign as sign
from .core.ops.elementwise import sin as sin
from .core.ops.elementwise import sinh as sinh
from .core.ops.elementwise import sqrt as sqrt
from .core.ops.elementwise import square as square
from .core.ops.elementwise import squared_difference as squared_difference
from .core.ops.elementwise import subtract as subtract
from .core.ops.elementwise import tan as tan
from .core.ops.elementwise import tanh as tanh
from .core.ops.elementwise import to_bfloat16 as to_bfloat16
from .core.ops.elementwise import to_complex64 as to_complex64
from .core.ops.elementwise import to_complex128 as to_complex128
from .core.ops.elementwise import to_double as to_double
from .core.ops.elementwise import to_float as to_float
from .core.ops.elementwise import to_int32 as to_int32
from .core.ops.elementwise import to_int64 as to_int64
from .core.ops.elementwise import truediv as truediv
from .core.ops.elementwise import truncatediv as truncatediv
from .core.ops.elementwise import truncatemod as truncatemod
from .core.ops.elementwise import zeta as zeta

# core/ops/files and core/ops/parsing
from .core.ops.files import matching_files as matching_files
from .core.ops.files import read_file as read_file
from .core.ops.files import write_file as write_file

# core/ops/linalg
from .core.ops.linalg import cholesky as cholesky
from .core.ops.linalg import cholesky_solve as cholesky_solve
from .core.ops.linalg import cross as cross
from .core.ops.linalg import einsum as einsum
from .core.ops.linalg import matmul as matmul
from .core.ops.linalg import matrix_determinant as matrix_determinant
from .core.ops.linalg import matrix_inverse as matrix_inverse
from .core.ops.linalg import matrix_solve as matrix_solve
from .core.ops.linalg import matrix_solve_ls as matrix_solve_ls
from .core.ops.linalg import matrix_square_root as matrix_square_root
from .core.ops.linalg import matrix_triangular_solve as matrix_triangular_solve
from .core.ops.linalg import norm as norm
from .core.ops.linalg import qr as qr
from .core.ops.linalg import self_adjoint_eig as self_adjoint_eig
from .core.ops.linalg import self_adjoint_eigvals as self_adjoint_eigvals
from .core.ops.linalg import sparse_matmul as sparse_matmul
from .core.ops.linalg import svd as svd
from .core.ops.linalg import tensordot as tensordot
from .core.ops.linalg import trace as trace
from .core.ops.parsing import FixedLenFeature as FixedLenFeature
from .core.ops.parsing import FixedLenSequenceFeature as FixedLenSequenceFeature
from .core.ops.parsing import SparseFeature as SparseFeature
from .core.ops.parsing import VarLenFeature as VarLenFeature
from .core.ops.parsing import decode_compressed as decode_compressed
from .core.ops.parsing import decode_csv as decode_csv
from .core.ops.parsing import decode_raw as decode_raw
from .core.ops.parsing import parse_example as parse_example
from .core.ops.parsing import parse_single_example as parse_single_example
from .core.ops.parsing import parse_single_sequence_example as parse_single_sequence_example
from .core.ops.parsing import parse_tensor as parse_tensor
from .core.ops.parsing import serialize_tensor as serialize_tensor
from .core.ops.parsing import sparse_merge as sparse_merge
from .core.ops.queues import FIFOQueue as FIFOQueue
from .core.ops.queues import PaddingFIFOQueue as PaddingFIFOQueue
from .core.ops.queues import PriorityQueue as PriorityQueue
from .core.ops.queues import QueueBase as QueueBase
from .core.ops.queues import RandomShuffleQueue as RandomShuffleQueue
from .core.ops.random import get_seed as get_seed
from .core.ops.random import multinomial as multinomial
from .core.ops.random import random_crop as random_crop
from .core.ops.random import random_gamma as random_gamma
from .core.ops.random import random_normal as random_normal
from .core.ops.random import random_poisson as random_poisson
from .core.ops.random import random_shuffle as random_shuffle
from .core.ops.random import random_uniform as random_uniform
from .core.ops.random import set_random_seed as set_random_seed
from .core.ops.random import truncated_normal as truncated_normal

# core/ops/readers
from .core.ops.readers import FixedLengthRecordReader as FixedLengthRecordReader
from .core.ops.readers import IdentityReader as IdentityReader
from .core.ops.readers import ReaderBase as ReaderBase
from .core.ops.readers import TextLineReader as TextLineReader
from .core.ops.readers import TFRecordReader as TFRecordReader
from .core.ops.readers import WholeFileReader as WholeFileReader

# core/ops/reduction
from .core.ops.reduction import arg_max as arg_max
from .core.ops.reduction import arg_min as arg_min
from .core.ops.reduction import argmax as argmax
from .core.ops.reduction import argmin as argmin
from .core.ops.reduction import confusion_matrix as confusion_matrix
from .core.ops.reduction import count_nonzero as count_nonzero
from .core.ops.reduction import cumprod as cumprod
from .core.ops.reduction import cumsum as cumsum
from .core.ops.reduction import reduce_all as reduce_all
from .core.ops.reduction import reduce_any as reduce_any
from .core.ops.reduction import reduce_logsumexp as reduce_logsumexp
from .core.ops.reduction import reduce_max as reduce_max
from .core.ops.reduction import reduce_mean as reduce_mean
from .core.ops.reduction import reduce_min as reduce_min
from .core.ops.reduction import reduce_prod as reduce_prod
from .core.ops.reduction import reduce_sum as reduce_sum
from .core.ops.reduction import segment_max as segment_max
from .core.ops.reduction import segment_mean as segment_mean
from .core.ops.reduction import segment_min as segment_min
from .core.ops.reduction import segment_prod as segment_prod
from .core.ops.reduction import segment_sum as segment_sum
from .core.ops.reduction import sparse_segment_mean as sparse_segment_mean
from .core.ops.reduction import sparse_segment_sqrt_n as sparse_segment_sqrt_n
from .core.ops.reduction import sparse_segment_sum as sparse_segment_sum
from .core.ops.reduction import unsorted_segment_max as unsorted_segment_max
from .core.ops.reduction import unsorted_segment_mean as unsorted_segment_mean
from .core.ops.reduction import unsorted_segment_min as unsorted_segment_min
from .core.ops.reduction import unsorted_segment_prod as unsorted_segment_prod
from .core.ops.reduction import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from .core.ops.reduction import unsorted_segment_sum as unsorted_segment_sum

# core/ops/state
from .core.ops.state import assign as assign
from .core.ops.state import assign_add as assign_add
from .core.ops.state import assign_sub as assign_sub
from .core.ops.state import batch_scatter_update as batch_scatter_update
from .core.ops.state import count_up_to as count_up_to
from .core.ops.state import scatter_add as scatter_add
from .core.ops.state import scatter_div as scatter_div
from .core.ops.state import scatter_max as scatter_max
from .core.ops.state import scatter_min as scatter_min
from .core.ops.state import scatter_mul as scatter_mul
from .core.ops.state import scatter_nd_add as scatter_nd_add
from .core.ops.state import scatter_nd_sub as scatter_nd_sub
from .core.ops.state import scatter_nd_update as scatter_nd_update
from .core.ops.state import scatter_sub as scatter_sub
from .core.ops.state import scatter_update as scatter_update
from .core.ops.strings import as_string as as_string
from .core.ops.strings import decode_base64 as decode_base64
from .core.ops.strings import encode_base64 as encode_base64
from .core.ops.strings import reduce_join as reduce_join
from .core.ops.strings import regex_replace as regex_replace
from .core.ops.strings import string_join as string_join
from .core.ops.strings import string_split as string_split
from .core.ops.strings import string_strip as string_strip
from .core.ops.strings import string_to_hash_bucket as string_to_hash_bucket
from .core.ops.strings import string_to_hash_bucket_fast as string_to_hash_bucket_fast
from .core.ops.strings import string_to_hash_bucket_strong as string_to_hash_bucket_strong
from .core.ops.strings import string_to_number as string_to_number
from .core.ops.strings import substr as substr

# core/session
from .core.session.session import InteractiveSession as InteractiveSession
from .core.session.session import Session as Session
from .core.variables.collections import all_variables as all_variables
from .core.variables.collections import assert_variables_initialized as assert_variables_initialized
from .core.variables.collections import global_variables as global_variables
from .core.variables.collections import global_variables_initializer as global_variables_initializer
from .core.variables.collections import initialize_all_variables as initialize_all_variables
from .core.variables.collections import initialize_local_variables as initialize_local_variables
from .core.variables.collections import initialize_variables as initialize_variables
from .core.variables.collections import is_variable_initialized as is_variable_initialized
from .core.variables.collections import local_variables as local_variables
from .core.variables.collections import local_variables_initializer as local_variables_initializer
from .core.variables.collections import model_variables as model_variables
from .core.variables.collections import moving_average_variables as moving_average_variables
from .core.variables.collections import (
    report_uninitialized_variables as report_uninitialized_variables,
)
from .core.variables.collections import trainable_variables as trainable_variables
from .core.variables.collections import variables_initializer as variables_initializer
from .core.variables.creators import disable_resource_variables as disable_resource_variables
from .core.variables.creators import enable_resource_variables as enable_resource_variables
from .core.variables.creators import resource_variables_enabled as resource_variables_enabled
from .core.variables.creators import variable_creator_scope as variable_creator_scope
from .core.variables.initializers import Constant as constant_initializer
from .core.variables.initializers import GlorotNormal as glorot_normal_initializer
from .core.variables.initializers import GlorotUniform as glorot_uniform_initializer
from .core.variables.initializers import Ones as ones_initializer
from .core.variables.initializers import Orthogonal as orthogonal_initializer
from .core.variables.initializers import RandomNormal as random_normal_initializer
from .core.variables.initializers import RandomUniform as random_uniform_initializer
from .core.variables.initializers import TruncatedNormal as truncated_normal_initializer
from .core.variables.initializers import UniformUnitScaling as uniform_unit_scaling_initializer
from .core.variables.initializers import VarianceScaling as variance_scaling_initializer
from .core.variables.initializers import Zeros as zeros_initializer
from .core.variables.modes import VariableAggregation as VariableAggregation
from .core.variables.modes import VariableSynchronization as VariableSynchronization
from .core.variables.partitioners import fixed_size_partitioner as fixed_size_partitioner
from .core.variables.partitioners import (
    min_max_variable_partitioner as min_max_variable_partitioner,
)
from .core.variables.partitioners import (
    variable_axis_size_partitioner as variable_axis_size_partitioner,
)
from .core.variables.reuse import AUTO_REUSE as AUTO_REUSE
from .core.variables.template import make_template as make_template
from .core.variables.variable import Variable as Variable
from .core.variables.variable_scope import VariableScope as VariableScope
from .core.variables.variable_scope import (
    create_partitioned_variables as create_partitioned_variables,
)
from .core.variables.variable_scope import get_local_variable as get_local_variable
from .core.variables.variable_scope import get_variable as get_variable
from .core.variables.variable_scope import get_variable_scope as get_variable_scope
from .core.variables.variable_scope import no_regularizer as no_regularizer
from .core.variables.variable_scope import variable_op_scope as variable_op_scope
from .core.variables.variable_scope import variable_scope as variable_scope
from .debugging import assert_equal as assert_equal
from .debugging import assert_greater as assert_greater
from .debugging import assert_greater_equal as assert_greater_equal
from .debugging import assert_integer as assert_integer
from .debugging import assert_less as assert_less
from .debugging import assert_less_equal as assert_less_equal
from .debugging import assert_near as assert_near
from .debugging import assert_negative as assert_negative
from .debugging import assert_non_negative as assert_non_negative
from .debugging import assert_non_positive as assert_non_positive
from .debugging import assert_none_equal as assert_none_equal
from .debugging import assert_positive as assert_positive
from .debugging import assert_proper_iterable as assert_proper_iterable
from .debugging import assert_rank as assert_rank
from .debugging import assert_rank_at_least as assert_rank_at_least
from .debugging import assert_rank_in as assert_rank_in
from .debugging import assert_same_float_dtype as assert_same_float_dtype
from .debugging import assert_scalar as assert_scalar
from .debugging import assert_type as assert_type
from .debugging import is_non_decreasing as is_non_decreasing
from .debugging import is_numeric_tensor as is_numeric_tensor
from .debugging import is_strictly_increasing as is_strictly_increasing
from .version import COMPILER_VERSION as COMPILER_VERSION
from .version import COMPILER_VERSION as __compiler_version__
from .version import GIT_VERSION as GIT_VERSION
from .version import GIT_VERSION as __git_version__
from .version import GRAPH_DEF_VERSION as GRAPH_DEF_VERSION
from .version import GRAPH_DEF_VERSION_MIN_CONSUMER as GRAPH_DEF_VERSION_MIN_CONSUMER
from .version import GRAPH_DEF_VERSION_MIN_PRODUCER as GRAPH_DEF_VERSION_MIN_PRODUCER
from .version import VERSION as VERSION
from .version import VERSION as __version__  # what scripts compare

newaxis = None  # in an index: a new dimension of size 1

# Messages, by the modules that define them: loaded when first used, for protobuf is slow to import.
_PROTOS = {
    "AttrValue": "graph_pb2",
    "ConfigProto": "config_pb2",
    "Event": "event_pb2",
    "GPUOptions": "config_pb2",
    "GraphDef": "graph_pb2",
    "GraphOptions": "config_pb2",
    "HistogramProto": "event_pb2",
    "LogMessage": "event_pb2",
    "MetaGraphDef": "meta_graph_pb2",
    "NameAttrList": "graph_pb2",
    "NodeDef": "graph_pb2",
    "OptimizerOptions": "config_pb2",
    "RunMetadata": "run_metadata_pb2",
    "RunOptions": "config_pb2",
    "SessionLog": "event_pb2",
    "Summary": "event_pb2",
    "SummaryMetadata": "event_pb2",
    "TensorInfo": "meta_graph_pb2",
}


def __getattr__(name: str) -> object:
    if name not in _PROTOS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    message = getattr(importlib.import_module(f".protos.{_PROTOS[name]}", __name__), name)
    globals()[name] = message
    return message
