"""serverless.yml, compiled by the Serverless Framework itself, without any cloud."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
FRAMEWORK = REPOSITORY / "node_modules/.bin/osls"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The CloudFormation template of the reference service."""
    if not FRAMEWORK.exists() or not shutil.which("node"):
        pytest.skip("the Serverless Framework is not installed: npm is needed for that")
    root = tmp_path_factory.mktemp("serverless")
    shutil.copy(REPOSITORY / "serverless.yml", root)
    shutil.copy(REPOSITORY / "package.json", root)
    (root / "node_modules").symlink_to(REPOSITORY / "node_modules")
    (root / "dist").mkdir()
    (root / "dist/digits-aws-x86_64-py313.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "SLS_TELEMETRY_DISABLED": "1"}
    done = subprocess.run(
        [FRAMEWORK, "package"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = root / ".serverless/cloudformation-template-update-stack.json"
    found: dict[str, Any] = json.loads(compiled.read_text())
    return found


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in template["Resources"].values() if r["Type"] == kind]


def test_the_function_is_what_the_packager_makes(template: dict[str, Any]) -> None:
    (function,) = of_type(template, "AWS::Lambda::Function")
    chosen = ("Handler", "Runtime", "Architectures", "MemorySize", "Timeout")
    assert {key: function[key] for key in chosen} == {
        "Handler": "aws_lambda.handler",
        "Runtime": "python3.13",
        "Architectures": ["x86_64"],
        "MemorySize": 1769,
        "Timeout": 10,
    }


def test_every_route_of_ours_has_one(template: dict[str, Any]) -> None:
    routes = sorted(route["RouteKey"] for route in of_type(template, "AWS::ApiGatewayV2::Route"))
    assert routes == ["GET /health", "GET /ready", "POST /predict"]
    (integration,) = of_type(template, "AWS::ApiGatewayV2::Integration")
    assert integration["PayloadFormatVersion"] == "2.0"
