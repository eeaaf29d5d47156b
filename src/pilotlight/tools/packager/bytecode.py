"""Compile an artifact's Python, so that a cold start does not.

Bytecode belongs to one Python version, so that version must be here. It is of the unchecked-hash
kind: a zip's dates, which other bytecode is checked against, mean nothing.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from ...errors import PackageError


def find_python(version: str) -> Path | None:
    """Return an interpreter of this version, None if the machine has none.

    It may be this one, one that uv finds, or one of pyenv's, which uv does not look for.
    """
    import uv

    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    done = subprocess.run(  # noqa: S603  # uv, with arguments of our own
        [uv.find_uv_bin(), "python", "find", "--no-project", "--no-python-downloads", version],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return Path(done.stdout.strip())
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    with contextlib.suppress(OSError):  # another user's, perhaps
        return max(pyenv.glob(f"versions/{version}.*/bin/python{version}"), default=None)
    return None


def compile_all(folder: Path, python: Path, root: str) -> None:
    """Compile every module in a folder.

    Args:
        folder: the artifact, unpacked.
        python: the interpreter whose bytecode it is to be.
        root: where the folder lies on the platform, for tracebacks.

    Raises:
        PackageError: a module has a syntax that this Python does not know.
    """
    done = subprocess.run(  # noqa: S603  # the interpreter found above
        [
            *(str(python), "-I", "-m", "compileall", "-q", "-f"),
            *("--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", root),
            str(folder),
        ],
        env={"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PackageError(
            f"{python.name} cannot compile the artifact: {(done.stdout + done.stderr).strip()}"
        )
