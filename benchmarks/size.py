"""P6: the bytes of the artifact without the model, beside what pip would install."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import contenders
import promises
import roots
from report import Section, table
from roots import Say

from pilotlight.tools.packager.aws import package

if TYPE_CHECKING:
    from interpreter import Interpreter

    from pilotlight.tools.packager.artifact import Artifact
    from pilotlight.tools.project import Project

PEERS = (contenders.MINIMAL, contenders.FASTAPI, contenders.TUTORIAL)
_MB = 1_000_000


def measure(
    service: Project, interpreter: Interpreter, say: Say
) -> tuple[Artifact, dict[str, tuple[int, int]]]:
    """Return our artifact, and each contender's bytes without the model, unzipped and zipped."""
    for peer in PEERS:
        roots.peer(peer, service, interpreter, say)
    say("package the AWS artifact")
    artifact = package(service, interpreter.home / "aws.zip")
    model = [part for part in artifact.parts if part.name == "model"]
    found = {
        contenders.OURS.name: (
            artifact.unzipped - sum(part.unzipped for part in model),
            artifact.zipped - sum(part.zipped for part in model),
        )
    }
    found |= {peer.name: roots.sizes(peer, interpreter) for peer in PEERS}
    return artifact, found


def section(
    artifact: Artifact, found: dict[str, tuple[int, int]], about: str, facts: dict[str, Any]
) -> Section:
    """Return what the report says of sizes."""
    unzipped, zipped = found[contenders.OURS.name]
    target = artifact.target
    explained = (
        "What is deployed, without the model, in MB of 1,000,000 bytes. pilotlight's artifact "
        f"(Lambda, {target.architecture}, Python {target.python}) holds its bytecode; the others "
        "are what `pip install --target` leaves, without bytecode, and what `zip` makes of it."
    )
    text = [
        explained,
        about,
        table(
            ("", "unzipped", "zipped"),
            [
                (c.title, f"{found[c.name][0] / _MB:.1f}", f"{found[c.name][1] / _MB:.1f}")
                for c in (contenders.OURS, *PEERS)
            ],
        ),
        "What pilotlight's artifact is made of:",
        table(
            ("", "unzipped", "zipped", "files"),
            [
                (p.name, f"{p.unzipped / _MB:.2f}", f"{p.zipped / _MB:.2f}", str(p.files))
                for p in artifact.parts
            ],
        ),
        table(
            promises.HEAD,
            [
                promises.ZIPPED.row(zipped / _MB, "", 1),
                promises.UNZIPPED.row(unzipped / _MB, "", 1),
            ],
        ),
    ]
    kept = {
        name: {"unzipped": unzipped, "zipped": zipped} for name, (unzipped, zipped) in found.items()
    }
    promised = {
        "zipped": promises.ZIPPED.json(zipped / _MB),
        "unzipped": promises.UNZIPPED.json(unzipped / _MB),
    }
    return Section("size", "Size", text, facts | {"bytes": kept, "P6": promised})
