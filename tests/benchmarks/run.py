"""Times graphflow against a peer: `python tests/benchmarks/run.py --case all --peer tensorflow`.

Each framework runs in a process of its own, with the same weights and batches. The numbers of their
first steps have to agree; then they take turns, one waiting while the other runs. Rounds in which
other processes needed the machine are repeated, as often as there were rounds asked for.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.cases import CASES, MemoryCase, StartCase, StepCase
from benchmarks.contender import Contender, ContenderError
from benchmarks.machine import describe_machine, describe_versions
from benchmarks.results import Result, table, write_results
from benchmarks.rounds import COPY, OURS, Round, Turn, disagreement

_MODULES = {"tensorflow": "tensorflow", "pytorch": "torch"}
_COMPARED_STEPS = 3
_WARM_UP = 3
_MIN_SAMPLES = 3
_MAX_STARTS = 5  # rounds of new processes: each takes seconds, and varies little
_STEPS_TO_PEAK = 5


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes:
      peer: tensorflow, pytorch, or None for graphflow alone.
      rounds: how many quiet rounds are wanted.
      threads: how many each framework may use.
      seconds: how long a turn is to take.
      say: is told what happens, a line at a time.
    """

    peer: str | None
    rounds: int
    threads: int
    seconds: float
    say: Callable[[str], None]


def measure(name: str, settings: Settings) -> Result:
    """Measures one case; what goes wrong stands in the Result's `failure`."""
    case = CASES[name]
    threads = settings.threads
    if isinstance(case, StepCase) and case.threads is not None:
        threads = case.threads
    result = Result(name, settings.peer, threads)
    settings.say(f"{name}: {case.title}")
    try:
        match case:
            case StepCase():
                _measure_steps(case, result, settings)
            case StartCase():
                _measure_start(case, result, settings)
            case MemoryCase():
                _measure_memory(case, result, settings)
    except ContenderError as error:
        result.failure = str(error)
    if result.failure:
        settings.say(f"  {result.failure}")
    return result


def _frameworks(settings: Settings) -> list[str]:
    return [OURS, settings.peer] if settings.peer else [OURS]


def _measure_steps(case: StepCase, result: Result, settings: Settings) -> None:
    """Steps in alternating rounds, once their first numbers agree."""
    names = _frameworks(settings) + [COPY] * (case.make_copy is not None)
    with contextlib.ExitStack() as stack:
        contenders = {
            name: stack.enter_context(Contender(name, result.case, result.threads))
            for name in names
        }
        result.numbers = {
            name: contenders[name].ask(f"steps {_COMPARED_STEPS}") for name in _frameworks(settings)
        }
        result.failure = disagreement(result.numbers, case.tolerance)
        if result.failure:
            return
        counts = {name: _count(contender, case, settings) for name, contender in contenders.items()}
        quiet = 0
        while quiet < settings.rounds and len(result.rounds) < 2 * settings.rounds:
            # The other way round each time: what comes first is no advantage.
            order = names if len(result.rounds) % 2 == 0 else names[::-1]
            turns = {name: Turn(*contenders[name].time(counts[name])) for name in order}
            result.rounds.append(Round(turns))
            quiet += not result.rounds[-1].noise
            settings.say(_round_line(result))


def _count(contender: Contender, case: StepCase, settings: Settings) -> int:
    """How many samples make a turn as long as it is to be, found by warming up."""
    seconds, _ = contender.time(_WARM_UP)
    return max(_MIN_SAMPLES, math.ceil(settings.seconds / (min(seconds) * case.calls)))


def _measure_start(case: StartCase, result: Result, settings: Settings) -> None:
    """New processes, from their start to their first step, in the default mode of graphflow."""
    _compile_bytecode()
    with tempfile.TemporaryDirectory() as warm:
        if case.is_warm:
            with Contender(OURS, case.of, result.threads, {"GRAPHFLOW_CACHE": warm}) as contender:
                contender.ask("steps 1")
        for _ in range(min(settings.rounds, _MAX_STARTS)):
            with tempfile.TemporaryDirectory() as empty:
                environ = {
                    "GRAPHFLOW_JIT": "auto",
                    "GRAPHFLOW_CACHE": warm if case.is_warm else empty,
                }
                turns = {}
                for name in _frameworks(settings):
                    start = time.perf_counter()
                    with Contender(name, case.of, result.threads, environ) as contender:
                        contender.ask("steps 1")
                        turns[name] = Turn([time.perf_counter() - start])
            result.rounds.append(Round(turns))
            settings.say(_round_line(result))


def _compile_bytecode() -> None:
    """What installing a package does, but not installing it to be edited."""
    (folder,) = find_spec("graphflow").submodule_search_locations
    compileall.compile_dir(folder, quiet=1)


def _measure_memory(case: MemoryCase, result: Result, settings: Settings) -> None:
    """The peaks of processes that run some steps."""
    turns = {}
    for name in _frameworks(settings):
        with Contender(name, case.of, result.threads) as contender:
            contender.ask(f"steps {_STEPS_TO_PEAK}")
            turns[name] = Turn([contender.ask("memory")])
    result.rounds.append(Round(turns))
    settings.say(_round_line(result))


def _round_line(result: Result) -> str:
    """What is said of the last round."""
    last = result.rounds[-1]
    measure = result.definition.measure
    value = last.value(measure, result.peer)
    said = ", ".join(f"{name} {turn.median:.4g}" for name, turn in sorted(last.turns.items()))
    noise = f" (noisy: {last.noise})" if last.noise else ""
    return f"  {len(result.rounds)}: {said}{f': {measure.text(value)}' if value else ''}{noise}"


def _can_run(name: str, peer: str) -> bool:
    """Whether a peer has this case."""
    if peer != "pytorch":
        return True
    from benchmarks.torch_cases import TORCH_CASES

    case = CASES[name]
    return (case.of if isinstance(case, StartCase | MemoryCase) else name) in TORCH_CASES


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Times graphflow against another framework.",
        epilog="Cases: " + ", ".join(CASES),
    )
    parser.add_argument(
        "--case", action="append", required=True, choices=["all", *CASES], metavar="CASE",
        help="a case, or all; may be repeated",
    )  # fmt: skip
    parser.add_argument("--peer", choices=[*_MODULES, "none"], default="tensorflow")
    parser.add_argument("--rounds", type=int, default=10, help="quiet rounds wanted (10)")
    parser.add_argument("--threads", type=int, default=2, help="of each framework (2)")
    parser.add_argument("--seconds", type=float, default=1.0, help="that a turn takes (1)")
    parser.add_argument("--json", type=Path, help="all samples go there, beside other cases'")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Measures what the command line asks for.

    Returns:
      1 where a case failed or the numbers of the frameworks disagree, else 0.
    """
    asked = parse(arguments)
    names = list(CASES) if "all" in asked.case else asked.case
    peer = None if asked.peer == "none" else asked.peer
    if peer and not find_spec(_MODULES[peer]):
        print(f"{peer} is not installed: nothing to compare with", file=sys.stderr)
        return 0

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    settings = Settings(peer, asked.rounds, asked.threads, asked.seconds, say)
    about = {"machine": describe_machine(), "versions": describe_versions([peer] if peer else [])}
    results = []
    for name in names:
        if peer and not _can_run(name, peer):
            say(f"{name}: not written for {peer}, left out")
            continue
        results.append(measure(name, settings))
        if asked.json:
            write_results(asked.json, results[-1:], about)
    print(table(results))
    return int(any(result.failure for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
