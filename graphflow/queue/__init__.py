"""tf.queue: the queues, which also stand in `tf` itself."""

from ..core.ops.queues import FIFOQueue as FIFOQueue
from ..core.ops.queues import PaddingFIFOQueue as PaddingFIFOQueue
from ..core.ops.queues import PriorityQueue as PriorityQueue
from ..core.ops.queues import QueueBase as QueueBase
from ..core.ops.queues import RandomShuffleQueue as RandomShuffleQueue
