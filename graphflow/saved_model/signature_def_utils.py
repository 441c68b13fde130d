"""tf.saved_model.signature_def_utils: signatures, which name a graph's inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.base import dtypes
from ..core.graph.tensor import Tensor
from . import signature_constants as names
from .utils import build_tensor_info


def build_signature_def(
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    method_name: str | None = None,
) -> Any:
    """A SignatureDef.

    Args:
      inputs: TensorInfos by the names of the inputs.
      outputs: TensorInfos by the names of the outputs.
      method_name: what the signature is for.

    Returns:
      The SignatureDef.
    """
    from ..protos.meta_graph_pb2 import SignatureDef

    signature = SignatureDef(method_name=method_name or "")
    for given, field in ((inputs, signature.inputs), (outputs, signature.outputs)):
        for key, info in (given or {}).items():
            field[key].CopyFrom(info)
    return signature


def predict_signature_def(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
    """A signature of tensors of any types.

    Args:
      inputs: tensors by the names of the inputs.
      outputs: tensors by the names of the outputs.

    Returns:
      The SignatureDef.

    Raises:
      ValueError: there are no inputs or no outputs.
    """
    for what, given in (("inputs", inputs), ("outputs", outputs)):
        if not given:
            raise ValueError(f"Prediction {what} cannot be None or empty.")
    return build_signature_def(
        {key: build_tensor_info(tensor) for key, tensor in inputs.items()},
        {key: build_tensor_info(tensor) for key, tensor in outputs.items()},
        names.PREDICT_METHOD_NAME,
    )


def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """A signature from serialized Examples to numbers.

    Args:
      examples: a tensor of strings.
      predictions: a tensor of float32.

    Returns:
      The SignatureDef.

    Raises:
      ValueError: a tensor is missing or of another type.
    """
    inputs = {names.REGRESS_INPUTS: _info("Regression examples", examples, dtypes.string)}
    outputs = {names.REGRESS_OUTPUTS: _info("Regression output", predictions, dtypes.float32)}
    return build_signature_def(inputs, outputs, names.REGRESS_METHOD_NAME)


def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """A signature from serialized Examples to classes.

    Args:
      examples: a tensor of strings.
      classes: a tensor of strings, or None.
      scores: a tensor of float32, or None.

    Returns:
      The SignatureDef.

    Raises:
      ValueError: a tensor is of another type; there are neither classes nor scores.
    """
    inputs = {names.CLASSIFY_INPUTS: _info("Classification examples", examples, dtypes.string)}
    outputs = {}
    if classes is not None:
        info = _info("Classification classes", classes, dtypes.string)
        outputs[names.CLASSIFY_OUTPUT_CLASSES] = info
    if scores is not None:
        info = _info("Classification scores", scores, dtypes.float32)
        outputs[names.CLASSIFY_OUTPUT_SCORES] = info
    if not outputs:
        raise ValueError("Classification classes and scores cannot both be None.")
    return build_signature_def(inputs, outputs, names.CLASSIFY_METHOD_NAME)


def _info(what: str, tensor: Any, dtype: dtypes.DType) -> Any:
    if tensor is None:
        raise ValueError(f"{what} cannot be None.")
    if not isinstance(tensor, Tensor) or tensor.dtype.base_dtype != dtype:
        kind = "string" if dtype == dtypes.string else "float"
        raise ValueError(f"{what} must be a {kind} Tensor.")
    return build_tensor_info(tensor)


def is_valid_signature(signature_def: Any) -> bool:
    """Whether a signature is one of the three kinds that can be served.

    Args:
      signature_def: the SignatureDef, or None.
    """
    if signature_def is None:
        return False
    inputs = {key: info.dtype for key, info in signature_def.inputs.items()}
    outputs = {key: info.dtype for key, info in signature_def.outputs.items()}
    text, number = dtypes.string.as_datatype_enum, dtypes.float32.as_datatype_enum
    match signature_def.method_name:
        case names.PREDICT_METHOD_NAME:
            return bool(inputs and outputs)
        case names.REGRESS_METHOD_NAME:
            wanted = {names.REGRESS_OUTPUTS: number}
            return inputs == {names.REGRESS_INPUTS: text} and outputs == wanted
        case names.CLASSIFY_METHOD_NAME:
            allowed = {names.CLASSIFY_OUTPUT_CLASSES: text, names.CLASSIFY_OUTPUT_SCORES: number}
            right = bool(outputs) and outputs.items() <= allowed.items()
            return inputs == {names.CLASSIFY_INPUTS: text} and right
    return False
