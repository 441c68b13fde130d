"""The rule the house stands by: a folder of graphflow imports only from folders before it.

`LAYERS` is that order, and `docs/map.md` tells it to the reader. An import inside a function, under
`TYPE_CHECKING` or through `importlib` counts like any other: whoever reads the file meets it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = "graphflow"

# Every folder of graphflow that is not named here belongs to the surface.
SURFACE = "the TF1 surface"
ROOT = "__init__.py"
LAYERS = (
    "protos",
    "core/base",
    "core/files",
    "core/graph",
    "core/ops",
    "core/variables",
    "core/gradients",
    "core/program",
    "core/passes",
    "core/plan",
    "core/codegen",
    "core/runtime",
    "core/session",
    "formats",
    "viz",
    SURFACE,
    ROOT,
    "models",
    "caffe",
    "examples",
    "cli",
)
COMPILERS = frozenset({"numba", "llvmlite"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def layer_of(module: str) -> str | None:
    """The layer of a dotted module name; None for a module of core/ that has no place in LAYERS."""
    parts = module.split(".")[1:]
    if not parts:
        return ROOT
    if parts[0] == "core":
        folder = "/".join(parts[:2])
        return folder if folder in LAYERS else None
    return parts[0] if parts[0] in LAYERS else SURFACE


def modules_in(tree: Path) -> dict[str, Path]:
    """Dotted name -> file, for each Python file of the package folder `tree`."""
    modules = {}
    for path in sorted(tree.rglob("*.py")):
        parts = [PACKAGE, *path.relative_to(tree).with_suffix("").parts]
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return modules


def absolute(name: str, level: int, module: str, path: Path) -> str:
    """What `from <level dots><name>` in `module` refers to."""
    if level == 0:
        return name
    up = level - 1 if path.name == "__init__.py" else level
    parts = module.split(".")
    return ".".join([*parts[: len(parts) - up], *filter(None, [name])])


def import_by_name(node: ast.AST) -> str | None:
    """The literal name in `importlib.import_module("x")` or `__import__("x")`."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return name
    return None


