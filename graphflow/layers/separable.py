"""Separable convolution layers: each channel convolved alone, then the channels mixed."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.graph.tensor import Tensor
from . import windows
from .convolutional import ZEROS, Conv
from .functions import function_of
from .identifiers import initializer_config, initializer_of


class SeparableConv(Conv):
    """The base of separable convolutions: a depthwise convolution and one with windows of one.

    Attributes:
      depthwise_kernel: the variable [spatial..., input channels, depth_multiplier], once built.
      pointwise_kernel: the variable [1..., input channels * depth_multiplier, filters].
      bias: the variable [filters], or None.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        """The layer; its variables are made when it is first called.

        Args:
          filters: how many channels the output has.
          kernel_size: the window's size: an int, or one for each spatial axis.
          strides: the distance between windows, likewise.
          padding: `"valid"` or `"same"`; in one dimension `"causal"` too.
          data_format: `"channels_last"` or `"channels_first"`.
          dilation_rate: the distance between the window's elements, likewise.
          depth_multiplier: how many channels the depthwise convolution makes of one.
          activation: a function of the output, or its name.
          use_bias: whether there is a bias.
          depthwise_initializer: an initializer or its name, for the depthwise kernel.
          pointwise_initializer: likewise for the pointwise kernel.
          bias_initializer: likewise for the bias.
          depthwise_regularizer: a function from the depthwise kernel to a loss.
          pointwise_regularizer: likewise for the pointwise kernel.
          bias_regularizer: likewise for the bias.
          activity_regularizer: likewise for the output.
          depthwise_constraint: a function from the kernel after a step of training to its value.
          pointwise_constraint: likewise for the pointwise kernel.
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
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializer_of(depthwise_initializer)
        self.pointwise_initializer = initializer_of(pointwise_initializer)
        self.depthwise_regularizer = depthwise_regularizer
        self.pointwise_regularizer = pointwise_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.pointwise_constraint = pointwise_constraint

    def _make_kernels(self, channels: int) -> None:
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            (*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        ones = (1,) * self.rank
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            (*ones, channels * self.depth_multiplier, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )

    def _convolve(self, inputs: Tensor) -> Tensor:
        return ops.nn.separable_conv2d(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            windows.all_axes(self.strides, self.data_format),
            self.padding.upper(),
            rate=self.dilation_rate,
            data_format=windows.op_format(self.data_format, self.rank),
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a layer."""
        config = super().get_config()
        for argument in ("kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            del config[argument]
        return {
            **config,
            "depth_multiplier": self.depth_multiplier,
            "depthwise_initializer": initializer_config(self.depthwise_initializer),
            "pointwise_initializer": initializer_config(self.pointwise_initializer),
            "depthwise_regularizer": self.depthwise_regularizer,
            "pointwise_regularizer": self.pointwise_regularizer,
            "depthwise_constraint": self.depthwise_constraint,
            "pointwise_constraint": self.pointwise_constraint,
        }


class SeparableConv1D(SeparableConv):
    """Separable convolution of sequences, [batch, length, channels]."""

    rank = 1

    def call(self, inputs: Any) -> Tensor:
        """The activation of the convolution plus the bias, as of images of height one."""
        axis = windows.first_spatial_axis(self.data_format)
        outputs = ops.nn.separable_conv2d(
            ops.array.expand_dims(self._padded(inputs), axis),
            ops.array.expand_dims(self.depthwise_kernel, 0),
            ops.array.expand_dims(self.pointwise_kernel, 0),
            windows.all_axes(self.strides * 2, self.data_format),
            self._op_padding(),
            rate=(1, *self.dilation_rate),
            data_format=windows.op_format(self.data_format, 2),
        )
        if self.bias is not None:
            outputs = self._add_bias(outputs)
        activated: Tensor = self.activation(ops.array.squeeze(outputs, [axis]))
        return activated


class SeparableConv2D(SeparableConv):
    """Separable convolution of images, [batch, height, width, channels]."""

    rank = 2


separable_conv1d = function_of(SeparableConv1D, "separable_conv1d")
separable_conv2d = function_of(SeparableConv2D, "separable_conv2d")
