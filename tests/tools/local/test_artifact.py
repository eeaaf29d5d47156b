from __future__ import annotations

import stat
import warnings
import zipfile
from typing import TYPE_CHECKING

import pytest

from pilotlight.errors import LocalError
from pilotlight.tools.local.artifact import unpacked

if TYPE_CHECKING:
    from pathlib import Path


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (2020, 2, 2, 2, 2, 2))
    entry.create_system = 3
    entry.external_attr = mode << 16
    return entry


def test_files_and_folders_are_read_only_and_gone_afterwards(tmp_path: Path) -> None:
    artifact = tmp_path / "a.zip"
    with zipfile.ZipFile(artifact, "w") as target:
        target.writestr(_entry("bin/tool", stat.S_IFREG | 0o755), "#!")
        target.writestr(_entry("lib/a/b.py", stat.S_IFREG | 0o600), "x = 1")
        target.writestr(_entry("empty/", stat.S_IFDIR | 0o777), "")
    with unpacked(artifact) as root:
        modes = {
            str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode)
            for path in (root, *root.rglob("*"))
        }
        assert (root / "lib/a/b.py").read_text(encoding="utf-8") == "x = 1"
        assert (root / "lib/a/b.py").stat().st_mtime == 1580608922  # 2020-02-02T02:02:02Z
    assert modes == {
        ".": 0o555,
        "bin": 0o555,
        "bin/tool": 0o555,
        "lib": 0o555,
        "lib/a": 0o555,
        "lib/a/b.py": 0o444,
        "empty": 0o555,
    }
    assert not root.exists()


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "a\\..\\..\\evil"])
def test_an_entry_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    artifact = tmp_path / "a.zip"
    with zipfile.ZipFile(artifact, "w") as target:
        target.writestr(_entry("fine", stat.S_IFREG | 0o644), "")
        target.writestr(_entry(name, stat.S_IFREG | 0o644), "")
    with pytest.raises(LocalError, match="leaves the folder"), unpacked(artifact):
        pass


def test_a_link_is_refused(tmp_path: Path) -> None:
    artifact = tmp_path / "a.zip"
    with zipfile.ZipFile(artifact, "w") as target:
        target.writestr(_entry("link", stat.S_IFLNK | 0o777), "/etc/passwd")
    with pytest.raises(LocalError, match="link is a link"), unpacked(artifact):
        pass


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    artifact = tmp_path / "a.zip"
    with zipfile.ZipFile(artifact, "w") as target, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile's own, on writing
        target.writestr("twice", "1")
        target.writestr("twice", "2")
    with pytest.raises(LocalError, match="twice is there twice"), unpacked(artifact):
        pass


def test_more_than_lambda_takes_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    artifact = tmp_path / "a.zip"
    with (
        zipfile.ZipFile(artifact, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
        target.open("big", "w") as big,
    ):
        for _ in range(251):
            big.write(bytes(1 << 20))
    expected = "263192576 bytes unzipped, the limit is 262144000"
    with pytest.raises(LocalError, match=expected), unpacked(artifact):
        pass


@pytest.mark.parametrize("content", [None, b"no zip"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes | None) -> None:
    artifact = tmp_path / "a.zip"
    if content is not None:
        artifact.write_bytes(content)
    with pytest.raises(LocalError, match=r"a\.zip: cannot be unpacked"), unpacked(artifact):
        pass
