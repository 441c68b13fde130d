"""Result: one case measured; the JSON that holds them, and the table that shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .cases import CASES, Case, Measure, seconds_text
from .rounds import COPY, OURS, Round, Turn, counted, median_of, median_value, smallest_of

_NAMES = {OURS: "graphflow", COPY: "np.copyto", "tensorflow": "TensorFlow", "pytorch": "PyTorch"}


@dataclass
class Result:
    """One case measured, with all samples.

    Attributes:
      case: its name in CASES.
      peer: tensorflow, pytorch; None where graphflow ran alone.
      threads: how many each framework was given.
      numbers: what the first steps computed, by framework.
      rounds: the samples.
      failure: why there is no value, in words; else empty.
    """

    case: str
    peer: str | None
    threads: int
    numbers: dict[str, list[float]] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)
    failure: str = ""

    @property
    def definition(self) -> Case:
        return CASES[self.case]

    @property
    def value(self) -> float | None:
        """What the case's measure says; None where it failed or had no peer."""
        if self.failure or not self.rounds:
            return None
        return median_value(self.rounds, self.definition.measure, self.peer)


def write_results(path: Path, results: Sequence[Result], about: dict[str, Any]) -> None:
    """Writes results as JSON, beside those of other cases that are there already.

    Args:
      path: the file; results of another machine or other versions in it are dropped.
      results: to be added, each in place of an older one of its case and peer.
      about: machine and versions.
    """
    kept: dict[tuple[str, str | None], Result] = {}
    if path.exists():
        there, there_about = read_results(path)
        if there_about == about:
            kept = {(r.case, r.peer): r for r in there}
    kept |= {(r.case, r.peer): r for r in results}
    text = json.dumps(about | {"results": [_as_json(r) for r in kept.values()]}, indent=1)
    path.write_text(text + "\n")


def _as_json(result: Result) -> dict[str, Any]:
    """All of a result, and what follows from it, for readers of the file."""
    value = result.value
    follows: dict[str, Any] = {"title": result.definition.title, "value": value}
    if value is not None:
        follows["reached"] = result.definition.reached(value)
        names = result.rounds[0].turns
        follows["medians"] = {name: median_of(result.rounds, name) for name in names}
        follows["minima"] = {name: smallest_of(result.rounds, name) for name in names}
        measure = result.definition.measure
        follows["values"] = [r.value(measure, result.peer) for r in result.rounds]
        follows["noise"] = [r.noise for r in result.rounds]
    return follows | asdict(result)


def read_results(path: Path) -> tuple[list[Result], dict[str, Any]]:
    """The results in a file, in the order of CASES, and what it says about machine and versions."""
    content = json.loads(path.read_text())
    results = [_from_json(item) for item in content.pop("results") if item["case"] in CASES]
    order = list(CASES)
    return sorted(results, key=lambda r: order.index(r.case)), content


def _from_json(item: dict[str, Any]) -> Result:
    rounds = [
        Round({name: Turn(**turn) for name, turn in r["turns"].items()}) for r in item["rounds"]
    ]
    return Result(
        item["case"], item["peer"], item["threads"], item["numbers"], rounds, item["failure"]
    )


# --- the table -----------------------------------------------------------------------------------

_HEADER = ("case", "graphflow", "peer", "measured", "floor", "aim", "reached")
_VERDICTS = {"aim": "aim", "floor": "floor"}


def table(results: Sequence[Result]) -> str:
    """A Markdown table with a line for each result, padded so that it reads as text too."""
    rows = [_HEADER, *(_row(result) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(result: Result) -> tuple[str, ...]:
    case = result.definition
    goals = case.measure.text(case.floor), case.measure.text(case.aim)
    value = result.value
    if value is None:
        verdict = result.failure.splitlines()[0] if result.failure else "no peer"
        return case.title, _time(result, OURS), "", "", *goals, verdict
    peers = [name for name in result.rounds[0].turns if name != OURS]
    return (
        case.title,
        _time(result, OURS),
        ", ".join(f"{_NAMES[name]} {_time(result, name)}" for name in peers),
        case.measure.text(value),
        *goals,
        _verdict(case, value) + _noise(result),
    )


def _time(result: Result, framework: str) -> str:
    """A framework's median, as a time or as memory."""
    if not result.rounds:
        return ""
    median = median_of(result.rounds, framework)
    is_memory = result.definition.measure is Measure.MEMORY
    return f"{median / 1e6:.0f} MB" if is_memory else seconds_text(median)


def _verdict(case: Case, value: float) -> str:
    """Floor or aim; else by how much the floor is missed."""
    reached = case.reached(value)
    if reached in _VERDICTS:
        return _VERDICTS[reached]
    share = value / case.floor if case.aim > case.floor else case.floor / value
    return f"**{1 - share:.0%} short**"


def _noise(result: Result) -> str:
    """How many rounds other load made noisy, where they had to be counted or were many."""
    noisy = sum(bool(r.noise) for r in result.rounds)
    if not noisy:
        return ""
    used = (
        "counted all the same" if len(counted(result.rounds)) == len(result.rounds) else "left out"
    )
    return f" ({noisy} of {len(result.rounds)} rounds noisy, {used})"
