"""StringToHashBucketFast, StringToHashBucketStrong, StringToHashBucket: texts as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...base import errors
from ...base.deprecation import deprecated_argument_lookup
from ...graph.op_def import define_op
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .elementwise import each_text_as
from .hashes import fingerprint64, murmur_hash, sip_hash

_BUCKETS = "num_buckets: int >= 1"

string_to_hash_bucket_fast_op = define_op(
    "StringToHashBucketFast",
    inputs=["input: string"],
    outputs=["output: int64"],
    attrs=[_BUCKETS],
    shape=same_as_input,
)
string_to_hash_bucket_fast_op.no_grad()


@string_to_hash_bucket_fast_op.define
def string_to_hash_bucket_fast_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    count = node.attrs["num_buckets"]
    return each_text_as(texts, np.int64, lambda text: fingerprint64(text) % count)


string_to_hash_bucket_strong_op = define_op(
    "StringToHashBucketStrong",
    inputs=["input: string"],
    outputs=["output: int64"],
    attrs=[_BUCKETS, "key: list(int)"],
    shape=same_as_input,
)
string_to_hash_bucket_strong_op.no_grad()


@string_to_hash_bucket_strong_op.define
def string_to_hash_bucket_strong_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    count, key = node.attrs["num_buckets"], tuple(node.attrs["key"])
    if len(key) != 2:
        raise errors.InvalidArgumentError(None, None, "Key must have 2 elements")
    return each_text_as(texts, np.int64, lambda text: sip_hash(key, text) % count)


string_to_hash_bucket_op = define_op(
    "StringToHashBucket",
    inputs=["string_tensor: string"],
    outputs=["output: int64"],
    attrs=[_BUCKETS],
    shape=same_as_input,
)
string_to_hash_bucket_op.no_grad()


@string_to_hash_bucket_op.define
def string_to_hash_bucket_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    count = node.attrs["num_buckets"]
    return each_text_as(texts, np.int64, lambda text: murmur_hash(text) % count)


def string_to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Tensor:
    """A bucket for each text, the same in every process.

    Args:
      input: strings of any shape.
      num_buckets: how many buckets there are.
      name: the node's name.

    Returns:
      int64 numbers from 0, of the same shape.

    Raises:
      ValueError: no bucket.
    """
    return string_to_hash_bucket_fast_op(input, num_buckets=num_buckets, name=name)


def string_to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Sequence[int], name: str | None = None
) -> Tensor:
    """A bucket for each text, which whoever does not know the key cannot foresee.

    Args:
      input: strings of any shape.
      num_buckets: how many buckets there are.
      key: two integers.
      name: the node's name.

    Returns:
      int64 numbers from 0, of the same shape.

    Raises:
      ValueError: no bucket. In a run, InvalidArgumentError: the key is of another length.
    """
    return string_to_hash_bucket_strong_op(input, num_buckets=num_buckets, key=key, name=name)


def string_to_hash_bucket(
    string_tensor: Any = None,
    num_buckets: int | None = None,
    name: str | None = None,
    input: Any = None,
) -> Tensor:
    """A bucket for each text, by the function of old programs.

    Args:
      string_tensor: strings of any shape.
      num_buckets: how many buckets there are.
      name: the node's name.
      input: another name of `string_tensor`.

    Returns:
      int64 numbers from 0, of the same shape.

    Raises:
      ValueError: both names are given, or no bucket.
    """
    texts = deprecated_argument_lookup("input", input, "string_tensor", string_tensor)
    return string_to_hash_bucket_op(texts, num_buckets=num_buckets, name=name)
