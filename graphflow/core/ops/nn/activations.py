"""Activation functions, each with its gradient op, as TF pairs them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops
from ...graph.conversion import convert_to_tensor
from ...graph.op_def import OpDef, define_op
from ...graph.scopes import name_scope
from ...graph.tensor import Tensor
from .. import scalar_math as sm
from ..scalar_math import Scalar
from ..shape_rules import all_inputs_same, same_as_input

_FLOATS = "T: {half, bfloat16, float, double}"
_REALS = "T: realnumbertype"
_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_ALPHA = 1.6732632423543772848170429916717


def _activation(name: str, types: str = _FLOATS, attrs: tuple[str, ...] = ()) -> OpDef:
    return define_op(
        name,
        inputs=["features: T"],
        outputs=["activations: T"],
        attrs=[*attrs, types],
        shape=same_as_input,
    )


def _gradient_op(
    name: str, second: str, types: str = _FLOATS, attrs: tuple[str, ...] = ()
) -> OpDef:
    """`second`: what the gradient is computed from besides dy, `features` or `outputs`."""
    return define_op(
        name,
        inputs=["gradients: T", f"{second}: T"],
        outputs=["backprops: T"],
        attrs=[*attrs, types],
        shape=all_inputs_same,
    )


# --- relu ----------------------------------------------------------------------------------------

relu_op = _activation("Relu", "T: {realnumbertype, qint8}")
relu_grad_op = _gradient_op("ReluGrad", "features", _REALS)


@relu_op.define
def relu_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.maximum(x, x.dtype.type(0))


@relu_op.scalar
def relu_scalar(x: Scalar) -> Scalar:
    return sm.maximum(x, 0)


@relu_op.grad
def relu_grad(op: Any, dy: Tensor) -> Any:
    return relu_grad_op(dy, op.outputs[0])


@relu_grad_op.define
def relu_grad_reference(node: Any, dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, dy, dy.dtype.type(0))


@relu_grad_op.scalar
def relu_grad_scalar(dy: Scalar, x: Scalar) -> Scalar:
    return sm.where(x > 0, dy, 0)


@relu_grad_op.grad
def relu_grad_grad(op: Any, dy: Tensor) -> list[Any]:
    x = op.inputs[1]
    return [relu_grad_op(dy, x), ops.array.zeros_like(x)]


# --- relu6 ---------------------------------------------------------------------------------------

relu6_op = _activation("Relu6", _REALS)
relu6_grad_op = _gradient_op("Relu6Grad", "features", _REALS)


@relu6_op.define
def relu6_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.clip(x, x.dtype.type(0), x.dtype.type(6))


@relu6_op.scalar
def relu6_scalar(x: Scalar) -> Scalar:
    return sm.minimum(sm.maximum(x, 0), 6)


@relu6_op.grad
def relu6_grad(op: Any, dy: Tensor) -> Any:
    return relu6_grad_op(dy, op.outputs[0])


@relu6_grad_op.define
def relu6_grad_reference(node: Any, dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.where((x > 0) & (x < 6), dy, dy.dtype.type(0))


@relu6_grad_op.scalar
def relu6_grad_scalar(dy: Scalar, x: Scalar) -> Scalar:
    return sm.where((x > 0) & (x < 6), dy, 0)


@relu6_grad_op.grad
def relu6_grad_grad(op: Any, dy: Tensor) -> list[Any]:
    x = op.inputs[1]
    return [relu6_grad_op(dy, x), ops.array.zeros_like(x)]


# --- leaky relu ----------------------------------------------------------------------------------

_ALPHA = ("alpha: float = 0.2",)
leaky_relu_op = _activation("LeakyRelu", "T: {half, bfloat16, float, double} = DT_FLOAT", _ALPHA)
leaky_relu_grad_op = _gradient_op(
    "LeakyReluGrad", "features", "T: {half, bfloat16, float, double} = DT_FLOAT", _ALPHA
)


@leaky_relu_op.define
def leaky_relu_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, x * x.dtype.type(node.attrs["alpha"]))


@leaky_relu_op.scalar
def leaky_relu_scalar(x: Scalar, *, alpha: float) -> Scalar:
    return sm.where(x > 0, x, x * alpha)


@leaky_relu_op.grad
def leaky_relu_grad(op: Any, dy: Tensor) -> Any:
    return leaky_relu_grad_op(dy, op.inputs[0], alpha=op.node_attrs["alpha"])


@leaky_relu_grad_op.define
def leaky_relu_grad_reference(node: Any, dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, dy, dy * dy.dtype.type(node.attrs["alpha"]))


@leaky_relu_grad_op.scalar
def leaky_relu_grad_scalar(dy: Scalar, x: Scalar, *, alpha: float) -> Scalar:
    return sm.where(x > 0, dy, dy * alpha)


@leaky_relu_grad_op.grad
def leaky_relu_grad_grad(op: Any, dy: Tensor) -> list[Any]:
    x = op.inputs[1]
    return [
        leaky_relu_grad_op(dy, x, alpha=op.node_attrs["alpha"]),
        ops.array.zeros_like(x),
    ]


# --- elu and selu --------------------------------------------------------------------------------

elu_op = _activation("Elu")
elu_grad_op = _gradient_op("EluGrad", "outputs")
selu_op = _activation("Selu")
selu_grad_op = _gradient_op("SeluGrad", "outputs")


@elu_op.define
def elu_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.where(x < 0, np.expm1(x), x)


@elu_op.scalar
def elu_scalar(x: Scalar) -> Scalar:
    return sm.where(x < 0, sm.expm1(x), x)


@elu_op.grad
def elu_grad(op: Any, dy: Tensor) -> Any:
    return elu_grad_op(dy, op.outputs[0])


@elu_grad_op.define
def elu_grad_reference(node: Any, dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.where(y < 0, (y + 1) * dy, dy)


@elu_grad_op.scalar
def elu_grad_scalar(dy: Scalar, y: Scalar) -> Scalar:
    return sm.where(y < 0, (y + 1) * dy, dy)


@elu_grad_op.grad
def elu_grad_grad(op: Any, ddx: Tensor) -> list[Any]:
    dy, y = op.inputs
    inside = ops.elementwise.less(y, ops.array.zeros_like(y))
    bent = ops.elementwise.multiply(ddx, dy)
    return [elu_grad_op(ddx, y), ops.elementwise.select(inside, bent, ops.array.zeros_like(y))]


@selu_op.define
def selu_reference(node: Any, x: np.ndarray) -> np.ndarray:
    scale, scale_alpha = x.dtype.type(_SELU_SCALE), x.dtype.type(_SELU_SCALE * _SELU_ALPHA)
    return np.where(x < 0, scale_alpha * np.expm1(x), scale * x)


@selu_op.scalar
def selu_scalar(x: Scalar) -> Scalar:
    return sm.where(x < 0, _SELU_SCALE * _SELU_ALPHA * sm.expm1(x), _SELU_SCALE * x)


@selu_op.grad
def selu_grad(op: Any, dy: Tensor) -> Any:
    return selu_grad_op(dy, op.outputs[0])


@selu_grad_op.define
def selu_grad_reference(node: Any, dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    scale, scale_alpha = y.dtype.type(_SELU_SCALE), y.dtype.type(_SELU_SCALE * _SELU_ALPHA)
    return np.where(y < 0, dy * (y + scale_alpha), dy * scale)


@selu_grad_op.scalar
def selu_grad_scalar(dy: Scalar, y: Scalar) -> Scalar:
    return sm.where(y < 0, dy * (y + _SELU_SCALE * _SELU_ALPHA), dy * _SELU_SCALE)


@selu_grad_op.grad
def selu_grad_grad(op: Any, ddx: Tensor) -> list[Any]:
    dy, y = op.inputs
    inside = ops.elementwise.less(y, ops.array.zeros_like(y))
    bent = ops.elementwise.multiply(ddx, dy)
    return [selu_grad_op(ddx, y), ops.elementwise.select(inside, bent, ops.array.zeros_like(y))]


# --- softplus and softsign -----------------------------------------------------------------------

softplus_op = _activation("Softplus")
softplus_grad_op = _gradient_op("SoftplusGrad", "features")
softsign_op = _activation("Softsign")
softsign_grad_op = _gradient_op("SoftsignGrad", "features")


@softplus_op.define
def softplus_reference(node: Any, x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, x.dtype.type(0))


@softplus_op.scalar
def softplus_scalar(x: Scalar) -> Scalar:
    return sm.maximum(x, 0) + sm.log1p(sm.exp(-abs(x)))


@softplus_op.grad
def softplus_grad(op: Any, dy: Tensor) -> Any:
    return softplus_grad_op(dy, op.inputs[0])


@softplus_grad_op.define
def softplus_grad_reference(node: Any, dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    result: np.ndarray = dy / (np.exp(-x) + dy.dtype.type(1))
    return result


@softplus_grad_op.scalar
def softplus_grad_scalar(dy: Scalar, x: Scalar) -> Scalar:
    return dy / (sm.exp(-x) + 1)


@softplus_grad_op.grad
def softplus_grad_grad(op: Any, ddx: Tensor) -> list[Any]:
    dy, x = op.inputs
    bend = ops.elementwise.exp(-x) + 2.0 + ops.elementwise.exp(x)
    return [softplus_grad_op(ddx, x), ddx * dy / bend]


@softsign_op.define
def softsign_reference(node: Any, x: np.ndarray) -> np.ndarray:
    result: np.ndarray = x / (np.abs(x) + x.dtype.type(1))
    return result


@softsign_op.scalar
def softsign_scalar(x: Scalar) -> Scalar:
    return x / (abs(x) + 1)


@softsign_op.grad
def softsign_grad(op: Any, dy: Tensor) -> Any:
    return softsign_grad_op(dy, op.inputs[0])


@softsign_grad_op.define
def softsign_grad_reference(node: Any, dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    result: np.ndarray = dy / np.square(np.abs(x) + x.dtype.type(1))
    return result


@softsign_grad_op.scalar
def softsign_grad_scalar(dy: Scalar, x: Scalar) -> Scalar:
    size = abs(x) + 1
    return dy / (size * size)


@softsign_grad_op.grad
def softsign_grad_grad(op: Any, ddx: Tensor) -> list[Any]:
    dy, x = op.inputs
    size = ops.elementwise.abs(x) + 1.0
    bend = -2.0 * ops.elementwise.sign(x) / (size * size * size)
    return [softsign_grad_op(ddx, x), ddx * dy * bend]


# --- the public functions ------------------------------------------------------------------------


def relu(features: Any, name: str | None = None) -> Tensor:
    """max(features, 0)."""
    tensor: Tensor = relu_op(features, name=name)
    return tensor


def relu6(features: Any, name: str | None = None) -> Tensor:
    """min(max(features, 0), 6)."""
    with name_scope(name, "Relu6", [features]) as scope:
        tensor: Tensor = relu6_op(convert_to_tensor(features, name="features"), name=scope)
    return tensor


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Tensor:
    """Features where positive, alpha * features elsewhere; ints are computed as float32."""
    with name_scope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = ops.elementwise.to_float(features)
        tensor: Tensor = leaky_relu_op(features, alpha=alpha, name=scope)
    return tensor


def elu(features: Any, name: str | None = None) -> Tensor:
    """Features where positive, exp(features) - 1 elsewhere."""
    tensor: Tensor = elu_op(features, name=name)
    return tensor


def selu(features: Any, name: str | None = None) -> Tensor:
    """The self-normalising elu (Klambauer et al. 2017)."""
    tensor: Tensor = selu_op(features, name=name)
    return tensor


def softplus(features: Any, name: str | None = None) -> Tensor:
    """log(exp(features) + 1)."""
    tensor: Tensor = softplus_op(features, name=name)
    return tensor


def softsign(features: Any, name: str | None = None) -> Tensor:
    """Features / (|features| + 1)."""
    tensor: Tensor = softsign_op(features, name=name)
    return tensor


def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """Relu of `features` and of `-features`, joined along `axis` (Shang et al. 2016)."""
    with name_scope(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        both = ops.array.concat([features, -features], axis, name=scope)
        return relu(both)


def swish(features: Any, name: str | None = None) -> Tensor:
    """Features * sigmoid(features) (Ramachandran et al. 2017)."""
    with name_scope(name, "swish", [features]):
        features = convert_to_tensor(features, name="features")
        tensor: Tensor = features * ops.elementwise.sigmoid(features)
    return tensor


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """relu(matmul(x, weights) + biases)."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        xw_plus_b = ops.nn.bias_add(ops.linalg.matmul(x, weights), biases)
        return relu(xw_plus_b, name=scope)
