"""What platforms offer and allow: one table, each number with its source."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from ...errors import ConfigurationError


@dataclass(frozen=True)
class Target:
    """Name what an artifact is for.

    Attributes:
        platform: ``aws``; or ``local``: what AWS has, for this machine's Python and C library.
        architecture: ``x86_64`` or ``arm64``.
        python: ``3.13``.
    """

    platform: str
    architecture: str
    python: str

    @classmethod
    def here(cls) -> Target:
        """Return the target that runs on this machine, under the interpreter that runs now."""
        machine = platform.machine().lower().replace("aarch64", "arm64").replace("amd64", "x86_64")
        return cls("local", machine, f"{sys.version_info.major}.{sys.version_info.minor}")

    def __str__(self) -> str:
        return f"{self.platform}-{self.architecture}-py{self.python.replace('.', '')}"


@dataclass(frozen=True)
class Facts:
    """Hold what a platform says of a Python version.

    Attributes:
        system: what it runs on.
        glibc: the C library's version there: it decides which wheels load.
        root: where the artifact lies, as tracebacks show it.
        unzipped: bytes that an artifact may have.
    """

    system: str
    glibc: tuple[int, int]
    root: str
    unzipped: int


# "The maximum size of the contents of a deployment package, including layers: 250 MB (unzipped)"
# (Lambda quotas, November 2026); in its error messages the number is 262144000 bytes.
LAMBDA_UNZIPPED = 262_144_000
# "Lambda runtimes" (Lambda developer guide, November 2026)
_AL2 = Facts("Amazon Linux 2", (2, 26), "/var/task", LAMBDA_UNZIPPED)
_AL2023 = Facts("Amazon Linux 2023", (2, 34), "/var/task", LAMBDA_UNZIPPED)
_AWS = {"3.11": _AL2, "3.12": _AL2023, "3.13": _AL2023, "3.14": _AL2023}
_MACHINE = {"x86_64": "x86_64", "arm64": "aarch64"}
_UV_GLIBC = ((2, 17), (2, 28), (2, 31), (2, 32), (2, 33), (2, 34))  # what uv has platforms for


def facts(target: Target) -> Facts:
    """Return what the target's platform says.

    Raises:
        ConfigurationError: it has not that Python.
    """
    if target.platform == "local":
        return Facts("this machine", _glibc(), "/var/task", LAMBDA_UNZIPPED)
    found = _AWS.get(target.python)
    if found is None:
        raise ConfigurationError(
            f"{target}: AWS Lambda runs Python {', '.join(_AWS)}; choose one with --python or in "
            "[tool.pilotlight.aws]"
        )
    return found


def _glibc() -> tuple[int, int]:
    version = platform.libc_ver()[1].split(".")
    if platform.libc_ver()[0] != "glibc":
        raise ConfigurationError(
            f"an artifact holds wheels for Linux with glibc; {platform.platform()} cannot run it. "
            "Run this in a container of Debian, Ubuntu, Fedora or Amazon Linux"
        )
    return int(version[0]), int(version[1])


def platform_tag(target: Target) -> str:
    """Return uv's name of the newest platform whose wheels load on the target."""
    glibc = facts(target).glibc
    major, minor = max(version for version in _UV_GLIBC if version <= glibc)
    return f"{_MACHINE[target.architecture]}-manylinux_{major}_{minor}"
