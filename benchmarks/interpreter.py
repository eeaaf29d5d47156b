"""The Python that all contenders run under: Lambda's version where this machine has it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import uv

from pilotlight.tools.packager.bytecode import find_python

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
_LOCK = ROOT / "packaging" / "locks" / "dev.txt"


@dataclass(frozen=True)
class Interpreter:
    """Hold an interpreter in whose environment AWS's runtime client is installed, alone.

    Attributes:
        version: ``3.13``.
        executable: the Python of that environment.
        home: where the benchmarks keep what belongs to this version.
    """

    version: str
    executable: Path
    home: Path

    @classmethod
    def choose(cls, wanted: str) -> Interpreter:
        """Return one of the version that is wanted, else of the one that runs now."""
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        found = find_python(wanted)
        version, base = (wanted, found) if found else (here, Path(sys.executable))
        home = CACHE / f"python{version}"
        executable = home / "client" / "bin" / "python"
        if not executable.exists():
            shutil.rmtree(home / "client", ignore_errors=True)
            run_uv("venv", "--python", str(base), str(home / "client"))
            run_uv(
                *("pip", "install", "--python", str(executable), "--only-binary", ":all:"),
                *("--constraints", str(_LOCK), "--compile-bytecode", "awslambdaric"),
            )
        return cls(version, executable, home)

    def full_version(self) -> str:
        """Return its version to the last digit."""
        done = subprocess.run([self.executable, "-V"], capture_output=True, text=True, check=True)
        return done.stdout.split()[1]


def run_uv(*arguments: str) -> None:
    """Run uv, and show what it says only if it fails."""
    done = subprocess.run(
        [uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"uv {' '.join(arguments[:2])} failed:\n{done.stderr}")
