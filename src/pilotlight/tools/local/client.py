"""Copy AWS's runtime client out of an interpreter's environment.

Run as a script by that interpreter: ``python -I client.py FOLDER``. FOLDER becomes the home of a
Python installation with ``awslambdaric`` and nothing else in it, but for the AWS SDK, which the
managed runtimes hold too. One line of JSON goes to standard output: what was found, or what is
missing. It imports nothing of pilotlight, which that interpreter need not have.
"""

from __future__ import annotations

import compileall
import json
import re
import shutil
import sys
import sysconfig
from importlib import metadata
from pathlib import Path


def required(name: str) -> dict[str, metadata.Distribution]:
    """Return the installed distribution ``name`` and all that it requires.

    Raises:
        PackageNotFoundError: where one of them is not installed.
    """
    found: dict[str, metadata.Distribution] = {}
    wanted = [name]
    while wanted:
        distribution = metadata.distribution(wanted.pop())
        if distribution.name in found:
            continue
        found[distribution.name] = distribution
        for requirement in distribution.requires or ():
            project, _, marker = requirement.partition(";")
            name = re.split(r"[^A-Za-z0-9._-]", project.strip())[0]
            # What a marker excludes is not there; markers need no evaluation for that.
            if not marker or ("extra" not in marker and _installed(name)):
                wanted.append(name)
    return found


def _installed(name: str) -> bool:
    return any(True for _ in metadata.distributions(name=name))


def copy(distribution: metadata.Distribution, folder: Path) -> None:
    """Copy the distribution's files into ``folder``, but for scripts and compiled bytecode."""
    for file in distribution.files or ():
        source = Path(str(distribution.locate_file(file)))
        if ".." in file.parts or file.suffix == ".pyc" or not source.is_file():
            continue
        target = folder / str(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def link(distribution: metadata.Distribution, folder: Path) -> None:
    """Link the distribution's top-level modules into ``folder``; copying the SDK takes too long."""
    for name in {file.parts[0] for file in distribution.files or ()}:
        target = folder / name
        if name not in {"..", "__pycache__"} and not target.exists():
            target.symlink_to(Path(str(distribution.locate_file(name))))


def install(home: Path) -> dict[str, str]:
    """Fill ``home`` and return what was found: client, version, executable, libraries."""
    base = {"base": str(home), "platbase": str(home)}
    folder = Path(sysconfig.get_path("purelib", "posix_prefix", vars=base))
    folder.mkdir(parents=True)
    for distribution in required("awslambdaric").values():
        copy(distribution, folder)
    compileall.compile_dir(folder, quiet=2)
    try:
        sdk = required("boto3")
    except metadata.PackageNotFoundError:
        sdk = {}
    for distribution in sdk.values():
        link(distribution, folder)
    return {
        "client": str(folder),
        "version": f"{sys.version_info.major}.{sys.version_info.minor}",
        "executable": getattr(sys, "_base_executable", sys.executable),
        "libraries": sysconfig.get_config_var("LIBDIR") or "",
    }


if __name__ == "__main__":
    try:
        answer = install(Path(sys.argv[1]))
    except metadata.PackageNotFoundError as error:
        answer = {"missing": str(error.name)}
    sys.stdout.write(json.dumps(answer) + "\n")
