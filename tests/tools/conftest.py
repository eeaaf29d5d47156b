"""Projects to pack: the reference service in a folder of its own, and tiny ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pilotlight.tools.builder import build
from pilotlight.tools.project import Project

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def digits_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference model, built from what was trained."""
    folder = tmp_path_factory.mktemp("digits") / "digits"
    build(REPOSITORY / "examples/digits/digits.joblib", folder, "digits", trust_pickle=True)
    return folder


@pytest.fixture(scope="session")
def digits_project(tmp_path_factory: pytest.TempPathFactory, digits_bundle: Path) -> Project:
    """The reference service as it stands in this repository, in a folder of its own."""
    root = tmp_path_factory.mktemp("project")
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    shutil.copytree(REPOSITORY / "handlers", root / "handlers")
    shutil.copytree(digits_bundle, root / "models/digits")
    (root / "packaging/locks").mkdir(parents=True)
    shutil.copy(REPOSITORY / "packaging/locks/function.txt", root / "packaging/locks")
    return Project.read(root)


@pytest.fixture
def project(tmp_path: Path, digits_bundle: Path) -> Path:
    """The root of a project that a test may spoil."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "mine"\n\n'
        '[tool.pilotlight]\nname = "mine"\nmodel = "models/digits"\n\n'
        '[tool.pilotlight.aws]\npython = "3.13"\n'
    )
    shutil.copytree(REPOSITORY / "handlers", tmp_path / "handlers")
    shutil.copytree(digits_bundle, tmp_path / "models/digits")
    (tmp_path / "packaging/locks").mkdir(parents=True)
    shutil.copy(REPOSITORY / "packaging/locks/function.txt", tmp_path / "packaging/locks")
    return tmp_path
