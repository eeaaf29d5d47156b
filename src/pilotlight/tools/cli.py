"""The ``pilotlight`` command.

Exit codes: 0 done; 1 it could not be done, the message says why and what to do; 2 the command line
was wrong.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..errors import PilotlightError
from ..version import __version__
from . import show


class _Commands(click.Group):
    """Print our own errors as one message, without a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PilotlightError as error:
            show.error(str(error))
            ctx.exit(1)


_project = click.option(
    "--project",
    "root",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="The project's folder, with its pyproject.toml.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
_python = click.option("--python", metavar="3.x", help="Instead of the configured version.")
_architecture = click.option(
    "--architecture", type=click.Choice(["x86_64", "arm64"]), help="Instead of the configured one."
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pilotlight")
def main() -> None:
    """Turn a trained model into a serverless function that answers at once.

    \b
      pilotlight build model.onnx          a model file becomes a bundle
      pilotlight package aws               the project becomes an artifact
      pilotlight local aws                 the artifact runs on this machine

    Exit codes: 0 done, 1 could not be done, 2 wrong usage.
    """


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--name", help="The model's name; the file's name if not given.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The bundle's folder: models/NAME."
)
@click.option("--trust-pickle", is_flag=True, help="Let the code in a .joblib or .pkl run.")
@_json
def build(
    model: Path, name: str | None, output: Path | None, trust_pickle: bool, as_json: bool
) -> None:
    """Make a bundle of a model file: .onnx, or scikit-learn's .joblib or .pkl.

    The bundle is compared with the original on generated inputs before it is written.

    \b
      pilotlight build iris.onnx
      pilotlight build digits.joblib --trust-pickle --name digits
    """
    from .builder import build as build_bundle

    name = name or model.stem
    built = build_bundle(
        model, output or Path("models") / name, name, trust_pickle=trust_pickle, say=show.step
    )
    if as_json:
        facts = {"name": name, "path": built.bundle.path, "version": built.bundle.version}
        click.echo(json.dumps(facts))
        return
    show.bundle(built.bundle)
    show.note(
        f"made from {built.source}; compared with it on {built.checked} generated examples, "
        f"largest difference {built.difference:.2g}"
    )


@main.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@_json
def inspect(bundle: Path, as_json: bool) -> None:
    """Show a bundle's signature, files and digests, and verify them.

    \b
      pilotlight inspect models/digits
    """
    from ..bundle import Bundle

    read = Bundle.read(bundle)
    read.verify()
    if as_json:
        click.echo(json.dumps({"version": read.version, **read.manifest}))
    else:
        show.bundle(read)


@main.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("input_json", metavar="[INPUT.json]", type=click.File("rb"), default="-")
def predict(bundle: Path, input_json: Any) -> None:
    """Predict in this process: {"instances": [...]} from a file or standard input.

    \b
      echo '{"instances": [[5.1, 3.5, 1.4, 0.2]]}' | pilotlight predict models/iris
    """
    from ..model import Model
    from ..protocols.codec import dumps, loads
    from ..protocols.instances import answer, instances_of
    from ..service import Service

    service = Service(Model(bundle.resolve()))
    service.model.session  # noqa: B018  # before the input is waited for
    predictions = service.predict(instances_of(loads(input_json.read())))
    click.echo(dumps(answer(predictions)).decode())


@main.command()
@click.argument("target", type=click.Choice(["aws"]))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The artifact's file.")
@_python
@_architecture
@click.option("--relock", is_flag=True, help="Resolve the function's requirements again.")
@_project
@_json
def package(
    target: str,  # noqa: ARG001  # aws is the only one so far
    output: Path | None,
    python: str | None,
    architecture: str | None,
    relock: bool,
    root: Path,
    as_json: bool,
) -> None:
    """Make the artifact that TARGET deploys, from the project in this folder.

    \b
      pilotlight package aws
      pilotlight package aws --python 3.14 --architecture arm64 -o function.zip
    """
    from .packager import aws, resolve
    from .project import Project

    project = Project.find(root).for_aws(python, architecture)
    if relock:
        show.step(f"lock the function's requirements in {project.lock}")
        resolve.write_lock(project)
    artifact = aws.package(project, output, say=show.step)
    if as_json:
        click.echo(json.dumps(show.artifact_facts(artifact)))
    else:
        show.artifact(artifact)


@main.command()
@click.argument("target", type=click.Choice(["aws"]))
@click.option("--port", default=8000, show_default=True, help="Of the HTTP front, on loopback.")
@click.option("--artifact", type=click.Path(path_type=Path), help="Run this one; pack none.")
@_project
def local(target: str, port: int, artifact: Path | None, root: Path) -> None:  # noqa: ARG001
    """Run the project as TARGET would, on this machine, until Ctrl-C.

    On aws the artifact is unpacked read-only and runs under AWS's own runtime client, one process
    for each concurrent request, behind an HTTP front that makes API Gateway events of requests.

    \b
      pilotlight local aws
      curl -d '{"instances": [[...]]}' http://127.0.0.1:8000/predict
    """
    from .local import project as run
    from .project import Project

    project = Project.find(root)
    run.serve(project, port=port, artifact=artifact, say=show.step, echo=show.log)
