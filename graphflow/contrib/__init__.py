"""tf.contrib: the parts of TF 1's collection of extras that programs still ask for."""

from . import predictor as predictor
from . import rnn as rnn
