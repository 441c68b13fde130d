"""Conv2D and its two gradient ops."""

from .ops import conv2d as conv2d
from .ops import conv2d_backprop_filter as conv2d_backprop_filter
from .ops import conv2d_backprop_filter_op as conv2d_backprop_filter_op
from .ops import conv2d_backprop_input as conv2d_backprop_input
from .ops import conv2d_backprop_input_op as conv2d_backprop_input_op
from .ops import conv2d_op as conv2d_op
from .ops import conv2d_transpose as conv2d_transpose
