"""Queues: what runs of one session hand to each other, and wait for."""

from .access import queue_close_v2_op as queue_close_v2_op
from .access import queue_dequeue_many_v2_op as queue_dequeue_many_v2_op
from .access import queue_dequeue_up_to_v2_op as queue_dequeue_up_to_v2_op
from .access import queue_dequeue_v2_op as queue_dequeue_v2_op
from .access import queue_enqueue_many_v2_op as queue_enqueue_many_v2_op
from .access import queue_enqueue_v2_op as queue_enqueue_v2_op
from .access import queue_is_closed_v2_op as queue_is_closed_v2_op
from .access import queue_size_v2_op as queue_size_v2_op
from .base import QueueBase as QueueBase
from .handles import fake_queue_op as fake_queue_op
from .handles import fifo_queue_v2_op as fifo_queue_v2_op
from .handles import padding_fifo_queue_v2_op as padding_fifo_queue_v2_op
from .handles import priority_queue_v2_op as priority_queue_v2_op
from .handles import queue_of as queue_of
from .handles import random_shuffle_queue_v2_op as random_shuffle_queue_v2_op
from .kinds import FIFOQueue as FIFOQueue
from .kinds import PaddingFIFOQueue as PaddingFIFOQueue
from .kinds import PriorityQueue as PriorityQueue
from .kinds import RandomShuffleQueue as RandomShuffleQueue
from .sparse_maps import add_many_sparse_to_tensors_map as add_many_sparse_to_tensors_map
from .sparse_maps import add_many_sparse_to_tensors_map_op as add_many_sparse_to_tensors_map_op
from .sparse_maps import add_sparse_to_tensors_map as add_sparse_to_tensors_map
from .sparse_maps import add_sparse_to_tensors_map_op as add_sparse_to_tensors_map_op
from .sparse_maps import take_many_sparse_from_tensors_map as take_many_sparse_from_tensors_map
from .sparse_maps import (
    take_many_sparse_from_tensors_map_op as take_many_sparse_from_tensors_map_op,
)
