"""tf.python_io: TFRecord files, read and written outside of graphs."""

from .tf_record import TFRecordCompressionType as TFRecordCompressionType
from .tf_record import TFRecordOptions as TFRecordOptions
from .tf_record import TFRecordWriter as TFRecordWriter
from .tf_record import tf_record_iterator as tf_record_iterator
