"""What a function needs, resolved and installed by uv for the target, whatever the host is."""

from __future__ import annotations

import re
import subprocess
from importlib import metadata
from pathlib import Path

from ...errors import PackageError
from ..project import Project
from .targets import Target, facts, platform_tag

ENGINE = "onnxruntime"  # of which only the C library is packed
_IN_STORES = "obstore"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def own_requirements() -> list[str]:
    """Return what pilotlight itself requires, without its extras."""
    return [r for r in metadata.requires("pilotlight") or [] if "extra ==" not in r]


def write_lock(project: Project) -> None:
    """Resolve all that a function of this project may need, for every target, with hashes.

    Raises:
        PackageError: it cannot be resolved.
    """
    project.lock.parent.mkdir(parents=True, exist_ok=True)
    requirements = "\n".join([*own_requirements(), *project.dependencies])
    _uv(
        [
            *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-emit-index-url", "--no-annotate", "--upgrade"),
            *("--custom-compile-command", "pilotlight package --relock"),
            *("-", "--output-file", str(project.lock)),
        ],
        f"the function's requirements cannot be locked into {project.lock}",
        requirements,
    )


def pins(project: Project, target: Target) -> list[str]:
    """Return the locked requirements that the artifact needs on the target, with their hashes.

    The engine is among them only where the project asks for it by name: then its own code imports
    it. ``obstore`` is where the model comes from a store.

    Raises:
        PackageError: the lock does not have what the project needs, or the target no wheel of it.
    """
    wanted = [r for r in own_requirements() if _name(r) not in (ENGINE, _IN_STORES)]
    if project.model_in_store:
        wanted.append(_IN_STORES)
    return _compiled(project, target, [*wanted, *project.dependencies])


def engine_pin(project: Project, target: Target) -> list[str]:
    """Return the locked requirement of the engine alone, with its hashes.

    Raises:
        PackageError: the lock has none, or none that the target can load.
    """
    return [p for p in _compiled(project, target, [ENGINE]) if _name(p) == ENGINE]


def install(project: Project, target: Target, requirements: list[str], folder: Path) -> None:
    """Install wheels for the target into a folder, each checked against its hash.

    Raises:
        PackageError: there is no wheel for the target, or a hash is wrong.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not requirements:
        return
    _uv(
        [
            *("pip", "install", "--quiet", "--target", str(folder), "--no-deps"),
            *("--require-hashes", "--no-installer-metadata", "--no-compile-bytecode"),
            *_for(target),
            *("-r", "-"),
        ],
        f"{target}: cannot install what {project.lock.name} locks",
        "\n".join(requirements),
    )


def _compiled(project: Project, target: Target, requirements: list[str]) -> list[str]:
    why = f"{target}: the requirements cannot be met from {project.lock}"
    if facts(target).glibc < (2, 28):
        why += (
            f" (Python {target.python} there is on {facts(target).system}, whose glibc "
            f"{'.'.join(map(str, facts(target).glibc))} loads no current onnxruntime; choose "
            "Python 3.12 or newer)"
        )
    command = [
        *("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-emit-index-url"),
        *(*_for(target), "--constraints", str(project.lock), "-"),
    ]
    try:  # the lock says it all: an index needs to be asked only for what uv has never seen
        text = _uv([*command, "--offline"], why, "\n".join(requirements))
    except PackageError:
        text = _uv(command, why, "\n".join(requirements))
    locked = read_lock(project.lock)
    chosen = [line.split(";")[0].strip() for line in text.splitlines() if line.strip()]
    missing = [pin for pin in chosen if pin not in locked]
    if missing:
        raise PackageError(
            f"{project.lock} does not lock {', '.join(missing)}, which the project requires; "
            "lock it with: pilotlight package aws --relock"
        )
    return [locked[pin] for pin in chosen]


def read_lock(lock: Path) -> dict[str, str]:
    """Return a lock's requirements with their hashes, by ``name==version``.

    Raises:
        PackageError: a requirement has no hash.
    """
    locked = {}
    for line in lock.read_text("utf-8").replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement, *hashes = line.split(" --hash=")
        if not hashes:
            raise PackageError(f"{lock}: {requirement.strip()} has no hash; lock it again")
        pin = requirement.split(";")[0].strip()
        locked[pin] = " ".join([pin, *(f"--hash={digest.strip()}" for digest in hashes)])
    return locked


def _for(target: Target) -> list[str]:
    return [
        *("--python-platform", platform_tag(target), "--python-version", target.python),
        *("--only-binary", ":all:"),
    ]


def _name(requirement: str) -> str:
    match = _NAME.match(requirement)
    return match[0].lower().replace("_", "-") if match else ""


def _uv(arguments: list[str], why: str, text: str) -> str:
    import uv

    command = [uv.find_uv_bin(), *arguments]
    done = subprocess.run(  # noqa: S603  # uv, with arguments of our own
        command, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        detail = done.stderr.strip()
        raise PackageError(f"{why}.\n{detail}")
    return done.stdout
