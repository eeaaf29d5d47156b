"""What the design forbids: arrows between modules, imports that cost, names that hide packages."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pilotlight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Python = Callable[..., str]

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pilotlight"

# The runtime half: what each part may import of pilotlight, and of what is not the standard
# library. A folder is one part, whose modules may import each other.
ARROWS: dict[str, set[str]] = {
    "__init__": {"version"},  # and by name, when it is first used, what __all__ promises
    "version": set(),
    "errors": set(),
    "dtypes": {"errors"},
    "lists": {"dtypes", "errors"},
    "tensor": {"dtypes", "errors", "lists"},
    "engine": {"dtypes", "errors", "tensor"},
    "bundle": {"dtypes", "errors", "tensor"},
    "model": {"bundle", "engine", "errors"},
    "examples": {"dtypes", "errors", "lists", "tensor"},
    "batch": {"errors", "examples", "lists", "tensor"},
    "service": {"batch", "errors", "model"},
    "protocols": {"errors", "lists", "orjson", "tensor"},
    "telemetry": set(),
    "http": {"errors", "lists", "protocols", "service", "telemetry"},
    "aws": {"batch", "errors", "http", "protocols", "service"},
}
ADAPTERS = {"aws"}
FORBIDDEN = [
    "asyncio",
    "boto3",
    "dataclasses",
    "google",
    "inspect",
    "numpy",
    "obstore",
    "onnxruntime",
    "orjson",
    "pathlib",
    "pydantic",
    "typing",
]
RUNTIME = sorted(set(SOURCE.rglob("*.py")) - set((SOURCE / "tools").rglob("*.py")))


def _part(path: Path) -> str:
    inner = path.relative_to(SOURCE)
    return inner.parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield what a module imports when it runs, and whether it is pilotlight's own."""
    package = list(path.relative_to(SOURCE).parts[:-1])
    todo: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module).partition(".")[0], False
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] + (node.module or "").split(".")
            base = [name for name in base if name]
            yield from ((name, True) for name in base[:1] or [a.name for a in node.names])
        todo += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", RUNTIME, ids=lambda path: str(path.relative_to(SOURCE)))
def test_arrows_go_only_as_the_design_has_them(path: Path) -> None:
    part = _part(path)
    found = {
        name
        for name, own in _imports(path)
        if (own and name != part) or (not own and name not in sys.stdlib_module_names)
    }
    assert found <= ARROWS[part]


def test_every_part_of_the_runtime_half_is_in_the_table() -> None:
    assert {_part(path) for path in RUNTIME} == set(ARROWS)
    parts = set(ARROWS) | {"orjson", "obstore"}
    assert {arrow for arrows in ARROWS.values() for arrow in arrows} <= parts
    assert all(not arrows & (ADAPTERS | {"tools"}) for arrows in ARROWS.values())


def test_arrows_are_really_read() -> None:
    """The guard sees imports inside functions, and not those for types alone."""
    found = set(_imports(SOURCE / "model.py"))
    assert {("bundle", True), ("engine", True), ("os", False)} <= found
    assert ("tensor", True) not in found


def test_the_table_has_no_cycle() -> None:
    done: set[str] = {"orjson", "obstore"}
    while left := set(ARROWS) - done:
        free = {part for part in left if ARROWS[part] <= done}
        assert free, f"a cycle among {sorted(left)}"
        done |= free


@pytest.mark.parametrize("module", ["pilotlight", *(f"pilotlight.{a}" for a in sorted(ADAPTERS))])
def test_importing_loads_nothing_that_costs(python: Python, module: str) -> None:
    program = f"""
import sys
before = set(sys.modules)
import {module}
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}} & {set(FORBIDDEN)}))
"""
    assert python(program) == "\n"


@pytest.mark.parametrize("module", ["pilotlight", "pilotlight.aws"])
def test_importing_starts_nothing(python: Python, module: str) -> None:
    program = f"""
import logging, os, sys, threading, _thread
environment = dict(os.environ)
import {module}
assert dict(os.environ) == environment
assert _thread._count() == 0
assert logging.getLogger().handlers == []
assert logging.getLogger("pilotlight").handlers == []
"""
    assert python(program) == ""


def test_every_public_name_is_there_and_documented() -> None:
    assert pilotlight.__all__ == sorted(pilotlight.__all__, key=lambda n: (n[0] == "_", n))
    for name in pilotlight.__all__:
        value = getattr(pilotlight, name)
        if name != "__version__":
            assert inspect.getdoc(value), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pilotlight' has no attribute 'Modell'"):
        _ = pilotlight.Modell
    with pytest.raises(AttributeError):
        _ = importlib.import_module("pilotlight.engine").Sessions


@pytest.mark.parametrize("path", RUNTIME, ids=lambda path: str(path.relative_to(SOURCE)))
def test_everything_public_has_a_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), path
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
            inherits = bool(node.bases)
            todo += [m for m in node.body if not inherits or not isinstance(m, ast.FunctionDef)]
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_the_folder_packaging_does_not_hide_pypis(python: Python) -> None:
    """``python -c`` has the working directory, here the repository's root, first in sys.path."""
    found = python("import packaging.version; print(packaging.version.__file__)", cwd=ROOT)
    assert Path(found.strip()).parent.parent.name == "site-packages"
    assert not list((ROOT / "packaging").rglob("*.py"))


def test_no_folder_of_handlers_is_a_package() -> None:
    """One named like a platform's package (``azure/``) would hide that package."""
    assert not list((ROOT / "handlers").rglob("__init__.py"))


@pytest.mark.parametrize(
    "folder",
    ["src/pilotlight/tools/builder", "src/pilotlight/tools/packager", "packaging", "layers"],
)
def test_git_does_not_ignore_a_source_folder(folder: str) -> None:
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "-q", f"{folder}/any"],
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 1  # 0: ignored, 128: git has failed
