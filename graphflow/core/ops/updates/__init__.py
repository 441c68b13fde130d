"""What optimizers do to a variable in one step, each rule in one place."""

from .adadelta import adadelta_ops as adadelta_ops
from .adagrad import adagrad_da_ops as adagrad_da_ops
from .adagrad import adagrad_ops as adagrad_ops
from .adagrad import adagrad_v2_ops as adagrad_v2_ops
from .adagrad import proximal_adagrad_ops as proximal_adagrad_ops
from .adam import adam_ops as adam_ops
from .adam import adamax_ops as adamax_ops
from .adam import amsgrad_ops as amsgrad_ops
from .descent import gradient_descent_ops as gradient_descent_ops
from .descent import proximal_gradient_descent_ops as proximal_gradient_descent_ops
from .ftrl import ftrl_ops as ftrl_ops
from .ftrl import ftrl_v2_ops as ftrl_v2_ops
from .momentum import keras_momentum_ops as keras_momentum_ops
from .momentum import momentum_ops as momentum_ops
from .rmsprop import centered_rmsprop_ops as centered_rmsprop_ops
from .rmsprop import rmsprop_ops as rmsprop_ops
from .rule import UpdateOps as UpdateOps
from .sign import add_sign_ops as add_sign_ops
from .sign import power_sign_ops as power_sign_ops
