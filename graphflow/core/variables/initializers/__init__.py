"""Initial values: objects called with a shape, a type and, for a part, its place in the whole."""

from .base import Initializer as Initializer
from .constants import Constant as Constant
from .constants import Identity as Identity
from .constants import Ones as Ones
from .constants import Zeros as Zeros
from .orthogonal import Orthogonal as Orthogonal
from .random import RandomNormal as RandomNormal
from .random import RandomUniform as RandomUniform
from .random import TruncatedNormal as TruncatedNormal
from .random import UniformUnitScaling as UniformUnitScaling
from .variance_scaling import GlorotNormal as GlorotNormal
from .variance_scaling import GlorotUniform as GlorotUniform
from .variance_scaling import VarianceScaling as VarianceScaling
from .variance_scaling import he_normal as he_normal
from .variance_scaling import he_uniform as he_uniform
from .variance_scaling import lecun_normal as lecun_normal
from .variance_scaling import lecun_uniform as lecun_uniform
