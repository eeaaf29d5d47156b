"""`pilotlight local aws` for a project: pack what runs here, then run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..packager import aws as packager
from ..packager.targets import Target
from ..project import Project
from .aws import serve as serve_artifact
from .settings import Settings


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
    serve_artifact(artifact or pack(project, say), settings(project), port=port, echo=echo)
