from __future__ import annotations

import pytest

from pilotlight.errors import LocalError
from pilotlight.tools.local.settings import Settings


def test_the_defaults_are_those_of_lambda() -> None:
    settings = Settings()
    assert (settings.memory, settings.timeout, settings.environment) == (128, 3, {})


def test_all_that_lambda_would_refuse_is_reported_at_once() -> None:
    with pytest.raises(LocalError) as caught:
        Settings(
            handler="nodot",
            memory=64,
            timeout=901,
            concurrency=0,
            environment={"TZ": "x", "1A": "x", "BIG": "x" * 5000, "NUL": "\0"},
        )
    assert str(caught.value) == (
        "function function: handler: expected MODULE.FUNCTION, found 'nodot'; "
        "memory (MB): expected 128 to 10240, found 64; "
        "timeout (seconds): expected 1 to 900, found 901; "
        "concurrency: expected 1 or more, found 0; "
        "environment: TZ is reserved by Lambda; take it out; "
        "environment: '1A' must be two or more letters, digits or underscores "
        "and start with a letter; "
        "environment: NUL holds a zero byte; "
        "environment: 5013 bytes, the limit is 4096; "
        "move the largest values to a file in the artifact or to a store"
    )


def test_a_name_that_lambda_would_refuse_is_refused() -> None:
    with pytest.raises(LocalError, match="1 to 64 letters"):
        Settings(name="a b")


def test_the_roles_credentials_may_be_given_and_do_not_count() -> None:
    environment = {"AWS_ACCESS_KEY_ID": "k", "AWS_SESSION_TOKEN": "t" * 5000}
    assert Settings(environment=environment).environment == environment
