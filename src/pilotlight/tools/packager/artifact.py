"""What a packager made: the file, and what is in it by part."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from ...errors import PackageError
from .targets import Target, facts


@dataclass(frozen=True)
class Part:
    """Hold the bytes that one part of an artifact takes."""

    name: str
    unzipped: int
    zipped: int
    files: int


@dataclass(frozen=True)
class Artifact:
    """Hold a file that can be deployed.

    Attributes:
        file: the zip.
        target: what it is for.
        parts: what is in it, the largest first.
        notes: what its maker should know: what could not be done here, and why.
    """

    file: Path
    target: Target
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def unzipped(self) -> int:
        """Bytes when unpacked."""
        return sum(part.unzipped for part in self.parts)

    @property
    def zipped(self) -> int:
        """Bytes of the file."""
        return self.file.stat().st_size


def parts_of(file: Path) -> tuple[Part, ...]:
    """Return the parts of a zip, the largest first."""
    sums: dict[str, list[int]] = {}
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            total = sums.setdefault(_part(info.filename), [0, 0, 0])
            total[0] += info.file_size
            total[1] += info.compress_size
            total[2] += 1
    parts = [Part(name, *total) for name, total in sums.items()]
    return tuple(sorted(parts, key=lambda part: (-part.unzipped, part.name)))


def check_limits(artifact: Artifact) -> None:
    """See that the platform takes the artifact.

    Raises:
        PackageError: it is too large; the message names the largest parts.
    """
    limit = facts(artifact.target).unzipped
    if artifact.unzipped <= limit:
        return
    largest = ", ".join(f"{p.name} {megabytes(p.unzipped)}" for p in artifact.parts[:4])
    raise PackageError(
        f"{artifact.target}: {megabytes(artifact.unzipped)} unzipped, the limit is "
        f"{megabytes(limit)} ({limit:,} bytes). Largest: {largest}. Take out what the function "
        "does not need"
    )


def megabytes(size: int) -> str:
    """Write bytes as MB of 1,000,000, as sizes of packages are given: ``29.4 MB``."""
    if size < 100_000:
        return f"{size / 1000:.1f} kB"
    return f"{size / 1_000_000:.1f} MB"


def _part(name: str) -> str:
    first, _, rest = name.partition("/")
    if rest and "libonnxruntime" in name:
        return "ONNX Runtime (C library)"
    if first == "model":
        return "model"
    if first.endswith(".dist-info"):
        return first.split("-")[0].lower()
    if not rest or first == "__pycache__":
        return "handlers"
    return first.lower()
