from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

from pilotlight.tools.packager.zipped import write


def fill(folder: Path, names: list[str], when: int, mode: int) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the text of {name}")
        path.chmod(mode)
        os.utime(path, (when, when))


def test_bytes_do_not_depend_on_order_dates_and_umask(tmp_path: Path) -> None:
    names = ["b.py", "a/c.py", "a/b.py", "a.py"]
    fill(tmp_path / "one", names, 0, 0o600)
    fill(tmp_path / "two", names[::-1], 2_000_000_000, 0o664)
    write(tmp_path / "one", tmp_path / "one.zip")
    write(tmp_path / "two", tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == ["a.py", "a/b.py", "a/c.py", "b.py"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_files_are_readable_by_all_and_executables_stay_so(tmp_path: Path) -> None:
    fill(tmp_path / "in", ["plain"], 0, 0o600)
    fill(tmp_path / "in", ["tool"], 0, 0o700)
    write(tmp_path / "in", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        modes = {i.filename: stat.filemode(i.external_attr >> 16) for i in archive.infolist()}
    assert modes == {"plain": "-rw-r--r--", "tool": "-rwxr-xr-x"}


def test_a_zip_that_cannot_be_finished_does_not_get_its_name(tmp_path: Path) -> None:
    fill(tmp_path / "in", ["file"], 0, 0o600)
    write(tmp_path / "in", tmp_path / "out.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out.zip"]
