"""tf.metrics: numbers over many batches, kept in local variables."""

from .counts import false_negatives as false_negatives
from .counts import false_positives as false_positives
from .counts import precision as precision
from .counts import recall as recall
from .counts import true_negatives as true_negatives
from .counts import true_positives as true_positives
from .means import accuracy as accuracy
from .means import mean as mean
from .means import mean_absolute_error as mean_absolute_error
from .means import mean_squared_error as mean_squared_error
from .means import root_mean_squared_error as root_mean_squared_error

__all__ = [
    "accuracy",
    "false_negatives",
    "false_positives",
    "mean",
    "mean_absolute_error",
    "mean_squared_error",
    "precision",
    "recall",
    "root_mean_squared_error",
    "true_negatives",
    "true_positives",
]
