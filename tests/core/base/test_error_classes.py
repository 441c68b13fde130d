"""Error classes: codes, texts, and what survives pickling."""

from __future__ import annotations

import pickle
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from graphflow.core.base import errors

CODES = {name: code for name, code in vars(errors).items() if type(code) is int}


def failing_op(line: str = "y = tf.matmul(a, b)", known: bool = True) -> Any:
    frame = SimpleNamespace(filename="train.py", lineno=7, line=line)
    return SimpleNamespace(name="MatMul", type="MatMul", user_frame=frame if known else None)


def test_codes_and_classes_are_tensorflows(oracle: ModuleType) -> None:
    assert len(CODES) == 17
    for name, code in CODES.items():
        assert getattr(oracle.errors, name) == code
        if code != errors.OK:
            ours = errors.exception_type_from_error_code(code)
            assert ours.__name__ == oracle.errors.exception_type_from_error_code(code).__name__
            assert errors.error_code_from_exception_type(ours) == code
            assert ours(None, None, "m").error_code == code


def test_code_without_a_class() -> None:
    with pytest.raises(KeyError):
        errors.exception_type_from_error_code(37)


def test_class_without_a_code() -> None:
    with pytest.warns(UserWarning, match="Unknown class exception"):
        answer = errors.error_code_from_exception_type(ValueError)
    assert isinstance(answer, errors.UnknownError)


def test_explicit_code() -> None:
    error = errors.OpError("node", None, "broken", error_code=errors.ABORTED)
    assert (error.node_def, error.op, error.message) == ("node", None, "broken")
    assert error.error_code == errors.ABORTED
    assert errors.UnknownError(None, None, "m", 99).error_code == 99


def test_text_without_op_is_the_message() -> None:
    assert str(errors.NotFoundError(None, None, "no such file")) == "no such file"


def test_text_names_the_node_and_the_users_line() -> None:
    error = errors.InvalidArgumentError(None, failing_op(), "Incompatible shapes")
    assert error.message == "Incompatible shapes"
    assert str(error) == (
        "Incompatible shapes\n\t [[node MatMul (defined at train.py:7) ]]\n\t y = tf.matmul(a, b)"
    )


def test_text_when_the_source_cannot_be_read() -> None:
    error = errors.InvalidArgumentError(None, failing_op(line=""), "bad")
    assert str(error) == "bad\n\t [[node MatMul (defined at train.py:7) ]]"


def test_text_when_the_line_is_unknown() -> None:
    error = errors.InvalidArgumentError(None, failing_op(known=False), "bad")
    assert str(error) == "bad\n\t [[node MatMul]]"


def test_place_is_named_once() -> None:
    first = errors.InternalError(None, failing_op(), "bad")
    again = errors.InternalError(None, failing_op(), str(first))
    assert str(again) == str(first)


@pytest.mark.parametrize("code", [code for code in CODES.values() if code != errors.OK])
def test_pickle(code: int) -> None:
    error = errors.exception_type_from_error_code(code)("node", failing_op(), "bad")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (copy.node_def, copy.op, copy.error_code) == ("node", None, code)
    assert str(copy) == str(error)


def test_pickle_without_op_or_message() -> None:
    error = errors.AbortedError(None, None, None)  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(error)).message is None
