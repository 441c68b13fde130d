"""Ops that order, group, branch and repeat others."""

from .asserting import Assert as Assert
from .case import case as case
from .cond import cond as cond
from .custom_gradient import custom_gradient as custom_gradient
from .functional import foldl as foldl
from .functional import foldr as foldr
from .functional import map_fn as map_fn
from .functional import scan as scan
from .gate import tuple as tuple
from .gate import with_dependencies as with_dependencies
from .group import group as group
from .group import no_op as no_op
from .if_op import add_if as add_if
from .if_op import fake_param_op as fake_param_op
from .if_op import if_op as if_op
from .printing import Print as Print
from .py_func import numpy_function as numpy_function
from .py_func import py_func as py_func
from .tensor_array import TensorArray as TensorArray
from .tensor_list import empty_tensor_list_op as empty_tensor_list_op
from .tensor_list import shape_input as shape_input
from .tensor_list import tensor_list_pop_back_op as tensor_list_pop_back_op
from .tensor_list import tensor_list_push_back_op as tensor_list_push_back_op
from .while_loop import while_loop as while_loop
from .while_op import add_while as add_while
from .while_op import while_op as while_op
