"""The process's configuration: environment variables, read once, when first asked for.

`GRAPHFLOW_DEBUG` is a comma list of the stages of a first run to print: `program` (the pruned
program).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_DEBUG_STAGES = ("program",)


@dataclass(frozen=True)
class Config:
    """What the environment asks for.

    Attributes:
      debug: the stages to print.
    """

    debug: frozenset[str] = frozenset()

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
        return cls(debug=_choices(environ, "GRAPHFLOW_DEBUG", _DEBUG_STAGES))


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


@cache
def get_config() -> Config:
    """The configuration of this process."""
    return Config.from_env(os.environ)
