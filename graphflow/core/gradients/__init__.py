"""Stage 5 of the pipeline: reverse mode, one walk that calls each op's own gradient."""

from . import fused_batch_norm as fused_batch_norm
from . import if_gradient as if_gradient
from . import while_gradient as while_gradient
from .gradients import AggregationMethod as AggregationMethod
from .gradients import UnconnectedGradients as UnconnectedGradients
from .gradients import gradients as gradients
from .hessians import hessians as hessians
from .registration import NotDifferentiable as NotDifferentiable
from .registration import RegisterGradient as RegisterGradient
