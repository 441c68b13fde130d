"""Ops that make tensors of bytes: Examples, raw numbers, comma-separated values."""

from .csv import decode_csv as decode_csv
from .features import FixedLenFeature as FixedLenFeature
from .features import FixedLenSequenceFeature as FixedLenSequenceFeature
from .features import SparseFeature as SparseFeature
from .features import VarLenFeature as VarLenFeature
from .parse import parse_example as parse_example
from .parse import parse_sequence_example as parse_sequence_example
from .parse import parse_single_example as parse_single_example
from .parse import parse_single_sequence_example as parse_single_sequence_example
from .raw import decode_compressed as decode_compressed
from .raw import decode_padded_raw_op as decode_padded_raw_op
from .raw import decode_raw as decode_raw
from .raw import parse_tensor as parse_tensor
from .raw import serialize_tensor as serialize_tensor
from .sparse_merge import sparse_merge as sparse_merge
from .sparse_merge import sparse_reorder_op as sparse_reorder_op
