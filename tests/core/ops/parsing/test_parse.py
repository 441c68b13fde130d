"""parse_example and its relatives against TensorFlow: values, shapes and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow
from graphflow.train import Example, Feature, FeatureLists, Features, SequenceExample

LISTS = {int: "int64_list", float: "float_list", bytes: "bytes_list"}


def feature(values: list[Any] | None) -> Feature:
    """A feature with those values; None: one that says nothing."""
    message = Feature()
    if values is not None:
        field = LISTS[type(values[0])] if values else "int64_list"
        getattr(message, field).SetInParent()
        getattr(message, field).value.extend(values)
    return message


def example(**values: list[Any] | None) -> bytes:
    features = {key: feature(value) for key, value in values.items()}
    return Example(features=Features(feature=features)).SerializeToString()


def sequence(context: Mapping[str, Any], lists: Mapping[str, list[Any]]) -> bytes:
    features = {key: feature(value) for key, value in context.items()}
    message = SequenceExample(
        context=Features(feature=features), feature_lists=FeatureLists(feature_list={})
    )
    for key, steps in lists.items():
        message.feature_lists.feature_list[key].feature.extend(map(feature, steps))
    return message.SerializeToString()


FIRST = example(
    i=[1, 2], f=[0.5, 1.5, 2.5, 3.5], s=[b"a"], x=[3, 0], v=[7.0, 8.0], n=None, w=[b"word"]
)
SECOND = example(i=[3, 4], f=[4.5, 5.5], s=[b"b", b"cc"], x=[5], v=[9.0], d=[2.0])
EMPTY = example(i=[0, 0])


def descriptions(tf: Any) -> dict[str, Any]:
    return {
        "i": tf.FixedLenFeature([2], tf.int64),
        "d": tf.FixedLenFeature([], tf.float32, 0.25),
        "n": tf.FixedLenFeature([1, 2], tf.string, [["p", "q"]]),
        "w": tf.FixedLenFeature([], tf.string, "none"),
        "s": tf.VarLenFeature(tf.string),
        "none": tf.VarLenFeature(tf.int64),
        "f": tf.FixedLenSequenceFeature([2], tf.float32, allow_missing=True),
        "sp": tf.SparseFeature("x", "v", tf.float32, 10),
    }


def dense_steps(tf: Any) -> dict[str, Any]:
    return {
        "f": tf.FixedLenSequenceFeature([], tf.float32, allow_missing=True, default_value=-1.0),
        "s": tf.FixedLenSequenceFeature([], tf.string, allow_missing=True),
        "sorted": tf.SparseFeature(["x"], "v", tf.float32, [6], already_sorted=True),
    }


def flattened(tf: Any, outputs: Any) -> dict[str, Any]:
    """All tensors of dicts of tensors and SparseTensors, by names that tell what they are."""
    tensors = {}
    dicts = outputs if isinstance(outputs, tuple) else (outputs,)
    for number, tensor_of in enumerate(dicts):
        for key, value in tensor_of.items():
            if isinstance(value, tf.SparseTensor):
                for part in ("indices", "values", "dense_shape"):
                    tensors[f"{number} {key} {part}"] = getattr(value, part)
            else:
                tensors[f"{number} {key}"] = value
    return tensors


def run(tf: Any, function: str, messages: Any, *features: Any, **options: Any) -> dict[str, Any]:
    """Values and static shapes of what one of the functions gives."""
    with tf.Graph().as_default(), tf.Session() as session:
        outputs = getattr(tf.io, function)(messages, *(f(tf) for f in features), **options)
        tensors = flattened(tf, outputs)
        values = session.run(tensors)
        return {key: (values[key], tensors[key].shape.as_list()) for key in sorted(tensors)}


def assert_as_in_tensorflow(oracle: ModuleType, *arguments: Any, **options: Any) -> None:
    mine = run(graphflow, *arguments, **options)
    theirs = run(oracle, *arguments, **options)
    assert list(mine) == list(theirs)
    for key, (value, shape) in mine.items():
        wanted, their_shape = theirs[key]
        assert np.asarray(value).dtype == np.asarray(wanted).dtype, key
        np.testing.assert_array_equal(value, wanted, key)
        assert repr(value) == repr(wanted), key  # an array in an array is equal too
        assert shape == their_shape, key


@pytest.mark.parametrize("features", [descriptions, dense_steps])
@pytest.mark.parametrize("messages", [[FIRST, SECOND, EMPTY], [SECOND]])
def test_parse_example(oracle: ModuleType, messages: list[bytes], features: Any) -> None:
    assert_as_in_tensorflow(oracle, "parse_example", messages, features)


@pytest.mark.parametrize("features", [descriptions, dense_steps])
@pytest.mark.parametrize("message", [FIRST, SECOND, EMPTY], ids=["first", "second", "empty"])
def test_parse_single_example(oracle: ModuleType, message: bytes, features: Any) -> None:
    assert_as_in_tensorflow(oracle, "parse_single_example", message, features)
    assert_as_in_tensorflow(
        oracle, "parse_single_example", message, features, example_names="its name"
    )


def test_names_of_nodes() -> None:
    graphflow.parse_single_example(
        FIRST, {"a b": graphflow.FixedLenFeature([], graphflow.int64, 1)}, name="scope"
    )
    names = [op.name for op in graphflow.get_default_graph().get_operations()]
    assert names == [
        "scope/serialized",
        "scope/key_a_b",
        "scope/Reshape/shape",
        "scope/Reshape",
        "scope/scope",
    ]


def context_features(tf: Any) -> dict[str, Any]:
    return {
        "length": tf.FixedLenFeature([], tf.int64),
        "label": tf.FixedLenFeature([2], tf.float32, [1.0, 2.0]),
        "words": tf.VarLenFeature(tf.string),
    }


def list_features(tf: Any) -> dict[str, Any]:
    return {
        "frames": tf.FixedLenSequenceFeature([2], tf.float32),
        "maybe": tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
        "names": tf.FixedLenSequenceFeature([], tf.string, allow_missing=True),
        "tokens": tf.VarLenFeature(tf.string),
        "none": tf.VarLenFeature(tf.int64),
    }


LONG = sequence(
    {"length": [3], "words": [b"x", b"y"]},
    {
        "frames": [[0.5, 1.5], [2.5, 3.5], [4.5, 5.5]],
        "tokens": [[b"a"], [b"b", b"c", b"d"]],
        "names": [[b"n"]],
    },
)
SHORT = sequence(
    {"length": [1], "label": [5.0, 6.0]}, {"frames": [[6.5, 7.5]], "maybe": [[4], [5]]}
)


@pytest.mark.parametrize("message", [LONG, SHORT], ids=["long", "short"])
def test_parse_single_sequence_example(oracle: ModuleType, message: bytes) -> None:
    assert_as_in_tensorflow(
        oracle, "parse_single_sequence_example", message, context_features, list_features
    )


def test_parse_sequence_example(oracle: ModuleType) -> None:
    assert_as_in_tensorflow(
        oracle, "parse_sequence_example", [LONG, SHORT], context_features, list_features
    )


def fixed(shape: list[int], dtype: str, default: Any = None) -> Any:
    return lambda tf: {"k": tf.FixedLenFeature(shape, dtype, default)}


def stepped(shape: list[int]) -> Any:
    return lambda tf: {"k": tf.FixedLenSequenceFeature(shape, "int64", allow_missing=True)}


REFUSED = [
    (b"no message", fixed([], "int64"), "Could not parse example input"),
    (example(), fixed([], "int64"), r"Feature: k \(data type: int64\) is required"),
    (example(k=None), fixed([], "string"), "is required but could not be found"),
    (example(k=[1.5]), fixed([], "int64"), "Key: k.*Data types don't match"),
    (example(k=[1.5]), lambda tf: {"k": tf.VarLenFeature(tf.string)}, "Data types don't match"),
    (example(k=[1, 2, 3]), fixed([2], "int64"), "Key: k"),
    (example(k=[]), fixed([1], "int64", [0]), "Key: k"),
    (example(k=[1, 2, 3]), stepped([2]), "Key: k"),
]


@pytest.mark.parametrize(
    ("message", "features", "words"), REFUSED, ids=[str(i) for i in range(len(REFUSED))]
)
@pytest.mark.parametrize("function", ["parse_example", "parse_single_example"])
def test_messages_that_do_not_fit(
    oracle: ModuleType, function: str, message: bytes, features: Any, words: str
) -> None:
    given = [message] if function == "parse_example" else message
    with pytest.raises(graphflow.errors.InvalidArgumentError, match=words):
        run(graphflow, function, given, features)
    with pytest.raises(oracle.errors.InvalidArgumentError):
        run(oracle, function, given, features)


def test_messages_name_the_example() -> None:
    with pytest.raises(graphflow.errors.InvalidArgumentError, match="Name: second, .*Feature: k"):
        run(
            graphflow,
            "parse_example",
            [example(k=[1]), example()],
            fixed([], "int64"),
            example_names=["first", "second"],
        )


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (sequence({}, {"k": []}), "Feature: length .* is required"),
        (sequence({"length": [1]}, {}), "Feature list 'k' is required"),
        (sequence({"length": [1]}, {"k": [[1.5, 2.5], [1, 2]]}), "k, Index: 1.*types don't match"),
        (sequence({"length": [1]}, {"k": [[1.5]]}), "k, Index: 0.*values size: 1"),
        (sequence({"length": [1]}, {"k": [None]}), "k, Index: 0.*is empty"),
    ],
    ids=["no length", "no list", "types", "sizes", "empty"],
)
def test_sequences_that_do_not_fit(oracle: ModuleType, message: bytes, words: str) -> None:
    def context(tf: Any) -> dict[str, Any]:
        return {"length": tf.FixedLenFeature([], tf.int64)}

    def lists(tf: Any) -> dict[str, Any]:
        return {"k": tf.FixedLenSequenceFeature([2], tf.float32)}

    with pytest.raises(graphflow.errors.InvalidArgumentError, match=words):
        run(graphflow, "parse_single_sequence_example", message, context, lists)
    with pytest.raises(oracle.errors.InvalidArgumentError):
        run(oracle, "parse_single_sequence_example", message, context, lists)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({}, "Missing"),
        ({"k": 3}, "Invalid feature k"),
        ({"k": graphflow.VarLenFeature(None)}, "Missing type for feature k"),
        ({"k": graphflow.FixedLenFeature(None, "int64")}, "Missing shape for feature k"),
        ({"k": graphflow.FixedLenFeature([None], "int64")}, "FixedLenSequenceFeature"),
        ({"k": graphflow.FixedLenFeature([2, None], "int64")}, "need to be known"),
        ({"k": graphflow.FixedLenSequenceFeature([], "int64")}, "allow_missing"),
        ({"k": graphflow.SparseFeature("", "v", "int64", 3)}, "Missing index_key"),
        (
            {
                "k": graphflow.SparseFeature("i", "v", "float32", 3),
                "i": graphflow.VarLenFeature("string"),
            },
            "Conflicting type",
        ),
    ],
)
def test_descriptions_that_are_wrong(features: dict[str, Any], words: str) -> None:
    for function in (graphflow.parse_single_example, graphflow.parse_example):
        with pytest.raises(ValueError, match=words):
            function(b"", features)
