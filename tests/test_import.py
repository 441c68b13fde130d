"""`import graphflow` is quick, and leaves every heavy library to the first use of what needs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("numba", "llvmlite", "graphviz", "networkx", "google.protobuf", "ml_dtypes")
SECONDS = 0.35
REPORT_IMPORT = """
import json, sys, time
start = time.perf_counter()
import graphflow
print(json.dumps({"seconds": time.perf_counter() - start, "modules": sorted(sys.modules)}))
"""


def import_in_a_new_process() -> dict:
    """How long `import graphflow` took in a fresh interpreter, and what was loaded after it."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT_IMPORT], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def imports() -> list[dict]:
    return [import_in_a_new_process() for _ in range(5)]


def test_import_loads_no_heavy_library(imports: list[dict]) -> None:
    assert [name for name in HEAVY if name in imports[0]["modules"]] == []


def test_import_is_quick(imports: list[dict]) -> None:
    assert min(run["seconds"] for run in imports) < SECONDS
