"""Bundle: whole and unaltered, or a BundleError that says which file and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pilotlight import Spec
from pilotlight.bundle import FORMAT, Bundle
from pilotlight.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Callable

    Named = Callable[[str], Path]


@pytest.fixture
def folder(bundles: Named, tmp_path: Path) -> Path:
    """Give a copy of a bundle that a test may break."""
    return Path(shutil.copytree(bundles("features"), tmp_path / "features"))


def _change(folder: Path, **fields: Any) -> dict[str, Any]:
    """Write other fields into a manifest; None takes one out."""
    file = folder / "model.json"
    manifest: dict[str, Any] = json.loads(file.read_text("utf-8"))
    changed = {k: v for k, v in (manifest | fields).items() if v is not None}
    file.write_text(json.dumps(changed), "utf-8")
    return manifest


def test_a_bundle_is_read(folder: Path) -> None:
    bundle = Bundle.read(folder)
    bundle.verify()
    assert bundle.name == "features"
    assert bundle.inputs == (Spec("X", "float32", (None, 2), ("age", "rooms")),)
    assert [(s.dtype, s.shape, s.names) for s in bundle.outputs] == [
        ("string", (None,), None),
        ("float32", (None, 2), ("few", "many")),
    ]
    assert bundle.graph == f"{folder}/model.onnx"
    assert list(bundle.paths()) == ["model.json", *sorted(bundle.files)]
    assert sorted(bundle.paths()) == sorted(path.name for path in folder.iterdir())


def test_the_version_stands_for_every_byte(folder: Path) -> None:
    version = Bundle.read(folder).version
    assert len(version) == 64
    assert Bundle.read(folder).version == version
    _change(folder, name="other")
    assert Bundle.read(folder).version != version


def test_a_missing_folder_tells_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as raised:
        Bundle.read(tmp_path / "none")
    assert str(raised.value) == (
        f"{tmp_path}/none: there is no such folder; make one with: pilotlight build MODEL"
    )


def test_a_model_file_tells_how_to_make_a_bundle_of_it(models: Named) -> None:
    file = models("linear")
    with pytest.raises(BundleError) as raised:
        Bundle.read(file)
    assert str(raised.value) == (
        f"{file} is a file; make a bundle of it with: pilotlight build {file}"
    )


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as raised:
        Bundle.read(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path} is not a bundle: model.json cannot be read (No such file or directory)"
    )


@pytest.mark.parametrize("left", [0, 1, 100])
def test_a_torn_file_is_found_when_the_bundle_is_read(folder: Path, left: int) -> None:
    graph = folder / "model.onnx"
    size = graph.stat().st_size
    graph.write_bytes(graph.read_bytes()[:left])
    with pytest.raises(BundleError) as raised:
        Bundle.read(folder)
    assert str(raised.value) == (
        f"{graph}: expected {size} bytes, found {left}; the bundle is not whole, build or fetch it "
        "again"
    )


def test_a_missing_file_is_found_when_the_bundle_is_read(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    with pytest.raises(BundleError, match=r"model\.onnx: expected \d+ bytes, found no file"):
        Bundle.read(folder)


def test_a_missing_file_is_missing_even_if_it_was_empty(folder: Path) -> None:
    files = _change(folder)["files"]
    _change(folder, files=files | {"empty": {"size": 0, "sha256": "e3b0"}})
    with pytest.raises(BundleError, match="empty"):
        Bundle.read(folder)


def test_an_altered_file_of_the_same_size_is_found_by_its_digest(folder: Path) -> None:
    graph = folder / "model.onnx"
    data = bytearray(graph.read_bytes())
    data[-1] ^= 1
    graph.write_bytes(data)
    with pytest.raises(BundleError) as raised:
        Bundle.read(folder).verify()
    message = str(raised.value)
    assert message.startswith(f"{graph}: expected SHA-256 ")
    assert message.endswith("…; the file was altered, build or fetch the bundle again")


def test_a_file_that_goes_away_before_it_is_verified_is_a_bundle_error(folder: Path) -> None:
    bundle = Bundle.read(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(BundleError, match=r"model\.onnx"):
        bundle.verify()


def test_a_link_in_a_file_s_place_is_refused(folder: Path, tmp_path: Path) -> None:
    graph = folder / "model.onnx"
    graph.rename(tmp_path / "elsewhere")
    graph.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError) as raised:
        Bundle.read(folder)
    assert str(raised.value) == f"{graph} is not a regular file; a bundle has no links"


def test_a_link_in_a_folder_s_place_is_refused(folder: Path, tmp_path: Path) -> None:
    """A manifest may name ``sub/file``: sub must not lead out of the bundle either."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("12345", "ascii")
    (folder / "sub").symlink_to(outside)
    files = _change(folder)["files"]
    _change(folder, files=files | {"sub/secret": {"size": 5, "sha256": "00"}})
    with pytest.raises(BundleError, match="sub"):
        Bundle.read(folder)


