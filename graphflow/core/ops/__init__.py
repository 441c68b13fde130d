"""Stage 3 of the pipeline: every op, each in one place: signature, shape rule, gradient, reference.

A folder is a family of ops, and the namespace through which others call them: gradients write
`ops.reduction.reduce_sum(...)` after `from ... import ops`, resolved when they are called, so that
families may use each other in circles while their files stay apart.
"""

from . import array as array
from . import control as control
from . import elementwise as elementwise
from . import files as files
from . import linalg as linalg
from . import nn as nn
from . import parsing as parsing
from . import queues as queues
from . import random as random
from . import readers as readers
from . import reduction as reduction
from . import state as state
from . import strings as strings
from . import summary as summary
from . import updates as updates
