"""tf.losses: losses that are weighted, averaged, and kept in a collection."""

from .collection import add_loss as add_loss
from .collection import get_losses as get_losses
from .collection import get_regularization_loss as get_regularization_loss
from .collection import get_regularization_losses as get_regularization_losses
from .collection import get_total_loss as get_total_loss
from .cross_entropies import sigmoid_cross_entropy as sigmoid_cross_entropy
from .cross_entropies import softmax_cross_entropy as softmax_cross_entropy
from .cross_entropies import sparse_softmax_cross_entropy as sparse_softmax_cross_entropy
from .distances import absolute_difference as absolute_difference
from .distances import cosine_distance as cosine_distance
from .distances import hinge_loss as hinge_loss
from .distances import huber_loss as huber_loss
from .distances import log_loss as log_loss
from .distances import mean_pairwise_squared_error as mean_pairwise_squared_error
from .distances import mean_squared_error as mean_squared_error
from .weighting import Reduction as Reduction
from .weighting import compute_weighted_loss as compute_weighted_loss

__all__ = [
    "Reduction",
    "absolute_difference",
    "add_loss",
    "compute_weighted_loss",
    "cosine_distance",
    "get_losses",
    "get_regularization_loss",
    "get_regularization_losses",
    "get_total_loss",
    "hinge_loss",
    "huber_loss",
    "log_loss",
    "mean_pairwise_squared_error",
    "mean_squared_error",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "sparse_softmax_cross_entropy",
]
