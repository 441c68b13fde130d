"""tf.io: files, and tensors made of bytes; re-exported from the families of ops."""

from ..core.ops.files import matching_files as matching_files
from ..core.ops.files import read_file as read_file
from ..core.ops.files import write_file as write_file
from ..core.ops.parsing import FixedLenFeature as FixedLenFeature
from ..core.ops.parsing import FixedLenSequenceFeature as FixedLenSequenceFeature
from ..core.ops.parsing import SparseFeature as SparseFeature
from ..core.ops.parsing import VarLenFeature as VarLenFeature
from ..core.ops.parsing import decode_compressed as decode_compressed
from ..core.ops.parsing import decode_csv as decode_csv
from ..core.ops.parsing import decode_raw as decode_raw
from ..core.ops.parsing import parse_example as parse_example
from ..core.ops.parsing import parse_sequence_example as parse_sequence_example
from ..core.ops.parsing import parse_single_example as parse_single_example
from ..core.ops.parsing import parse_single_sequence_example as parse_single_sequence_example
from ..core.ops.parsing import parse_tensor as parse_tensor
from ..core.ops.parsing import serialize_tensor as serialize_tensor
from ..core.ops.queues import PaddingFIFOQueue as PaddingFIFOQueue
from ..core.ops.queues import PriorityQueue as PriorityQueue
from ..core.ops.queues import QueueBase as QueueBase
from ..core.ops.queues import RandomShuffleQueue as RandomShuffleQueue
from ..python_io.tf_record import TFRecordCompressionType as TFRecordCompressionType
from ..python_io.tf_record import TFRecordOptions as TFRecordOptions
from ..python_io.tf_record import TFRecordWriter as TFRecordWriter
from ..python_io.tf_record import tf_record_iterator as tf_record_iterator
from ..train.inputs.producers import match_filenames_once as match_filenames_once
from ..train.write_graph import write_graph as write_graph
