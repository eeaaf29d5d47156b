"""A model on Lambda as tutorials have it: scikit-learn's own pickle, and boto3 for what else.

Most of them fetch the pickle from S3 first; this one has it in the package, to its advantage.
"""

import json
import os

import boto3
import joblib
import numpy as np

model = joblib.load("model.joblib")
s3 = boto3.client("s3")
BUCKET = os.environ.get("LOG_BUCKET")


def handler(event, context):
    """Predict each instance, and keep the predictions where a bucket is configured."""
    instances = json.loads(event["body"])["instances"]
    predictions = model.predict(np.asarray(instances)).tolist()
    body = json.dumps({"predictions": predictions})
    if BUCKET:
        s3.put_object(Bucket=BUCKET, Key=f"predictions/{context.aws_request_id}.json", Body=body)
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": body,
    }
