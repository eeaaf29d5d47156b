"""What a cold start loads: the whole list, so that whoever lengthens it does so on purpose."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Named = Callable[[str], Path]
    Python = Callable[..., str]

ROOT = Path(__file__).parents[1]
# Lambda's own client has json, logging and threading loaded when it loads the handler.
_PROGRAM = """
import json, logging, sys, threading
event = json.loads(sys.argv[1])
before = set(sys.modules)
sys.path.insert(0, "")
import aws_lambda
reply = aws_lambda.handler(event, None)
assert reply["statusCode"] == 200, reply
print(json.dumps([sorted(set(sys.modules) - before), json.loads(reply["body"])]))
"""
OURS = [
    "aws_lambda",
    "pilotlight",
    "pilotlight.aws",
    "pilotlight.aws.http",
    "pilotlight.batch",
    "pilotlight.bundle",
    "pilotlight.dtypes",
    "pilotlight.engine",
    "pilotlight.engine.api",
    "pilotlight.engine.environment",
    "pilotlight.engine.library",
    "pilotlight.engine.memory",
    "pilotlight.engine.session",
    "pilotlight.engine.signature",
    "pilotlight.engine.values",
    "pilotlight.errors",
    "pilotlight.examples",
    "pilotlight.http",
    "pilotlight.lists",
    "pilotlight.model",
    "pilotlight.protocols",
    "pilotlight.protocols.codec",
    "pilotlight.protocols.instances",
    "pilotlight.service",
    "pilotlight.tensor",
    "pilotlight.version",
    "service",
]
PYTHONS = [
    "__future__",
    "_ctypes",
    "_struct",
    "array",
    "binascii",
    "ctypes",
    "ctypes._endian",
    "math",
    "struct",
]


@pytest.fixture
def artifact(bundles: Named, tmp_path: Path) -> Path:
    """Give what an artifact's root has of the reference service, with a smaller model."""
    for door in ("aws_lambda.py", "service.py"):
        shutil.copy(ROOT / "handlers" / door, tmp_path)
    shutil.copytree(bundles("linear"), tmp_path / "model" / "digits")
    return tmp_path


def _event(body: dict[str, Any]) -> str:
    event = json.loads((ROOT / "tests/fixtures/events/http_api.json").read_text("utf-8"))
    return json.dumps(event | {"rawPath": "/predict", "body": json.dumps(body)})


def test_a_cold_start_loads_these_modules_and_no_other(artifact: Path, python: Python) -> None:
    event = _event({"instances": [[1, 2, 3]]})
    loaded, answer = json.loads(python(_PROGRAM, event, cwd=artifact))
    assert answer == {"predictions": [321.0]}
    assert [name for name in loaded if name.startswith("pilotlight") or name in OURS] == OURS
    assert [name for name in loaded if name not in OURS] == PYTHONS
