"""The process's configuration: environment variables, read once, when first asked for.

`GRAPHFLOW_DEBUG` is a comma list of the stages of a first run to print: `program` (the pruned
program), `passes` (the program after the rewrites), `plan` (its kernel calls and memory), `source`
(what the generated kernels compute); and of checks: `guard` (nothing may be written outside of a
value's memory).

`GRAPHFLOW_JIT` says when native kernels replace the NumPy references: `auto` (when a program has
run for a while, compiled in the background), `now` (at the first run, which waits), `off` (never).
`GRAPHFLOW_NUM_THREADS` is how many threads run a plan. `GRAPHFLOW_WINOGRAD=0` has convolutions
summed directly, with the rounding errors of a plain sum.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_DEBUG_STAGES = ("program", "passes", "plan", "source", "guard")
_JIT_MODES = ("auto", "now", "off")


@dataclass(frozen=True)
class Config:
    """What the environment asks for.

    Attributes:
      debug: the stages to print, the checks to make.
      jit: when native kernels are used: auto, now, off.
      threads: how many threads run a plan; 0 for all cores.
      winograd: whether convolutions may use Winograd's minimal filtering.
    """

    debug: frozenset[str] = frozenset()
    jit: str = "auto"
    threads: int = 0
    winograd: bool = True

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Reads the variables.

        Args:
          environ: names to texts, as `os.environ`.

        Returns:
          The Config; a variable that is absent or empty leaves its default.

        Raises:
          ValueError: a variable's text is not allowed; names it, its text and what is allowed.
        """
        return cls(
            debug=_choices(environ, "GRAPHFLOW_DEBUG", _DEBUG_STAGES),
            jit=_choice(environ, "GRAPHFLOW_JIT", _JIT_MODES),
            threads=_count(environ, "GRAPHFLOW_NUM_THREADS"),
            winograd=_choice(environ, "GRAPHFLOW_WINOGRAD", ("1", "0")) == "1",
        )


def _choices(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> frozenset[str]:
    """The items of a comma list, each one of those allowed."""
    text = environ.get(name, "")
    items = frozenset(item.strip() for item in text.split(",") if item.strip())
    if unknown := items.difference(allowed):
        raise ValueError(
            f"{name}={text!r}: {', '.join(map(repr, sorted(unknown)))} not understood; "
            f"allowed, separated by commas: {', '.join(allowed)}"
        )
    return items


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """One of the words allowed; the first when the variable is empty."""
    text = environ.get(name, "").strip() or allowed[0]
    if text not in allowed:
        raise ValueError(f"{name}={text!r} not understood; allowed: {', '.join(allowed)}")
    return text


def _count(environ: Mapping[str, str], name: str) -> int:
    """A number that is not negative; 0 when the variable is empty."""
    text = environ.get(name, "").strip() or "0"
    if not text.isdecimal():
        raise ValueError(f"{name}={text!r} not understood; allowed: a number, 0 for all cores")
    return int(text)


@cache
def get_config() -> Config:
    """The configuration of this process."""
    return Config.from_env(os.environ)
