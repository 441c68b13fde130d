"""The code in docs/adding_an_op.md runs, from its first block to its last."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "adding_an_op.md"


def test_the_code_on_the_page_runs(tmp_path):
    blocks = re.findall(r"^```python\n(.*?)^```", _PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 6
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks))
    # In a process of its own: an op that it defines must not stay registered here.
    done = subprocess.run([sys.executable, "-W", "error", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
