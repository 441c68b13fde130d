"""Writes the tables of docs/performance.md: `python tests/benchmarks/report.py FILE.json ...`.

What stands between a table's two marker comments is replaced; the prose around stays.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if not __package__:
    sys.path[:0] = [str(Path(__file__).resolve().parents[i]) for i in (1, 2)]

from benchmarks.results import Result, read_results, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


def replace_between_markers(text: str, name: str, content: str) -> str:
    """Puts a table in the place of the one that is there.

    Args:
      text: a page with the lines `<!-- NAME -->` and `<!-- end of NAME -->`, once each, in order.
      name: of the table.
      content: the new lines.

    Raises:
      ValueError: the page lacks a marker, or has it twice.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    for marker in (begin, end):
        if text.count(marker) != 1:
            raise ValueError(f"{marker!r} stands {text.count(marker)} times in the page, not once")
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{end!r} stands before {begin!r}")
    return f"{before}{begin}\n{content.strip()}\n\n{end}{after}"


def measured(results: Sequence[Result], about: dict[str, Any]) -> str:
    """Machine, versions and the table of all cases."""
    machine, versions = about["machine"], about["versions"]
    features = ", ".join(machine["features"]) or "none of interest"
    threads = max(result.threads for result in results)
    return "\n".join(
        [
            f"{machine['cpu']}, {machine['cores']} cores ({features}), {machine['system']};",
            ", ".join(f"{name} {version}" for name, version in versions.items()) + ";",
            f"{threads} threads where the line does not say otherwise.",
            "",
            table(results),
        ]
    )


def main(paths: Sequence[str]) -> None:
    sections = [measured(*read_results(Path(path))) for path in paths]
    text = replace_between_markers(PAGE.read_text(), "measured", "\n\n".join(sections))
    from benchmarks.costs import cost_tables  # builds graphs

    PAGE.write_text(replace_between_markers(text, "costs", cost_tables()))


if __name__ == "__main__":
    main(sys.argv[1:])
