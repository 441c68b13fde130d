"""Dense: a product with a matrix, a bias, an activation."""

from __future__ import annotations

from typing import Any

from ..core import ops
from ..core.base import dtypes
from ..core.base.tensor_shape import TensorShape
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.tensor import Tensor
from ..core.variables import initializers
from .base import Layer
from .functions import function_of
from .identifiers import (
    activation_name,
    activation_of,
    callable_of,
    initializer_config,
    initializer_of,
)
from .input_spec import InputSpec

_ZEROS = initializers.Zeros()


class Dense(Layer):
    """`activation(inputs @ kernel + bias)`, over the last dimension of inputs of any rank.

    Attributes:
      kernel: the variable [last dimension of the inputs, units].
      bias: the variable [units], or None.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = _ZEROS,
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
          units: the size of the outputs' last dimension.
          activation: a function or its name; None for none.
          use_bias: whether a bias is added.
          kernel_initializer: an initializer or its name; by default the variable scope's.
          bias_initializer: the same for the bias.
          kernel_regularizer: a function from the kernel to a loss.
          bias_regularizer: a function from the bias to a loss.
          activity_regularizer: a function from the output to a loss.
          kernel_constraint: a function from the kernel to the value that it gets after an update.
          bias_constraint: the same for the bias.
          trainable: whether the variables are trained.
          name: the layer's name, which is the name of its scope too.
          **kwargs: as for `Layer`.

        Raises:
          TypeError: another keyword is given, or the activation is no function.
          ValueError: a name is unknown, or a regularizer or constraint is no function.
        """
        super().__init__(
            trainable=trainable,
            name=name,
            activity_regularizer=callable_of(activity_regularizer, "regularizer"),
            **kwargs,
        )
        self.units = int(units)
        self.activation = activation_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializer_of(kernel_initializer)
        self.bias_initializer = initializer_of(bias_initializer)
        self.kernel_regularizer = callable_of(kernel_regularizer, "regularizer")
        self.bias_regularizer = callable_of(bias_regularizer, "regularizer")
        self.kernel_constraint = callable_of(kernel_constraint, "constraint")
        self.bias_constraint = callable_of(bias_constraint, "constraint")
        self.input_spec = InputSpec(min_ndim=2)
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias.

        Args:
          input_shape: a shape with a known last dimension.

        Raises:
          TypeError: the layer's type is not floating.
          ValueError: the last dimension is not known.
        """
        dtype = dtypes.as_dtype(self.dtype or dtypes.float32)
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(
                f"Unable to build `Dense` layer with non-floating point dtype {dtype.name}; cast "
                "the inputs, or give the layer's dtype."
            )
        size = _last_size(input_shape)
        if size is None:
            raise ValueError(
                "The last dimension of the inputs to `Dense` should be defined. Found `None`."
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})
        self.kernel = self.add_weight(
            "kernel",
            [size, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            trainable=True,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                [self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                trainable=True,
            )
        self.built = True

    def call(self, inputs: Any) -> Tensor:
        """The outputs.

        Args:
          inputs: [..., size], of rank 2 or more.

        Returns:
          A tensor [..., units].
        """
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank > 2:
            outputs = ops.linalg.tensordot(inputs, self.kernel, [[rank - 1], [0]])
            outputs.set_shape([*inputs.shape.as_list()[:-1], self.units])
        else:
            outputs = ops.linalg.matmul(
                ops.elementwise.cast(inputs, dtypes.as_dtype(self.dtype)), self.kernel
            )
        if self.use_bias:
            outputs = ops.nn.bias_add(outputs, self.bias)
        outputs = self.activation(outputs)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the outputs.

        Args:
          input_shape: the inputs' shape.

        Raises:
          ValueError: its rank is less than 2, or its last dimension not known.
        """
        shape = TensorShape(input_shape).with_rank_at_least(2)
        if _last_size(shape) is None:
            raise ValueError(
                f"The innermost dimension of input_shape must be defined, but saw: {shape}"
            )
        return shape[:-1].concatenate(self.units)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a layer; functions of the caller's are left as they are."""
        return super().get_config() | {
            "units": self.units,
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


def _last_size(shape: Any) -> int | None:
    size: int | None = TensorShape(shape).as_list()[-1]
    return size


dense = function_of(Dense, "dense")
