"""An artifact unpacked as Lambda unpacks it: read-only."""

from __future__ import annotations

import calendar
import contextlib
import mmap
import os
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ...errors import LocalError
from ..packager.targets import LAMBDA_UNZIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def unpacked(artifact: Path) -> Iterator[Path]:
    """Unpack a zip into a fresh temporary folder, read-only, and delete that afterwards.

    Folders have the mode 0555, files 0444 or, where the zip says that they are executable, 0555.
    Modification times are the zip's, as compiled bytecode depends on them.

    Raises:
        LocalError: no such file, no zip, over 250 MB unzipped, or an entry that would leave the
            folder, that is a link, or that is there twice.
    """
    # Resolved, since the function finds this path in its variables and in its tracebacks.
    root = Path(tempfile.mkdtemp(prefix="pilotlight-task-")).resolve()
    try:
        _unpack(artifact, root)
        yield root
    finally:
        _delete(root)


def _unpack(artifact: Path, root: Path) -> None:
    try:
        with zipfile.ZipFile(artifact) as source:
            entries = source.infolist()
            targets = _targets(artifact, entries)
            for entry, relative in zip(entries, targets, strict=True):
                _write(source, entry, root / relative)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise LocalError(f"{artifact}: cannot be unpacked: {error}") from error
    for folder, _, _ in os.walk(root, topdown=False):
        Path(folder).chmod(0o555)


def _targets(artifact: Path, entries: list[zipfile.ZipInfo]) -> list[PurePosixPath]:
    """Return where each entry goes, relative to the root; this is the escape check."""
    problems = []
    targets = []
    seen: set[PurePosixPath] = set()
    for entry in entries:
        target = PurePosixPath(entry.filename)
        if target.is_absolute() or ".." in target.parts or "\\" in entry.orig_filename:
            problems.append(f"{entry.filename} leaves the folder")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            problems.append(f"{entry.filename} is a link")
        elif target in seen and not entry.is_dir():
            problems.append(f"{entry.filename} is there twice")
        seen.add(target)
        targets.append(target)
    size = sum(entry.file_size for entry in entries)
    if size > LAMBDA_UNZIPPED:
        problems.append(f"{size} bytes unzipped, the limit is {LAMBDA_UNZIPPED}")
    if problems:
        raise LocalError(f"{artifact}: {'; '.join(problems)}. Package it anew.")
    return targets


def _write(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # A page at a time: Linux keeps what is written at once as one large page, maps it at once, and
    # then counts 10 MB of a library's code as the function's that it never touches.
    with source.open(entry) as content, target.open("xb", buffering=mmap.PAGESIZE) as file:
        shutil.copyfileobj(content, file, mmap.PAGESIZE)
    # A zip's times have no zone; Lambda's clock is UTC.
    modified = calendar.timegm((*entry.date_time, 0, 0, 0))
    os.utime(target, (modified, modified))
    executable = entry.external_attr >> 16 & 0o111
    target.chmod(0o555 if executable else 0o444)


def _delete(root: Path) -> None:
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    shutil.rmtree(root, ignore_errors=True)
