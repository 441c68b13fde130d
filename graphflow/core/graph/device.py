"""Device strings: `/job:worker/replica:0/task:1/device:GPU:0`, parsed, merged and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

DeviceFunction = Callable[[Any], "str | DeviceSpec | None"]


_SHORT_TYPES = ("CPU", "GPU", "TPU")  # `/gpu:0` is `/device:GPU:0`
# How each field is kept, whatever it is given as.
_KEPT_AS: dict[str, Callable[[Any], Any]] = {
    "job": str,
    "replica": int,
    "task": int,
    "device_type": lambda name: name.upper() if name.upper() in _SHORT_TYPES else str(name),
    "device_index": int,
}


@dataclass(unsafe_hash=True)
class DeviceSpec:
    """A device, possibly named in part. Its fields can be assigned, as in TF 1.14.

    Args:
      job: the job's name.
      replica: the replica's index.
      task: the task's index.
      device_type: such as `CPU` or `GPU`.
      device_index: the index among devices of that type; None for any (`*`).
    """

    job: str | None = None
    replica: int | None = None
    task: int | None = None
    device_type: str | None = None
    device_index: int | None = None

    def __setattr__(self, field: str, value: Any) -> None:
        super().__setattr__(field, value if value is None else _KEPT_AS[field](value))

    @classmethod
    def from_string(cls, spec: str | None) -> DeviceSpec:
        """Parses a device string, long (`/device:GPU:0`) or short (`/gpu:0`).

        Raises:
          ValueError: the string names no device, or two.
        """
        return cls(**_parse(spec or ""))

    def parse_from_string(self, spec: str | None) -> DeviceSpec:
        """Becomes the device of a string.

        Returns:
          This spec.

        Raises:
          ValueError: the string names no device, or two.
        """
        named = _parse(spec or "")
        for field in _KEPT_AS:
            setattr(self, field, named.get(field))
        return self

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """This spec, with what `dev` names in place of what this one names."""
        return replace(self, **dev._named())

    def merge_from(self, dev: DeviceSpec) -> None:
        """Takes over what `dev` names, in place."""
        for field, value in dev._named().items():
            setattr(self, field, value)

    def replace(self, **fields: Any) -> DeviceSpec:
        """A spec with other values in the given fields, None included."""
        return replace(self, **fields)

    def to_string(self) -> str:
        """The long spelling: `/job:worker/replica:0/task:1/device:GPU:0`."""
        parts = [
            f"/{k}:{v}" for k in ("job", "replica", "task") if (v := getattr(self, k)) is not None
        ]
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            parts.append(f"/device:{self.device_type}:{index}")
        return "".join(parts)

    def _named(self) -> dict[str, Any]:
        return {field: value for field, value in vars(self).items() if value is not None}


def _parse(spec: str) -> dict[str, Any]:
    """The fields that a device string names."""
    fields: dict[str, Any] = {}
    for part in filter(None, spec.split("/")):
        key, *rest = part.split(":")
        if key in ("job", "replica", "task") and len(rest) == 1:
            fields[key] = rest[0]
            continue
        if key == "device" and len(rest) == 2:
            key, *rest = rest
        elif key.upper() not in _SHORT_TYPES or len(rest) > 1:
            raise ValueError(f"Unknown attribute: '{key}' in '{spec}'")
        if "device_type" in fields:
            raise ValueError(f"Cannot specify multiple device types: {spec}")
        fields["device_type"] = key
        fields["device_index"] = rest[0] if rest and rest[0] != "*" else None
    return fields


def canonical_name(device: str | DeviceSpec | None) -> str:
    """A device in its long spelling; empty for None."""
    if device is None:
        return ""
    return (
        device.to_string()
        if isinstance(device, DeviceSpec)
        else DeviceSpec.from_string(device).to_string()
    )


def merge_device(spec: str | DeviceSpec | None) -> DeviceFunction:
    """A device function: `spec`, completed or replaced by the fields that the node names itself."""
    outer = DeviceSpec.from_string(canonical_name(spec))

    def merge(node: Any) -> str:
        return outer.make_merged_spec(DeviceSpec.from_string(node.device)).to_string()

    return merge
