"""Cells run over sequences: as loops (`dynamic_rnn`, `raw_rnn`) or step by step (`static_rnn`)."""

from .bidirectional import bidirectional_dynamic_rnn as bidirectional_dynamic_rnn
from .bidirectional import static_bidirectional_rnn as static_bidirectional_rnn
from .dynamic import dynamic_rnn as dynamic_rnn
from .raw import raw_rnn as raw_rnn
from .static import static_rnn as static_rnn
from .static import static_state_saving_rnn as static_state_saving_rnn
