"""What parse_example and its relatives are asked for: one description of each feature."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...base import dtypes
from ...base.dtypes import DType
from ...base.tensor_shape import TensorShape, as_shape
from ...graph.conversion import convert_to_tensor
from ...graph.tensor import Tensor
from .. import array


class VarLenFeature(NamedTuple):
    """A feature of any number of values, which becomes a SparseTensor.

    Attributes:
      dtype: the type of the values: float32, int64 or string.
    """

    dtype: Any


class FixedLenFeature(NamedTuple):
    """A feature of as many values as its shape says, which becomes a tensor.

    Attributes:
      shape: the shape in one example.
      dtype: the type of the values: float32, int64 or string.
      default_value: what examples without the feature have; by default they are refused.
    """

    shape: Any
    dtype: Any
    default_value: Any = None


class FixedLenSequenceFeature(NamedTuple):
    """A feature with any number of steps of one shape, which becomes a tensor.

    Attributes:
      shape: the shape of a step.
      dtype: the type of the values: float32, int64 or string.
      allow_missing: whether it may be missing, and then has no steps.
      default_value: the scalar that fills shorter examples of a batch up; 0 or "" by default.
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class SparseFeature(NamedTuple):
    """A SparseTensor whose indices and values stand in features of their own.

    Attributes:
      index_key: the feature with the indices, or a list of one for each dimension.
      value_key: the feature with the values.
      dtype: the type of the values: float32, int64 or string.
      size: the size of the dimension, or a list of sizes.
      already_sorted: whether the indices are in order; if not, they are sorted.
    """

    index_key: Any
    value_key: str
    dtype: Any
    size: Any
    already_sorted: bool = False


@dataclass
class RawFeatures:
    """Features as the ops take them: sparse ones and dense ones, each in the order of names."""

    sparse_keys: list[str] = field(default_factory=list)
    sparse_types: list[DType] = field(default_factory=list)
    dense_keys: list[str] = field(default_factory=list)
    dense_types: list[DType] = field(default_factory=list)
    dense_shapes: list[TensorShape] = field(default_factory=list)
    dense_defaults: dict[str, Any] = field(default_factory=dict)

    def add_sparse(self, key: str, dtype: Any) -> None:
        """Adds a sparse feature, which several descriptions may share.

        Raises:
          ValueError: another description gives it another type.
        """
        dtype = dtypes.as_dtype(dtype)
        if key not in self.sparse_keys:
            self.sparse_keys.append(key)
            self.sparse_types.append(dtype)
        elif (known := self.sparse_types[self.sparse_keys.index(key)]) != dtype:
            raise ValueError(f"Conflicting type {known!r} vs {dtype!r} for feature {key}.")

    def add_dense(self, key: str, feature: FixedLenFeature | FixedLenSequenceFeature) -> None:
        """Adds a dense feature."""
        self.dense_keys.append(key)
        self.dense_types.append(dtypes.as_dtype(feature.dtype))
        self.dense_shapes.append(as_shape(feature.shape))
        if feature.default_value is not None:
            self.dense_defaults[key] = feature.default_value


def raw_features(features: Mapping[str, Any] | None, kinds: Sequence[type]) -> RawFeatures:
    """Features as the ops take them.

    Args:
      features: descriptions by the names of the features.
      kinds: which of the four classes may be among them.

    Raises:
      ValueError: a description is of another class, or incomplete, or contradicts another one.
    """
    raw = RawFeatures()
    for key in sorted(features or {}):
        feature = (features or {})[key]
        if not isinstance(feature, _KINDS):
            raise ValueError(f"Invalid feature {key}:{feature}.")
        if type(feature) not in kinds:
            raise ValueError(f"Unsupported {type(feature).__name__} {feature}.")
        if not feature.dtype:
            raise ValueError(f"Missing type for feature {key}.")
        if isinstance(feature, SparseFeature):
            _add_sparse_feature(raw, feature)
        elif isinstance(feature, VarLenFeature):
            raw.add_sparse(key, feature.dtype)
        else:
            _check_shape(key, feature)
            raw.add_dense(key, feature)
    if both := set(raw.dense_keys) & set(raw.sparse_keys):
        raise ValueError(f"Dense and sparse keys must not intersect; intersection: {both}")
    return raw


_KINDS = (VarLenFeature, FixedLenFeature, FixedLenSequenceFeature, SparseFeature)


def _add_sparse_feature(raw: RawFeatures, feature: SparseFeature) -> None:
    for what in ("index_key", "value_key"):
        if not getattr(feature, what):
            raise ValueError(f"Missing {what} for SparseFeature {feature}.")
    for key in sorted(index_keys(feature)):
        raw.add_sparse(key, dtypes.int64)
    raw.add_sparse(feature.value_key, feature.dtype)


def index_keys(feature: SparseFeature) -> list[str]:
    """The features with the indices, one for each dimension."""
    return [feature.index_key] if isinstance(feature.index_key, str) else list(feature.index_key)


def _check_shape(key: str, feature: FixedLenFeature | FixedLenSequenceFeature) -> None:
    if feature.shape is None:
        raise ValueError(f"Missing shape for feature {key}.")
    shape = as_shape(feature.shape)
    if isinstance(feature, FixedLenSequenceFeature) or shape.is_fully_defined():
        return
    if shape.ndims and shape.as_list()[0] is None:
        raise ValueError(
            f"First dimension of shape for feature {key} unknown. Consider using "
            "FixedLenSequenceFeature."
        )
    raise ValueError(
        f"All dimensions of shape for feature {key} need to be known but received {feature.shape}."
    )


def with_steps(features: Mapping[str, Any]) -> dict[str, Any]:
    """Sequences as what they are in an Example: a feature whose first dimension is not known.

    Raises:
      ValueError: a FixedLenSequenceFeature without allow_missing.
    """
    changed = dict(features)
    for key, feature in features.items():
        if isinstance(feature, FixedLenSequenceFeature):
            if not feature.allow_missing:
                raise ValueError(
                    "Unsupported: FixedLenSequenceFeature requires allow_missing to be True."
                )
            changed[key] = feature._replace(shape=[None, *feature.shape])
    return changed


def default_tensors(raw: RawFeatures) -> list[Tensor]:
    """The defaults of dense features as tensors: empty where there is none."""
    return [
        _default_tensor(key, raw.dense_defaults.get(key), dtype, shape)
        for key, dtype, shape in zip(raw.dense_keys, raw.dense_types, raw.dense_shapes, strict=True)
    ]


def _default_tensor(key: str, value: Any, dtype: DType, shape: TensorShape) -> Tensor:
    if shape.ndims and shape.as_list()[0] is None:
        if value is None:
            return convert_to_tensor("" if dtype == dtypes.string else 0, dtype=dtype)
        tensor = convert_to_tensor(value, dtype=dtype, name=f"padding_{node_name(key)}")
        return array.reshape(tensor, [])  # more than one value is an error
    if value is None:
        return array.constant([], dtype=dtype)
    if isinstance(value, Tensor):
        return value
    tensor = convert_to_tensor(value, dtype=dtype, name=f"key_{node_name(key)}")
    return array.reshape(tensor, shape)


def node_name(key: str) -> str:
    """A feature's name as far as a node's name can have it."""
    return re.sub(r"[^A-Za-z0-9_.\-/]", "_", key)
