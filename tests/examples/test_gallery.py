"""examples/gallery.py and examples/resnet.py as programs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def run_example(name: str, *arguments: str, folder: Path) -> str:
    command = [sys.executable, "-W", "error", str(REPOSITORY / "examples" / name), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def titles(svg: Path) -> list[str]:
    return re.findall(r"<title>(.*?)</title>", svg.read_text(encoding="utf-8"))


def test_the_gallery_shows_what_the_examples_draw(tmp_path: Path) -> None:
    run_example("gallery.py", str(tmp_path / "made"), "--pages", folder=tmp_path)
    kept = REPOSITORY / "docs" / "gallery"
    pictures = sorted(path.name for path in kept.glob("*.svg"))
    assert len(pictures) == 6
    assert pictures == sorted(path.name for path in (tmp_path / "made").glob("*.svg"))
    for name in pictures:
        assert titles(kept / name) == titles(tmp_path / "made" / name)
    assert len(list((tmp_path / "made").glob("*.html"))) == 3


def test_resnet(tmp_path: Path) -> None:
    printed = run_example("resnet.py", "--graph", "net.svg", folder=tmp_path)
    assert "ResNet-50: 25,557,032 numbers in 161 variables" in printed
    assert re.search(r"takes noise for class \d+\n$", printed)
    assert "block1/unit_1" in (tmp_path / "net.html").read_text(encoding="utf-8")
