"""From a `tf.ConfigProto` to how programs are run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..runtime.executable import ExecutionOptions, default_options

# OptimizerOptions.GlobalJitLevel; DEFAULT (0) leaves it to the environment.
_JIT_LEVELS = {-1: "off", 1: "auto", 2: "now"}


def options_from(config: Any) -> ExecutionOptions:
    """What a session's config asks for, and the environment where it says nothing.

    `intra_op_parallelism_threads` is the number of threads; `global_jit_level` OFF, ON_1 and ON_2
    mean `GRAPHFLOW_JIT=off`, `auto` and `now`.
    """
    options = default_options()
    if config is None:
        return options
    if config.intra_op_parallelism_threads > 0:
        options = replace(options, threads=config.intra_op_parallelism_threads)
    level = config.graph_options.optimizer_options.global_jit_level
    return replace(options, jit=_JIT_LEVELS.get(level, options.jit))
