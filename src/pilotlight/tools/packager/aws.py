"""Package a project for AWS Lambda: a zip.

Its root holds the files of ``handlers/`` that Lambda needs, the requirements, the runtime half of
pilotlight with ONNX Runtime's C library beside its binding, and the bundle under ``model/<name>/``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ...bundle import Bundle
from ...engine import library
from ...errors import ModelError, PackageError
from ..project import DOORS, Project
from . import resolve
from .artifact import Artifact, check_limits, parts_of
from .bytecode import compile_all, find_python
from .targets import Target, facts
from .zipped import write

_PACKAGE = Path(__file__).parents[2]
_NOT_SHIPPED = {"tools", "__pycache__", "py.typed"}
_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")  # of no use once installed
_NOT_OURS = ("__pycache__", ".*")
_HANDLER = "aws_lambda.py"


def package(
    project: Project,
    file: Path | None = None,
    *,
    target: Target | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Artifact:
    """Make the artifact of a project for its AWS target.

    Args:
        project: what to pack.
        file: where the zip goes; ``dist/<name>-<target>.zip`` if None.
        target: what it is for; the project's AWS target if None.
        say: is told each step.

    Raises:
        PackageError: something is missing, cannot be resolved, or the result is too large.
        BundleError: the model is not a whole bundle.
    """
    target = target or Target("aws", project.aws.architecture, project.aws.python)
    known = facts(target)
    file = file or project.root / "dist" / f"{project.name}-{target}.zip"
    notes: list[str] = []
    check_door(project)
    if project.model_in_store:
        raise PackageError(
            f"the model is in a store ({project.model}), and functions of this pilotlight open "
            "models from folders only; give the path of a bundle as `model`"
        )
    bundle = read_bundle(project)
    if not project.lock.is_file():
        say(f"lock the function's requirements in {project.lock}")
        resolve.write_lock(project)
        notes.append(f"{project.lock} is new; commit it, so that every build is of the same")
    with tempfile.TemporaryDirectory(prefix="pilotlight-") as temporary:
        stage = Path(temporary) / "stage"
        say(f"resolve and install for {target}")
        resolve.install(project, target, resolve.pins(project, target), stage)
        _drop_installers_files(stage)
        copy_runtime(stage)
        if not (stage / resolve.ENGINE).exists():
            engine = Path(temporary) / "engine"
            resolve.install(project, target, resolve.engine_pin(project, target), engine)
            _take_library(engine, stage)
        copy_handlers(project, stage)
        copy_bundle(bundle, stage)
        python = find_python(target.python)
        if python:
            say(f"compile bytecode with {python}")
            compile_all(stage, python, known.root)
        else:
            notes.append(
                f"no bytecode: there is no Python {target.python} here to make it, so that the "
                f"first request compiles every module; `uv python install {target.python}` gets one"
            )
        say(f"zip {file}")
        write(stage, file)
    artifact = Artifact(file, target, parts_of(file), tuple(notes))
    try:
        check_limits(artifact)
    except PackageError:
        file.unlink()
        raise
    return artifact


def copy_runtime(stage: Path) -> None:
    """Copy the runtime half of the pilotlight that runs now."""
    shutil.copytree(
        _PACKAGE,
        stage / "pilotlight",
        ignore=lambda _, names: [
            n for n in names if n in _NOT_SHIPPED or n.startswith("libonnxruntime")
        ],
    )


def check_door(project: Project) -> None:
    """See that the project has the door for Lambda.

    Raises:
        PackageError: it has not.
    """
    if not (project.handlers / _HANDLER).is_file():
        raise PackageError(
            f"{project.handlers} has no {_HANDLER}; it binds the service to Lambda in three lines:"
            "\n\n    from pilotlight import aws\n    from service import service\n\n"
            "    handler = aws.handler(service)\n"
        )


def copy_handlers(project: Project, stage: Path) -> None:
    """Copy handlers/ without the doors of other platforms, and without hidden files.

    Raises:
        PackageError: a file has the name of a package, or is a link that leads nowhere.
    """
    others = {name for platform, names in DOORS.items() if platform != "aws" for name in names}
    for path in sorted(project.handlers.iterdir()):
        if path.name in others or path.name == "__pycache__" or path.name.startswith("."):
            continue
        destination = stage / path.name
        if destination.exists() or destination.with_suffix("").exists():
            raise PackageError(
                f"{path} has the name of a package that the function needs; give it another"
            )
        try:
            if path.is_dir():
                shutil.copytree(path, destination, ignore=shutil.ignore_patterns(*_NOT_OURS))
            else:
                shutil.copy(path, destination)
        except (OSError, shutil.Error) as error:
            reason = str(error)[:200]
            raise PackageError(f"{path} cannot be packed, a link to nothing? {reason}") from None


def read_bundle(project: Project) -> Bundle:
    """Return the project's bundle, every file of it verified.

    Raises:
        PackageError: it is not there, or not whole.
    """
    try:
        bundle = Bundle.read(project.root / project.model)
        bundle.verify()
    except ModelError as error:
        raise PackageError(f"the project's model cannot be packed. {error}") from error
    return bundle


def copy_bundle(bundle: Bundle, stage: Path) -> None:
    """Copy a bundle to ``model/<name of its folder>/``."""
    folder = Path(bundle.path)
    destination = stage / "model" / folder.name
    for name in bundle.paths():
        (destination / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, destination / name)


def _take_library(engine: Path, stage: Path) -> None:
    """Take the C library out of the wheel, and the licence that it is under."""
    found = library.in_folder(str(engine / "onnxruntime" / "capi"), platform="linux")
    if found is None:
        raise PackageError("the onnxruntime wheel has no C library; 1.20 was the first that has")
    home = stage / "pilotlight" / "engine"
    shutil.copy(found, home)
    for licence in engine.glob("onnxruntime/LICENSE*"):
        shutil.copy(licence, home / "onnxruntime.LICENSE")


def _drop_installers_files(stage: Path) -> None:
    for info in stage.glob("*.dist-info"):
        for name in _INSTALLERS:
            (info / name).unlink(missing_ok=True)
    for rest in ("bin", ".lock"):
        path = stage / rest
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
