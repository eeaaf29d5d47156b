"""`pilotlight local aws` for a project: pack what runs here, then run it."""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from ...errors import LocalError
from ..packager import aws as packager
from ..packager.targets import Target
from ..project import Project
from .aws import serve as serve_artifact
from .settings import Settings

_NATIVE = re.compile(r"\.cpython-(\d+)-")


def pack(project: Project, say: Callable[[str], None]) -> Path:
    """Return an artifact of the project that this machine's Python can run.

    That is the one to deploy where Python version and architecture agree; else one of the same
    contents, resolved for this machine.

    Raises:
        PackageError: it cannot be packed.
    """
    here = Target.here()
    aws = Target("aws", project.aws.architecture, project.aws.python)
    if (here.architecture, here.python) == (aws.architecture, aws.python):
        return packager.package(project, say=say).file
    say(f"{aws} does not run on this machine: pack the same for {here}")
    return packager.package(project, target=here, say=say).file


def settings(project: Project) -> Settings:
    """Return what the project configures of its function on Lambda."""
    return Settings(
        handler="aws_lambda.handler",
        name=project.name,
        memory=project.aws.memory,
        timeout=project.aws.timeout,
        environment=project.aws.environment,
    )


def serve(
    project: Project,
    *,
    port: int,
    artifact: Path | None,
    say: Callable[[str], None],
    echo: Callable[[str], None],
) -> None:
    """Run the project's function until Ctrl-C; see ``local.aws.serve``."""
    if artifact:
        check_python(artifact)
    serve_artifact(artifact or pack(project, say), settings(project), port=port, echo=echo)


def check_python(artifact: Path) -> None:
    """See that the native modules of an artifact are for this Python.

    Raises:
        LocalError: they are for another; without this they would be missed only when first used.
    """
    try:
        with zipfile.ZipFile(artifact) as archive:
            found = {m[1] for name in archive.namelist() if (m := _NATIVE.search(name))}
    except (OSError, zipfile.BadZipFile) as error:
        raise LocalError(f"{artifact} cannot be read: {error}") from None
    here = f"{sys.version_info.major}{sys.version_info.minor}"
    if found and here not in found:
        versions = ", ".join(f"{version[0]}.{version[1:]}" for version in sorted(found))
        raise LocalError(
            f"{artifact} is for Python {versions}, this is {here[0]}.{here[1:]}; run it with that "
            "Python, or without --artifact to pack one for this"
        )
