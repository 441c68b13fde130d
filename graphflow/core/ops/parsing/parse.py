"""parse_example and its relatives: from serialized messages to a dict of tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...base import dtypes
from ...graph.conversion import convert_to_tensor
from ...graph.indexed_slices import SparseTensor
from ...graph.scopes import control_dependencies, name_scope
from ...graph.tensor import Tensor
from .. import array, control, elementwise
from .example import parse_example_op, parse_single_example_op
from .features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RawFeatures,
    SparseFeature,
    VarLenFeature,
    default_tensors,
    node_name,
    raw_features,
    with_steps,
)
from .sequence_example import parse_sequence_example_op, parse_single_sequence_example_op
from .sparse_merge import sparse_merge

_IN_EXAMPLES = (VarLenFeature, SparseFeature, FixedLenFeature, FixedLenSequenceFeature)
_IN_CONTEXTS = (VarLenFeature, FixedLenFeature)
_IN_LISTS = (VarLenFeature, FixedLenSequenceFeature)
Features = Mapping[str, Any]


def parse_example(
    serialized: Any, features: Features, name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """The features of a batch of serialized Examples.

    Args:
      serialized: strings `[batch]`.
      features: for each name of a feature, a VarLenFeature, SparseFeature, FixedLenFeature or
        FixedLenSequenceFeature.
      name: a scope for the nodes, `ParseExample` by default.
      example_names: strings `[batch]`, which messages of errors name the examples by.

    Returns:
      A dict from the names to SparseTensors `[batch, ...]` for sparse features, and for others to
      tensors `[batch, ...]` of the feature's shape; shorter sequences are filled up.

    Raises:
      ValueError: a feature is described wrongly. In a run, InvalidArgumentError: an example is
        none, or lacks a feature, or has one of another type or number of values.
    """
    if not features:
        raise ValueError(f"Missing: features was {features}.")
    features = with_steps(features)
    outputs = _parse_batch(serialized, raw_features(features, _IN_EXAMPLES), name, example_names)
    return _merge_sparse_features(features, outputs)


def _parse_batch(serialized: Any, raw: RawFeatures, name: str | None, names: Any) -> dict[str, Any]:
    with name_scope(name, "ParseExample", [serialized, names]):
        indices, values, shapes, dense = parse_example_op(
            serialized,
            [] if names is None else names,
            raw.sparse_keys,
            raw.dense_keys,
            default_tensors(raw),
            sparse_types=raw.sparse_types,
            dense_shapes=raw.dense_shapes,
            name=name,
        )
    return _by_key(raw, indices, values, shapes, dense)


def _by_key(
    raw: RawFeatures,
    indices: Sequence[Tensor],
    values: Sequence[Tensor],
    shapes: Sequence[Tensor],
    dense: Sequence[Tensor],
) -> dict[str, Any]:
    sparse = map(SparseTensor, indices, values, shapes)
    return dict(zip([*raw.sparse_keys, *raw.dense_keys], [*sparse, *dense], strict=True))


def _merge_sparse_features(features: Features, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Puts the indices and values of SparseFeatures together; keeps what was asked for."""
    merged = dict(outputs)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            index_key = feature.index_key
            ids = (
                outputs[index_key] if isinstance(index_key, str) else [*map(merged.get, index_key)]
            )
            merged[key] = sparse_merge(
                ids,
                outputs[feature.value_key],
                vocab_size=feature.size,
                already_sorted=feature.already_sorted,
            )
    return {key: value for key, value in merged.items() if key in features}


def parse_single_example(
    serialized: Any, features: Features, name: str | None = None, example_names: Any = None
) -> dict[str, Any]:
    """The features of one serialized Example.

    Args:
      serialized: a string, a scalar.
      features: as for `parse_example`.
      name: a scope for the nodes, `ParseSingleExample` by default.
      example_names: a string that messages of errors name the example by.

    Returns:
      As `parse_example`, without the dimension of the batch.

    Raises:
      ValueError: a feature is described wrongly. In a run, InvalidArgumentError as there.
    """
    if not features:
        raise ValueError("Missing features.")
    features = with_steps(features)
    raw = raw_features(features, _IN_EXAMPLES)
    if example_names is not None:
        outputs = _parse_one_of_batch(serialized, raw, name, example_names)
    else:
        with name_scope(name, "ParseSingleExample", [serialized]):
            serialized = convert_to_tensor(serialized, name="serialized")
            indices, values, shapes, dense = parse_single_example_op(
                serialized,
                default_tensors(raw),
                num_sparse=len(raw.sparse_keys),
                sparse_keys=raw.sparse_keys,
                sparse_types=raw.sparse_types,
                dense_keys=raw.dense_keys,
                dense_shapes=raw.dense_shapes,
                name=name,
            )
        outputs = _by_key(raw, indices, values, shapes, dense)
    return _merge_sparse_features(features, outputs)


def _parse_one_of_batch(
    serialized: Any, raw: RawFeatures, name: str | None, example_names: Any
) -> dict[str, Any]:
    """Parses a batch of one, as there alone names are known, and takes the batch away."""
    with name_scope(name, "ParseSingleExample", [serialized, example_names]):
        batch = _as_batch(serialized, "serialized", "Serialized")
        names = _as_batch(example_names, "names", "Names")
        outputs = _parse_batch(batch, raw, name, names)
        for key in raw.dense_keys:
            outputs[key] = array.squeeze(outputs[key], [0], name=f"Squeeze_{node_name(key)}")
        for key in raw.sparse_keys:
            tensor, suffix = outputs[key], node_name(key)
            outputs[key] = SparseTensor(
                array.slice(tensor.indices, [0, 1], [-1, -1], name=f"Slice_Indices_{suffix}"),
                tensor.values,
                array.slice(tensor.dense_shape, [1], [-1], name=f"Squeeze_Shape_{suffix}"),
            )
    return outputs


