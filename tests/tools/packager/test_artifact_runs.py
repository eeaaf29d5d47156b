"""The artifact under AWS's own runtime client: what it answers is what scikit-learn answers."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.datasets import load_digits

from pilotlight.errors import LocalError
from pilotlight.tools.local.aws import Running, running
from pilotlight.tools.local.project import check_python, pack, settings
from pilotlight.tools.packager.aws import package
from pilotlight.tools.project import Project

DIGITS = Path(__file__).parents[3] / "examples/digits/digits.joblib"


@pytest.fixture(scope="module")
def run(digits_project: Project) -> Iterator[Running]:
    artifact = pack(digits_project, lambda _: None)
    with running(artifact, settings(digits_project)) as function:
        yield function


def post(run: Running, body: object) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{run.url}/predict",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_it_answers_as_scikit_learn_does(run: Running) -> None:
    pixels = load_digits().data[:100]
    status, answer = post(run, {"instances": pixels.tolist()})
    model = joblib.load(DIGITS)
    assert status == 200
    assert [p["label"] for p in answer["predictions"]] == model.predict(pixels).tolist()
    for prediction, expected in zip(
        answer["predictions"], model.predict_proba(pixels), strict=True
    ):
        assert prediction["probabilities"] == pytest.approx(expected.tolist(), abs=1e-5)


def test_what_the_caller_did_wrong_is_said_through_the_whole_chain(run: Running) -> None:
    assert post(run, {"instances": [[1, 2, 3]]}) == (
        422,
        {"error": "instances[0]: expected shape [64], found shape [3]"},
    )


def test_a_direct_invocation_answers_and_raises(run: Running) -> None:
    ok = run.function.invoke(json.dumps({"instances": [[0] * 64]}).encode())
    assert ok.kind == "response"
    assert list(json.loads(ok.payload)) == ["predictions"]
    wrong = run.function.invoke(json.dumps({"instances": []}).encode())
    assert wrong.kind == "error"
    assert json.loads(wrong.payload)["errorType"] == "UnprocessableError"


def test_only_the_artifacts_own_modules_are_loaded(run: Running) -> None:
    event = {"no": "such event"}
    reply = run.function.invoke(json.dumps(event).encode())
    failure = json.loads(reply.payload)
    assert failure["errorType"] == "UnknownEventError"
    assert "API Gateway HTTP API (payload 2.0)" in failure["errorMessage"]
    assert all("/src/pilotlight" not in line for line in failure["stackTrace"])


def test_an_artifact_for_another_python_is_not_run(digits_project: Project) -> None:
    other = "3.12" if sys.version_info[:2] != (3, 12) else "3.13"
    made = package(digits_project.for_aws(other, None), digits_project.root / "other.zip")
    with pytest.raises(LocalError, match=f"is for Python {other}, this is 3"):
        check_python(made.file)
