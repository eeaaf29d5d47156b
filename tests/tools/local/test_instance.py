from __future__ import annotations

import json
import os
import queue
import re
import time
from typing import TYPE_CHECKING

import pytest

from pilotlight.tools.local.instance import Instance
from pilotlight.tools.local.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tools.local.conftest import Rooted

    from pilotlight.tools.local.runtime import Runtime

ECHO = """
    def handler(event, context):
        return event
"""


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_event_comes_back_and_the_timeline_is_kept(rooted: Rooted, runtime: Runtime) -> None:
    before = time.perf_counter()
    with Instance(Settings(), rooted(ECHO), runtime) as instance:
        first = instance.invoke(b'{"a": [1, null]}')
        second = instance.invoke(b"{}")
        after = time.perf_counter()
        assert (first.kind, json.loads(first.payload)) == ("response", {"a": [1, None]})
        assert (second.kind, second.payload) == ("response", b"{}")
        assert instance.init_done is not None
        assert instance.first_response is not None
        assert before <= instance.spawned < instance.init_done < instance.first_response < after
        assert first.init_ms == (instance.init_done - instance.spawned) * 1e3
        assert second.init_ms is None
        assert 0 < second.duration_ms < (after - before) * 1e3
        assert 5 << 20 < instance.peak_memory() < 100 << 20
    assert _gone(instance.pid)


def test_the_log_has_the_functions_and_the_platforms_lines_in_order(
    rooted: Rooted, runtime: Runtime
) -> None:
    lines: queue.Queue[str] = queue.Queue()
    handler = """
        import logging, sys

        print("at init")

        def handler(event, context):
            print("to stdout")
            print("to stderr", file=sys.stderr)
            print("unfinished", end="")
            logging.getLogger().warning("logged")
            return None
    """
    with Instance(Settings(memory=256), rooted(handler), runtime, lines.put) as instance:
        reply = instance.invoke(b"{}")
        seen = [lines.get(timeout=10) for _ in range(7)]
        assert instance.last_lines(2) == seen[-2:]
    name = reply.request_id
    assert seen[:4] == [
        "at init",
        f"START RequestId: {name} Version: $LATEST",
        "to stdout",
        "to stderr",
    ]
    assert re.fullmatch(rf"unfinished\[WARNING\]\t\S+Z\t{name}\tlogged", seen[4])
    assert seen[5] == f"END RequestId: {name}"
    assert re.fullmatch(
        rf"REPORT RequestId: {name}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms"
        r"\tMemory Size: 256 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms",
        seen[6],
    )


def test_an_exception_is_an_error_and_the_process_goes_on(rooted: Rooted, runtime: Runtime) -> None:
    handler = """
        def handler(event, context):
            def deep(n):
                return deep(n + 1)
            if "deep" in event:
                deep(0)
            if "bad" in event:
                raise ValueError("no")
            return "fine"
    """
    with Instance(Settings(), rooted(handler), runtime) as instance:
        reply = instance.invoke(b'{"bad": 1}')
        error = json.loads(reply.payload)
        assert (reply.kind, error["errorType"], error["errorMessage"]) == (
            "error",
            "ValueError",
            "no",
        )
        assert instance.invoke(b'{"deep": 1}').kind == "error"
        assert instance.invoke(b"{}").payload == b'"fine"'
        assert instance.usable


def test_a_timeout_kills_the_process_with_lambdas_words(rooted: Rooted, runtime: Runtime) -> None:
    handler = """
        import subprocess, sys, time

        def handler(event, context):
            left = context.get_remaining_time_in_millis()
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            print("child", child.pid, 0 < left <= 1000, flush=True)
            time.sleep(60)
    """
    with Instance(Settings(timeout=1), rooted(handler), runtime) as instance:
        reply = instance.invoke(b"{}")
        assert (reply.kind, json.loads(reply.payload)) == (
            "timeout",
            {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {reply.request_id} Error: "
                "Task timed out after 1.00 seconds",
            },
        )
        assert 1000 <= reply.duration_ms < 10_000
        assert not instance.usable
        lines = instance.last_lines()
        child = next(line.split() for line in lines if line.startswith("child"))
        assert child[2] == "True"
        assert any(line.endswith("Task timed out after 1.00 seconds") for line in lines)
        assert lines[-1].endswith("\tStatus: timeout")
        assert _gone(instance.pid)
        assert _gone_or_zombie(int(child[1]))


