"""The harness itself: what it makes of samples, tables and pages, and one tiny case."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import ClassVar

import pytest

from benchmarks import report
from benchmarks.cases import CASES, Measure, StepCase, seconds_text
from benchmarks.contender import Contender, ContenderError, busy_seconds, worker_environ
from benchmarks.costs import lenet_step
from benchmarks.report import replace_between_markers
from benchmarks.results import Result, read_results, table, write_results
from benchmarks.rounds import (
    Round,
    Turn,
    counted,
    disagreement,
    median_of,
    median_value,
    smallest_of,
)
from benchmarks.run import Settings, main, measure

ABOUT = {
    "machine": {"cpu": "A chip", "cores": 2, "features": ["avx2"], "system": "Linux 6"},
    "versions": {"python": "3.11.1", "graphflow": "0.1.0"},
}


def make_round(ours: float, theirs: float, load: float = 0.0) -> Round:
    return Round({"graphflow": Turn([ours], load), "tensorflow": Turn([theirs], load)})


# --- what is made of samples ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure.SPEEDUP, 2.0),
        (Measure.SECONDS, 3.0),
        (Measure.MEMORY, 0.5),
        (Measure.COPY_SHARE, 0.25),
    ],
)
def test_value_of_round(measure: Measure, expected: float) -> None:
    turns = {
        "graphflow": Turn([3.0, 2.0, 9.0]),
        "tensorflow": Turn([6.0]),
        "numpy": Turn([0.75]),
    }
    assert Round(turns).value(measure, "tensorflow") == expected


def test_round_without_peer_has_no_speedup_but_a_time() -> None:
    alone = Round({"graphflow": Turn([2.0])})
    assert alone.value(Measure.SPEEDUP, None) is None
    assert alone.value(Measure.SECONDS, None) == 2.0
    assert median_value([alone], Measure.SPEEDUP, None) is None


def test_ratios_are_taken_within_rounds() -> None:
    rounds = [make_round(1, 2), make_round(10, 30), make_round(2, 8)]
    assert median_value(rounds, Measure.SPEEDUP, "tensorflow") == 3.0
    assert median_of(rounds, "graphflow") == 2.0
    assert smallest_of(rounds, "tensorflow") == 2.0


def test_load_of_other_processes_makes_noise() -> None:
    assert make_round(1, 2, load=0.05).noise == ""
    assert make_round(1, 2, load=0.5).noise == "other processes used 50% of a core beside graphflow"


def test_spread_of_samples_makes_noise_where_load_is_unknown() -> None:
    even = Turn([1.0, 1.02, 1.01, 1.0, 5.0])  # one outlier is no noise
    uneven = Turn([1.0, 2.0, 1.0, 2.0, 1.0])
    assert Round({"graphflow": even}).noise == ""
    assert Round({"graphflow": even, "tensorflow": uneven}).noise.startswith("tensorflow's times")


def test_noisy_rounds_are_left_out_unless_few_are_quiet() -> None:
    noisy, quiet = make_round(1, 9, load=1.0), make_round(1, 2)
    assert counted([noisy, quiet, quiet, quiet]) == [quiet] * 3
    assert counted([noisy, quiet, quiet, noisy]) == [noisy, quiet, quiet, noisy]
    assert counted([quiet]) == [quiet]


def test_numbers_have_to_agree_and_to_be_finite() -> None:
    def difference(ours: float, theirs: float) -> str:
        return disagreement({"graphflow": [1.0, ours], "tensorflow": [1.0, theirs]}, 1e-3)

    assert difference(2.0, 2.001) == ""
    assert difference(2.0, 2.1) == "step 1: graphflow has 2, tensorflow 2.1"
    assert difference(math.nan, math.nan)
    assert difference(math.inf, math.inf)
    assert disagreement({"graphflow": [math.nan]}, 1e-3)  # alone


def test_goals_hold_for_larger_and_for_smaller_is_better() -> None:
    speed, seconds = CASES["lenet_train"], CASES["run_tiny"]
    assert [speed.reached(v) for v in (1.4, 1.5, 2.2)] == ["below", "floor", "aim"]
    assert [seconds.reached(v) for v in (11e-6, 10e-6, 4e-6)] == ["below", "floor", "aim"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.234, "1.23 s"), (0.0283, "28.3 ms"), (4.1e-6, "4.1 us")]
)
def test_seconds_text(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


# --- tables and files ----------------------------------------------------------------------------


def measured(case: str, *rounds: Round, failure: str = "") -> Result:
    return Result(case, "tensorflow", 2, {"graphflow": [1.0]}, list(rounds), failure)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_table_shows_value_goals_and_verdict() -> None:
    noisy = make_round(0.01, 0.02, load=1.0)
    lines = table(
        [
            measured("lenet_train", make_round(0.01, 0.025)),
            measured("lenet_infer", make_round(0.01, 0.007), noisy),
            measured("resnet50_memory", make_round(8e8, 1e9)),
            measured("mlp_train", failure="step 0: differs\nand more"),
        ]
    ).splitlines()
    assert len({len(line) for line in lines}) == 1  # readable as it is
    assert cells(lines[2])[1:] == ["10 ms", "TensorFlow 25 ms", "2.50x", "1.50x", "2.20x", "aim"]
    assert cells(lines[3])[6] == "**4% short** (1 of 2 rounds noisy, counted all the same)"
    assert cells(lines[4])[1:] == ["800 MB", "TensorFlow 1000 MB", "0.80", "1.00", "0.60", "floor"]
    assert cells(lines[5])[1:] == ["", "", "", "1.30x", "2.00x", "step 0: differs"]


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    lenet = measured("lenet_train", make_round(1, 2))
    write_results(path, [measured("chain", failure="no memory")], ABOUT)
    write_results(path, [lenet], ABOUT)
    there, about = read_results(path)
    assert [r.case for r in there] == ["lenet_train", "chain"]
    assert there[0] == lenet
    assert about == ABOUT
    item = next(r for r in json.loads(path.read_text())["results"] if r["case"] == "lenet_train")
    assert (item["value"], item["reached"], item["minima"]) == (
        2.0,
        "floor",
        {"graphflow": 1, "tensorflow": 2},
    )


def test_results_of_other_versions_do_not_stay(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_results(path, [measured("lenet_infer", make_round(1, 2))], ABOUT)
    later = ABOUT | {"versions": {"graphflow": "0.2.0"}}
    write_results(path, [measured("lenet_train", make_round(1, 2))], later)
    assert [r.case for r in read_results(path)[0]] == ["lenet_train"]


def test_only_what_stands_between_markers_is_replaced() -> None:
    page = "Prose.\n<!-- a -->\nold\n<!-- end of a -->\nMore.\n"
    once = replace_between_markers(page, "a", "new\n")
    assert once == "Prose.\n<!-- a -->\n\nnew\n\n<!-- end of a -->\nMore.\n"
    assert replace_between_markers(once, "a", "new") == once
    with pytest.raises(ValueError, match="stands 0 times in the page"):
        replace_between_markers(page, "b", "new")
    with pytest.raises(ValueError, match="stands before"):
        replace_between_markers("<!-- end of a -->\n<!-- a -->\n", "a", "new")


def test_report_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text(report.PAGE.read_text())
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr("benchmarks.costs.cost_tables", lambda: "the costs")
    write_results(tmp_path / "a.json", [measured("lenet_train", make_round(0.01, 0.02))], ABOUT)
    report.main([str(tmp_path / "a.json")])
    text = page.read_text()
    assert "A chip, 2 cores (avx2)" in text
    assert "the costs" in text
    assert "| LeNet training step, batch 100, Adam | 10 ms     | TensorFlow 20 ms |" in text


def test_costs_of_lenet() -> None:
    costs = lenet_step()
    first, second = 28 * 28 * 25 * 32, 14 * 14 * 25 * 32 * 64
    assert costs["convolution"].flops == 200 * (first + second)
    assert costs["its gradient for the input"].flops == 200 * second
    assert costs["matrix products"].flops == 3 * 200 * (3136 * 1024 + 1024 * 10)
    assert costs["the optimizer's update"].bytes == 6 * 4 * 3274634


# --- rounds --------------------------------------------------------------------------------------


class FakeContender:
    """Answers without a process; `turns` records whose turn it was, `load` makes all noisy."""

    turns: ClassVar[list[str]] = []
    losses: ClassVar[dict[str, float]] = {}
    load = 0.0

    def __init__(self, framework: str, case_name: str, threads: int) -> None:
        self.framework = framework

    def __enter__(self) -> FakeContender:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def ask(self, line: str) -> list[float]:
        assert line == "steps 3"
        return [self.losses.get(self.framework, 1.0)] * 3

    def time(self, count: int) -> tuple[list[float], float]:
        self.turns.append(self.framework)
        seconds = {"graphflow": 0.01, "tensorflow": 0.02}[self.framework]
        return [seconds] * count, self.load


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeContender]:
    monkeypatch.setattr("benchmarks.run.Contender", FakeContender)
    monkeypatch.setattr(FakeContender, "turns", [])
    return FakeContender


def settings(rounds: int) -> Settings:
    return Settings("tensorflow", rounds, threads=2, seconds=0.1, say=lambda line: None)


def test_frameworks_take_turns_the_other_way_round_each_time(fake: type[FakeContender]) -> None:
    result = measure("lenet_train", settings(rounds=3))
    g, t = "graphflow", "tensorflow"
    assert fake.turns == [g, t, g, t, t, g, g, t]  # the first two are for warming up
    assert result.value == 2.0
    samples = {name: len(turn.samples) for name, turn in result.rounds[0].turns.items()}
    assert samples == {g: 10, t: 5}  # as many as fill 0.1 s


def test_noisy_rounds_are_repeated_as_often_as_rounds_were_asked_for(
    fake: type[FakeContender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "load", 0.5)
    assert len(measure("lenet_train", settings(rounds=3)).rounds) == 6


def test_nothing_is_timed_where_losses_disagree(
    fake: type[FakeContender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "losses", {"tensorflow": 1.01})
    result = measure("lenet_train", settings(rounds=3))
    assert result.failure == "step 0: graphflow has 1, tensorflow 1.01"
    assert result.value is None
    assert fake.turns == []


# --- processes -----------------------------------------------------------------------------------


def test_workers_are_not_slowed_down_by_the_environment() -> None:
    environ = {"OPENBLAS_CORETYPE": "Haswell", "TF_ENABLE_ONEDNN_OPTS": "0", "HOME": "/home/a"}
    made = worker_environ(environ, threads=1)
    assert made.keys().isdisjoint({"OPENBLAS_CORETYPE", "TF_ENABLE_ONEDNN_OPTS"})
    assert (made["HOME"], made["OMP_NUM_THREADS"], made["GRAPHFLOW_JIT"]) == ("/home/a", "1", "now")


def test_worker_that_ends_says_its_last_lines() -> None:
    with (
        Contender("graphflow", "no_such_case", 1) as contender,
        pytest.raises(ContenderError, match="(?s)ended with code 1:.*KeyError: 'no_such_case'"),
    ):
        contender.ask("steps 1")


def test_other_load_is_known_on_linux() -> None:
    busy = busy_seconds()
    if not Path("/proc/stat").exists():
        assert busy is None
        return
    assert busy is not None and busy > sum(os.times()[:2])
    with Contender("numpy", "chain", 1) as contender:
        seconds, load = contender.time(3)
    assert len(seconds) == 3 and min(seconds) > 0
    assert load is not None and load >= 0


def test_tiny_case_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "results.json"
    arguments = "--case run_tiny --peer none --rounds 1 --threads 1 --seconds 0.01 --json"
    assert main([*arguments.split(), str(path)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1].startswith("| " + CASES["run_tiny"].title)
    assert "  1: graphflow " in said.err
    (result,), about = read_results(path)
    assert result.numbers == {"graphflow": [7.0, 7.0, 7.0]}
    assert 0 < result.value < 1
    assert about["machine"]["cores"] == os.cpu_count()


def test_case_that_fails_is_reported_and_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(case: StepCase, result: Result, settings: Settings) -> None:
        if result.case == "chain":
            raise ContenderError("graphflow ended with code -11:\nlast words")
        result.rounds = [Round({"graphflow": Turn([1e-6])})]

    monkeypatch.setattr("benchmarks.run._measure_steps", fail)
    assert main("--case chain --case call_tiny --peer none".split()) == 1
    said = capsys.readouterr()
    *_, chain, tiny = said.out.splitlines()
    assert cells(chain)[-1] == "graphflow ended with code -11:"
    assert cells(tiny)[1] == "1 us"
    assert "last words" in said.err
