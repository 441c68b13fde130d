"""Ops that make fewer elements of many: reductions, scans, sums over segments."""

from .reduce import max_op as max_op
from .reduce import mean_op as mean_op
from .reduce import reduce_all as reduce_all
from .reduce import reduce_any as reduce_any
from .reduce import reduce_euclidean_norm as reduce_euclidean_norm
from .reduce import reduce_max as reduce_max
from .reduce import reduce_mean as reduce_mean
from .reduce import reduce_min as reduce_min
from .reduce import reduce_prod as reduce_prod
from .reduce import reduce_sum as reduce_sum
from .reduce import sum_op as sum_op
from .unsorted_segment import unsorted_segment_max as unsorted_segment_max
from .unsorted_segment import unsorted_segment_mean as unsorted_segment_mean
from .unsorted_segment import unsorted_segment_min as unsorted_segment_min
from .unsorted_segment import unsorted_segment_prod as unsorted_segment_prod
from .unsorted_segment import unsorted_segment_sqrt_n as unsorted_segment_sqrt_n
from .unsorted_segment import unsorted_segment_sum as unsorted_segment_sum
