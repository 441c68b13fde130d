"""Ops on texts."""

from .base64 import decode_base64 as decode_base64
from .base64 import encode_base64 as encode_base64
from .case import string_length as string_length
from .case import string_lower as string_lower
from .case import string_strip as string_strip
from .case import string_upper as string_upper
from .hash_buckets import string_to_hash_bucket as string_to_hash_bucket
from .hash_buckets import string_to_hash_bucket_fast as string_to_hash_bucket_fast
from .hash_buckets import string_to_hash_bucket_strong as string_to_hash_bucket_strong
from .join import reduce_join as reduce_join
from .join import string_join as string_join
from .join import unsorted_segment_join as unsorted_segment_join
from .numbers import as_string as as_string
from .numbers import string_to_number as string_to_number
from .regex import regex_full_match as regex_full_match
from .regex import regex_replace as regex_replace
from .split import string_split as string_split
from .split import strings_split as strings_split
from .substr import substr as substr
