"""tf.version: the TensorFlow release whose API this is.

Scripts compare these numbers to decide which functions to call, so they are TensorFlow's;
graphflow's own version is `importlib.metadata.version("graphflow")`.
"""

from .core.graph.graph_def import MIN_CONSUMER_VERSION as GRAPH_DEF_VERSION_MIN_CONSUMER
from .core.graph.graph_def import PRODUCER_VERSION as GRAPH_DEF_VERSION

VERSION = "1.14.0"
GIT_VERSION = "v1.14.0"
COMPILER_VERSION = "numba"
GRAPH_DEF_VERSION_MIN_PRODUCER = 0

__all__ = [
    "COMPILER_VERSION",
    "GIT_VERSION",
    "GRAPH_DEF_VERSION",
    "GRAPH_DEF_VERSION_MIN_CONSUMER",
    "GRAPH_DEF_VERSION_MIN_PRODUCER",
    "VERSION",
]
