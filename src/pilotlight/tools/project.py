"""``[tool.pilotlight]`` of a project's pyproject.toml → a frozen, validated Project."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError

ARCHITECTURES = ("x86_64", "arm64")
_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
# The doors: what each platform needs of handlers/ besides the service itself.
DOORS = {
    "aws": ("aws_lambda.py",),
    "google": ("main.py",),
    "azure": ("function_app.py", "host.json"),
}


@dataclass(frozen=True)
class Aws:
    """Hold ``[tool.pilotlight.aws]``.

    Attributes:
        python: the runtime's version, ``3.13``.
        architecture: ``x86_64`` or ``arm64``.
        memory: MB; decides the CPU share, too.
        timeout: seconds until Lambda ends an invocation.
        environment: the function's variables.
    """

    python: str = "3.13"
    architecture: str = "x86_64"
    memory: int = 1769
    timeout: int = 10
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """Hold a project's settings.

    Attributes:
        root: the folder of its pyproject.toml.
        name: the service's name; letters, digits, ``-`` and ``_``.
        model: a bundle's folder relative to the root, a model file, or a registry URL.
        handlers: the folder of the doors and the service.
        lock: the hashed requirements of the function.
        dependencies: the project's own requirements, without pilotlight.
        aws: the AWS target.
    """

    root: Path
    name: str
    model: str
    handlers: Path
    lock: Path
    dependencies: tuple[str, ...]
    aws: Aws

    @property
    def model_in_store(self) -> bool:
        """Whether the model is fetched by the function, and so not packed."""
        return "://" in self.model

    @classmethod
    def find(cls, folder: Path) -> Project:
        """Read the project that a folder belongs to: its own, or the first above it.

        Raises:
            ConfigurationError: as ``read``.
        """
        start = folder.resolve()
        above = (f for f in (start, *start.parents) if (f / "pyproject.toml").is_file())
        return cls.read(next(above, start))

    @classmethod
    def read(cls, root: Path) -> Project:
        """Read and validate the project in a folder.

        Raises:
            ConfigurationError: there is no such table, or it is wrong; all problems are named.
        """
        file = root / "pyproject.toml"
        try:
            text = tomllib.loads(file.read_bytes().decode())
        except FileNotFoundError:
            raise ConfigurationError(
                f"{root} has no pyproject.toml; run this in a project's folder, or name it with "
                "--project DIR"
            ) from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigurationError(f"{file} is not TOML: {error}") from None
        tools = text.get("tool")
        table = tools.get("pilotlight") if isinstance(tools, dict) else None
        if not isinstance(table, dict):
            raise ConfigurationError(
                f"{file} has no [tool.pilotlight]; it needs at least\n\n"
                '    [tool.pilotlight]\n    name = "my-service"\n    model = "models/my-model"\n'
            )
        problems: list[str] = []
        project = cls(
            root=root,
            name=_text(table, "name", problems),
            model=_text(table, "model", problems),
            handlers=root / _text(table, "handlers", problems, "handlers"),
            lock=root / _text(table, "lock", problems, "packaging/locks/function.txt"),
            dependencies=_dependencies(text.get("project")),
            aws=_aws(table.get("aws", {}), problems),
        )
        _known(table, ("name", "model", "handlers", "lock", *DOORS), "tool.pilotlight", problems)
        if project.name and not _NAME.fullmatch(project.name):
            problems.append(
                f"name: expected lower-case letters, digits, - and _, found {project.name!r}"
            )
        if problems:
            raise ConfigurationError(f"{file}:\n" + "\n".join(f"  {p}" for p in problems))
        return project

    def for_aws(self, python: str | None, architecture: str | None) -> Project:
        """Return the project with the AWS target changed as the command line asks."""
        aws = self.aws
        if python:
            aws = replace(aws, python=python)
        if architecture:
            aws = replace(aws, architecture=architecture)
        return replace(self, aws=aws)


def _aws(table: dict[str, Any], problems: list[str]) -> Aws:
    where = "tool.pilotlight.aws"
    if not isinstance(table, dict):
        problems.append(f"{where}: expected a table, found {table!r}")
        return Aws()
    known = Aws.__dataclass_fields__
    _known(table, tuple(known), where, problems)
    aws = Aws(**{key: value for key, value in table.items() if key in known})
    python: object = aws.python  # whatever the file has
    variables: object = aws.environment
    if not isinstance(python, str) or not re.fullmatch(r"3\.\d+", python):
        problems.append(f'{where}.python: expected a version such as "3.13", found {aws.python!r}')
    if aws.architecture not in ARCHITECTURES:
        problems.append(
            f"{where}.architecture: expected {' or '.join(ARCHITECTURES)}, "
            f"found {aws.architecture!r}"
        )
    if not isinstance(variables, dict):
        problems.append(f"{where}.environment: expected a table of strings, found {variables!r}")
    else:
        for name, text in variables.items():
            if not isinstance(text, str):
                problems.append(f"{where}.environment.{name}: expected a string, found {text!r}")
    for key, value, low, high, unit in (
        ("memory", aws.memory, 128, 10_240, "MB"),
        ("timeout", aws.timeout, 1, 900, "seconds"),
    ):
        if type(value) is not int or not low <= value <= high:
            expected = f"{low} to {high:,} {unit}"
            problems.append(f"{where}.{key}: expected {expected}, found {value!r}")
    return aws


def _text(table: dict[str, Any], key: str, problems: list[str], default: str | None = None) -> str:
    value = table.get(key, default)
    if isinstance(value, str) and value:
        return value
    found = "nothing" if value is None else repr(value)
    problems.append(f"{key}: expected a string, found {found}")
    return ""


def _known(table: dict[str, Any], known: tuple[str, ...], where: str, problems: list[str]) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
            problems.append(f"{where}: unknown key {key!r}; {hint}")


def _dependencies(project: object) -> tuple[str, ...]:
    """Return a project's own requirements; pilotlight's are known from pilotlight itself."""
    if not isinstance(project, dict) or project.get("name") == "pilotlight":
        return ()
    named = re.compile(r"[A-Za-z0-9._-]+")
    wanted = []
    for requirement in project.get("dependencies", []):
        match = named.match(requirement)
        if match and match[0].lower().replace("_", "-") != "pilotlight":
            wanted.append(requirement)
    return tuple(wanted)
