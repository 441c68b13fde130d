"""Which registers and tiles code is made for."""

from __future__ import annotations

import pytest

from graphflow.core.codegen.cpu.target import Target, host_target

read_target = host_target.__wrapped__  # anew, whatever was read before


@pytest.mark.parametrize(
    ("features", "vector_bytes", "tile"),
    [
        ("+avx512f,+avx2,+fma", 64, (14, 2)),
        ("+avx512f,+avx2,+fma,+prefer-256-bit", 32, (6, 2)),
        ("-avx512f,+avx2,+fma", 32, (6, 2)),
        ("+avx2,-fma", 16, (6, 2)),
        ("+sse4.2", 16, (6, 2)),
        ("", 16, (6, 2)),
        ("+neon", 16, (6, 2)),
    ],
)
def test_features_choose_registers_and_tiles(monkeypatch, features, vector_bytes, tile) -> None:
    monkeypatch.setenv("NUMBA_CPU_NAME", "some-cpu")
    monkeypatch.setenv("NUMBA_CPU_FEATURES", features)
    assert read_target() == Target("some-cpu", features, vector_bytes, *tile)


def test_a_cpu_without_named_features_gets_what_all_have(monkeypatch) -> None:
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    monkeypatch.delenv("NUMBA_CPU_FEATURES", raising=False)
    assert read_target() == Target("generic", "", 16, 6, 2)


def test_the_host_is_asked_where_the_environment_says_nothing(monkeypatch) -> None:
    import llvmlite.binding as llvm

    monkeypatch.delenv("NUMBA_CPU_NAME", raising=False)
    monkeypatch.delenv("NUMBA_CPU_FEATURES", raising=False)
    target = read_target()
    assert target.cpu == llvm.get_host_cpu_name()
    assert target.vector_bytes in (16, 32, 64)


def test_widths_count_elements() -> None:
    target = Target("some-cpu", "", 32, 6, 2)
    assert [target.width(size) for size in (1, 2, 4, 8)] == [32, 16, 8, 4]
