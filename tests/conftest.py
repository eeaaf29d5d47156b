"""Fixtures of all tests: small ONNX models, written as text and built into bundles for real."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import onnx.parser
import pytest

from pilotlight.engine import Session
from pilotlight.model import Model
from pilotlight.service import Service
from pilotlight.tools.builder import build

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Named = Callable[[str], Path]
    Python = Callable[..., str]

_TEXTS = Path(__file__).parent / "fixtures" / "models"
_HEAD = '<ir_version: 10, opset_import: ["" : 21, "ai.onnx.ml": 3]>'


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that CI sets."""
    parser.addoption("--strict-skips", action="store_true", help="a skipped test is a failure")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a failure of a skip where everything that tests need can be installed."""
    report = yield
    if report.skipped and item.config.getoption("--strict-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which --strict-skips forbids: {report.longrepr}"
    return report


def save(text: str, file: Path) -> Path:
    """Write a model given in ONNX's text format as an ``.onnx`` file."""
    onnx.save(onnx.parser.parse_model(text), file)
    return file


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Named:
    """Give the ``.onnx`` file of a model in fixtures/models; made once."""
    folder = tmp_path_factory.mktemp("models")

    @cache
    def make(name: str) -> Path:
        text = (_TEXTS / f"{name}.onnxtxt").read_text("utf-8")
        return save(text, folder / f"{name}.onnx")

    return make


@pytest.fixture(scope="session")
def bundles(models: Named, tmp_path_factory: pytest.TempPathFactory) -> Named:
    """Give the folder of a bundle of a model; built once, so not to be changed.

    ``features`` is scikit-learn's and knows its feature names; the others are in fixtures/models.
    """
    folder = tmp_path_factory.mktemp("bundles")

    @cache
    def make(name: str) -> Path:
        file = _features(folder) if name == "features" else models(name)
        return Path(build(file, folder / name, name, trust_pickle=True).bundle.path)

    return make


@pytest.fixture(scope="session")
def services(bundles: Named) -> Callable[[str], Service]:
    """Give the service of a bundle, without decode and encode; shared, so not to be changed."""

    @cache
    def make(name: str) -> Service:
        return Service(Model(bundles(name)))

    return make


@pytest.fixture
def session(tmp_path: Path) -> Callable[[str], Session]:
    """Give a session of a model whose text is ``name (inputs) => (outputs) { nodes }``."""

    def make(graph: str) -> Session:
        return Session(save(f"{_HEAD} {graph}", tmp_path / "model.onnx"))

    return make


@pytest.fixture(scope="session")
def python() -> Python:
    """Run a program in an interpreter of its own and give what it printed."""

    def run(program: str, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def _features(folder: Path) -> Path:
    """Pickle a decision tree: with two rooms or more there are ``many``, whatever the age."""
    import joblib
    from pandas import DataFrame
    from sklearn.tree import DecisionTreeClassifier

    table = DataFrame([[0.0, 1.0], [90.0, 1.0], [0.0, 2.0], [90.0, 2.0]], columns=["age", "rooms"])
    model = DecisionTreeClassifier().fit(table, ["few", "few", "many", "many"])
    file = folder / "features.joblib"
    joblib.dump(model, file)
    return file
