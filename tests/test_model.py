"""Model: found from wherever the process runs, opened once, its failure met by who asks."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pilotlight import Model, Tensor
from pilotlight.errors import BundleError, EngineError, UnsupportedError
from pilotlight.model import find

if TYPE_CHECKING:
    from collections.abc import Callable

    Named = Callable[[str], Path]
    Python = Callable[..., str]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Give a project's root: nothing above it has a model."""
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.mark.parametrize("within", ["", "handlers", "a/b/c"])
@pytest.mark.parametrize("location", ["models/iris", "models/iris/"])
def test_a_model_is_found_from_the_projects_root_and_below(
    here: Path, monkeypatch: pytest.MonkeyPatch, within: str, location: str
) -> None:
    (here / "pyproject.toml").touch()
    (here / "models" / "iris").mkdir(parents=True)
    (here / within).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(here / within)
    assert Path(find(location)).resolve() == here / "models" / "iris"


def test_a_model_of_what_lies_above_the_project_is_another(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here.parent / "models" / "iris").mkdir(parents=True)
    (here / "pyproject.toml").touch()
    monkeypatch.chdir(here)
    with pytest.raises(BundleError, match="there is no model at"):
        find("models/iris")


def test_a_model_is_found_in_an_artifact_by_its_name(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "model" / "iris").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert Path(find("models/iris")) == here / "model" / "iris"


def test_the_projects_own_place_goes_before_the_artifacts(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "model" / "iris").mkdir(parents=True)
    (here / "models" / "iris").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert Path(find("models/iris")) == here / "models" / "iris"


def test_a_model_is_found_from_where_pilotlight_lies(
    here: Path, monkeypatch: pytest.MonkeyPatch, python: Callable[..., str]
) -> None:
    """In an artifact pilotlight lies at the root; the working directory may be another."""
    import pilotlight

    root = here / "task"
    shutil.copytree(
        Path(pilotlight.__file__).parent,
        root / "pilotlight",
        ignore=shutil.ignore_patterns("tools", "__pycache__"),
    )
    (root / "model" / "iris").mkdir(parents=True)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pilotlight.model import find\n"
        "print(find('models/iris'))"
    )
    (here / "elsewhere").mkdir()
    found = python(program, str(root), cwd=here / "elsewhere")
    assert found.strip() == str(root / "model" / "iris")


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert find(str(tmp_path / "nowhere")) == str(tmp_path / "nowhere")


def test_a_model_that_is_nowhere_tells_where_was_looked(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    with pytest.raises(BundleError) as raised:
        Model("models/no-such-model").session  # noqa: B018
    message = str(raised.value)
    assert message.startswith("there is no model at 'models/no-such-model': looked in ")
    assert str(here) in message
    assert message.endswith("Make a bundle with: pilotlight build MODEL -o models/no-such-model")


@pytest.mark.parametrize("url", ["s3://bucket/models/iris", "file:///models/iris"])
def test_a_stores_url_is_not_supported_yet(url: str) -> None:
    with pytest.raises(UnsupportedError, match="opens models from folders only"):
        Model(url)


def test_nothing_is_opened_before_it_is_asked_for(tmp_path: Path) -> None:
    model = Model(tmp_path / "later")
    with pytest.raises(BundleError):
        _ = model.inputs


def test_a_model_runs_and_knows_its_signature(bundles: Named) -> None:
    model = Model(bundles("linear"), threads=1)
    assert model.run({"X": Tensor.of([[1, 2, 3]], "float32")})["Y"].tolist() == [321.0]  # type: ignore[union-attr]
    assert [spec.name for spec in (*model.inputs, *model.outputs)] == ["X", "Y"]
    assert model.bundle is model.bundle


def test_a_model_is_opened_once_whoever_asks(bundles: Named) -> None:
    model = Model(os.fspath(bundles("linear")))
    model.open()
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: model.session, range(64)))
    assert set(sessions) == {model.session}


def test_who_asks_for_a_broken_model_meets_its_error_each_time(
    bundles: Named, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(bundles("linear"), tmp_path / "broken"))
    graph = folder / "model.onnx"
    graph.write_bytes(b"\xff" * graph.stat().st_size)
    model = Model(folder)
    for ask in (model.open, lambda: model.session):
        with pytest.raises(EngineError) as raised:
            ask()
        assert str(raised.value).startswith(f"{graph}: ONNX Runtime 1.")
        assert raised.value.code == 7


def test_what_is_done_meanwhile_is_done_and_what_it_raises_is_raised(python: Python) -> None:
    """In a process of its own: there the environment is not created yet."""
    program = """
from pilotlight import Model
done = []
for name in ("missing", "missing"):
    try:
        Model("/" + name).open(lambda: done.append(1))
    except Exception as error:
        done.append(type(error).__name__)
try:
    Model("/missing").open()
except Exception as error:
    done.append(type(error).__name__)
print(done)
"""
    assert python(program).strip() == "['BundleError', 'BundleError', 'BundleError']"


def test_a_missing_model_is_met_by_who_opens_and_by_who_asks(tmp_path: Path) -> None:
    model = Model(tmp_path / "missing")
    with pytest.raises(BundleError, match="there is no such folder"):
        model.open()
    with pytest.raises(BundleError, match="there is no such folder"):
        _ = model.session