def _gone_or_zombie(pid: int) -> bool:
    """Say whether a process of another's has ended; whoever adopted it may not have reaped it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_crash_is_told_in_lambdas_words_with_the_last_lines(
    rooted: Rooted, runtime: Runtime, end: str, message: str
) -> None:
    handler = f"""
        import os

        def handler(event, context):
            print("about to end")
            {end}
    """
    with Instance(Settings(), rooted(handler), runtime) as instance:
        reply = instance.invoke(b"{}")
        error = f"RequestId: {reply.request_id} Error: {message}"
        assert (reply.kind, json.loads(reply.payload)) == (
            "crash",
            {"errorType": "Runtime.ExitError", "errorMessage": error},
        )
        assert instance.last_lines()[1:4] == ["about to end", error, "Runtime.ExitError"]
        assert not instance.usable


@pytest.mark.parametrize("then", ["time.sleep(60)", "del taken"])
def test_taking_more_than_the_memory_size_kills_the_process(
    rooted: Rooted, runtime: Runtime, then: str
) -> None:
    handler = f"""
        import time

        def handler(event, context):
            taken = b"x" * (200 << 20)
            {then}
    """
    with Instance(Settings(memory=128, timeout=60), rooted(handler), runtime) as instance:
        reply = instance.invoke(b"{}")
        assert reply.kind == "crash"
        assert b"Error: Runtime exited with error: signal: killed" in reply.payload
        assert instance.last_lines()[-1].split("\t")[3:5] == [
            "Memory Size: 128 MB",
            "Max Memory Used: 128 MB",
        ]
        assert _gone(instance.pid)


def test_an_init_that_fails_is_told_with_its_cause(rooted: Rooted, runtime: Runtime) -> None:
    with Instance(Settings(), rooted("import not_there\n"), runtime) as instance:
        reply = instance.invoke(b"{}")
        error = json.loads(reply.payload)
        assert (reply.kind, error["errorType"], error["errorMessage"]) == (
            "crash",
            "Runtime.ImportModuleError",
            "Unable to import module 'aws_lambda': No module named 'not_there'",
        )
        last = instance.last_lines()[-1]
        assert last.endswith(
            "ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError"
        )


def test_an_init_that_takes_too_long_is_a_timeout(rooted: Rooted, runtime: Runtime) -> None:
    with Instance(Settings(), rooted("import time\ntime.sleep(60)\n"), runtime) as instance:
        reply = instance.initialize(0.2)
        assert reply is not None
        assert reply.kind == "timeout"
        assert b"Task timed out after 0.20 seconds" in reply.payload
        assert _gone(instance.pid)


def test_a_response_over_six_megabytes_is_refused(rooted: Rooted, runtime: Runtime) -> None:
    handler = """
        def handler(event, context):
            return "x" * event["size"]
    """
    with Instance(Settings(), rooted(handler), runtime) as instance:
        assert instance.invoke(b'{"size": 6291554}').kind == "response"
        reply = instance.invoke(b'{"size": 6291555}')
        assert (reply.kind, json.loads(reply.payload)) == (
            "error",
            {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size "
                "(6291556 bytes).",
            },
        )
        assert not instance.usable


def test_the_environment_is_lambdas_and_nothing_elses(
    rooted: Rooted, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEAK", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "HOME"):
        monkeypatch.setenv(name, "/leak")
    handler = """
        import os

        def handler(event, context):
            return {"environment": dict(os.environ), "folder": os.getcwd(),
                    "memory": context.memory_limit_in_mb, "arn": context.invoked_function_arn}
    """
    root = rooted(handler)
    settings = Settings(
        name="digits",
        memory=512,
        region="eu-north-1",
        environment={"MODEL": "a b", "LANG": "C.UTF-8", "AWS_ACCESS_KEY_ID": "mine"},
    )
    with Instance(settings, root, runtime) as instance:
        found = json.loads(instance.invoke(b"{}").payload)
    environment = found.pop("environment")
    assert found == {
        "folder": str(root),
        "memory": "512",
        "arn": "arn:aws:lambda:eu-north-1:123456789012:function:digits",
    }
    assert re.fullmatch(r"127\.0\.0\.1:\d+", environment.pop("AWS_LAMBDA_RUNTIME_API"))
    stream = environment.pop("AWS_LAMBDA_LOG_STREAM_NAME")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    # awslambdaric sets this for each invocation.
    assert environment.pop("_X_AMZN_TRACE_ID").startswith("Root=1-")
    client = str(runtime.client)
    assert environment == {
        "_HANDLER": "aws_lambda.handler",
        "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{runtime.version}",
        "AWS_LAMBDA_FUNCTION_NAME": "digits",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/digits",
        "LAMBDA_TASK_ROOT": str(root),
        "LAMBDA_RUNTIME_DIR": client,
        "TZ": ":UTC",
        "LANG": "C.UTF-8",
        "PATH": f"{runtime.executable.parent}:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": f"{runtime.libraries}:/lib64:/usr/lib64:{client}:{client}/lib"
        f":{root}:{root}/lib:/opt/lib",
        "PYTHONPATH": client,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "AWS_ACCESS_KEY_ID": "mine",
        "MODEL": "a b",
    }


def test_a_log_whose_reader_has_gone_does_not_stop_the_function(
    rooted: Rooted, runtime: Runtime
) -> None:
    handler = """
        def handler(event, context):
            print("x" * 100_000)
            return "fine"
    """

    def broken(_line: str) -> None:
        raise BrokenPipeError

    sink: Callable[[str], None] = broken
    with Instance(Settings(), rooted(handler), runtime, sink) as instance:
        replies = [instance.invoke(b"{}").payload for _ in range(3)]
    assert replies == [b'"fine"'] * 3
