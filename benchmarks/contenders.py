"""Who takes part: our artifact, and what a user would write instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """Name one way to serve the model on Lambda.

    Attributes:
        name: the folder's name under ``peers/``; ``pilotlight`` is the packager's artifact.
        title: what tables call it.
        handler: what Lambda is told to call.
        predicts: whether it has a model at all.
    """

    name: str
    title: str
    handler: str = "app.handler"
    predicts: bool = True


BARE = Contender("bare", "bare handler, no model", predicts=False)
OURS = Contender("pilotlight", "pilotlight", "aws_lambda.handler")
MINIMAL = Contender("minimal", "onnxruntime + numpy, by hand")
FASTAPI = Contender("fastapi", "Powertools + FastAPI + Mangum + onnxruntime")
TUTORIAL = Contender("tutorial", "scikit-learn + joblib + boto3")
ALL = (BARE, OURS, MINIMAL, FASTAPI, TUTORIAL)
