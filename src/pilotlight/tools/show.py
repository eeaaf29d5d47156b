"""What the command line prints: steps to standard error, results to standard output."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ..bundle import Bundle
from ..tensor import Spec
from .packager.artifact import Artifact, megabytes


def step(text: str) -> None:
    """Say what is being done."""
    click.secho(f"  {text}", err=True, dim=True)


def log(text: str) -> None:
    """Pass on a line of the function's log."""
    click.echo(text)


def note(text: str) -> None:
    """Say what the user should know."""
    click.echo(text)


def error(text: str) -> None:
    """Say why it could not be done."""
    click.secho("error: ", err=True, fg="red", nl=False)
    click.echo(text, err=True)


def bundle(read: Bundle) -> None:
    """Print a bundle's name, version, signature and files."""
    click.echo(f"{read.name}  {read.version[:12]}  {read.path}")
    for title, specs in (("inputs", read.inputs), ("outputs", read.outputs)):
        for spec in specs:
            click.echo(f"  {title[:-1]:7} {spec}{_names(spec)}")
    for name, facts in read.files.items():
        click.echo(f"  file    {name}  {megabytes(facts['size'])}  sha256 {facts['sha256'][:12]}")


def artifact(made: Artifact) -> None:
    """Print an artifact's parts as a table, the largest first."""
    table = Table(title=f"{made.file.name} for {made.target}", title_justify="left")
    table.add_column("part")
    for column in ("files", "unzipped", "zipped"):
        table.add_column(column, justify="right")
    for part in made.parts:
        table.add_row(part.name, str(part.files), megabytes(part.unzipped), megabytes(part.zipped))
    table.add_section()
    files = sum(part.files for part in made.parts)
    table.add_row("total", str(files), megabytes(made.unzipped), megabytes(made.zipped))
    Console().print(table)
    for text in made.notes:
        note(f"note: {text}")


def artifact_facts(made: Artifact) -> dict[str, Any]:
    """Return an artifact as JSON has it; sizes in bytes."""
    return {
        "file": str(made.file),
        "target": str(made.target),
        "unzipped": made.unzipped,
        "zipped": made.zipped,
        "parts": {part.name: part.unzipped for part in made.parts},
        "notes": list(made.notes),
    }


def _names(spec: Spec) -> str:
    if not spec.names:
        return ""
    shown = ", ".join(str(name) for name in spec.names[:8])
    return f"  ({shown}{', …' if len(spec.names) > 8 else ''})"
