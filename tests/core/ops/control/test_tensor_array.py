"""TensorArrays: values, gradients and refusals, against TensorFlow's own arrays of version 1."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import graphflow


def array_of(tf: Any, size: int = 3, **options: Any) -> Any:
    return tf.TensorArray(tf.float32, size, **options)


def in_order(tf: Any, first: Any, then: Callable[[], Any]) -> Any:
    with tf.control_dependencies([first]):
        return then()


# --- values and gradients: each gives a list of tensors, made of x = [[1, 2], [3, 4], [5, 6]] -----


def written_and_stacked(tf: Any, x: Any) -> list[Any]:
    array = array_of(tf)
    for index in range(3):
        array = array.write(index, x[index] * float(index + 1))
    return [array.stack()]


def unstacked_and_gathered(tf: Any, x: Any) -> list[Any]:
    array = array_of(tf, clear_after_read=False).unstack(x)
    return [array.gather([2, 0, 2]), array.read(1), array.size()]


def unstacked_into_a_larger_array(tf: Any, x: Any) -> list[Any]:
    array = array_of(tf, 5).unstack(x)
    return [array.size(), array.read(2), array.read(4)]


def unstacked_into_a_growing_array(tf: Any, x: Any) -> list[Any]:
    array = array_of(tf, 0, dynamic_size=True).unstack(x)
    return [array.write(4, x[0]).stack()]


def scattered(tf: Any, x: Any) -> list[Any]:
    array = array_of(tf, 4).scatter([3, 0, 1], x)
    return [array.read(3), array.gather([0, 1])]


def split_and_concatenated(tf: Any, x: Any) -> list[Any]:
    array = array_of(tf, 2, infer_shape=False, clear_after_read=False).split(x, [1, 2])
    return [array.read(1), array.concat()]


def grown(tf: Any, x: Any) -> list[Any]:
    array = array_of(tf, 0, dynamic_size=True).write(0, x).write(2, x * x)
    return [array.read(2), array.size()]


def passed_on(tf: Any, x: Any) -> list[Any]:
    return [array_of(tf).unstack(x).identity().stack()]


def in_a_loop(tf: Any, x: Any) -> list[Any]:
    given = array_of(tf).unstack(x)

    def body(i: Any, state: Any, array: Any) -> Any:
        state = state * tf.sin(given.read(i)) + 1.0
        return i + 1, state, array.write(i, state)

    start = [0, tf.ones([2]), array_of(tf)]
    _, state, array = tf.while_loop(lambda i, *_: i < 3, body, start)
    return [state, array.stack()]


def values_and_slopes(tf: Any, build: Callable[..., Any]) -> list[Any]:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        results = build(tf, x)
        numbers = [y * y for y in results if y.dtype == tf.float32]
        return session.run([*results, *tf.gradients(numbers, x)])


@pytest.mark.parametrize(
    "build",
    [
        written_and_stacked,
        unstacked_and_gathered,
        unstacked_into_a_larger_array,
        unstacked_into_a_growing_array,
        scattered,
        split_and_concatenated,
        grown,
        passed_on,
        in_a_loop,
    ],
)
def test_values_and_gradients(build: Callable[..., Any], oracle: ModuleType) -> None:
    given, wanted = (values_and_slopes(tf, build) for tf in (graphflow, oracle))
    assert len(given) == len(wanted)
    for value, expected in zip(given, wanted, strict=True):
        np.testing.assert_allclose(value, expected, 1e-5)


# --- refusals ------------------------------------------------------------------------------------


def read_twice(tf: Any) -> Any:
    array = array_of(tf).unstack([1.0, 2.0, 3.0])
    return in_order(tf, array.read(0), lambda: array.read(0))


def stacked_twice(tf: Any) -> Any:
    array = array_of(tf).unstack([1.0, 2.0, 3.0])
    return in_order(tf, array.stack(), lambda: array.stack())


def read_after_gather_in_a_loop(tf: Any) -> Any:
    array = array_of(tf).unstack([1.0, 2.0, 3.0])
    return tf.while_loop(lambda i, _: i < 3, lambda i, a: (i + 1, a + array.read(0)), [0, 0.0])


def written_after_it_was_read(tf: Any) -> Any:
    array = array_of(tf, dynamic_size=True).unstack([1.0, 2.0, 3.0])
    return in_order(tf, array.read(0), lambda: array.write(0, 2.0).flow)


def written_twice(tf: Any) -> Any:
    return array_of(tf).write(0, 1.0).write(0, 2.0).flow


def written_past_the_end(tf: Any) -> Any:
    return array_of(tf).write(3, 1.0).flow


def written_before_the_start(tf: Any) -> Any:
    return array_of(tf, dynamic_size=True).write(-1, 1.0).flow


def read_past_the_end(tf: Any) -> Any:
    return array_of(tf).unstack([1.0, 2.0, 3.0]).read(3)


def split_at_scalar_lengths(tf: Any) -> Any:
    lengths = tf.placeholder_with_default(tf.constant(1, tf.int64), None)
    return array_of(tf).split([1.0, 2.0, 3.0], lengths).flow


def split_into_too_little(tf: Any) -> Any:
    return array_of(tf).split([1.0, 2.0, 3.0], [1]).flow


def split_of_a_scalar(tf: Any) -> Any:
    return array_of(tf, 1).split(1.0, [1]).flow


def split_into_too_few(tf: Any) -> Any:
    return array_of(tf, 2).split([1.0], [1]).flow


def concatenated_unlike_rows(tf: Any) -> Any:
    array = array_of(tf, infer_shape=False)
    array = array.write(0, [1.0]).write(1, [2.0, 3.0]).write(2, [[4.0, 5.0]])
    return array.concat()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (read_twice, "Could not read index 0 twice because it was cleared after a previous read"),
        (stacked_twice, "perhaps try setting clear_after_read = false?"),
        (read_after_gather_in_a_loop, "Could not read index 0 twice"),
        (written_after_it_was_read, "index 0 because it has already been read"),
        (written_twice, "index 0 because it has already been written to"),
        (written_past_the_end, "write to index 3 but array is not resizeable and size is: 3"),
        (written_before_the_start, "Tried to write to index -1"),
        (read_past_the_end, "Tried to read from index 3 but array size is: 3"),
        (split_at_scalar_lengths, "Expected lengths to be a vector, received shape: []"),
        (split_into_too_little, "sum of lengths is 1 and value's shape is: [3]"),
        (split_of_a_scalar, "Expected value to be at least a vector, but received shape: []"),
        (split_into_too_few, "TensorArray's size is not equal to the size of lengths (2 vs. 1)"),
        (concatenated_unlike_rows, "inconsistent shapes"),
    ],
)
def test_refusals(build: Callable[[Any], Any], words: str, oracle: ModuleType) -> None:
    for tf in (graphflow, oracle):
        with tf.Graph().as_default(), tf.Session() as session:
            with pytest.raises(tf.errors.InvalidArgumentError) as caught:
                session.run(build(tf))
            assert words in str(caught.value)


def test_values_of_another_type_or_shape(oracle: ModuleType) -> None:
    for tf in (graphflow, oracle):
        with tf.Graph().as_default(), tf.Session() as session:
            array = array_of(tf).write(0, [1.0, 2.0])
            with pytest.raises(ValueError, match="Inconsistent shapes|are not compatible"):
                array.write(1, [1.0, 2.0, 3.0])
            with pytest.raises(
                tf.errors.InvalidArgumentError, match="dtype is float.* dtype int32"
            ):
                session.run(array.write(1, tf.constant([1, 2])).flow)
            array_of(tf, infer_shape=False).write(0, [1.0]).write(1, [1.0, 2.0])
