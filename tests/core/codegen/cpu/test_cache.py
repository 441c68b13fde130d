"""The kernel cache: what is damaged is made anew, what is shared stays whole, what is old goes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphflow.core.codegen.cpu import cache, library
from graphflow.core.codegen.cpu.library import Kernel, kernel_address
from graphflow.core.codegen.cpu.target import Target

ANSWER = Kernel(
    "answer",
    "define i64 @graphflow_kernel() {\n  ret i64 42\n}\n",
    argument_count=0,
    returns=True,
)
MONTH = 31 * 24 * 3600


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache; this process forgets what it has loaded."""
    monkeypatch.setenv("GRAPHFLOW_CACHE", str(tmp_path))
    monkeypatch.setattr(library, "_addresses", {})
    yield tmp_path
    cache._drop_unread.cache_clear()
    cache._fingerprint.cache_clear()


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def only_file_in(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_kernel_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_address(ANSWER)
    monkeypatch.setattr(library, "_addresses", {})
    monkeypatch.setattr(library, "compile_ir", None)
    kernel_address(ANSWER)
    assert only_file_in(folder).name == f"{cache.entry_key(ANSWER.source)}.o"


def flipped(data: bytes) -> bytes:
    """The same with one bit of the machine code changed."""
    return data[:100] + bytes([data[100] ^ 1]) + data[101:]


@pytest.mark.parametrize(
    "damage",
    [flipped, lambda data: data[:-1], lambda data: data[:10], lambda data: b""],
    ids=["a bit", "truncated", "truncated checksum", "empty"],
)
def test_a_damaged_entry_is_made_anew(folder: Path, monkeypatch, damage) -> None:
    kernel_address(ANSWER)
    file = only_file_in(folder)
    good = file.read_bytes()
    file.write_bytes(damage(good))
    monkeypatch.setattr(library, "_addresses", {})
    assert kernel_address(ANSWER)
    assert only_file_in(folder).read_bytes() == good


def test_two_processes_may_compile_at_once(folder: Path) -> None:
    program = (
        "from graphflow.core.codegen.cpu.library import RESET, kernel_address\n"
        "assert kernel_address(RESET)"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    running = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    key = cache.entry_key(library.RESET.name)
    assert only_file_in(folder).name == f"{key}.o"
    assert cache.read_entry(key) is not None


def test_a_folder_that_cannot_be_written_is_replaced_and_that_is_said_once(
    folder: Path, monkeypatch
) -> None:
    in_the_way = folder / "file"
    in_the_way.touch()
    monkeypatch.setenv("GRAPHFLOW_CACHE", str(in_the_way / "kernels"))
    with pytest.warns(UserWarning, match="cannot write its kernel cache .*kernels") as caught:
        replacement = cache.cache_folder()
        assert kernel_address(ANSWER)
    assert len(caught) == 1
    assert len(files_in(replacement)) == 1


def test_a_folder_that_vanishes_costs_the_entry_only(folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("GRAPHFLOW_CACHE", str(folder / "kernels"))
    cache.cache_folder().rmdir()
    assert kernel_address(ANSWER)
    assert files_in(folder) == []


def test_keys_depend_on_the_kernel_and_the_machine(folder: Path, monkeypatch) -> None:
    keys = {cache.entry_key("one"), cache.entry_key("two")}
    for target in (
        Target("haswell", "+avx2", 32, 6, 2),
        Target("haswell", "+avx2,+fma", 32, 6, 2),
        Target("skylake", "+avx2", 32, 6, 2),
    ):
        monkeypatch.setattr(cache, "host_target", lambda target=target: target)
        cache._fingerprint.cache_clear()
        keys.add(cache.entry_key("one"))
    assert len(keys) == 5
    assert len({key.split("-")[0] for key in keys}) == 4


def test_keys_depend_on_the_generators(tmp_path: Path) -> None:
    (tmp_path / "kernels").mkdir()
    (tmp_path / "tiles.py").write_text("x = 1\n")
    hashes = {cache._hash_sources(tmp_path)}
    (tmp_path / "kernels" / "gemm.py").write_text("x = 1\n")
    hashes.add(cache._hash_sources(tmp_path))
    (tmp_path / "kernels" / "gemm.py").write_text("x = 2\n")
    hashes.add(cache._hash_sources(tmp_path))
    (tmp_path / "kernels" / "gemm.py").rename(tmp_path / "kernels" / "gemv.py")
    hashes.add(cache._hash_sources(tmp_path))
    assert len(hashes) == 4


def age(file: Path) -> None:
    then = time.time() - MONTH
    os.utime(file, (then, then))


def test_entries_that_nobody_has_read_for_a_month_are_dropped(folder: Path) -> None:
    old, leftover, recent = (
        folder / f"{'0' * 16}-{'1' * 64}.o",
        folder / f"{'0' * 16}-{'2' * 64}.o.ab_c12.tmp",
        folder / f"{'0' * 16}-{'3' * 64}.o",
    )
    foreign = folder / "notes.o"
    for file in (old, leftover, recent, foreign):
        file.touch()
    for file in (old, leftover, foreign):
        age(file)
    kernel_address(ANSWER)
    assert files_in(folder) == sorted(
        [recent, foreign, folder / f"{cache.entry_key(ANSWER.source)}.o"]
    )


def test_reading_an_entry_keeps_it(folder: Path, monkeypatch) -> None:
    kernel_address(ANSWER)
    file = only_file_in(folder)
    age(file)
    monkeypatch.setattr(library, "_addresses", {})
    cache._drop_unread.cache_clear()
    kernel_address(ANSWER)
    cache.write_entry(cache.entry_key("another"), b"")
    assert file in files_in(folder)


def test_info_counts_what_is_ours(folder: Path) -> None:
    assert cache.cache_info() == cache.CacheInfo(folder, 0, 0, 0)
    kernel_address(ANSWER)
    nbytes = only_file_in(folder).stat().st_size
    (folder / f"{'0' * 16}-{'1' * 64}.o").write_bytes(b"12345")
    (folder / "notes.txt").write_text("mine")
    assert cache.cache_info() == cache.CacheInfo(folder, 2, nbytes + 5, 1)
    assert cache.clear_cache() == 2
    assert [file.name for file in files_in(folder)] == ["notes.txt"]


WARM_RUN = """
import sys
import numpy as np
import graphflow as tf

x = tf.placeholder(tf.float32, [1000])
y = tf.exp(x) * 2 + 1
with tf.Session() as sess:
    out = sess.run(y, {x: np.zeros(1000, np.float32)})
assert (out == 3).all()
print("numba" in sys.modules)
"""


def test_a_program_never_imports_numba(folder: Path) -> None:
    environment = {**os.environ, "GRAPHFLOW_JIT": "now"}
    command = [sys.executable, "-W", "error", "-c", WARM_RUN]
    cold, warm = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    )
    assert (cold.stdout, warm.stdout) == ("False\n", "False\n")  # it is imported by workers


def test_the_librarys_kernels_are_what_plans_can_call() -> None:
    kernels = library.library_kernels()
    names = [kernel.name for kernel in kernels]
    assert len(set(names)) == len(names)
    assert {"gemm.rows_f32", "conv.convolve_f64", "gather.one_hot", "plan_table.work"} <= {*names}
    assert "plan_table.run_items" not in names  # called by kernels only
    assert "conv._convolve" not in names  # makes kernels
    for kernel in kernels:
        function = library._function(kernel.name)
        assert function.__code__.co_argcount == kernel.argument_count


def test_no_warning_where_the_folder_can_be_written(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cache.cache_folder() == folder
