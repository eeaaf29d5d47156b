"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import pilotlight.engine
from pilotlight.tools.builder import build

SOURCE = Path(__file__).parents[1] / "src"
MODULES = [
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(SOURCE.rglob("*.py"))
    if ">>> " in path.read_text("utf-8")
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reference model's bundle where a project has it."""
    root = tmp_path_factory.mktemp("project")
    trained = SOURCE.parent / "examples/digits/digits.joblib"
    build(trained, root / "models/digits", "digits", trust_pickle=True)
    return root


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    module = importlib.import_module(name)
    lazy = {"Session": pilotlight.engine.Session} if name == "pilotlight.engine" else {}
    failed, tried = doctest.testmod(module, extraglobs=lazy)
    assert (failed, tried > 0) == (0, True)


def test_there_are_examples() -> None:
    public = {"aws", "engine", "model", "service", "tensor"}
    assert {f"pilotlight.{name}" for name in public} <= set(MODULES)
