"""[tool.pilotlight] → Project: every problem told at once, with what was probably meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pilotlight.errors import ConfigurationError
from pilotlight.tools.project import Aws, Project

if TYPE_CHECKING:
    from collections.abc import Callable

    Written = Callable[[str], Path]

KEYS = ("name", "model", "handlers", "lock", "aws", "google", "azure")
HEAD = '[tool.pilotlight]\nname = "iris"\nmodel = "models/iris"\n'


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a pyproject.toml and give its folder."""

    def write(text: str) -> Path:
        (tmp_path / "pyproject.toml").write_text(text, "utf-8")
        return tmp_path

    return write


def test_a_short_table_has_defaults_for_the_rest(written: Written) -> None:
    root = written(HEAD)
    assert Project.read(root) == Project(
        root=root,
        name="iris",
        model="models/iris",
        handlers=root / "handlers",
        lock=root / "packaging/locks/function.txt",
        dependencies=(),
        aws=Aws("3.13", "x86_64", 1769, 10, {}),
    )


def test_everything_may_be_set(written: Written) -> None:
    root = written("""
[project]
name = "shop"
dependencies = ["Pillow>=11", "pilotlight[sklearn]>=0.1", "pilot_light", "PilotLight"]

[tool.pilotlight]
name = "shop-1"
model = "s3://bucket/models/shop"
handlers = "doors"
lock = "function.txt"

[tool.pilotlight.aws]
python = "3.14"
architecture = "arm64"
memory = 512
timeout = 900
environment = {A = "b"}
""")
    project = Project.read(root)
    assert project == Project(
        root=root,
        name="shop-1",
        model="s3://bucket/models/shop",
        handlers=root / "doors",
        lock=root / "function.txt",
        dependencies=("Pillow>=11", "pilot_light"),
        aws=Aws("3.14", "arm64", 512, 900, {"A": "b"}),
    )
    assert project.model_in_store


def test_the_command_line_changes_the_target(written: Written) -> None:
    project = Project.read(written(HEAD))
    assert project.for_aws(None, None) == project
    assert project.for_aws("3.12", "arm64").aws == Aws("3.12", "arm64", 1769, 10, {})


def test_all_problems_are_told_at_once(written: Written) -> None:
    root = written("""
[tool.pilotlight]
name = "My Iris"
modle = "models/iris"
zzz = 1

[tool.pilotlight.aws]
python = "3"
architecture = "x86"
memory = 64
timeout = "10"
memroy = 1769
""")
    with pytest.raises(ConfigurationError) as raised:
        Project.read(root)
    assert str(raised.value).splitlines() == [
        f"{root}/pyproject.toml:",
        "  model: expected a string, found nothing",
        "  tool.pilotlight.aws: unknown key 'memroy'; did you mean 'memory'?",
        "  tool.pilotlight.aws.python: expected a version such as \"3.13\", found '3'",
        "  tool.pilotlight.aws.architecture: expected x86_64 or arm64, found 'x86'",
        "  tool.pilotlight.aws.memory: expected 128 to 10,240 MB, found 64",
        "  tool.pilotlight.aws.timeout: expected 1 to 900 seconds, found '10'",
        "  tool.pilotlight: unknown key 'modle'; did you mean 'model'?",
        f"  tool.pilotlight: unknown key 'zzz'; there are {', '.join(KEYS)}",
        "  name: expected lower-case letters, digits, - and _, found 'My Iris'",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("aws = 5", "tool.pilotlight.aws: expected a table, found 5"),
        ("handlers = 5", "handlers: expected a string, found 5"),
        ("lock = []", "lock: expected a string, found []"),
        (
            "aws = {environment = 5}",
            "tool.pilotlight.aws.environment: expected a table of strings, found 5",
        ),
        (
            "aws = {environment = {A = 1}}",
            "tool.pilotlight.aws.environment.A: expected a string, found 1",
        ),
        (
            "aws = {python = 3.13}",
            'tool.pilotlight.aws.python: expected a version such as "3.13", found 3.13',
        ),
        (
            "aws = {architecture = []}",
            "tool.pilotlight.aws.architecture: expected x86_64 or arm64, found []",
        ),
        (
            "aws = {memory = true}",
            "tool.pilotlight.aws.memory: expected 128 to 10,240 MB, found True",
        ),
        ("aws = {timeout = 0}", "tool.pilotlight.aws.timeout: expected 1 to 900 seconds, found 0"),
    ],
)
def test_a_value_of_another_type_is_told(written: Written, line: str, problem: str) -> None:
    root = written(HEAD + line)
    with pytest.raises(ConfigurationError) as raised:
        Project.read(root)
    assert str(raised.value) == f"{root}/pyproject.toml:\n  {problem}"


@pytest.mark.parametrize("name", ["Iris", "-iris", "iris-", "i ris", "írís", "../iris"])
def test_a_name_is_one_that_every_platform_takes(written: Written, name: str) -> None:
    root = written(HEAD.replace("iris", name, 1))
    with pytest.raises(ConfigurationError, match="name: expected lower-case letters"):
        Project.read(root)


def test_a_folder_without_a_project_tells_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Project.read(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path} has no pyproject.toml; run this in a project's folder, or name it with "
        "--project DIR"
    )


@pytest.mark.parametrize("text", ["", "[tool]\n", "[tool.other]\n"])
def test_a_project_without_the_table_is_shown_one(written: Written, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"has no \[tool\.pilotlight\]; it needs at least"):
        Project.read(written(text))


@pytest.mark.parametrize("text", ["tool = 5", "[tool]\npilotlight = 5", "[[tool.pilotlight]]"])
def test_a_table_that_is_none_is_a_configuration_error(written: Written, text: str) -> None:
    with pytest.raises(ConfigurationError):
        Project.read(written(text))


def test_a_file_that_is_not_toml_is_told_where(written: Written) -> None:
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml is not TOML: "):
        Project.read(written("[tool"))


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b'a = "\xff"')
    with pytest.raises(ConfigurationError, match=r"pyproject\.toml is not TOML"):
        Project.read(tmp_path)
