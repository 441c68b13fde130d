"""tf.compat: strings, bytes and number types as both Python and TensorFlow have them; `v1`."""

from ..core.base.compat import as_bytes as as_bytes
from ..core.base.compat import as_str as as_str
from ..core.base.compat import as_str_any as as_str_any
from ..core.base.compat import as_text as as_text
from ..core.base.compat import bytes_or_text_types as bytes_or_text_types
from ..core.base.compat import complex_types as complex_types
from ..core.base.compat import integral_types as integral_types
from ..core.base.compat import path_to_str as path_to_str
from ..core.base.compat import real_types as real_types
from ..core.base.tensor_shape import dimension_at_index as dimension_at_index
from ..core.base.tensor_shape import dimension_value as dimension_value
from . import v1 as v1