def test_a_folder_in_a_file_s_place_is_refused(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").mkdir()
    with pytest.raises(BundleError, match="is not a regular file"):
        Bundle.read(folder)


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/passwd", "sub/../../outside", "..", "", "..\\outside", "a\0b", "\ud800"],
)
def test_a_manifest_cannot_name_what_is_outside(folder: Path, name: str, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("12345", "ascii")
    files = _change(folder)["files"]
    _change(folder, files=files | {name: {"size": 5, "sha256": "00"}})
    with pytest.raises(BundleError):
        Bundle.read(folder)
    _change(folder, files=files, graph=name)
    with pytest.raises(BundleError):
        Bundle.read(folder)


def test_a_graph_without_a_digest_is_refused(folder: Path) -> None:
    (folder / "other.onnx").write_bytes(b"")
    _change(folder, graph="other.onnx")
    with pytest.raises(BundleError) as raised:
        Bundle.read(folder)
    assert str(raised.value) == (f"{folder}/model.json names 'other.onnx' but has no digest of it")


@pytest.mark.parametrize("found", [0, 2, "1", None])
def test_another_format_tells_what_is_read_here(folder: Path, found: Any) -> None:
    _change(folder, format=found)
    with pytest.raises(BundleError) as raised:
        Bundle.read(folder)
    if found is not None:
        assert str(raised.value) == (
            f"{folder}: the bundle has format {found}, this pilotlight reads {FORMAT}; build it "
            "again with `pilotlight build`"
        )


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "5", '"x"', "{}", "\xff", "[" * 100_000],
    ids=["empty", "half", "list", "null", "number", "string", "object", "latin-1", "deep"],
)
def test_a_manifest_that_is_none_is_a_bundle_error(folder: Path, text: str) -> None:
    (folder / "model.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BundleError, match=r"model\.json is not a bundle's manifest \("):
        Bundle.read(folder)


@pytest.mark.parametrize(
    "fields",
    [
        {"files": []},
        {"files": ["model.onnx"]},
        {"files": None},
        {"files": {"model.onnx": {}}},
        {"files": {"model.onnx": 5}},
        {"files": {"model.onnx": {"size": "12"}}},
        {"graph": 5},
        {"graph": None},
        {"inputs": None},
        {"inputs": 5},
        {"inputs": [{}]},
        {"inputs": [{"name": "X", "dtype": ["float32"], "shape": []}]},
        {"inputs": [{"name": "X", "dtype": "complex64", "shape": []}]},
        {"inputs": [{"name": "X", "dtype": "float32", "shape": 5}]},
        {"outputs": {"a": 1}},
    ],
)
def test_a_manifest_with_a_wrong_field_is_a_bundle_error(
    folder: Path, fields: dict[str, Any]
) -> None:
    _change(folder, **fields)
    with pytest.raises(BundleError):
        Bundle.read(folder)
