"""AWS's HTTP events, as its documentation shows them, behind one interface."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pilotlight import aws

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pilotlight.aws import Handler
    from pilotlight.service import Service

_EVENTS = Path(__file__).parents[1] / "fixtures" / "events"
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


class Context:
    """Stand for what Lambda hands over beside the event."""

    aws_request_id = REQUEST_ID


@dataclass(frozen=True)
class Answer:
    """Hold an HTTP answer; ``body`` is parsed JSON, None where there is none."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


class Door:
    """Write requests and read replies as one of AWS's HTTP doors does."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def balancer(self) -> bool:
        return self.name.startswith("alb")

    @property
    def limit(self) -> int:
        """The bytes that a body may have."""
        return 1_048_576 if self.balancer else 6_291_456

    def event(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> dict[str, Any]:
        """Return the recorded event with another request in it; bytes travel as base64."""
        event: dict[str, Any] = json.loads((_EVENTS / f"{self.name}.json").read_text("utf-8"))
        context = event["requestContext"]
        if "http" in context:
            event["rawPath"] = context["http"]["path"] = path
            context["http"]["method"] = method
        else:
            event["path"], event["httpMethod"] = path, method
        if "resourceId" in context:
            context["path"], context["httpMethod"] = f"/prod{path}", method
        sent = {"content-type": "application/json"} if headers is None else headers
        for name, value in sent.items():
            if "headers" in event:
                event["headers"][name] = value
            if "multiValueHeaders" in event:
                event["multiValueHeaders"][name] = [value]
        self._put(event, body)
        return event | changes

    def answer(self, reply: Any) -> Answer:
        """Check the reply's form, as it travels to the door, and return what it says."""
        reply = json.loads(json.dumps(reply, allow_nan=False, ensure_ascii=False).encode())
        status = reply["statusCode"]
        assert reply["isBase64Encoded"] is False
        keys = {"statusCode", "headers", "body", "isBase64Encoded"}
        headers = reply.get("headers", {})
        if self.balancer:
            keys |= {"statusDescription"}
            assert reply["statusDescription"] == f"{status} {HTTPStatus(status).phrase}"
        if self.name == "alb_multi_value":
            keys = keys - {"headers"} | {"multiValueHeaders"}
            headers = {name: value for name, [value] in reply["multiValueHeaders"].items()}
        assert reply.keys() == keys
        return Answer(status, json.loads(reply["body"]) if reply["body"] else None, headers)

    def _put(self, event: dict[str, Any], body: str | bytes | None) -> None:
        if isinstance(body, bytes):
            event["body"], event["isBase64Encoded"] = base64.b64encode(body).decode(), True
        elif body is not None:
            event["body"] = body
        elif self.balancer:
            event["body"] = ""
        elif self.name == "rest_api":
            event["body"] = None
        else:
            del event["body"]


@pytest.fixture(params=["http_api", "rest_api", "alb", "alb_multi_value", "function_url"])
def door(request: pytest.FixtureRequest) -> Door:
    """Give each of the HTTP doors in turn."""
    return Door(request.param)


@pytest.fixture(scope="session")
def handlers(services: Callable[[str], Service]) -> Callable[[str], Handler]:
    """Give the handler of a bundle's service."""

    @cache
    def make(name: str) -> Handler:
        return aws.handler(services(name))

    return make


@pytest.fixture
def recorded() -> Callable[[str], dict[str, Any]]:
    """Give a recorded event as it is."""

    def load(name: str) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((_EVENTS / f"{name}.json").read_text("utf-8"))
        return event

    return load
