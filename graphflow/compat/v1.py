"""`tf.compat.v1`: the whole API, under the name it has from TF 1.13 on.

`import graphflow.compat.v1 as tf` and `tf.compat.v1.placeholder(...)` are what programs that run on
TF 1 and 2 alike say.
"""

from __future__ import annotations

import sys
from typing import Any

# The package imports this file, so this file cannot import the package.
_api = sys.modules[__name__.partition(".")[0]]


def __getattr__(name: str) -> Any:
    return getattr(_api, name)


def __dir__() -> list[str]:
    return dir(_api)
