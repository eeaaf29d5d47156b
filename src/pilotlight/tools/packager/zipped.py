"""A folder → a zip whose bytes depend on the files' names, modes and contents alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can have
_REGULAR = 0o100000
_LEVEL = 6  # 9 takes 0.4 % off the C library and 2.3 times as long


def write(folder: Path, file: Path) -> None:
    """Zip a folder: sorted names, one date, modes 0644 and 0755.

    The file gets its name only when it is whole.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    with zipfile.ZipFile(part, "w") as archive:
        for path in sorted(files(folder), key=lambda path: path.relative_to(folder).as_posix()):
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EARLIEST)
            executable = path.stat().st_mode & 0o100
            info.external_attr = (_REGULAR | (0o755 if executable else 0o644)) << 16
            info.create_system = 3  # Unix, whatever the host is
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes(), compresslevel=_LEVEL)
    part.replace(file)


def files(folder: Path) -> list[Path]:
    """Return the regular files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
