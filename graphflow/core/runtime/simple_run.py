"""Runs that need nothing but a few small arguments: with as few steps in Python as can be.

A plan that fits (`NativePlan.simple_run`) is one segment of small kernels on the calling thread. It
has no variables, no random numbers, and nothing in it can fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .instance import Instance

SimpleRun = Callable[[Sequence[Any]], list[Any]]


def simple_run(make_instance: Callable[[], Instance]) -> SimpleRun:
    """What runs such a plan; several threads at once may call it.

    Args:
      make_instance: makes an instance of the plan, whose prologue has run.

    Returns:
      From arguments (an array of the planned shape for each `_Arg`, or a float for a scalar) to
      results that the caller owns.
    """
    instances: list[Instance] = []  # whose memory the runs use
    idle: list[SimpleRun] = []

    def run_simple(args: Sequence[Any]) -> list[Any]:
        try:
            run = idle.pop()  # atomic, and faster than a lock
        except IndexError:
            instance = make_instance()
            instances.append(instance)
            run = _run_on(instance, args)
        results = run(args)
        idle.append(run)
        return results

    return run_simple


def _run_on(instance: Instance, args: Sequence[Any]) -> SimpleRun:
    """What runs on an instance; `args` tell the shapes that all arguments have."""
    compute, takes = instance.run_alone, instance.take_results
    places = [(i, place.reshape(np.shape(args[i]))) for i, place in instance.copied]

    def run(args: Sequence[Any]) -> list[Any]:
        for index, place in places:
            place[...] = args[index]
        compute()
        return [take() for take in takes]

    if len(places) != 1 or len(takes) != 1:
        return run
    ((index, place),), (take,) = places, takes

    def run_one(args: Sequence[Any]) -> list[Any]:
        place[...] = args[index]
        compute()
        return [take()]

    return run_one
