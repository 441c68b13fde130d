"""Ops that make Summary messages for TensorBoard: each is a serialized message, a scalar string."""

from .audio import audio as audio
from .histogram import histogram as histogram
from .image import image as image
from .merge import merge as merge
from .merge import merge_all as merge_all
from .scalar import scalar as scalar
from .tensor import get_summary_description as get_summary_description
from .tensor import tensor_summary as tensor_summary
from .tensor import text as text
