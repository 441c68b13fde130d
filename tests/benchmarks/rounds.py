"""What is made of the samples: rounds, which of them other load made noisy, and a case's value.

A round is a turn of each framework, one after the other. Frameworks are compared within a round,
since what the machine does otherwise changes slower than that.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .cases import Measure

_NOISY_LOAD = 0.08  # of a core, used by other processes
_NOISY_SPREAD = 0.25  # between the quartiles of a turn, relative to its median
_ENOUGH_QUIET = 3

OURS = "graphflow"
COPY = "numpy"


@dataclass(frozen=True)
class Turn:
    """The samples of one framework in one round.

    Attributes:
      samples: seconds, or bytes.
      other_load: the share of a core that other processes used meanwhile; None where unknown.
    """

    samples: list[float]
    other_load: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def spread(self) -> float:
        """How far apart the quartiles are, relative to the median."""
        if len(self.samples) < 4:
            return 0.0
        low, median, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return (high - low) / median


@dataclass(frozen=True)
class Round:
    """A turn of each framework."""

    turns: dict[str, Turn]

    @property
    def noise(self) -> str:
        """Why this round does not count, in words; empty for a quiet one."""
        for framework, turn in self.turns.items():
            if turn.other_load is not None and turn.other_load > _NOISY_LOAD:
                return f"other processes used {turn.other_load:.0%} of a core beside {framework}"
            if turn.spread > _NOISY_SPREAD:
                return f"{framework}'s times differ by {turn.spread:.0%}"
        return ""

    def value(self, measure: Measure, peer: str | None) -> float | None:
        """A measure in this round; None where it needs a peer that there is not."""
        ours = self.turns[OURS].median
        match measure:
            case Measure.SECONDS:
                return ours
            case Measure.COPY_SHARE:
                return self.turns[COPY].median / ours
        if peer not in self.turns:
            return None
        theirs = self.turns[peer].median
        return ours / theirs if measure is Measure.MEMORY else theirs / ours


def counted(rounds: Sequence[Round]) -> list[Round]:
    """The rounds that a summary is made of: the quiet ones, or all where those are too few."""
    quiet = [r for r in rounds if not r.noise]
    return quiet if len(quiet) >= min(_ENOUGH_QUIET, len(rounds)) else list(rounds)


def median_value(rounds: Sequence[Round], measure: Measure, peer: str | None) -> float | None:
    """The median of a measure over the rounds that count; None where no round has one."""
    values = [r.value(measure, peer) for r in counted(rounds)]
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def median_of(rounds: Sequence[Round], framework: str) -> float:
    """The median over the rounds that count of a framework's medians."""
    return statistics.median(r.turns[framework].median for r in counted(rounds))


def smallest_of(rounds: Sequence[Round], framework: str) -> float:
    """The smallest of all of a framework's samples."""
    return min(min(r.turns[framework].samples) for r in rounds)


def disagreement(numbers: dict[str, list[float]], tolerance: float) -> str:
    """How the numbers of frameworks' first steps disagree, in words; empty where they agree.

    Args:
      numbers: for each framework, one for each step.
      tolerance: how much they may differ, relatively.
    """
    ours = numbers[OURS]
    for framework, theirs in numbers.items():
        for step, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if not (math.isfinite(a) and math.isclose(a, b, rel_tol=tolerance)):
                return f"step {step}: {OURS} has {a:.9g}, {framework} {b:.9g}"
    return ""