def imports_in(node: ast.AST, module: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The absolute names that one syntax node imports: submodules where there are such."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = absolute(node.module or "", node.level, module, path)
        for alias in node.names:
            submodule = f"{base}.{alias.name}"
            yield submodule if submodule in known else base
    elif name := import_by_name(node):
        stripped = name.lstrip(".")
        yield absolute(stripped, len(name) - len(stripped), module, path)


def walk_outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below `node` that run when the file is imported."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FUNCTIONS):
            yield child
            yield from walk_outside_functions(child)


def backward_imports(tree: Path) -> list[str]:
    """One line for each import that points to a later layer, and for each module without one."""
    known = modules_in(tree)
    faults = []
    for module, path in known.items():
        if module == PACKAGE:
            continue  # the public names: it may import everything
        here = layer_of(module)
        file = path.relative_to(tree).as_posix()
        if here is None and module != f"{PACKAGE}.core":
            faults.append(f"{file}: its folder has no place in LAYERS")
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            for target in imports_in(node, module, path, known):
                if target.split(".")[0] != PACKAGE or target == f"{PACKAGE}.core":
                    continue
                there = layer_of(target)
                if there is None or here is None or LAYERS.index(there) > LAYERS.index(here):
                    faults.append(
                        f"{file}:{node.lineno}: {here} imports {target}, which is of {there}"
                    )
    return faults


def compilers_imported_with_the_ops(tree: Path) -> list[str]:
    """One line for each import of a compiler in core/ops that stands outside a function."""
    known = modules_in(tree)
    faults = []
    for module, path in known.items():
        if layer_of(module) != "core/ops":
            continue
        for node in walk_outside_functions(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            for target in imports_in(node, module, path, known):
                if target.split(".")[0] in COMPILERS:
                    faults.append(f"{path.relative_to(tree).as_posix()}:{node.lineno}: {target}")
    return faults


def test_no_import_points_backwards() -> None:
    assert backward_imports(REPOSITORY / PACKAGE) == []


def test_ops_import_compilers_inside_functions_only() -> None:
    assert compilers_imported_with_the_ops(REPOSITORY / PACKAGE) == []


def test_the_map_tells_the_layers_in_their_order() -> None:
    rows = re.findall(
        r"^\| (?:`([^`]+)`|([^`|]+)) \|",
        (REPOSITORY / "docs/map.md").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    told = [folder.removesuffix("/") or words for folder, words in rows]
    assert [name for name in told if name in LAYERS] == list(LAYERS)


def plant(tree: Path, files: dict[str, str]) -> Path:
    """Writes a small package, with an `__init__.py` in each folder."""
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for folder in {parent for name in files for parent in (tree / name).parents}:
        if folder == tree or tree in folder.parents:
            (folder / "__init__.py").touch()
    return tree


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/base/errors.py", "from ..graph import tensor"),
        ("core/base/errors.py", "from ..graph.tensor import Tensor"),
        ("core/base/errors.py", "import graphflow.core.graph.tensor as tensor"),
        ("core/base/errors.py", "from graphflow.core.graph import tensor"),
        ("core/base/errors.py", "def f():\n    from ..graph import tensor"),
        ("core/base/errors.py", "if TYPE_CHECKING:\n    from ..graph import tensor"),
        ("core/base/errors.py", "importlib.import_module('graphflow.core.graph.tensor')"),
        ("core/base/errors.py", "import_module('..graph.tensor', __package__)"),
        ("core/base/__init__.py", "from ..graph import tensor"),
        ("core/graph/tensor.py", "from ...train import saver"),
        ("core/graph/tensor.py", "import graphflow as tf"),
        ("core/__init__.py", "from .graph import tensor"),
        ("train/saver.py", "from .. import Session"),
        ("train/saver.py", "from ..examples.tutorials import mnist"),
        ("viz/dot.py", "from ..nn import relu"),
        ("protos/graph_pb2.py", "from ..core.base import dtypes"),
    ],
)
def test_a_backward_import_is_reported(tmp_path: Path, file: str, line: str) -> None:
    tree = plant(
        tmp_path / PACKAGE,
        {
            "core/graph/tensor.py": "",
            "core/base/dtypes.py": "",
            "nn.py": "",
            "examples/tutorials/mnist.py": "",
            file: line,
        },
    )
    (fault,) = backward_imports(tree)
    assert fault.startswith(f"{file}:{len(line.splitlines())}: ")


def test_forward_imports_are_not_reported(tmp_path: Path) -> None:
    tree = plant(
        tmp_path / PACKAGE,
        {
            "__init__.py": "from .core.graph.tensor import Tensor as Tensor\nfrom . import train",
            "core/base/dtypes.py": "from __future__ import annotations\nimport numpy as np",
            "core/graph/tensor.py": "from ..base import dtypes\nfrom .shape import unify",
            "core/graph/shape.py": "from . import tensor\nfrom .. import base",
            "train/saver.py": "from ..nn import relu\nfrom ..core.graph.tensor import Tensor",
            "nn.py": "from . import train\nfrom .train import saver",
            "examples/tutorials/mnist.py": "import graphflow as tf\nimport graphflow.train.saver",
        },
    )
    assert backward_imports(tree) == []


def test_a_folder_of_core_without_a_place_is_reported(tmp_path: Path) -> None:
    tree = plant(tmp_path / PACKAGE, {"core/helpers/misc.py": "", "core/utils.py": ""})
    assert backward_imports(tree) == [
        "core/helpers/__init__.py: its folder has no place in LAYERS",
        "core/helpers/misc.py: its folder has no place in LAYERS",
        "core/utils.py: its folder has no place in LAYERS",
    ]


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("import numba", 1),
        ("from numba import cuda", 1),
        ("import numba.extending", 1),
        ("try:\n    import llvmlite.ir\nexcept ImportError:\n    pass", 1),
        ("class Kernel:\n    from numba import njit", 1),
        ("def softplus_cpu(types):\n    from numba import njit", 0),
        ("class Kernel:\n    def build(self):\n        import numba", 0),
    ],
)
def test_ops_may_import_compilers_inside_functions(tmp_path: Path, line: str, faults: int) -> None:
    tree = plant(tmp_path / PACKAGE, {"core/ops/math.py": line, "core/codegen/cpu.py": line})
    assert len(compilers_imported_with_the_ops(tree)) == faults
