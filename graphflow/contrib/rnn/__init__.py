"""tf.contrib.rnn: recurrent cells and nets under the names that they had first."""

from ...nn.recurrent import static_bidirectional_rnn as static_bidirectional_rnn
from ...nn.recurrent import static_rnn as static_rnn
from ...nn.recurrent import static_state_saving_rnn as static_state_saving_rnn
from ...nn.rnn_cell import BasicLSTMCell as BasicLSTMCell
from ...nn.rnn_cell import BasicRNNCell as BasicRNNCell
from ...nn.rnn_cell import DeviceWrapper as DeviceWrapper
from ...nn.rnn_cell import DropoutWrapper as DropoutWrapper
from ...nn.rnn_cell import GRUCell as GRUCell
from ...nn.rnn_cell import LSTMCell as LSTMCell
from ...nn.rnn_cell import LSTMStateTuple as LSTMStateTuple
from ...nn.rnn_cell import MultiRNNCell as MultiRNNCell
from ...nn.rnn_cell import ResidualWrapper as ResidualWrapper
from ...nn.rnn_cell import RNNCell as RNNCell
from ...nn.rnn_cell.base import LayerRNNCell as LayerRNNCell
