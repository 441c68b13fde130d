"""Convolution layers over one, two or three spatial axes."""

from __future__ import annotations

from typing import Any, ClassVar

from ..core import ops
from ..core.base.tensor_shape import TensorShape
from ..core.graph.tensor import Tensor
from ..core.variables import initializers
from . import windows
from .base import Layer
from .functions import function_of
from .identifiers import activation_name, activation_of, initializer_config, initializer_of
from .input_spec import InputSpec

ZEROS = initializers.Zeros()


class Conv(Layer):
    """The base of convolution layers: the activation of a convolution plus a bias.

    Attributes:
      kernel: the variable [spatial..., input channels, filters], once built.
      bias: the variable [filters], or None.
    """

    rank: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
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
          kernel_size: the window's size: an int, or one for each spatial axis.
          strides: the distance between windows, likewise.
          padding: `"valid"` or `"same"`; in one dimension `"causal"` too, which pads before the
            first element, so that no output depends on later inputs.
          data_format: `"channels_last"`, or `"channels_first"` for [batch, channels, spatial...].
          dilation_rate: the distance between the window's elements, an int or one for each axis.
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
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        self.filters = filters
        self.kernel_size = windows.per_axis(kernel_size, self.rank, "kernel_size")
        self.strides = windows.per_axis(strides, self.rank, "strides")
        self.padding = windows.padding_of(padding, causal=self.rank == 1)
        self.data_format = windows.data_format_of(data_format)
        self.dilation_rate = windows.per_axis(dilation_rate, self.rank, "dilation_rate")
        self.activation = activation_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializer_of(kernel_initializer)
        self.bias_initializer = initializer_of(bias_initializer)
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.input_spec = InputSpec(ndim=self.rank + 2)

    # --- its variables ---------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias.

        Raises:
          ValueError: the input's channels are not known.
        """
        shape = TensorShape(input_shape).with_rank(self.rank + 2)
        axis = windows.channel_axis(self.data_format)
        channels = shape.as_list()[axis]
        if channels is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. Found `None` on axis "
                f"{axis} of the input shape {shape} of layer {self.name}, whose data_format is "
                f"{self.data_format!r}."
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={axis: channels})
        self._make_kernels(channels)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                (self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        super().build(input_shape)

    def _make_kernels(self, channels: int) -> None:
        """Makes the kernels for a number of input channels."""
        self._make_kernel((*self.kernel_size, channels, self.filters))

    def _make_kernel(self, shape: tuple[int, ...]) -> None:
        self.kernel = self.add_weight(
            "kernel",
            shape,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )

    # --- what it computes ------------------------------------------------------------------------

    def call(self, inputs: Any) -> Tensor:
        """The activation of the convolution plus the bias."""
        outputs = self._convolve(inputs)
        if self.bias is not None:
            outputs = self._add_bias(outputs)
        activated: Tensor = self.activation(outputs)
        return activated

    def _convolve(self, inputs: Tensor) -> Tensor:
        return ops.nn.convolution(
            self._padded(inputs),
            self.kernel,
            self._op_padding(),
            self.strides,
            self.dilation_rate,
            name=("conv1d", "Conv2D", "Conv3D")[self.rank - 1],
            data_format=windows.op_format(self.data_format, self.rank),
        )

    def _padded(self, inputs: Tensor) -> Tensor:
        """The inputs with zeros before the first, where the padding is causal."""
        if self.padding != "causal":
            return inputs
        paddings = [[0, 0], [0, 0], [0, 0]]
        before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        paddings[windows.first_spatial_axis(self.data_format)] = [before, 0]
        padded: Tensor = ops.array.pad(inputs, paddings)
        return padded

    def _op_padding(self) -> str:
        return "VALID" if self.padding == "causal" else self.padding.upper()

    def _add_bias(self, outputs: Tensor) -> Tensor:
        return ops.nn.bias_add(outputs, self.bias, windows.op_format(self.data_format, self.rank))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output for an input of a given shape."""
        sizes = TensorShape(input_shape).with_rank(self.rank + 2).as_list()
        first = windows.first_spatial_axis(self.data_format)
        for index in range(self.rank):
            sizes[first + index] = self._output_length(sizes[first + index], index)
        sizes[windows.channel_axis(self.data_format)] = self.filters
        return TensorShape(sizes)

    def _output_length(self, length: Any, index: int) -> Any:
        """The length of the output along a spatial axis, for the input's."""
        return windows.pooled_length(
            length,
            self.kernel_size[index],
            self.padding,
            self.strides[index],
            self.dilation_rate[index],
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes such a layer."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "activation": activation_name(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializer_config(self.kernel_initializer),
            "bias_initializer": initializer_config(self.bias_initializer),
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "activity_regularizer": self.activity_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
        }


class Conv1D(Conv):
    """Convolution of sequences, [batch, length, channels]."""

    rank = 1


class Conv2D(Conv):
    """Convolution of images, [batch, height, width, channels]."""

    rank = 2


class Conv3D(Conv):
    """Convolution of volumes, [batch, depth, height, width, channels]."""

    rank = 3


conv1d = function_of(Conv1D, "conv1d")
conv2d = function_of(Conv2D, "conv2d")
conv3d = function_of(Conv3D, "conv3d")
