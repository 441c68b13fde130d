"""Readers: work units from a queue, mostly names of files, become records."""

from .kinds import FixedLengthRecordReader as FixedLengthRecordReader
from .kinds import IdentityReader as IdentityReader
from .kinds import ReaderBase as ReaderBase
from .kinds import TextLineReader as TextLineReader
from .kinds import TFRecordReader as TFRecordReader
from .kinds import WholeFileReader as WholeFileReader
