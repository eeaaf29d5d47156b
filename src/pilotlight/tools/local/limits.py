"""The limits of AWS Lambda and of API Gateway's HTTP APIs that local runs enforce.

Sources, as of November 2026: Lambda quotas
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html) and HTTP API quotas
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
"""

from __future__ import annotations

from typing import Final

MEMORY_MB: Final = (128, 10_240)
"""Smallest and largest memory size."""

TIMEOUT_SECONDS: Final = (1, 900)
"""Smallest and largest function timeout."""

INIT_SECONDS: Final = 10.0
"""How long an on-demand function may initialise before it is started anew, once."""

ENVIRONMENT_BYTES: Final = 4096
"""Sum of the names and values of a function's own variables."""

REQUEST_BYTES: Final = 6_291_456
"""Largest event of a synchronous invocation (6 MB)."""

RESPONSE_BYTES: Final = 6_291_556
"""Largest response of a synchronous invocation (6 MB and 100 bytes, as Lambda's error says)."""

GATEWAY_BODY_BYTES: Final = 10_485_760
"""Largest request body of an HTTP API (10 MB)."""

GATEWAY_SECONDS: Final = 30.0
"""How long an HTTP API waits for its integration."""
