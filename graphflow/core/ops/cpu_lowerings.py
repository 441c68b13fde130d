"""Where the CPU lowerings are: loaded with the first plan, not when graphflow is imported."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path


@cache
def load() -> None:
    """Registers the lowerings of all ops: every module in a `cpu` folder of an op family."""
    for path in sorted(Path(__file__).parent.glob("*/cpu/*.py")):
        if path.stem != "__init__":
            importlib.import_module(f".{path.parts[-3]}.cpu.{path.stem}", __package__)