def _as_batch(value: Any, what: str, prefix: str) -> Tensor:
    """A scalar as a vector of one; what is none fails here or in the run."""
    tensor = convert_to_tensor(value)
    message = f"Input {what} must be a scalar"
    if tensor.shape.ndims is None:
        is_scalar = elementwise.equal(array.rank(tensor), 0)
        check = control.Assert(is_scalar, [message], name=f"{prefix}IsScalar")
        with name_scope(f"{prefix}Dependencies"), control_dependencies([check]):
            tensor = array.identity(tensor)
    elif tensor.shape.ndims != 0:
        raise ValueError(message)
    return array.expand_dims(tensor, 0)


def parse_single_sequence_example(
    serialized: Any,
    context_features: Features | None = None,
    sequence_features: Features | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The features of one serialized SequenceExample.

    Args:
      serialized: a string, a scalar.
      context_features: for each name, a VarLenFeature or FixedLenFeature.
      sequence_features: for each name of a list of features, a VarLenFeature or a
        FixedLenSequenceFeature.
      example_name: a string that messages of errors name the example by.
      name: a scope for the nodes, `ParseSingleSequenceExample` by default.

    Returns:
      Two dicts: the context's tensors, and those of the lists, `[steps, ...]`; SparseTensors for
      VarLenFeatures.

    Raises:
      ValueError: a feature is described wrongly. In a run, InvalidArgumentError: the message is
        none, or lacks a feature, or has one of another type or number of values.
    """
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = raw_features(context_features, _IN_CONTEXTS)
    lists = raw_features(sequence_features, _IN_LISTS)
    with name_scope(name, "ParseSingleSequenceExample", [serialized]):
        outputs = parse_single_sequence_example_op(
            serialized,
            convert_to_tensor(_may_be_missing(lists, sequence_features), dtypes.string),
            context.sparse_keys,
            context.dense_keys,
            lists.sparse_keys,
            lists.dense_keys,
            default_tensors(context),
            "" if example_name is None else example_name,
            context_sparse_types=context.sparse_types,
            feature_list_dense_types=lists.dense_types,
            context_dense_shapes=context.dense_shapes,
            feature_list_sparse_types=lists.sparse_types,
            feature_list_dense_shapes=lists.dense_shapes,
            name=name,
        )
    return _by_key(context, *outputs[:4]), _by_key(lists, *outputs[4:8])


def _may_be_missing(raw: RawFeatures, features: Features | None) -> list[str]:
    """The lists that may be missing, which then have no steps.

    Raises:
      ValueError: a list has a default value, as only Examples use.
    """
    for key, value in raw.dense_defaults.items():
        raise ValueError(f"Value feature_list_dense_defaults[{key}] must be None, got {value!r}")
    return [key for key in raw.dense_keys if (features or {})[key].allow_missing]


def parse_sequence_example(
    serialized: Any,
    context_features: Features | None = None,
    sequence_features: Features | None = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The features of a batch of serialized SequenceExamples.

    Args:
      serialized: strings `[batch]`.
      context_features: as for `parse_single_sequence_example`.
      sequence_features: as there.
      example_names: strings `[batch]`, which messages of errors name the examples by.
      name: a scope for the nodes, `ParseSequenceExample` by default.

    Returns:
      Three dicts: the context's tensors `[batch, ...]`; those of the lists `[batch, steps, ...]`,
      filled up with zeros or empty strings; the number of steps of each, `[batch]`.

    Raises:
      ValueError: a feature is described wrongly. In a run, InvalidArgumentError as there.
    """
    if not (context_features or sequence_features):
        raise ValueError("Missing features.")
    context = raw_features(context_features, _IN_CONTEXTS)
    lists = raw_features(sequence_features, _IN_LISTS)
    with name_scope(name, "ParseSequenceExample", [serialized]):
        outputs = parse_sequence_example_op(
            serialized,
            [] if example_names is None else example_names,
            default_tensors(context),
            feature_list_dense_missing_assumed_empty=_may_be_missing(lists, sequence_features),
            context_sparse_keys=context.sparse_keys,
            context_dense_keys=context.dense_keys,
            feature_list_sparse_keys=lists.sparse_keys,
            feature_list_dense_keys=lists.dense_keys,
            Ncontext_sparse=len(context.sparse_keys),
            Ncontext_dense=len(context.dense_keys),
            Nfeature_list_sparse=len(lists.sparse_keys),
            Nfeature_list_dense=len(lists.dense_keys),
            context_sparse_types=context.sparse_types,
            feature_list_dense_types=lists.dense_types,
            context_dense_shapes=context.dense_shapes,
            feature_list_sparse_types=lists.sparse_types,
            feature_list_dense_shapes=lists.dense_shapes,
            name=name,
        )
    lengths = dict(zip(lists.dense_keys, outputs[8], strict=True))
    return _by_key(context, *outputs[:4]), _by_key(lists, *outputs[4:8]), lengths
