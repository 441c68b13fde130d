"""Ops that order, group, branch and repeat others."""

from .asserting import Assert as Assert
from .custom_gradient import custom_gradient as custom_gradient
from .gate import tuple as tuple
from .gate import with_dependencies as with_dependencies
from .group import group as group
from .group import no_op as no_op
from .printing import Print as Print
from .py_func import numpy_function as numpy_function
from .py_func import py_func as py_func
