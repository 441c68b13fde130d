"""`graphflow cache info|clear|warm`: the machine code that is kept on disk."""

from __future__ import annotations

import argparse
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
    from ..core.codegen.cpu.library import kernel_address, library_kernels

    start = time.perf_counter()
    kernels = library_kernels()
    for number, kernel in enumerate(kernels, 1):
        _progress(f"{number}/{len(kernels)} {kernel.name}")
        kernel_address(kernel)
    _progress("")
    print(f"{len(kernels)} kernels are ready, after {time.perf_counter() - start:.0f} s")
    return 0


def _progress(text: str) -> None:
    """Shows a line in the place of the one before; in a file, nothing."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="", flush=True)
