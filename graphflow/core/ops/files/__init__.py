"""Ops on files: checkpoints, and files as strings."""

from .checkpoint import merge_v2_checkpoints_op as merge_v2_checkpoints_op
from .checkpoint import restore_v2_op as restore_v2_op
from .checkpoint import save_v2_op as save_v2_op
from .checkpoint import sharded_filename_op as sharded_filename_op
from .checkpoint import sharded_filespec_op as sharded_filespec_op
from .whole_files import matching_files as matching_files
from .whole_files import read_file as read_file
from .whole_files import write_file as write_file
