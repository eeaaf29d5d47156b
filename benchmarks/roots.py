"""Task roots: what each contender's zip holds, unpacked, with bytecode and as it arrives."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

import contenders
from contenders import Contender
from interpreter import ROOT, Interpreter, run_uv

from pilotlight.tools.builder import build
from pilotlight.tools.local.artifact import unpacked
from pilotlight.tools.packager.aws import package
from pilotlight.tools.packager.bytecode import compile_all
from pilotlight.tools.packager.targets import Target
from pilotlight.tools.project import Project

PEERS = Path(__file__).parent / "peers"
TRAINED = ROOT / "examples" / "digits" / "digits.joblib"

Say = Callable[[str], None]
Roots = dict[str, dict[str, Path]]
"""By mode (``compiled``, ``arrives``) and contender's name, the folder that is its task root."""


def project(say: Say) -> Project:
    """Return the reference service, its bundle built by what is measured."""
    found = Project.read(ROOT)
    folder = ROOT / found.model
    say(f"build {found.model}")
    build(TRAINED, folder, folder.name, trust_pickle=True)
    return found


@contextlib.contextmanager
def prepared(
    service: Project,
    interpreter: Interpreter,
    say: Say,
    taking_part: Sequence[Contender] = contenders.ALL,
) -> Iterator[Roots]:
    """Prepare the contenders' task roots; ours is packed anew each time."""
    arrives = {}
    compiled = {}
    for contender in taking_part:
        if contender is not contenders.OURS:
            folder = peer(contender, service, interpreter, say)
            arrives[contender.name] = folder / "arrives"
            compiled[contender.name] = folder / "compiled"
    say("package pilotlight's")
    target = Target("local", Target.here().architecture, interpreter.version)
    artifact = package(service, interpreter.home / "pilotlight.zip", target=target)
    if any("bytecode" in note for note in artifact.notes):
        raise RuntimeError("; ".join(artifact.notes))
    with unpacked(artifact.file) as folder:
        ours = {contenders.OURS.name: folder}  # it arrives compiled
        yield {"compiled": compiled | ours, "arrives": arrives | ours}


def peer(contender: Contender, service: Project, interpreter: Interpreter, say: Say) -> Path:
    """Return the folder with a peer's task roots, made anew if its sources changed.

    ``arrives`` has no bytecode; ``compiled`` is the same with bytecode that is never checked
    against its source; ``made.json`` has the sizes of ``arrives``, unzipped and zipped.
    """
    home = interpreter.home / contender.name
    key = _digest(PEERS / contender.name, ROOT / service.model, TRAINED)
    with contextlib.suppress(OSError, ValueError):
        if json.loads((home / "made.json").read_text("utf-8"))["of"] == key:
            return home
    say(f"install {contender.name}")
    shutil.rmtree(home, ignore_errors=True)
    arrives = home / "arrives"
    arrives.mkdir(parents=True)
    lock = PEERS / contender.name / "requirements.txt"
    if lock.is_file():
        run_uv(
            *("pip", "install", "--python", str(interpreter.executable), "--target", str(arrives)),
            *("--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode"),
            *("-r", str(lock)),
        )
    shutil.copy(PEERS / contender.name / "app.py", arrives)
    zipped = _zipped(arrives)
    unzipped = sum(path.stat().st_size for path in arrives.rglob("*") if path.is_file())
    _copy_model(contender, ROOT / service.model, arrives)
    shutil.copytree(arrives, home / "compiled", copy_function=os.link)
    compile_all(home / "compiled", interpreter.executable, "/var/task")
    made = {"of": key, "unzipped": unzipped, "zipped": zipped}
    (home / "made.json").write_text(json.dumps(made), "utf-8")
    return home


def evict(folder: Path) -> None:
    """Put a folder's files out of the page cache, so that the next to use them reads the disk.

    A file that was just written may lie there in larger pieces, which are mapped whole and count as
    more memory: contenders would be compared by who wrote their files.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def sizes(contender: Contender, interpreter: Interpreter) -> tuple[int, int]:
    """Return the bytes of a peer's task root without the model: unzipped and zipped."""
    made = json.loads((interpreter.home / contender.name / "made.json").read_text("utf-8"))
    return made["unzipped"], made["zipped"]


def versions(interpreter: Interpreter, names: Sequence[str]) -> dict[str, str]:
    """Return the versions of distributions as the task roots and the runtime client have them."""
    folders = [str(interpreter.home / c.name / "arrives") for c in contenders.ALL]
    folders += map(str, interpreter.home.glob("client/lib/python*/site-packages"))
    found = {d.name: d.version for d in metadata.distributions(path=folders)}
    return {name: found[name] for name in names if name in found}


def _copy_model(contender: Contender, bundle: Path, root: Path) -> None:
    """Give a peer the same model in the one file that it would have of it."""
    if contender is contenders.TUTORIAL:
        shutil.copy(TRAINED, root / "model.joblib")
    elif contender.predicts:
        import onnx

        onnx.save(onnx.load(bundle / "model.onnx"), root / "model.onnx")


def _zipped(folder: Path) -> int:
    """Return the size of the folder's zip, at zip's own level of compression."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))
        return file.seek(0, os.SEEK_END)


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
