"""Regenerates `graphflow/protos/*_pb2.py` and `.pyi` from the `.proto` files beside them.

    python -m venv protoc-env                          # Python 3.11 or 3.12
    protoc-env/bin/pip install grpcio-tools==1.62.3    # its own environment: it needs protobuf 4
    protoc-env/bin/python tools/make_protos.py

The compiler is protoc 25 on purpose: its output carries no check of the run-time's version, so the
same files load with protobuf 5, 6 and 7. What newer compilers write refuses older run-times.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

PROTOC_LINE = "# Protobuf Python Version: 4.25."
ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    # Imported here so that --help and readers of this file need no grpcio-tools.
    from grpc_tools import protoc

    sources = sorted((ROOT / "graphflow" / "protos").glob("*.proto"))
    well_known_types = Path(protoc.__file__).parent / "_proto"
    arguments = [f"-I{ROOT}", f"-I{well_known_types}", f"--python_out={ROOT}", f"--pyi_out={ROOT}"]
    status = protoc.main(["protoc", *arguments, *map(str, sources)])
    if status != 0:
        return int(status)
    for source in sources:
        seal(source)
    return 0


def seal(source: Path) -> None:
    """Appends the digest of `source` to its module: a test compares them, so neither goes stale."""
    module = source.with_name(f"{source.stem}_pb2.py")
    text = module.read_text()
    if PROTOC_LINE not in text:
        raise SystemExit(f"{module.name} was not made by protoc 25: see {Path(__file__).name}")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    module.write_text(f"{text}# source sha256: {digest}\n")


if __name__ == "__main__":
    sys.exit(main())
