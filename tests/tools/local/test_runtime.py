from __future__ import annotations

import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pilotlight
from pilotlight.errors import LocalError
from pilotlight.tools.local.instance import Instance
from pilotlight.tools.local.runtime import Runtime
from pilotlight.tools.local.settings import Settings

if TYPE_CHECKING:
    from tests.tools.local.conftest import Rooted

CHECKOUT = Path(pilotlight.__path__[0]).parent

HANDLER = """
    import sys

    def handler(event, context):
        try:
            import pilotlight
        except ImportError as error:
            return [str(error), sys.path]
        return [pilotlight.__file__, sys.path]
"""


def _environment(folder: Path, *lines: Path | str) -> str:
    """Make a virtual environment whose .pth file has these lines; return its Python."""
    venv.EnvBuilder(symlinks=True).create(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    pth = folder / "lib" / version / "site-packages" / "_editable.pth"
    pth.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(folder / "bin" / "python")


@pytest.fixture(scope="module")
def editable(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an interpreter that has awslambdaric and, installed editable, pilotlight."""
    folder = tmp_path_factory.mktemp("editable")
    client = metadata.distribution("awslambdaric").locate_file("")
    return _environment(folder, str(client), CHECKOUT)


def test_the_artifacts_own_copy_is_what_runs(
    rooted: Rooted, editable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    root = rooted(HANDLER)
    (root / "pilotlight").mkdir()
    (root / "pilotlight" / "__init__.py").touch()
    # The interpreter itself finds the checkout:
    found = subprocess.run(
        [editable, "-I", "-c", "import pilotlight; print(pilotlight.__path__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(CHECKOUT) in found.stdout
    with Runtime(editable) as runtime, Instance(Settings(), root, runtime) as instance:
        payload = instance.invoke(b"{}").payload.decode()
    assert f'["{root}/pilotlight/__init__.py", ["{root}", "{runtime.client}", ' in payload
    assert str(CHECKOUT) not in payload


def test_what_the_artifact_lacks_is_not_found_in_the_interpreters_environment(
    rooted: Rooted, editable: str
) -> None:
    with Runtime(editable) as runtime, Instance(Settings(), rooted(HANDLER), runtime) as instance:
        assert b"No module named 'pilotlight'" in instance.invoke(b"{}").payload


def test_the_folder_is_gone_afterwards() -> None:
    with Runtime() as runtime:
        assert runtime.executable.exists()
    assert not runtime.home.exists()


def test_an_interpreter_without_the_client_is_refused(tmp_path: Path) -> None:
    interpreter = _environment(tmp_path)
    with pytest.raises(LocalError) as caught:
        Runtime(interpreter)
    assert str(caught.value) == (
        f"aws: awslambdaric is not installed for {interpreter}. Install pilotlight[tools] there."
    )


def test_an_interpreter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="cannot run the interpreter"):
        Runtime(str(tmp_path / "python"))


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(LocalError, match="cannot prepare Lambda's runtime"):
        Runtime("/bin/false")


def test_another_python_than_the_artifacts_is_refused() -> None:
    with pytest.raises(LocalError, match=r"the artifact is for Python 3\.9, .* is 3\."):
        Runtime(python="3.9")
