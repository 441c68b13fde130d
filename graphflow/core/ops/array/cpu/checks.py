"""CheckNumerics on the CPU: a copy that notes what it sees, and a call that reports it."""

from __future__ import annotations

from typing import Any

from ....base import dtypes, errors
from ...lowering import Argument, Lowering
from ..checks import check_numerics_op
from .boxes import BYTES_PER_NS

_TYPES = {"float32": "f32", "float64": "f64"}
_PART = 4096  # elements of an item
_NAN, _INFINITY = 1, 2  # what the kernels `numerics.copy` have seen


@check_numerics_op.cpu
def check_numerics_cpu(node: Any, k: Lowering) -> None:
    (x,), (y,) = k.inputs, k.outputs
    k.require(x.kind in _TYPES)
    if not x.size:
        return
    parts = -(-x.size // _PART)
    seen = k.temporary_like([parts], dtypes.int64, "seen")
    is_even = parts * _PART == x.size
    k.call(
        f"numerics.copy_{_TYPES[x.kind]}",
        parts,
        [k.write(y, whole=not is_even), k.read(x, whole=not is_even), k.write(seen), _PART, x.size],
        cost=2 * x.nbytes / BYTES_PER_NS,
    )

    def failure(value: int, position: int) -> Exception:
        kinds = ((_INFINITY, "Inf"), (_NAN, "NaN"))
        found = " and ".join(name for bit, name in kinds if value & bit)
        message = f"{node.attrs['message']} : Tensor had {found} values"
        return errors.InvalidArgumentError(None, None, message)

    words: list[Argument] = [k.read(seen, whole=True), parts, k.failure()]
    k.call("numerics.report_seen", 1, words, cost=float(parts), failure=failure)
