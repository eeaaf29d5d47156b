from __future__ import annotations

import textwrap
import zipfile
from typing import TYPE_CHECKING, Protocol

import pytest

from pilotlight.tools.local.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Zipped(Protocol):
    """Make a zip of a handler's source and of other files."""

    def __call__(self, handler: str, files: dict[str, str] | None = None) -> Path: ...


class Rooted(Protocol):
    """Make a task root that holds a handler's source."""

    def __call__(self, handler: str) -> Path: ...


@pytest.fixture
def zipped(tmp_path: Path) -> Zipped:
    def make(handler: str, files: dict[str, str] | None = None) -> Path:
        artifact = tmp_path / "artifact.zip"
        with zipfile.ZipFile(artifact, "w") as target:
            for name, text in {"aws_lambda.py": handler, **(files or {})}.items():
                target.writestr(name, textwrap.dedent(text))
        return artifact

    return make


@pytest.fixture
def rooted(tmp_path: Path) -> Rooted:
    def make(handler: str) -> Path:
        root = tmp_path / "task"
        root.mkdir()
        (root / "aws_lambda.py").write_text(textwrap.dedent(handler), encoding="utf-8")
        return root

    return make


@pytest.fixture(scope="session")
def runtime() -> Iterator[Runtime]:
    with Runtime() as made:
        yield made
