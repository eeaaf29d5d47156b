"""The command line as a user meets it: a real process, its output and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pilotlight.bundle import Bundle

REPOSITORY = Path(__file__).parents[2]
DIGITS = REPOSITORY / "examples/digits/digits.joblib"


def pilotlight(
    *arguments: object, cwd: Path | None = None, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pilotlight.tools", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, input=text, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_model_file_becomes_a_bundle_that_predicts(tmp_path: Path) -> None:
    built = pilotlight("build", DIGITS, "--trust-pickle", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    lines = built.stdout.splitlines()
    version = Bundle.read(tmp_path / "models/digits").version
    assert lines[0] == f"digits  {version[:12]}  models/digits"
    assert lines[1:4] == [
        "  input   X: float32[?,64]",
        "  output  label: int64[?]",
        "  output  probabilities: float32[?,10]  (0, 1, 2, 3, 4, 5, 6, 7, …)",
    ]
    assert "compared with it on 32 generated examples" in lines[-1]
    inspected = pilotlight("inspect", "models/digits", "--json", cwd=tmp_path)
    assert json.loads(inspected.stdout)["version"] == version
    body = json.dumps({"instances": [[0] * 64]})
    answer = pilotlight("predict", "models/digits", cwd=tmp_path, text=body)
    assert list(json.loads(answer.stdout)["predictions"][0]) == ["label", "probabilities"]


def test_two_builds_of_one_model_are_the_same_version(tmp_path: Path) -> None:
    versions = {
        json.loads(
            pilotlight("build", DIGITS, "--trust-pickle", "-o", tmp_path / out, "--json").stdout
        )["version"]
        for out in ("one", "two")
    }
    assert len(versions) == 1


def test_a_pickle_is_refused_unless_it_is_trusted(tmp_path: Path) -> None:
    refused = pilotlight("build", DIGITS, cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.splitlines()[-1] == (
        f"error: {DIGITS} is a pickle: loading it runs whatever code is in it. If you made it, or "
        "trust who did, add --trust-pickle; else ask for the model as .onnx"
    )
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inspect", "nothing"], "error: nothing: there is no such folder"),
        (["predict", "nothing"], "there is no such folder"),
        (["build", "model.h5"], "error: model.h5: there is no such file"),
        (["package", "aws"], "has no pyproject.toml; run this in a project's folder"),
        (["local", "aws"], "has no pyproject.toml"),
    ],
)
def test_a_users_mistake_is_one_message_and_no_stack_trace(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    failed = pilotlight(*arguments, cwd=tmp_path, text="{}")
    assert failed.returncode == 1
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr


def test_wrong_usage_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    assert pilotlight("package", "mainframe", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("command", ["build", "inspect", "predict", "package", "local"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = pilotlight(command, "--help")
    assert shown.returncode == 0
    assert f"pilotlight {command} " in shown.stdout


def test_package_tells_machines_what_it_made(project: Path) -> None:
    made = pilotlight("package", "aws", "--json", "-o", "function.zip", cwd=project)
    assert made.returncode == 0, made.stderr
    facts = json.loads(made.stdout)
    assert facts["file"] == "function.zip"
    assert facts["target"] == "aws-x86_64-py313"
    assert facts["zipped"] == (project / "function.zip").stat().st_size
    assert sum(facts["parts"].values()) == facts["unzipped"]


def test_without_the_tools_extra_it_says_what_to_install(tmp_path: Path) -> None:
    entry = "from pilotlight.tools.__main__ import main; main()"
    program = f"import sys; sys.modules['click'] = None; {entry}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "pilotlight: the command line needs click, which is not installed. Install it with: "
        'pip install "pilotlight[tools]"\n'
    )
