"""The devices of this machine, as Session.list_devices names them."""

from __future__ import annotations

from typing import NamedTuple


class DeviceAttributes(NamedTuple):
    """A device: its full name, its type, its memory limit in bytes and its incarnation."""

    name: str
    device_type: str
    memory_limit_bytes: int
    incarnation: int


def local_devices() -> list[DeviceAttributes]:
    """The CPU; its memory limit is the machine's memory."""
    return [DeviceAttributes("/job:localhost/replica:0/task:0/device:CPU:0", "CPU", _memory(), 1)]


def _memory() -> int:
    import os

    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
