"""`graphflow cache info|clear|warm`: the machine code that is kept on disk."""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from typing import Any


def add_parser(commands: Any) -> None:
    """Adds the command to an argument parser's subcommands."""
    parser = commands.add_parser(
        "cache",
        help="show, empty or fill the cache of compiled kernels",
        description="Kernels are compiled once and kept in GRAPHFLOW_CACHE, or the user's cache "
        "folder.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for run, text in (
        (_info, "show where the cache is and what is in it"),
        (_clear, "remove the kernels in it"),
        (_warm, "compile the library's kernels now, so that no later run has to wait for them"),
    ):
        action = actions.add_parser(run.__name__[1:], help=text, description=f"Use it to {text}.")
        action.set_defaults(run=run)


def _info(_: argparse.Namespace) -> int:
    from ..core.codegen.cpu.cache import cache_info

    info = cache_info()
    print(f"folder   {info.folder}")
    print(f"kernels  {info.entries} ({info.nbytes / 1e6:.1f} MB)")
    print(f"usable   {info.current} are of this version, compiler and CPU")
    return 0


def _clear(_: argparse.Namespace) -> int:
    from ..core.codegen.cpu.cache import cache_folder, clear_cache

    print(f"removed {clear_cache()} files from {cache_folder()}")
    return 0


def _warm(_: argparse.Namespace) -> int:
    from ..core.base.terminal_line import TerminalLine
    from ..core.codegen.cpu.library import compile_into_cache, is_ready, library_kernels
    from ..core.codegen.cpu.workers import compile_missing
    from ..core.runtime.cores import available_cores

    start = time.perf_counter()
    kernels, line, count = library_kernels(), TerminalLine(sys.stdout), itertools.count(1)

    def show(kernel: Any) -> None:
        line.show(f"{next(count)}/{len(kernels)} {kernel.name}")

    compile_missing(kernels, available_cores(), show)
    for kernel in kernels:
        if not is_ready(kernel):
            show(kernel)
            compile_into_cache(kernel)
    line.clear()
    print(f"{len(kernels)} kernels are ready, after {time.perf_counter() - start:.0f} s")
    return 0
