"""Pooling layers: the maximum or the mean over windows of one, two or three spatial axes."""

from __future__ import annotations

from typing import Any, ClassVar

from ..core import ops
from ..core.base.tensor_shape import TensorShape
from ..core.graph.tensor import Tensor
from . import windows
from .base import Layer
from .functions import function_of
from .input_spec import InputSpec


class Pooling(Layer):
    """The base of pooling layers: subclasses say over how many axes, and by which op."""

    rank: ClassVar[int]
    pool_function: ClassVar[Any]

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        """The layer; it has no variables.

        Args:
          pool_size: the window's size: an int, or one for each spatial axis.
          strides: the distance between windows, likewise.
          padding: `"valid"` or `"same"`; what is padded never counts.
          data_format: `"channels_last"`, or `"channels_first"` for [batch, channels, spatial...].
          name: the layer's name.
          **kwargs: as for `tf.layers.Layer`.

        Raises:
          ValueError: an argument is none of these.
        """
        super().__init__(name=name, **kwargs)
        if strides is None:
            raise ValueError("Argument `strides` must not be None.")
        self.pool_size = windows.per_axis(pool_size, self.rank, "pool_size")
        self.strides = windows.per_axis(strides, self.rank, "strides")
        self.padding = windows.padding_of(padding)
        self.data_format = windows.data_format_of(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Any) -> Tensor:
        """The maxima or means of the windows."""
        pooled: Tensor = type(self).pool_function(
            inputs,
            windows.all_axes(self.pool_size, self.data_format),
            windows.all_axes(self.strides, self.data_format),
            self.padding.upper(),
            data_format=windows.op_format(self.data_format, self.rank),
        )
        return pooled

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output for an input of a given shape."""
        sizes = TensorShape(input_shape).as_list()
        first = windows.first_spatial_axis(self.data_format)
        for index, (window, stride) in enumerate(zip(self.pool_size, self.strides, strict=True)):
            axis = first + index
            sizes[axis] = windows.pooled_length(sizes[axis], window, self.padding, stride)
        return TensorShape(sizes)

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a layer."""
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
        }


class Pooling1D(Pooling):
    """Pooling of sequences, as images of width one."""

    rank = 1

    def call(self, inputs: Any) -> Tensor:
        """The maxima or means of the windows."""
        axis = windows.first_spatial_axis(self.data_format) + 1
        pooled = type(self).pool_function(
            ops.array.expand_dims(inputs, axis),
            windows.all_axes((*self.pool_size, 1), self.data_format),
            windows.all_axes((*self.strides, 1), self.data_format),
            self.padding.upper(),
            data_format=windows.op_format(self.data_format, 2),
        )
        squeezed: Tensor = ops.array.squeeze(pooled, [axis])
        return squeezed


class AveragePooling1D(Pooling1D):
    """The mean over windows of sequences, [batch, length, channels]."""

    pool_function = staticmethod(ops.nn.avg_pool)


class AveragePooling2D(Pooling):
    """The mean over windows of images, [batch, height, width, channels]."""

    rank = 2
    pool_function = staticmethod(ops.nn.avg_pool)


class AveragePooling3D(Pooling):
    """The mean over windows of volumes, [batch, depth, height, width, channels]."""

    rank = 3
    pool_function = staticmethod(ops.nn.avg_pool3d)


class MaxPooling1D(Pooling1D):
    """The maximum over windows of sequences, [batch, length, channels]."""

    pool_function = staticmethod(ops.nn.max_pool)


class MaxPooling2D(Pooling):
    """The maximum over windows of images, [batch, height, width, channels]."""

    rank = 2
    pool_function = staticmethod(ops.nn.max_pool)


class MaxPooling3D(Pooling):
    """The maximum over windows of volumes, [batch, depth, height, width, channels]."""

    rank = 3
    pool_function = staticmethod(ops.nn.max_pool3d)


average_pooling1d = function_of(AveragePooling1D, "average_pooling1d", reuses=False)
average_pooling2d = function_of(AveragePooling2D, "average_pooling2d", reuses=False)
average_pooling3d = function_of(AveragePooling3D, "average_pooling3d", reuses=False)
max_pooling1d = function_of(MaxPooling1D, "max_pooling1d", reuses=False)
max_pooling2d = function_of(MaxPooling2D, "max_pooling2d", reuses=False)
max_pooling3d = function_of(MaxPooling3D, "max_pooling3d", reuses=False)
