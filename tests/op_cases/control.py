"""Rows for lists of tensors; control flow itself is tested with functions, not in rows."""

from __future__ import annotations

import numpy as np

from . import OpCase, floats, raw

_ROWS = floats(3, 2)


def _from_tensor(tf, x):
    return raw(tf, "TensorListFromTensor", tensor=x, element_shape=[2])


def _stack(tf, values, dtype):
    return raw(tf, "TensorListStack", input_handle=values, element_shape=[2], element_dtype=dtype)


def _push_and_pop(tf, x, y):
    values = raw(
        tf, "EmptyTensorList", element_shape=[2], max_num_elements=-1, element_dtype=x.dtype
    )
    for item in (x, y, x * y):
        values = raw(tf, "TensorListPushBack", input_handle=values, tensor=item)
    rest, last = raw(
        tf, "TensorListPopBack", input_handle=values, element_shape=[2], element_dtype=x.dtype
    )
    return [_stack(tf, rest, x.dtype), last, raw(tf, "TensorListLength", input_handle=rest)]


def _set_and_get(tf, x, y):
    values = raw(tf, "TensorListReserve", element_shape=[2], num_elements=3, element_dtype=x.dtype)
    values = raw(tf, "TensorListSetItem", input_handle=values, index=1, item=x)
    values = raw(tf, "TensorListSetItem", input_handle=values, index=2, item=y)
    item = raw(
        tf,
        "TensorListGetItem",
        input_handle=values,
        index=1,
        element_shape=[2],
        element_dtype=x.dtype,
    )
    return [item, _stack(tf, values, x.dtype)]


def _write_past_end(tf, x, y):
    values = raw(
        tf,
        "TensorListSetItem",
        input_handle=_from_tensor(tf, x),
        index=4,
        item=y,
        resize_if_index_out_of_bounds=True,
    )
    return _stack(tf, values, x.dtype)


def _gather(tf, x):
    return raw(
        tf,
        "TensorListGather",
        input_handle=_from_tensor(tf, x),
        indices=[2, 0],
        element_shape=[2],
        element_dtype=x.dtype,
    )


def _scatter(tf, x, y):
    values = raw(
        tf,
        "TensorListScatterIntoExistingList",
        input_handle=_from_tensor(tf, x),
        tensor=y,
        indices=[0, 2],
    )
    return _stack(tf, values, x.dtype)


def _resize(tf, x):
    return _stack(
        tf, raw(tf, "TensorListResize", input_handle=_from_tensor(tf, x), size=2), x.dtype
    )


def _split(tf, x):
    lengths = tf.constant([1, 2], tf.int64)
    values = raw(tf, "TensorListSplit", tensor=x, element_shape=[-1, 2], lengths=lengths)
    joined, sizes = raw(
        tf,
        "TensorListConcatV2",
        input_handle=values,
        element_shape=[-1, 2],
        leading_dims=tf.constant([], tf.int64),
        element_dtype=x.dtype,
    )
    return [joined * joined, sizes]


def _format(tf, *tensors):
    return raw(
        tf, "StringFormat", inputs=tensors, template="a {} b {}{}", placeholder="{}", summarize=2
    )


CASES = [
    OpCase(
        ("TensorListPushBack", "TensorListPopBack", "EmptyTensorList", "TensorListLength"),
        _push_and_pop,
        [floats(2), floats(2, low=0.5)],
    ),
    OpCase(
        ("TensorListSetItem", "TensorListGetItem", "TensorListReserve"),
        _set_and_get,
        [floats(2), floats(2, low=0.5)],
    ),
    OpCase(
        ("TensorListFromTensor", "TensorListStack"),
        lambda tf, x: _stack(tf, _from_tensor(tf, x), x.dtype),
        [_ROWS],
    ),
    OpCase("TensorListSetItem", _write_past_end, [_ROWS, floats(2, low=0.5)], label="growing"),
    OpCase("TensorListGather", _gather, [_ROWS]),
    OpCase("TensorListScatterIntoExistingList", _scatter, [_ROWS, floats(2, 2)]),
    OpCase("TensorListResize", _resize, [_ROWS]),
    OpCase(("TensorListSplit", "TensorListConcatV2"), _split, [_ROWS]),
    OpCase(
        "StringFormat",
        _format,
        [floats(5, 2), np.arange(8).reshape(2, 2, 2), np.array([b"a", b"b"], object)],
        grad=False,
    ),
    OpCase("NoOp", lambda tf, x: _after(tf, x), [np.float32(2.5)]),
]


def _after(tf, x):
    with tf.control_dependencies([tf.no_op()]):
        return tf.identity(x)


TESTED_ELSEWHERE = {
    "Assert": "tests/core/ops/control/test_checks.py",
    "FakeParam": "tests/core/gradients/test_control_flow_gradients.py",
    "If": "tests/core/ops/control/test_cond.py",
    "Print": "tests/core/ops/control/test_checks.py",
    "PrintV2": "tests/core/ops/control/test_checks.py",
    "PyFunc": "tests/core/ops/control/test_py_func.py",
    "PyFuncStateless": "tests/core/ops/control/test_py_func.py",
    "While": "tests/core/ops/control/test_while_loop.py",
}
