"""The devices of this machine, as Session.list_devices names them."""

from __future__ import annotations

from typing import Any, NamedTuple


class DeviceAttributes(NamedTuple):
    """A device: its full name, its type, its memory limit in bytes and its incarnation."""

    name: str
    device_type: str
    memory_limit_bytes: int
    incarnation: int


def local_devices(config: Any = None) -> list[DeviceAttributes]:
    """The CPU, as many times as a ConfigProto's `device_count` says; its limit is all memory."""
    count = 1 if config is None else config.device_count.get("CPU", 1)
    return [
        DeviceAttributes(
            f"/job:localhost/replica:0/task:0/device:CPU:{number}", "CPU", _memory(), number + 1
        )
        for number in range(count)
    ]


def _memory() -> int:
    import os

    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
