"""`import graphflow` leaves every heavy library to the first use of what needs it."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("numba", "llvmlite", "graphviz", "networkx", "google.protobuf", "ml_dtypes")
REPORT_MODULES = "import json, sys, graphflow; print(json.dumps(sorted(sys.modules)))"


def test_import_loads_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPORT_MODULES], capture_output=True, text=True, check=True
    )
    modules = json.loads(done.stdout)
    assert "graphflow.core.session.session" in modules
    assert [name for name in HEAVY if name in modules] == []
