"""tf.nn.rnn_cell: the cells of recurrent nets, each a function of an input and a state."""

from .base import RNNCell as RNNCell
from .basic import BasicRNNCell as BasicRNNCell
from .dropout import DropoutWrapper as DropoutWrapper
from .gru import GRUCell as GRUCell
from .lstm import BasicLSTMCell as BasicLSTMCell
from .lstm import LSTMCell as LSTMCell
from .lstm_state import LSTMStateTuple as LSTMStateTuple
from .multi import MultiRNNCell as MultiRNNCell
from .wrappers import DeviceWrapper as DeviceWrapper
from .wrappers import ResidualWrapper as ResidualWrapper

__all__ = [
    "BasicLSTMCell",
    "BasicRNNCell",
    "DeviceWrapper",
    "DropoutWrapper",
    "GRUCell",
    "LSTMCell",
    "LSTMStateTuple",
    "MultiRNNCell",
    "RNNCell",
    "ResidualWrapper",
]
