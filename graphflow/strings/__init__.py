"""`tf.strings`: text, re-exported from the families of ops."""

from ..core.ops.control import string_format as format

__all__ = ["format"]
