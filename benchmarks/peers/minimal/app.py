"""A model on Lambda with onnxruntime and numpy, written by hand and kept small."""

import json

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx")


def handler(event, context):  # noqa: ARG001
    """Predict each instance."""
    instances = json.loads(event["body"])["instances"]
    labels, probabilities = session.run(None, {"X": np.asarray(instances, dtype=np.float32)})
    predictions = [
        {"label": label, "probabilities": row}
        for label, row in zip(labels.tolist(), probabilities.tolist(), strict=True)
    ]
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"predictions": predictions}),
    }
