"""`tf.nest`: nestings of lists, tuples, dicts and named tuples, as flat lists and back."""

from ..core.base.nest import assert_same_structure as assert_same_structure
from ..core.base.nest import flatten as flatten
from ..core.base.nest import is_sequence as is_nested
from ..core.base.nest import map_structure as map_structure
from ..core.base.nest import pack_sequence_as as pack_sequence_as

__all__ = ["assert_same_structure", "flatten", "is_nested", "map_structure", "pack_sequence_as"]
