"""AUTO_REUSE: the third answer to whether a scope shares its variables."""

from __future__ import annotations

import enum


class ReuseMode(enum.Enum):
    """Modes of reuse besides True and False."""

    AUTO_REUSE = 1


# Variables are taken if they exist, and made if they do not.
AUTO_REUSE = ReuseMode.AUTO_REUSE

Reuse = bool | ReuseMode | None
