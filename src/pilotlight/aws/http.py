"""Events of AWS's HTTP doors ↔ Request and Response.

Sources, read in November 2026: API Gateway developer guide, "Create AWS Lambda proxy integrations
for HTTP APIs" (payload 1.0 and 2.0); ELB user guide, "Use Lambda functions as targets"; Lambda
developer guide, "Invoking Lambda function URLs" (its events are payload 2.0).
"""

from __future__ import annotations

import json
from binascii import Error as Base64Error
from binascii import a2b_base64

from ..errors import MalformedError
from ..http import Request, Response, error, respond
from ..protocols.codec import finite
from ..protocols.instances import answer, instances_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..service import Service

    Event = dict[str, Any]

LAMBDA_LIMIT = 6 * 1024 * 1024  # bytes of a synchronous payload, either way (Lambda quotas)
ALB_LIMIT = 1024 * 1024  # bytes of a Lambda target's request body or response JSON (ELB guide)

_HEALTH_CHECKER = "ELB-HealthChecker/"  # the user agent of a load balancer's health checks


class Door:
    """Know how one of AWS's HTTP doors writes requests and reads replies."""

    limit = LAMBDA_LIMIT

    def is_health_check(self, _event: Event) -> bool:
        """Tell whether the platform asks how the function is, on a path of its own."""
        return False

    def method(self, event: Event) -> str:
        """Return the method, in capitals."""
        return str(event["httpMethod"])

    def path(self, event: Event) -> str:
        """Return the path without query and stage."""
        return str(event["path"])

    def headers(self, event: Event) -> dict[str, str]:
        """Return the headers, names in lower case."""
        return {name.lower(): value for name, value in (event.get("headers") or {}).items()}

    def reply(self, _event: Event, response: Response) -> Event:
        """Return what the door makes an HTTP response of."""
        return {
            "statusCode": response.status,
            "headers": dict(response.headers),
            "body": response.body.decode(),
            "isBase64Encoded": False,
        }


class HttpApi(Door):
    """API Gateway's HTTP API with payload 2.0, and Function URLs, which use the same."""

    def method(self, event: Event) -> str:  # noqa: D102
        return str(event["requestContext"]["http"]["method"])

    def path(self, event: Event) -> str:  # noqa: D102
        return _without_stage(event, str(event["rawPath"]))

    def headers(self, event: Event) -> dict[str, str]:  # noqa: D102
        return event.get("headers") or {}  # in lower case already


class RestApi(Door):
    """API Gateway's REST API, and HTTP APIs with payload 1.0, which have the stage in the path."""

    def path(self, event: Event) -> str:  # noqa: D102
        path = super().path(event)
        return _without_stage(event, path) if event.get("version") == "1.0" else path


class LoadBalancer(Door):
    """Application Load Balancer, with single or multi-value headers."""

    limit = ALB_LIMIT

    def is_health_check(self, event: Event) -> bool:
        """Tell whether the load balancer's health checker asks."""
        return (self.headers(event).get("user-agent") or "").startswith(_HEALTH_CHECKER)

    def headers(self, event: Event) -> dict[str, str]:
        """Return the headers, names in lower case; of many values the last, as without them."""
        many = event.get("multiValueHeaders")
        if many is None:
            return super().headers(event)
        return {name.lower(): values[-1] for name, values in many.items() if values}

    def reply(self, event: Event, response: Response) -> Event:
        """Return the reply with headers in the form that the target group is set to."""
        reply = super().reply(event, response)
        from http import HTTPStatus  # 1 ms that the other doors need not spend

        reply["statusDescription"] = f"{response.status} {HTTPStatus(response.status).phrase}"
        if "multiValueHeaders" in event:
            reply["multiValueHeaders"] = {k: [v] for k, v in reply.pop("headers").items()}
        return reply


_HTTP_API, _REST_API, _LOAD_BALANCER = HttpApi(), RestApi(), LoadBalancer()


def door(event: Event) -> Door | None:
    """Return the door that an event came through, None if it is none of them."""
    context = event["requestContext"]
    if not isinstance(context, dict) or "methodArn" in event or "routeArn" in event:
        return None  # the last two are an authorizer's
    http = context.get("http")
    if isinstance(http, dict) and "method" in http and "rawPath" in event:
        return _HTTP_API
    if "httpMethod" in event and "path" in event:
        return _LOAD_BALANCER if "elb" in context else _REST_API
    return None


def handle(service: Service, through: Door, event: Event, context: Any, base_path: str) -> Event:
    """Answer an HTTP event."""
    try:
        request = _request(through, event, context, base_path)
    except MalformedError as problem:
        return through.reply(event, error(400, str(problem)))
    response = respond(service, request, through.limit)
    if request.method == "HEAD":
        response.body = b""
    reply = through.reply(event, response)
    # The reply travels as JSON, in which the body is a string with its quotes escaped.
    if len(response.body) * 2 > through.limit:
        size = len(json.dumps(reply, ensure_ascii=False).encode())
        if size > through.limit:
            message = (
                f"the answer has {size:,} bytes as the platform counts them, the limit is "
                f"{through.limit:,}; send fewer instances a request"
            )
            return through.reply(event, error(413, message))
    return reply


def direct(service: Service, event: Event) -> Event:
    """Answer a direct invocation; an error is raised, so that its caller sees its type.

    Raises:
        InputError: the instances are not what the model takes.
    """
    answered: Event = finite(answer(service.predict(instances_of(event))))
    return answered


def _without_stage(event: Event, path: str) -> str:
    """Return a path without the named stage that it begins with; ``$default`` is not in it."""
    stage = event["requestContext"].get("stage", "$default")
    named = stage != "$default" and path.startswith(f"/{stage}/")
    return path[len(stage) + 1 :] if named else path


def _request(through: Door, event: Event, context: Any, base_path: str) -> Request:
    body = event.get("body") or ""
    if not isinstance(body, str):
        raise MalformedError(f"the event's body is a {type(body).__name__}, not a string")
    if event.get("isBase64Encoded"):
        try:
            data = a2b_base64(body, strict_mode=True)
        except (Base64Error, ValueError) as problem:
            raise MalformedError(f"the body is not base64: {problem}") from None
    else:
        data = body.encode(errors="surrogatepass")
    path = through.path(event)
    if base_path and path.startswith(f"{base_path}/"):
        path = path[len(base_path) :]
    if through.is_health_check(event) and path != "/ready":
        path = "/health"
    request_id = getattr(context, "aws_request_id", "")
    return Request(through.method(event), path, through.headers(event), data, request_id)
