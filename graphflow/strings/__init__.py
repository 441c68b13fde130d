"""`tf.strings`: text, re-exported from the families of ops."""

from ..core.ops.control import string_format as format
from ..core.ops.strings import as_string as as_string
from ..core.ops.strings import reduce_join as reduce_join
from ..core.ops.strings import regex_full_match as regex_full_match
from ..core.ops.strings import regex_replace as regex_replace
from ..core.ops.strings import string_join as join
from ..core.ops.strings import string_length as length
from ..core.ops.strings import string_lower as lower
from ..core.ops.strings import string_strip as strip
from ..core.ops.strings import string_to_hash_bucket as to_hash_bucket
from ..core.ops.strings import string_to_hash_bucket_fast as to_hash_bucket_fast
from ..core.ops.strings import string_to_hash_bucket_strong as to_hash_bucket_strong
from ..core.ops.strings import string_to_number as to_number
from ..core.ops.strings import string_upper as upper
from ..core.ops.strings import strings_split as split
from ..core.ops.strings import substr as substr
from ..core.ops.strings import unsorted_segment_join as unsorted_segment_join

__all__ = [
    "as_string",
    "format",
    "join",
    "length",
    "lower",
    "reduce_join",
    "regex_full_match",
    "regex_replace",
    "split",
    "strip",
    "substr",
    "to_hash_bucket",
    "to_hash_bucket_fast",
    "to_hash_bucket_strong",
    "to_number",
    "unsorted_segment_join",
    "upper",
]
