"""The one request that every contender answers: a handwritten digit through an HTTP API."""

from __future__ import annotations

import json
from typing import Any

LABEL = 5
"""What the scan shows, and what every model says of it."""

# One scan of the data set that the model was trained on, row by row.
PIXELS = [
    *(0, 0, 12, 8, 8, 7, 0, 0),
    *(0, 3, 16, 16, 11, 7, 0, 0),
    *(0, 2, 14, 1, 0, 0, 0, 0),
    *(0, 5, 14, 5, 0, 0, 0, 0),
    *(0, 2, 15, 16, 9, 0, 0, 0),
    *(0, 0, 0, 2, 16, 2, 0, 0),
    *(0, 0, 4, 8, 16, 4, 0, 0),
    *(0, 0, 11, 14, 9, 0, 0, 0),
]


def event() -> dict[str, Any]:
    """Return ``POST /predict`` as API Gateway's HTTP API gives it (payload 2.0)."""
    body = json.dumps({"instances": [PIXELS]})
    return {
        "version": "2.0",
        "routeKey": "POST /predict",
        "rawPath": "/predict",
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": str(len(body)),
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.us-east-1.amazonaws.com",
            "user-agent": "curl/8.5.0",
            "x-amzn-trace-id": "Root=1-656f2c00-0123456789abcdef01234567",
            "x-forwarded-for": "203.0.113.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": "POST",
                "path": "/predict",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.1",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /predict",
            "stage": "$default",
            "time": "05/Dec/2026:13:58:40 +0000",
            "timeEpoch": 1796479120000,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def check(reply: dict[str, Any], contender: str) -> None:
    """See that a reply says what the scan shows.

    Raises:
        ValueError: it says something else, or is an error.
    """
    try:
        (prediction,) = json.loads(reply["body"])["predictions"]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(f"{contender} answered {str(reply)[:500]}") from error
    label = prediction["label"] if isinstance(prediction, dict) else prediction
    if label != LABEL:
        raise ValueError(f"{contender} says {label}, the scan shows {LABEL}")
