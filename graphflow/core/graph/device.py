"""Device strings: `/job:worker/replica:0/task:1/device:GPU:0`, parsed, merged and written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

DeviceFunction = Callable[[Any], "str | DeviceSpec | None"]


@dataclass(frozen=True)
class DeviceSpec:
    """A device, possibly named in part.

    Args:
      job: the job's name.
      replica: the replica's index.
      task: the task's index.
      device_type: `CPU` or `GPU`.
      device_index: the index among devices of that type; None for any (`*`).
    """

    job: str | None = None
    replica: int | None = None
    task: int | None = None
    device_type: str | None = None
    device_index: int | None = None

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """Parses a device string, long (`/device:GPU:0`) or short (`/gpu:0`).

        Raises:
          ValueError: the string names no device.
        """
        fields: dict[str, Any] = {}
        for part in filter(None, spec.split("/")):
            key, *rest = part.split(":")
            if key in ("replica", "task") and len(rest) == 1:
                fields[key] = int(rest[0])
            elif key == "job" and len(rest) == 1:
                fields["job"] = rest[0]
            elif key == "device" and len(rest) == 2:
                fields |= _type_and_index(rest[0], rest[1])
            elif key.upper() in ("CPU", "GPU", "TPU") and len(rest) <= 1:
                fields |= _type_and_index(key, rest[0] if rest else "*")
            else:
                raise ValueError(f"Unknown attribute: '{key}' in '{spec}'")
        return cls(**fields)

    def merged_into(self, outer: DeviceSpec) -> DeviceSpec:
        """`outer` with what this spec names replacing what `outer` names."""
        named = {k: v for k, v in vars(self).items() if v is not None}
        return replace(outer, **named)

    def merge_from(self, other: DeviceSpec) -> None:
        """Takes over what `other` names, in place, as TF 1.14's DeviceSpec does."""
        for field, value in vars(other).items():
            if value is not None:
                object.__setattr__(self, field, value)

    def to_string(self) -> str:
        parts = [
            f"/{k}:{v}" for k in ("job", "replica", "task") if (v := getattr(self, k)) is not None
        ]
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            parts.append(f"/device:{self.device_type}:{index}")
        return "".join(parts)


def _type_and_index(device_type: str, index: str) -> dict[str, Any]:
    upper = device_type.upper()
    known = upper if upper in ("CPU", "GPU", "TPU") else device_type
    return {"device_type": known, "device_index": None if index == "*" else int(index)}


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
        return DeviceSpec.from_string(node.device or "").merged_into(outer).to_string()

    return merge
