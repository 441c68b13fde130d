"""tf.layers: layers that make their own variables."""

from .base import Layer as Layer
from .input_spec import InputSpec as InputSpec

__all__ = ["InputSpec", "Layer"]
