"""`tf.random`: random numbers, permutations and choices."""

from ..core.ops.random import categorical as categorical
from ..core.ops.random import get_seed as get_seed
from ..core.ops.random import multinomial as multinomial
from ..core.ops.random import random_gamma as gamma
from ..core.ops.random import random_normal as normal
from ..core.ops.random import random_poisson as poisson
from ..core.ops.random import random_shuffle as shuffle
from ..core.ops.random import random_uniform as uniform
from ..core.ops.random import set_random_seed as set_random_seed
from ..core.ops.random import stateless_categorical as stateless_categorical
from ..core.ops.random import stateless_multinomial as stateless_multinomial
from ..core.ops.random import stateless_normal as stateless_normal
from ..core.ops.random import stateless_truncated_normal as stateless_truncated_normal
from ..core.ops.random import stateless_uniform as stateless_uniform
from ..core.ops.random import truncated_normal as truncated_normal
