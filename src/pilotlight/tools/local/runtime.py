"""A Python installation as Lambda's is: the interpreter, AWS's client, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from ...errors import LocalError

_SECONDS = 120.0  # for the copy: reading a cold disk on a busy machine


class Runtime:
    """Rebuild Lambda's Python beside an interpreter, in a temporary folder.

    It is the shape of a virtual environment that holds ``awslambdaric`` (copied from the
    interpreter's own environment, bytecode compiled) and, where that has it, the AWS SDK. A
    function that runs in it sees its artifact first and then these: what else the interpreter's
    environment holds, such as an editable pilotlight, can neither shadow the artifact nor hide
    that something is missing from it.

    ``executable`` is the Python to start, ``version`` its ``"3.11"``, ``client`` the folder with
    ``awslambdaric`` (Lambda's /var/runtime), ``libraries`` the interpreter's library folder.

    Raises:
        LocalError: not on Linux, no such interpreter, ``awslambdaric`` missing from it, or a
            version other than ``python``.
    """

    __slots__ = ("client", "executable", "home", "libraries", "version")

    def __init__(self, interpreter: str = sys.executable, python: str | None = None) -> None:
        if not sys.platform.startswith("linux"):
            raise LocalError(
                f"aws: Lambda's runtime client runs on Linux, this is {sys.platform}. "
                "Run it in a Linux container or virtual machine."
            )
        # Resolved, since the function's variables name this folder.
        self.home = Path(tempfile.mkdtemp(prefix="pilotlight-runtime-")).resolve()
        try:
            found = _install(interpreter, self.home)
            self.version = found["version"]
            _check(interpreter, self.version, python)
            self.client = Path(found["client"])
            self.libraries = found["libraries"]
            self.executable = _link(Path(found["executable"]), self.home)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Delete the folder; functions that run in it must have ended."""
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _install(interpreter: str, home: Path) -> dict[str, str]:
    script = Path(__file__).with_name("client.py")
    try:
        done = subprocess.run(  # noqa: S603
            [interpreter, "-I", str(script), str(home)],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LocalError(f"aws: cannot run the interpreter {interpreter}: {error}") from error
    try:
        found: dict[str, str] = json.loads(done.stdout)
    except ValueError as error:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise LocalError(
            f"aws: {interpreter} cannot prepare Lambda's runtime: {last}. "
            "Choose an interpreter of Python 3.11 or later with pilotlight[tools]."
        ) from error
    if "missing" in found:
        raise LocalError(
            f"aws: {found['missing']} is not installed for {interpreter}. "
            "Install pilotlight[tools] there."
        )
    return found


def _check(interpreter: str, version: str, python: str | None) -> None:
    if python not in (None, version):
        raise LocalError(
            f"aws: the artifact is for Python {python}, {interpreter} is {version}. "
            f"Choose an interpreter of Python {python} that has pilotlight[tools]."
        )


def _link(base: Path, home: Path) -> Path:
    # What makes a folder a virtual environment: https://peps.python.org/pep-0405/
    executable = home / "bin" / "python3"
    executable.parent.mkdir()
    executable.symlink_to(base)
    (home / "pyvenv.cfg").write_text(
        f"home = {base.parent}\ninclude-system-site-packages = false\n", encoding="utf-8"
    )
    return executable
