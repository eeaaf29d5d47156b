"""A model on Lambda as a web application: Powertools, FastAPI and Mangum over onnxruntime."""

import numpy as np
import onnxruntime
from aws_lambda_powertools import Logger
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

logger = Logger(service="digits")
session = onnxruntime.InferenceSession("model.onnx")
app = FastAPI()


class Question(BaseModel):
    """Hold rows of 64 pixels."""

    instances: list[list[float]]


class Prediction(BaseModel):
    """Hold a digit and how probable each digit is."""

    label: int
    probabilities: list[float]


class Answer(BaseModel):
    """Hold a prediction for each row."""

    predictions: list[Prediction]


@app.post("/predict")
async def predict(question: Question) -> Answer:  # a function has one request at a time: no threads
    """Predict each instance."""
    rows = np.asarray(question.instances, dtype=np.float32)
    labels, probabilities = session.run(None, {"X": rows})
    return Answer(
        predictions=[
            Prediction(label=label, probabilities=row)
            for label, row in zip(labels.tolist(), probabilities.tolist(), strict=True)
        ]
    )


asgi = Mangum(app, lifespan="off")


@logger.inject_lambda_context
def handler(event, context):
    """Pass the event to the application."""
    return asgi(event, context)
