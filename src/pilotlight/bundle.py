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
        stacks: whether examples may share a run, stacked along the first axis; found out by
            running it so when the bundle was built.
        files: by name relative to the folder: ``{"size": bytes, "sha256": hex}``.
        manifest: the whole of it.
    """

    __slots__ = (
        "_text",
        "files",
        "graph",
        "inputs",
        "manifest",
        "name",
        "outputs",
        "path",
        "stacks",
    )

    def __init__(self, path: str, text: bytes) -> None:
        self.path = path
        self._text = text
        try:
            self._read(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            detail = f"{type(error).__name__}: {error}"
            raise BundleError(f"{path}/{MANIFEST} is not a bundle's manifest ({detail})") from error

    def _read(self, manifest: dict[str, Any]) -> None:
        if manifest["format"] != FORMAT:
            raise BundleError(
                f"{self.path}: the bundle has format {manifest['format']}, this pilotlight reads "
                f"{FORMAT}; build it again with `pilotlight build`"
            )
        self.manifest = manifest
        self.name: str = manifest["name"]
        self.stacks = manifest["stacks"] is True
        self.files = {_inside(name): _facts(facts) for name, facts in manifest["files"].items()}
        if manifest["graph"] not in self.files:
            graph = manifest["graph"]
            raise BundleError(f"{self.path}/{MANIFEST} names {graph!r} but has no digest of it")
        self.graph = f"{self.path}/{manifest['graph']}"
        self.inputs = tuple(_spec(field) for field in manifest["inputs"])
        self.outputs = tuple(_spec(field) for field in manifest["outputs"])

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
            found = _size(folder, name)
            if found != facts["size"]:
                was = "no file" if found is None else found
                raise BundleError(
                    f"{folder}/{name}: expected {facts['size']} bytes, found {was}; the bundle "
                    "is not whole, build or fetch it again"
                )
        return bundle

    @property
    def version(self) -> str:
        """The SHA-256 of the manifest, in hex: it stands for every byte of the bundle."""
        from hashlib import sha256

        return sha256(self._text).hexdigest()

    def verify(self) -> None:
        """Hash every file, and see that there is no other.

        Raises:
            BundleError: a file is not what the manifest says, or not in it.
        """
        from hashlib import file_digest

        for name in os.listdir(self.path):
            if name != MANIFEST and name not in self.files:
                raise BundleError(
                    f"{self.path}/{name} is not in the manifest; take it out of the bundle"
                )
        for name, facts in self.files.items():
            try:
                with open(f"{self.path}/{name}", "rb") as file:
                    found = file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise BundleError(f"{self.path}/{name} cannot be read: {error}") from None
            if found != facts["sha256"]:
                raise BundleError(
                    f"{self.path}/{name}: expected SHA-256 {facts['sha256'][:12]}…, found "
                    f"{found[:12]}…; the file was altered, build or fetch the bundle again"
                )

    def paths(self) -> Iterator[str]:
        """Yield the bundle's file names, relative to its folder, the manifest first."""
        yield MANIFEST
        yield from sorted(self.files)


def _inside(name: str) -> str:
    """Return a file's name if it can only mean one in the folder: a manifest may come from anyone.

    Raises:
        ValueError: it has a part that leads elsewhere, or that no file system has.
    """
    if name in ("", ".", "..", MANIFEST) or not name.isprintable() or set(name) & set("/\\"):
        raise ValueError(f"the file name {name!r}: expected a plain name, without a folder")
    return name


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    size, digest = facts["size"], facts["sha256"]
    if not isinstance(size, int) or not isinstance(digest, str):
        raise TypeError(f"a file's size and digest are {size!r} and {digest!r}")
    return facts


def _spec(field: dict[str, Any]) -> Spec:
    dtype = field["dtype"]
    if dtype not in DTYPES and not dtype.startswith(("sequence(", "map(", "optional(")):
        raise BundleError(f"the manifest has the dtype {dtype!r}, which this pilotlight lacks")
    return Spec(field["name"], dtype, field["shape"], field.get("names"))


def _size(folder: str, name: str) -> int | None:
    try:
        found = os.lstat(f"{folder}/{name}")
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise BundleError(f"{folder}/{name} is not a regular file; a bundle has no links")
    return found.st_size


def _not_a_bundle(folder: str, error: OSError) -> str:
    if os.path.isfile(folder):
        return f"{folder} is a file; make a bundle of it with: pilotlight build {folder}"
    if not os.path.isdir(folder):
        return f"{folder}: there is no such folder; make one with: pilotlight build MODEL"
    return f"{folder} is not a bundle: {MANIFEST} cannot be read ({error.strerror})"
