"""Transposed convolution layers, which make images larger."""

from __future__ import annotations

from typing import Any, ClassVar

from ..core import ops
from ..core.graph.tensor import Tensor
from . import windows
from .convolutional import ZEROS, Conv
from .functions import function_of


class ConvTranspose(Conv):
    """The base of transposed convolutions: each input adds a kernel of its own to the output.

    Attributes:
      kernel: the variable [spatial..., filters, input channels], once built.
      bias: the variable [filters], or None.
    """

    convolution_function: ClassVar[Any]

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        """The layer; its variables are made when it is first called.

        Args:
          filters: how many channels the output has.
          kernel_size: the size of what an input adds to: an int, or one for each spatial axis.
          strides: how many elements of the output there are for one of the input, likewise.
          padding: `"valid"` or `"same"`, of the convolution that goes the other way.
          data_format: `"channels_last"`, or `"channels_first"` for [batch, channels, spatial...].
          activation: a function of the output, or its name.
          use_bias: whether there is a bias.
          kernel_initializer: an initializer or its name; by default the variable scope's.
          bias_initializer: likewise.
          kernel_regularizer: a function from the kernel to a loss.
          bias_regularizer: likewise for the bias.
          activity_regularizer: likewise for the output.
          kernel_constraint: a function from the kernel after a step of training to its value.
          bias_constraint: likewise for the bias.
          trainable: whether the variables are trained.
          name: the layer's name.
          **kwargs: as for `tf.layers.Layer`.

        Raises:
          ValueError: an argument is none of these.
        """
        super().__init__(
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )

    def _make_kernels(self, channels: int) -> None:
        self._make_kernel((*self.kernel_size, self.filters, channels))

    def _convolve(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = type(self).convolution_function(
            inputs,
            self.kernel,
            self._output_sizes(inputs),
            windows.all_axes(self.strides, self.data_format),
            self.padding.upper(),
            data_format=windows.op_format(self.data_format, self.rank),
        )
        outputs.set_shape(self.compute_output_shape(inputs.shape))
        return outputs

    def _output_sizes(self, inputs: Tensor) -> Tensor:
        """The output's shape: what of it is not known is computed from that of the input."""
        known = self.compute_output_shape(inputs.shape).as_list()
        if None not in known:
            return ops.array.constant(known, "int32", name="output_shape")
        shape = ops.array.shape(inputs)
        first = windows.first_spatial_axis(self.data_format)
        for axis, size in enumerate(known):
            if size is None:
                in_space = first <= axis < first + self.rank
                length = shape[axis]
                known[axis] = self._output_length(length, axis - first) if in_space else length
        sizes: Tensor = ops.array.stack(known)
        return sizes

    def _output_length(self, length: Any, index: int) -> Any:
        if length is None:
            return None
        window, stride = self.kernel_size[index], self.strides[index]
        length = length if stride == 1 else length * stride
        rest = max(window - stride, 0) if self.padding == "valid" else 0
        return length + rest if rest else length

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a layer."""
        config = super().get_config()
        del config["dilation_rate"]
        return config


class Conv2DTranspose(ConvTranspose):
    """Transposed convolution of images, [batch, height, width, channels]."""

    rank = 2
    convolution_function = staticmethod(ops.nn.conv2d_transpose)


class Conv3DTranspose(ConvTranspose):
    """Transposed convolution of volumes, [batch, depth, height, width, channels]."""

    rank = 3
    convolution_function = staticmethod(ops.nn.conv3d_transpose)


conv2d_transpose = function_of(Conv2DTranspose, "conv2d_transpose")
conv3d_transpose = function_of(Conv3DTranspose, "conv3d_transpose")
