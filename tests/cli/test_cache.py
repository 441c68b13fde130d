"""`graphflow cache`."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphflow.cli.main import main
from graphflow.core.codegen.cpu import library
from graphflow.core.codegen.cpu.library import Kernel

ANSWER = Kernel("answer", "define void @graphflow_kernel() {\n  ret void\n}\n", 0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRAPHFLOW_CACHE", str(tmp_path))
    monkeypatch.setattr(library, "_addresses", {})
    monkeypatch.setattr(library, "library_kernels", lambda: [ANSWER])
    return tmp_path


def test_warm_fills_info_shows_and_clear_empties_the_cache(folder: Path, capsys) -> None:
    assert main(["cache", "warm"]) == 0
    assert "1 kernels are ready" in capsys.readouterr().out
    (folder / "notes.txt").touch()
    assert main(["cache", "info"]) == 0
    shown = capsys.readouterr().out
    assert str(folder) in shown
    assert "kernels  1 (0.0 MB)" in shown
    assert "usable   1 " in shown
    assert main(["cache", "clear"]) == 0
    assert "removed 1 files" in capsys.readouterr().out
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


def test_warm_shows_on_a_terminal_what_it_does(folder: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["cache", "warm"]) == 0
    assert "1/1 answer" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["cache"], ["cache", "burn"], ["brew"]])
def test_unknown_words_are_explained(words: list[str], capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "usage: graphflow" in capsys.readouterr().err
