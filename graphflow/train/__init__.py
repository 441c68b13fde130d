"""tf.train: optimizers, checkpoints, learning rates, and what surrounds a training loop."""

# optimizers
# checkpoints
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

# steps
from .global_step import assert_global_step as assert_global_step
from .global_step import create_global_step as create_global_step
from .global_step import get_global_step as get_global_step
from .global_step import get_or_create_global_step as get_or_create_global_step
from .global_step import global_step as global_step
from .meta_graph import export_meta_graph as export_meta_graph
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
from .saving.saver import Saver as Saver
