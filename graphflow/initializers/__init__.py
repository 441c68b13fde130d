"""tf.initializers: initial values, and the ops that set them."""

from ..core.variables.collections import global_variables_initializer as global_variables
from ..core.variables.collections import local_variables_initializer as local_variables
from ..core.variables.collections import variables_initializer as variables
from ..core.variables.initializers import Constant as constant
from ..core.variables.initializers import GlorotNormal as glorot_normal
from ..core.variables.initializers import GlorotUniform as glorot_uniform
from ..core.variables.initializers import Identity as identity
from ..core.variables.initializers import Ones as ones
from ..core.variables.initializers import Orthogonal as orthogonal
from ..core.variables.initializers import RandomNormal as random_normal
from ..core.variables.initializers import RandomUniform as random_uniform
from ..core.variables.initializers import TruncatedNormal as truncated_normal
from ..core.variables.initializers import UniformUnitScaling as uniform_unit_scaling
from ..core.variables.initializers import VarianceScaling as variance_scaling
from ..core.variables.initializers import Zeros as zeros
from ..core.variables.initializers import he_normal as he_normal
from ..core.variables.initializers import he_uniform as he_uniform
from ..core.variables.initializers import lecun_normal as lecun_normal
from ..core.variables.initializers import lecun_uniform as lecun_uniform

__all__ = [
    "constant",
    "global_variables",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "local_variables",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "uniform_unit_scaling",
    "variables",
    "variance_scaling",
    "zeros",
]
