"""RegexReplace, RegexFullMatch and their static forms, whose pattern is an attribute.

TensorFlow's expressions are RE2's, which see characters where a text is UTF-8. They are translated
to Python's: what RE2 has that Python lacks (`\\pL`, `\\C`) is refused as an invalid pattern.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...base import compat, errors
from ...base.tensor_shape import TensorShape
from ...graph.op_def import define_op
from ...graph.shape_context import ShapeContext
from ...graph.tensor import Tensor
from ..shape_rules import same_as_input
from .elementwise import each_text, each_text_as

_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_ASCII_ESCAPES = {r"\d": "digit", r"\s": "space", r"\w": "word"}
_TOKEN = re.compile(
    r"\[:(?P<posix>\^?\w+):\]|(?P<escape>\\.)|(?P<open>\[\^?\]?)|(?P<other>.)", re.DOTALL
)


def _compiled(pattern: str | bytes) -> re.Pattern[str]:
    text = pattern.decode("utf-8", "surrogateescape") if isinstance(pattern, bytes) else pattern
    try:
        return re.compile(_translated(text))
    except (re.error, OverflowError, RecursionError) as error:
        raise errors.InvalidArgumentError(
            None, None, f"Invalid pattern: {text}, error: {error}"
        ) from None


def _translated(pattern: str) -> str:
    """RE2's expression in Python's words."""
    has_lines = re.search(r"\(\?[a-zA-Z]*m", pattern) is not None
    in_class = False
    words = []
    for token in _TOKEN.finditer(pattern):
        word = token[0]
        if in_class:
            if token["posix"]:
                word = _posix_class(token["posix"])
            elif word in _ASCII_ESCAPES:
                word = _POSIX_CLASSES[_ASCII_ESCAPES[word]]
            elif word == "]":
                in_class = False
            elif word[0] in "[&|~":  # Python warns that two of them may mean more one day
                word = "".join(f"\\{character}" for character in word)
        elif token["open"] or token["posix"]:
            in_class = True
        elif token["escape"] and word[1] in "bBdDsSwW":
            word = f"(?a:{word})"
        elif word == r"\z":
            word = r"\Z"
        elif word == "$" and not has_lines:
            word = r"\Z"  # Python's $ is also before a last line end
        words.append(word)
    return "".join(words)


def _posix_class(name: str) -> str:
    """What stands in brackets for a class such as `alpha` or `^alpha`.

    Raises:
      re.error: there is no such class.
    """
    ranges = _POSIX_CLASSES.get(name.removeprefix("^"))
    if ranges is None:
        raise re.error(f"invalid character class range: [:{name}:]")
    if not name.startswith("^"):
        return ranges
    others = [chr(i) for i in range(128) if not re.match(f"[{ranges}]", chr(i))]
    return "".join(map(re.escape, others)) + "\x80-\U0010ffff"


def _matches(texts: np.ndarray, pattern: re.Pattern[str]) -> np.ndarray:
    return each_text_as(texts, bool, lambda text: pattern.fullmatch(_characters(text)) is not None)


def _characters(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _replaced(
    texts: np.ndarray, pattern: re.Pattern[str], rewrite: bytes, replaces_all: bool
) -> np.ndarray:
    pieces = _rewrite_pieces(rewrite, pattern)

    def replace(text: bytes) -> bytes:
        characters, done = _characters(text), 0
        out: list[str] = []
        for found in pattern.finditer(characters):
            if found.end() == found.start() == done and out:
                continue  # RE2 finds nothing empty right behind a match
            out.append(characters[done : found.start()])
            out += [p if isinstance(p, str) else found[p] or "" for p in pieces]
            done = found.end()
            if not replaces_all:
                break
        return "".join([*out, characters[done:]]).encode("utf-8", "surrogateescape")

    return each_text(texts, replace)


def _rewrite_pieces(rewrite: bytes, pattern: re.Pattern[str]) -> list[str | int]:
    """What a rewrite says: texts, and numbers of groups."""
    pieces: list[str | int] = []
    for piece in re.findall(r"\\.?|[^\\]+", _characters(rewrite), re.DOTALL):
        if piece[0] != "\\":
            pieces.append(piece)
        elif piece == r"\\":
            pieces.append("\\")
        elif piece[1:].isdigit() and int(piece[1:]) <= pattern.groups:
            pieces.append(int(piece[1:]))
        else:
            raise errors.InvalidArgumentError(
                None, None, f"Invalid rewrite: {_characters(rewrite)}: no group {piece}"
            )
    return pieces


def _scalar(value: np.ndarray, what: str) -> bytes:
    if value.ndim:
        raise errors.InvalidArgumentError(
            None, None, f"{what} must be scalar, but received {list(value.shape)}"
        )
    text: bytes = value.item()
    return text


def regex_shape(context: ShapeContext) -> TensorShape:
    for index in range(1, context.num_inputs):
        context.with_rank(index, 0)
    return context.shape(0)


regex_full_match_op = define_op(
    "RegexFullMatch",
    inputs=["input: string", "pattern: string"],
    outputs=["output: bool"],
    shape=regex_shape,
)
regex_full_match_op.no_grad()


@regex_full_match_op.define
def regex_full_match_reference(node: Any, texts: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    return _matches(texts, _compiled(_scalar(pattern, "Pattern")))


static_regex_full_match_op = define_op(
    "StaticRegexFullMatch",
    inputs=["input: string"],
    outputs=["output: bool"],
    attrs=["pattern: string"],
    shape=same_as_input,
)
static_regex_full_match_op.no_grad()


@static_regex_full_match_op.define
def static_regex_full_match_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    return _matches(texts, _compiled(node.attrs["pattern"]))


regex_replace_op = define_op(
    "RegexReplace",
    inputs=["input: string", "pattern: string", "rewrite: string"],
    outputs=["output: string"],
    attrs=["replace_global: bool = true"],
    shape=regex_shape,
)
regex_replace_op.no_grad()


@regex_replace_op.define
def regex_replace_reference(
    node: Any, texts: np.ndarray, pattern: np.ndarray, rewrite: np.ndarray
) -> np.ndarray:
    compiled = _compiled(_scalar(pattern, "Pattern"))
    return _replaced(texts, compiled, _scalar(rewrite, "Rewrite"), node.attrs["replace_global"])


static_regex_replace_op = define_op(
    "StaticRegexReplace",
    inputs=["input: string"],
    outputs=["output: string"],
    attrs=["pattern: string", "rewrite: string", "replace_global: bool = true"],
    shape=same_as_input,
)
static_regex_replace_op.no_grad()


@static_regex_replace_op.define
def static_regex_replace_reference(node: Any, texts: np.ndarray) -> np.ndarray:
    attrs = node.attrs
    rewrite = compat.as_bytes(attrs["rewrite"])
    return _replaced(texts, _compiled(attrs["pattern"]), rewrite, attrs["replace_global"])


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Tensor:
    """Whether whole texts match a regular expression.

    Args:
      input: strings of any shape.
      pattern: the expression, a string or scalar tensor, in the syntax of RE2.
      name: the node's name.

    Returns:
      bools of the same shape.

    Raises:
      InvalidArgumentError: in a run, the expression is none.
    """
    if isinstance(pattern, str | bytes):
        return static_regex_full_match_op(input, pattern=pattern, name=name)
    return regex_full_match_op(input, pattern, name=name)


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Tensor:
    r"""Replaces what a regular expression finds in texts.

    Args:
      input: strings of any shape.
      pattern: the expression, a string or scalar tensor, in the syntax of RE2.
      rewrite: what replaces each place found; `\1` to `\9` stand for its groups, `\0` for all.
      replace_global: whether all places are replaced, or the first.
      name: the node's name.

    Returns:
      Strings of the same shape.

    Raises:
      InvalidArgumentError: in a run, the expression is none, or `rewrite` names a group too many.
    """
    if isinstance(pattern, str | bytes) and isinstance(rewrite, str | bytes):
        return static_regex_replace_op(
            input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name
        )
    return regex_replace_op(input, pattern, rewrite, replace_global=replace_global, name=name)
