"""BatchNormalization: values of mean 0 and variance 1 over a batch, then scaled and shifted.

Training normalizes by the statistics of the batch, and leaves in UPDATE_OPS what moves the averages
`moving_mean` and `moving_variance` towards them; without training, these averages are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..core import ops
from ..core.base import dtypes
from ..core.base.tensor_shape import TensorShape
from ..core.graph.conversion import convert_to_tensor
from ..core.graph.scopes import control_dependencies
from ..core.graph.tensor import Tensor
from ..core.variables import initializers
from ..core.variables.modes import VariableAggregation, VariableSynchronization
from ..core.variables.reuse import Reuse
from .base import Layer
from .identifiers import callable_of, initializer_config, initializer_of
from .input_spec import InputSpec
from .moving_averages import assign_moving_average, assign_new_value
from .renorm import CLIPPING_KEYS, renorm_corrections
from .training import if_training, known_training

_ZEROS, _ONES = initializers.Zeros(), initializers.Ones()
# The formats of the fused op, by the axis of the channels.
_FUSED_FORMATS = {1: "NCHW", 3: "NHWC"}


class BatchNormalization(Layer):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta` (Ioffe & Szegedy 2015).

    Attributes:
      gamma: the variable, or None without `scale`.
      beta: the variable, or None without `center`.
      moving_mean: the variable that keeps the average mean, once built.
      moving_variance: likewise for the variance.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        momentum: Any = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = _ZEROS,
        gamma_initializer: Any = _ONES,
        moving_mean_initializer: Any = _ZEROS,
        moving_variance_initializer: Any = _ONES,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Mapping[str, Any] | None = None,
        renorm_momentum: Any = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Callable[[Tensor], tuple[Any, Any]] | None = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        """The layer; its variables are made when it is first called.

        Args:
          axis: the axis that keeps its statistics apart, such as 1 for channels first; or a list.
          momentum: the share that the moving averages keep of themselves in an update.
          epsilon: added to the variance.
          center: whether there is a `beta`.
          scale: whether there is a `gamma`.
          beta_initializer: an initializer or its name, as are the next three.
          gamma_initializer: that of `gamma`.
          moving_mean_initializer: that of `moving_mean`.
          moving_variance_initializer: that of `moving_variance`.
          beta_regularizer: a function from `beta` to a loss.
          gamma_regularizer: a function from `gamma` to a loss.
          beta_constraint: a function from `beta` to the value that it gets after an update.
          gamma_constraint: the same for `gamma`.
          renorm: whether training corrects the batch's statistics by moving averages of its own
            (Ioffe 2017).
          renorm_clipping: the bounds "rmin", "rmax" and "dmax" of these corrections, numbers or
            scalar tensors; those left out are 0 and infinities.
          renorm_momentum: as `momentum`, for the averages of `renorm`.
          fused: whether to use the fused op where it can be: for inputs of rank 4 of a type that it
            has, with channels in axis 1 or 3, and none of `renorm`, `virtual_batch_size` and
            `adjustment`. None is as True.
          trainable: whether `beta` and `gamma` are trained; if not, nothing goes to UPDATE_OPS.
          virtual_batch_size: into batches of what size a batch is parted, each with statistics of
            its own; it must divide the batch. None for not at all.
          adjustment: a function from the inputs' shape, a tensor, to a factor and a bias for the
            normalized values, in training.
          name: the layer's name, which is the name of its scope too.
          **kwargs: as for `Layer`.

        Raises:
          TypeError: `axis` is neither an int nor a list of ints, or another keyword is given.
          ValueError: `renorm_clipping` has other keys, or a regularizer or constraint is no
            function.
        """
        super().__init__(trainable=trainable, name=name, **kwargs)
        if not isinstance(axis, int | np.integer | list | tuple):
            raise TypeError(f"axis must be int or list, type given: {type(axis)}")
        self.axis = list(axis) if isinstance(axis, list | tuple) else int(axis)
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializer_of(beta_initializer)
        self.gamma_initializer = initializer_of(gamma_initializer)
        self.moving_mean_initializer = initializer_of(moving_mean_initializer)
        self.moving_variance_initializer = initializer_of(moving_variance_initializer)
        self.beta_regularizer = callable_of(beta_regularizer, "regularizer")
        self.gamma_regularizer = callable_of(gamma_regularizer, "regularizer")
        self.beta_constraint = callable_of(beta_constraint, "constraint")
        self.gamma_constraint = callable_of(gamma_constraint, "constraint")
        self.renorm = renorm
        self.renorm_clipping = dict(renorm_clipping or {}) if renorm else {}
        if set(self.renorm_clipping) - set(CLIPPING_KEYS):
            raise ValueError(
                f"renorm_clipping {self.renorm_clipping} contains keys not in {CLIPPING_KEYS}"
            )
        self.renorm_momentum = renorm_momentum
        self.fused = fused is None or bool(fused)
        self.virtual_batch_size = virtual_batch_size
        self.adjustment = adjustment
        self.gamma: Any = None
        self.beta: Any = None

    # --- building it -----------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the variables.

        Args:
          input_shape: a shape of known rank, with known sizes of the axes.

        Raises:
          TypeError: the layer's type is not floating.
          ValueError: the rank or a size is not known, an axis is out of range or given twice, or
            the virtual batches are not possible.
        """
        shape = TensorShape(input_shape)
        if not shape.ndims:
            raise ValueError("Input has undefined rank:", shape)
        if self.dtype is not None and not dtypes.as_dtype(self.dtype).is_floating:
            raise TypeError(
                f"Unable to build `BatchNormalization` layer with non-floating point dtype "
                f"{self.dtype}; cast the inputs."
            )
        self.axis = _resolved_axes(self.axis, shape.ndims)
        self._check_virtual_batches()
        sizes = {axis: shape.as_list()[axis] for axis in self.axis}
        if None in sizes.values():
            raise ValueError(
                f"Input has undefined `axis` dimension. Input shape: {shape}, axis: {self.axis}"
            )
        self.input_spec = InputSpec(ndim=shape.ndims, axes=sizes)
        self.fused = self.fused and self._fused_can_be_used(shape.ndims)
        self._make_variables(self._shape_of_variables(sizes, shape.ndims))
        self.built = True

    def _check_virtual_batches(self) -> None:
        if self.virtual_batch_size is None:
            return
        if self.virtual_batch_size <= 0:
            raise ValueError(
                "virtual_batch_size must be a positive integer that divides the true batch size "
                f"of the input Tensor, not {self.virtual_batch_size}"
            )
        if 0 in self.axis:
            raise ValueError(
                "When using virtual_batch_size, the batch dimension must be 0 and thus axis "
                f"cannot include 0: {self.axis}"
            )
        if self.adjustment is not None:
            raise ValueError("When using virtual_batch_size, adjustment cannot be specified")

    def _fused_can_be_used(self, rank: int) -> bool:
        plain = not self.renorm and self.virtual_batch_size is None and self.adjustment is None
        is_image = rank == 4 and len(self.axis) == 1 and self.axis[0] in _FUSED_FORMATS
        return plain and is_image and self._parameter_dtype == dtypes.float32

    @property
    def _parameter_dtype(self) -> dtypes.DType:
        """The variables' type: that of the layer, but float32 for shorter ones."""
        dtype = dtypes.as_dtype(self.dtype or dtypes.float32)
        return dtypes.float32 if dtype in (dtypes.float16, dtypes.bfloat16) else dtype

    def _shape_of_variables(self, sizes: dict[int, int], rank: int) -> list[int]:
        if len(sizes) == 1 and self.virtual_batch_size is None:
            return list(sizes.values())
        shape = [sizes.get(axis, 1) for axis in range(rank)]
        if self.virtual_batch_size is not None:
            shape.insert(1, 1)  # the dimension of the virtual batches
        return shape

    def _make_variables(self, shape: list[int]) -> None:
        dtype = self._parameter_dtype
        if self.scale:
            self.gamma = self.add_weight(
                "gamma",
                shape,
                dtype,
                self.gamma_initializer,
                self.gamma_regularizer,
                constraint=self.gamma_constraint,
                trainable=True,
            )
        if self.center:
            self.beta = self.add_weight(
                "beta",
                shape,
                dtype,
                self.beta_initializer,
                self.beta_regularizer,
                constraint=self.beta_constraint,
                trainable=True,
            )
        with self._without_partitioner():
            self.moving_mean = self._average("moving_mean", shape, self.moving_mean_initializer)
            self.moving_variance = self._average(
                "moving_variance", shape, self.moving_variance_initializer
            )
            if self.renorm:
                self._make_renorm_variables(shape)

    def _make_renorm_variables(self, shape: list[int]) -> None:
        def root(*args: Any, **kwargs: Any) -> Tensor:
            return ops.elementwise.sqrt(self.moving_variance_initializer(*args, **kwargs))

        self.moving_stddev = self._average("moving_stddev", shape, root)
        self.renorm_mean = self._average("renorm_mean", shape, self.moving_mean_initializer)
        self.renorm_stddev = self._average("renorm_stddev", shape, root)

    def _average(self, name: str, shape: list[int], initializer: Any) -> Any:
        return self.add_weight(
            name,
            shape,
            self._parameter_dtype,
            initializer,
            synchronization=VariableSynchronization.ON_READ,
            aggregation=VariableAggregation.MEAN,
            trainable=False,
        )

    @contextmanager
    def _without_partitioner(self) -> Iterator[None]:
        """Averages are not partitioned, whatever the scope says."""
        scope = self._scope
        partitioner = scope and scope.partitioner
        if scope is None or partitioner is None:
            yield
            return
        scope.set_partitioner(None)
        try:
            yield
        finally:
            scope.set_partitioner(partitioner)

    # --- calling it ------------------------------------------------------------------------------

    def call(self, inputs: Any, training: Any = False) -> Tensor:
        """The normalized inputs.

        Args:
          inputs: a floating tensor, of the rank and with the sizes that the layer is built for.
          training: whether the statistics are those of the batch: a bool, or a bool tensor.

        Returns:
          A tensor as `inputs`.

        Raises:
          TypeError: `training` is neither.
          ValueError: the virtual batches do not divide the batch.
        """
        inputs = convert_to_tensor(inputs)
        if self.fused:
            return self._fused(inputs, training)
        if self.virtual_batch_size is None:
            return self._composed(inputs, training)
        outputs = self._composed(self._in_virtual_batches(inputs), training)
        result: Tensor = ops.array.reshape(outputs, [-1, *_sizes(inputs)[1:]])
        result.set_shape(inputs.shape)
        return result

    def _in_virtual_batches(self, inputs: Tensor) -> Tensor:
        """[batch, ...] as [size of the virtual ones, their number, ...]."""
        batch = inputs.shape.as_list()[0]
        if batch is not None and batch % self.virtual_batch_size:
            raise ValueError(
                f"virtual_batch_size {self.virtual_batch_size} of layer {self.name} does not "
                f"divide the batch size {batch} of the inputs"
            )
        shape = [self.virtual_batch_size, -1, *_sizes(inputs)[1:]]
        grouped: Tensor = ops.array.reshape(inputs, shape)
        return grouped

    def _fused(self, inputs: Tensor, training: Any) -> Tensor:
        """All in one op, for images."""
        size = self.moving_mean.shape
        gamma = self.gamma if self.scale else ops.array.constant(1.0, dtypes.float32, size)
        beta = self.beta if self.center else ops.array.constant(0.0, dtypes.float32, size)
        given = {"epsilon": self.epsilon, "data_format": _FUSED_FORMATS[self.axis[0]]}

        def train() -> tuple[Tensor, Tensor, Tensor]:
            return ops.nn.fused_batch_norm(inputs, gamma, beta, **given)

        def infer() -> tuple[Tensor, Tensor, Tensor]:
            return ops.nn.fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                is_training=False,
                **given,
            )

        outputs, mean, variance = if_training(training, train, infer)
        known = known_training(training)
        if known is False:
            return outputs
        if known:
            momentum = convert_to_tensor(self.momentum)
        else:
            momentum = if_training(training, lambda: self.momentum, lambda: 1.0)
        self.add_update(
            lambda: assign_moving_average(self.moving_mean, mean, momentum), inputs=True
        )
        self.add_update(
            lambda: assign_moving_average(self.moving_variance, variance, momentum), inputs=True
        )
        return outputs

    def _composed(self, inputs: Tensor, training: Any) -> Tensor:
        """The same by elementary ops, for inputs of any rank."""
        axes = self.axis
        if self.virtual_batch_size is not None:
            axes = [axis + 1 for axis in axes]
        spread = _Spread(inputs, axes)
        scale, offset = spread(self.gamma), spread(self.beta)
        mean, variance = self.moving_mean, self.moving_variance
        if known_training(training) is not False:
            if self.adjustment is not None:
                adjusted = self._adjustment(inputs, training)
                scale, offset = _then(*adjusted, scale, offset)
            mean, variance = self._statistics(inputs, spread.reduced, training)
            new_mean, new_variance = mean, variance
            if self.virtual_batch_size is not None:
                # One step towards their mean, rather than one towards each.
                new_mean = ops.reduction.reduce_mean(mean, 1, keepdims=True)
                new_variance = ops.reduction.reduce_mean(variance, 1, keepdims=True)
            if self.renorm:
                r, d, new_mean, new_variance = self._renorm(new_mean, new_variance, training)
                scale, offset = _then(spread(r), spread(d), scale, offset)
            self._update_averages(new_mean, new_variance, training)
        outputs: Tensor = ops.nn.batch_normalization(
            inputs,
            spread(ops.elementwise.cast(mean, inputs.dtype)),
            spread(ops.elementwise.cast(variance, inputs.dtype)),
            None if offset is None else ops.elementwise.cast(offset, inputs.dtype),
            None if scale is None else ops.elementwise.cast(scale, inputs.dtype),
            self.epsilon,
        )
        outputs.set_shape(inputs.shape)
        return outputs

    def _adjustment(self, inputs: Tensor, training: Any) -> tuple[Tensor, Tensor]:
        """The factor and the bias that the caller wants, in training."""
        assert self.adjustment is not None
        scale, bias = map(convert_to_tensor, self.adjustment(ops.array.shape(inputs)))
        return (
            if_training(training, lambda: scale, lambda: ops.array.ones_like(scale)),
            if_training(training, lambda: bias, lambda: ops.array.zeros_like(bias)),
        )

    def _statistics(
        self, inputs: Tensor, reduced: list[int], training: Any
    ) -> tuple[Tensor, Tensor]:
        """The mean and variance to normalize by: of the batch in training, else the averages."""
        if self.virtual_batch_size is not None:
            reduced = [axis for axis in reduced if axis != 1]
        mean, variance = ops.nn.moments(
            ops.elementwise.cast(inputs, self._parameter_dtype),
            reduced,
            keep_dims=self.virtual_batch_size is not None or len(self.axis) > 1,
        )
        return (
            if_training(training, lambda: mean, lambda: convert_to_tensor(self.moving_mean)),
            if_training(
                training, lambda: variance, lambda: convert_to_tensor(self.moving_variance)
            ),
        )

    def _update_averages(self, mean: Tensor, variance: Tensor, training: Any) -> None:
        """Adds the updates; where a run does not train, they change nothing."""

        def update_variance() -> Any:
            return assign_moving_average(self.moving_variance, variance, self.momentum)

        def update_stddev() -> Any:
            # With epsilon, as training divides by it, and so without it in the variance.
            root = ops.elementwise.sqrt(variance + self.epsilon)
            stddev = assign_moving_average(self.moving_stddev, root, self.momentum)
            return assign_new_value(
                self.moving_variance, ops.nn.relu(stddev * stddev - self.epsilon)
            )

        # `mean` is the average itself where a run does not train: the step is 0.
        self.add_update(
            lambda: assign_moving_average(self.moving_mean, mean, self.momentum), inputs=True
        )
        if not self.renorm:
            self.add_update(update_variance, inputs=True)
            return
        self.add_update(
            lambda: if_training(
                training, update_stddev, lambda: convert_to_tensor(self.moving_variance)
            ),
            inputs=True,
        )

    def _renorm(
        self, mean: Tensor, variance: Tensor, training: Any
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The corrections r and d, and the statistics, which wait for the updates of renorm's."""
        stddev = ops.elementwise.sqrt(variance + self.epsilon)
        clipped = renorm_corrections(
            mean, stddev, self.renorm_mean, self.renorm_stddev, self.epsilon, self.renorm_clipping
        )
        r = if_training(training, lambda: clipped[0], lambda: ops.array.ones_like(clipped[0]))
        d = if_training(training, lambda: clipped[1], lambda: ops.array.zeros_like(clipped[1]))
        with control_dependencies(list(clipped)):
            mean, stddev = ops.array.identity(mean), ops.array.identity(stddev)

        def update(average: Any, value: Tensor) -> Any:
            return if_training(
                training,
                lambda: ops.array.identity(
                    assign_moving_average(average, value, self.renorm_momentum)
                ),
                lambda: ops.array.identity(average),
            )

        updates = [update(self.renorm_mean, mean), update(self.renorm_stddev, stddev)]
        r = ops.array.stop_gradient(r, name="renorm_r")
        d = ops.array.stop_gradient(d, name="renorm_d")
        with control_dependencies(updates):
            return r, d, ops.array.identity(mean), ops.array.identity(variance)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The inputs' shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments that make such a layer, but `adjustment`, which is a function."""
        config = super().get_config() | {
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializer_config(self.beta_initializer),
            "gamma_initializer": initializer_config(self.gamma_initializer),
            "moving_mean_initializer": initializer_config(self.moving_mean_initializer),
            "moving_variance_initializer": initializer_config(self.moving_variance_initializer),
            "beta_regularizer": self.beta_regularizer,
            "gamma_regularizer": self.gamma_regularizer,
            "beta_constraint": self.beta_constraint,
            "gamma_constraint": self.gamma_constraint,
        }
        if self.renorm:
            config |= {
                "renorm": True,
                "renorm_clipping": self.renorm_clipping,
                "renorm_momentum": self.renorm_momentum,
            }
        if self.virtual_batch_size is not None:
            config["virtual_batch_size"] = self.virtual_batch_size
        return config


class _Spread:
    """Gives statistics the dimensions that they need beside inputs."""

    def __init__(self, inputs: Tensor, axes: list[int]) -> None:
        self.rank = inputs.shape.ndims
        self.reduced = [axis for axis in range(self.rank) if axis not in axes]
        self.shape = [1] * self.rank
        self.shape[axes[0]] = inputs.shape.as_list()[axes[0]]

    def __call__(self, value: Any) -> Any:
        """The value, broadcastable to the inputs; None stays None."""
        is_last = self.reduced == list(range(self.rank - 1))
        if value is None or value.shape.ndims == self.rank or is_last:
            return value
        return ops.array.reshape(value, self.shape)


def _resolved_axes(axis: int | list[int], rank: int) -> list[int]:
    """Axes counted from the front.

    Raises:
      ValueError: one is out of range, or given twice.
    """
    given = axis if isinstance(axis, list) else [axis]
    axes = [one + rank if one < 0 else one for one in given]
    for one, counted in zip(given, axes, strict=True):
        if not 0 <= counted < rank:
            raise ValueError(f"Invalid axis: {one}, for inputs of rank {rank}")
    if len(set(axes)) != len(axes):
        raise ValueError(f"Duplicate axis: {given}, for inputs of rank {rank}")
    return axes


def _sizes(tensor: Tensor) -> list[Any]:
    """The sizes of a tensor, those that are not known as tensors."""
    known = tensor.shape.as_list()
    return [
        ops.array.shape(tensor)[axis] if size is None and axis else size
        for axis, size in enumerate(known)
    ]


def _then(scale: Any, offset: Any, then_scale: Any, then_offset: Any) -> tuple[Any, Any]:
    """One scale and offset, and others after them, as a single pair."""
    if then_scale is not None:
        scale, offset = scale * then_scale, offset * then_scale
    if then_offset is not None:
        offset = offset + then_offset
    return scale, offset


def batch_normalization(
    inputs: Any,
    axis: int | Sequence[int] = -1,
    momentum: Any = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = _ZEROS,
    gamma_initializer: Any = _ONES,
    moving_mean_initializer: Any = _ZEROS,
    moving_variance_initializer: Any = _ONES,
    beta_regularizer: Any = None,
    gamma_regularizer: Any = None,
    beta_constraint: Any = None,
    gamma_constraint: Any = None,
    training: Any = False,
    trainable: bool = True,
    name: Any = None,
    reuse: Reuse = None,
    renorm: bool = False,
    renorm_clipping: Mapping[str, Any] | None = None,
    renorm_momentum: Any = 0.99,
    fused: bool | None = None,
    virtual_batch_size: int | None = None,
    adjustment: Callable[[Tensor], tuple[Any, Any]] | None = None,
) -> Tensor:
    """Applies a new `BatchNormalization` layer.

    Steps of training must run what it adds to `tf.GraphKeys.UPDATE_OPS`:

        update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        train_op = tf.group(optimizer.minimize(loss), *update_ops)

    Args:
      inputs: a floating tensor of known rank.
      axis: the axis that keeps its statistics apart, or a list; as for `BatchNormalization`, as are
        the others.
      momentum: the share that the moving averages keep of themselves in an update.
      epsilon: added to the variance.
      center: whether there is a `beta`.
      scale: whether there is a `gamma`.
      beta_initializer: an initializer or its name, as are the next three.
      gamma_initializer: that of `gamma`.
      moving_mean_initializer: that of `moving_mean`.
      moving_variance_initializer: that of `moving_variance`.
      beta_regularizer: a function from `beta` to a loss.
      gamma_regularizer: a function from `gamma` to a loss.
      beta_constraint: a function from `beta` to the value that it gets after an update.
      gamma_constraint: the same for `gamma`.
      training: whether the statistics are those of the batch: a bool, or a bool tensor.
      trainable: whether `beta` and `gamma` are trained.
      name: the layer's name and scope.
      reuse: whether the variables of an earlier layer of this name are used.
      renorm: whether training corrects the batch's statistics by moving averages.
      renorm_clipping: the bounds "rmin", "rmax" and "dmax" of these corrections.
      renorm_momentum: as `momentum`, for the averages of `renorm`.
      fused: whether to use the fused op where it can be; None is as True.
      virtual_batch_size: into batches of what size a batch is parted.
      adjustment: a function from the inputs' shape to a factor and a bias, in training.

    Returns:
      A tensor as `inputs`.

    Raises:
      TypeError: `axis`, `training` or the inputs' type is none of these.
      ValueError: as `BatchNormalization`; or as for `tf.get_variable`.
    """
    layer = BatchNormalization(
        axis=axis,
        momentum=momentum,
        epsilon=epsilon,
        center=center,
        scale=scale,
        beta_initializer=beta_initializer,
        gamma_initializer=gamma_initializer,
        moving_mean_initializer=moving_mean_initializer,
        moving_variance_initializer=moving_variance_initializer,
        beta_regularizer=beta_regularizer,
        gamma_regularizer=gamma_regularizer,
        beta_constraint=beta_constraint,
        gamma_constraint=gamma_constraint,
        renorm=renorm,
        renorm_clipping=renorm_clipping,
        renorm_momentum=renorm_momentum,
        fused=fused,
        trainable=trainable,
        virtual_batch_size=virtual_batch_size,
        adjustment=adjustment,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    outputs: Tensor = layer.apply(inputs, training=training)
    return outputs
