"""tf.manip: array ops under the name that TF 1.8 to 1.15 also had for them."""

from ..core.ops.array import batch_to_space_nd as batch_to_space_nd
from ..core.ops.array import gather_nd as gather_nd
from ..core.ops.array import reshape as reshape
from ..core.ops.array import reverse as reverse
from ..core.ops.array import roll as roll
from ..core.ops.array import scatter_nd as scatter_nd
from ..core.ops.array import space_to_batch_nd as space_to_batch_nd
from ..core.ops.array import tile as tile
