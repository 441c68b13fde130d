"""tf.train: optimizers, checkpoints, learning rates, and what surrounds a training loop."""

# optimizers
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
