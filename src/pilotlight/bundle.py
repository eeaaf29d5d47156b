"""A bundle: a model prepared for serving, in a folder of its own.

``model.json``, its manifest, names every other file with its size and SHA-256, the signature, and
where the model came from. A bundle never changes; its version is the digest of its manifest.
"""

from __future__ import annotations

import json
import os
import stat

from .dtypes import DTYPES
from .errors import BundleError
from .tensor import Spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MANIFEST = "model.json"
FORMAT = 1  # of the manifest; a reader refuses those it does not know


class Bundle:
    """Hold what a bundle's manifest says.

    Attributes:
        path: the folder.
        name: the model's name.
        inputs: the Spec of each input; ``names`` are its features.
        outputs: the Spec of each output; ``names`` are its classes.
        graph: the path of the graph to open.
        files: by name relative to the folder: ``{"size": bytes, "sha256": hex}``.
        manifest: the whole of it.
    """

    __slots__ = ("_text", "files", "graph", "inputs", "manifest", "name", "outputs", "path")

    def __init__(self, path: str, text: bytes) -> None:
        try:
            manifest = json.loads(text)
            self.manifest: dict[str, Any] = manifest
            found = manifest["format"]
            if found != FORMAT:
                raise BundleError(
                    f"{path}: the bundle has format {found}, this pilotlight reads {FORMAT}; "
                    "build it again with `pilotlight build`"
                )
            self.path = path
            self._text = text
            self.name: str = manifest["name"]
            self.files: dict[str, dict[str, Any]] = manifest["files"]
            self.graph = f"{path}/{self._file(manifest['graph'])}"
            self.inputs = tuple(_spec(field) for field in manifest["inputs"])
            self.outputs = tuple(_spec(field) for field in manifest["outputs"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            detail = f"{type(error).__name__}: {error}"
            raise BundleError(f"{path}/{MANIFEST} is not a bundle's manifest ({detail})") from error

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Bundle:
        """Read the bundle in a folder, and see that each of its files is there whole by its size.

        Digests are for ``verify``: a function's artifact is immutable and was verified when it was
        packed, and hashing 100 MB would cost more than opening it.

        Raises:
            BundleError: it is not a bundle, of an unknown format, or a file is missing or torn.
        """
        folder = os.fspath(path)
        try:
            with open(f"{folder}/{MANIFEST}", "rb") as file:
                text = file.read()
        except OSError as error:
            raise BundleError(_not_a_bundle(folder, error)) from None
        bundle = cls(folder, text)
        for name, facts in bundle.files.items():
            found = _size(folder, bundle._file(name))
            if found != facts["size"]:
                raise BundleError(
                    f"{folder}/{name}: expected {facts['size']} bytes, found {found}; the bundle "
                    "is not whole, build or fetch it again"
                )
        return bundle

    @property
    def version(self) -> str:
        """The SHA-256 of the manifest, in hex: it stands for every byte of the bundle."""
        from hashlib import sha256

        return sha256(self._text).hexdigest()

    def verify(self) -> None:
        """Hash every file.

        Raises:
            BundleError: a file is not what the manifest says.
        """
        from hashlib import file_digest

        for name, facts in self.files.items():
            with open(f"{self.path}/{self._file(name)}", "rb") as file:
                found = file_digest(file, "sha256").hexdigest()
            if found != facts["sha256"]:
                raise BundleError(
                    f"{self.path}/{name}: expected SHA-256 {facts['sha256'][:12]}…, found "
                    f"{found[:12]}…; the file was altered, build or fetch the bundle again"
                )

    def paths(self) -> Iterator[str]:
        """Yield the bundle's file names, relative to its folder, the manifest first."""
        yield MANIFEST
        yield from sorted(self.files)

    def _file(self, name: str) -> str:
        """Return ``name`` if it stays within the folder: a manifest may come from anyone."""
        if not name or name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise BundleError(f"{self.path}/{MANIFEST} names the file {name!r}, which is outside")
        if name not in self.files:
            raise BundleError(f"{self.path}/{MANIFEST} names {name!r} but has no digest of it")
        return name


def _spec(field: dict[str, Any]) -> Spec:
    dtype = field["dtype"]
    if dtype not in DTYPES and not dtype.startswith(("sequence(", "map(")):
        raise BundleError(f"the manifest has the dtype {dtype!r}, which this pilotlight lacks")
    return Spec(field["name"], dtype, field["shape"], field.get("names"))


def _size(folder: str, name: str) -> int:
    try:
        found = os.lstat(f"{folder}/{name}")
    except OSError:
        return 0
    if not stat.S_ISREG(found.st_mode):
        raise BundleError(f"{folder}/{name} is not a regular file; a bundle has no links")
    return found.st_size


def _not_a_bundle(folder: str, error: OSError) -> str:
    if os.path.isfile(folder):
        return f"{folder} is a file; make a bundle of it with: pilotlight build {folder}"
    if not os.path.isdir(folder):
        return f"{folder}: there is no such folder; make one with: pilotlight build MODEL"
    return f"{folder} is not a bundle: {MANIFEST} cannot be read ({error.strerror})"
