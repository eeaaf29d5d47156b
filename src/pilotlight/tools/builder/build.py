"""Build a bundle: read, convert, write, check, and only then put it in its place."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...bundle import MANIFEST, Bundle
from ...engine import Session
from ...errors import BuildError, PilotlightError
from . import onnx_file, sklearn_file
from .check import check
from .source import Source, brief
from .stacks import stacks
from .write import GRAPH, write_graph, write_manifest

_PICKLES = (".joblib", ".pkl", ".pickle")


@dataclass(frozen=True)
class Built:
    """Hold what a build made, and how it was checked.

    Attributes:
        bundle: the bundle.
        source: what it was made from, one line.
        checked: how many generated examples original and bundle were compared on.
        difference: the largest difference between their floats.
    """

    bundle: Bundle
    source: str
    checked: int
    difference: float


def build(
    file: Path,
    folder: Path,
    name: str,
    *,
    trust_pickle: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Built:
    """Make a bundle of a model file.

    Args:
        file: ``.onnx``, or a scikit-learn model as ``.joblib`` or ``.pkl``.
        folder: where the bundle goes; a bundle that is there is replaced.
        name: the model's name.
        trust_pickle: whether the code in a pickle may run.
        say: is told each step.

    Raises:
        BuildError: the file cannot become a bundle, or the bundle does not answer as the original.
            Nothing is written then.
    """
    if not file.is_file():
        raise BuildError(f"{file}: there is no such file")
    if folder.exists() and not (folder / MANIFEST).is_file() and any(folder.iterdir()):
        raise BuildError(f"{folder} is not empty and not a bundle; choose another with -o DIR")
    say(f"read {file}")
    source = _read(file, trust_pickle)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        fresh = Path(temporary) / "bundle"
        fresh.mkdir()
        say("write the graph and its weights")
        write_graph(source, fresh)
        say("compare original and bundle")
        try:
            session = Session(fresh / GRAPH, optimize="none", prepack=False)
        except PilotlightError as error:
            raise BuildError(f"{file}: the model cannot be opened. {brief(error)}") from error
        count, difference = check(source, session)
        write_manifest(source, fresh, name, session, stacks=stacks(source, session))
        session.close()
        fresh.chmod(0o755)
        Bundle.read(fresh).verify()
        if folder.exists():
            folder.rename(Path(temporary) / "before")
        fresh.rename(folder)
    return Built(
        Bundle.read(folder), f"{source.framework}: {source.description}", count, difference
    )


def _read(file: Path, trust_pickle: bool) -> Source:
    suffix = file.suffix.lower()
    if suffix == ".onnx":
        return onnx_file.read(file)
    if suffix in _PICKLES:
        return sklearn_file.read(file, trusted=trust_pickle)
    raise BuildError(
        f"{file}: expected .onnx, or a scikit-learn model as .joblib or .pkl; found {suffix!r}"
    )
