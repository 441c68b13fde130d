"""tf.train: optimizers, checkpoints, learning rates, and what surrounds a training loop."""

from ..core.files.checkpoint import checkpoint_exists as checkpoint_exists
from ..core.files.checkpoint import get_checkpoint_mtimes as get_checkpoint_mtimes
from ..core.files.checkpoint import new_checkpoint_reader as NewCheckpointReader
from ..core.files.checkpoint import remove_checkpoint as remove_checkpoint
from ..core.files.checkpoint_state import (
    generate_checkpoint_state_proto as generate_checkpoint_state_proto,
)
from ..core.files.checkpoint_state import get_checkpoint_state as get_checkpoint_state
from ..core.files.checkpoint_state import latest_checkpoint as latest_checkpoint
from ..core.files.checkpoint_state import update_checkpoint_state as update_checkpoint_state
from ..core.files.events import read_events as summary_iterator
from . import queue_runner as queue_runner
from .checkpoint_utils import checkpoints_iterator as checkpoints_iterator
from .checkpoint_utils import init_from_checkpoint as init_from_checkpoint
from .checkpoint_utils import list_variables as list_variables
from .checkpoint_utils import load_checkpoint as load_checkpoint
from .checkpoint_utils import load_variable as load_variable
from .coordinator import Coordinator as Coordinator
from .coordinator import LooperThread as LooperThread
from .global_step import assert_global_step as assert_global_step
from .global_step import create_global_step as create_global_step
from .global_step import get_global_step as get_global_step
from .global_step import get_or_create_global_step as get_or_create_global_step
from .global_step import global_step as global_step
from .import_meta_graph import import_meta_graph as import_meta_graph
from .inputs.batching import batch as batch
from .inputs.batching import batch_join as batch_join
from .inputs.batching import maybe_batch as maybe_batch
from .inputs.batching import maybe_batch_join as maybe_batch_join
from .inputs.batching import maybe_shuffle_batch as maybe_shuffle_batch
from .inputs.batching import maybe_shuffle_batch_join as maybe_shuffle_batch_join
from .inputs.batching import shuffle_batch as shuffle_batch
from .inputs.batching import shuffle_batch_join as shuffle_batch_join
from .inputs.producers import input_producer as input_producer
from .inputs.producers import limit_epochs as limit_epochs
from .inputs.producers import match_filenames_once as match_filenames_once
from .inputs.producers import range_input_producer as range_input_producer
from .inputs.producers import slice_input_producer as slice_input_producer
from .inputs.producers import string_input_producer as string_input_producer
from .learning_rate import cosine_decay as cosine_decay
from .learning_rate import cosine_decay_restarts as cosine_decay_restarts
from .learning_rate import exponential_decay as exponential_decay
from .learning_rate import inverse_time_decay as inverse_time_decay
from .learning_rate import linear_cosine_decay as linear_cosine_decay
from .learning_rate import natural_exp_decay as natural_exp_decay
from .learning_rate import noisy_linear_cosine_decay as noisy_linear_cosine_decay
from .learning_rate import piecewise_constant as piecewise_constant
from .learning_rate import piecewise_constant as piecewise_constant_decay
from .learning_rate import polynomial_decay as polynomial_decay
from .meta_graph import export_meta_graph as export_meta_graph
from .moving_averages import ExponentialMovingAverage as ExponentialMovingAverage
from .optimizers.adadelta import AdadeltaOptimizer as AdadeltaOptimizer
from .optimizers.adagrad import AdagradDAOptimizer as AdagradDAOptimizer
from .optimizers.adagrad import AdagradOptimizer as AdagradOptimizer
from .optimizers.adagrad import ProximalAdagradOptimizer as ProximalAdagradOptimizer
from .optimizers.adam import AdamOptimizer as AdamOptimizer
from .optimizers.ftrl import FtrlOptimizer as FtrlOptimizer
from .optimizers.gradient_descent import GradientDescentOptimizer as GradientDescentOptimizer
from .optimizers.momentum import MomentumOptimizer as MomentumOptimizer
from .optimizers.optimizer import Optimizer as Optimizer
from .optimizers.proximal_gradient_descent import (
    ProximalGradientDescentOptimizer as ProximalGradientDescentOptimizer,
)
from .optimizers.rmsprop import RMSPropOptimizer as RMSPropOptimizer
from .queue_runner import QueueRunner as QueueRunner
from .queue_runner import add_queue_runner as add_queue_runner
from .queue_runner import start_queue_runners as start_queue_runners
from .saving.saver import Saver as Saver
from .write_graph import write_graph as write_graph

# Messages, by the modules that define them: loaded when first used, for protobuf is slow to import.
_PROTOS = {
    "BytesList": "example_pb2",
    "ClusterDef": "config_pb2",
    "Example": "example_pb2",
    "Feature": "example_pb2",
    "FeatureList": "example_pb2",
    "FeatureLists": "example_pb2",
    "Features": "example_pb2",
    "FloatList": "example_pb2",
    "Int64List": "example_pb2",
    "JobDef": "config_pb2",
    "SaverDef": "meta_graph_pb2",
    "SequenceExample": "example_pb2",
    "ServerDef": "config_pb2",
}


def __getattr__(name: str) -> object:
    if name not in _PROTOS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    message = getattr(importlib.import_module(f"graphflow.protos.{_PROTOS[name]}"), name)
    globals()[name] = message
    return message
