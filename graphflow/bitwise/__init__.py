"""`tf.bitwise`: operations on the bits of integers."""

from ..core.ops.elementwise import bitwise_and as bitwise_and
from ..core.ops.elementwise import bitwise_or as bitwise_or
from ..core.ops.elementwise import bitwise_xor as bitwise_xor
from ..core.ops.elementwise import invert as invert
from ..core.ops.elementwise import left_shift as left_shift
from ..core.ops.elementwise import right_shift as right_shift
