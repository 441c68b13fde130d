"""tf.contrib.predictor: a model as a function, from dicts of arrays to dicts of arrays."""

from .predictor import Predictor as Predictor
from .saved_model import SavedModelPredictor as SavedModelPredictor
from .saved_model import from_saved_model as from_saved_model
