from __future__ import annotations

import json
import os
import queue
import select
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pilotlight.errors import LocalError
from pilotlight.tools.local.function import Function
from pilotlight.tools.local.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.local.conftest import Rooted

# Tells that it works, then waits until the test opens the gate (a named pipe).
GATED = """
    import os

    def handler(event, context):
        if event:
            print("working", flush=True)
            open(event["gate"]).close()
        return os.getpid()
"""


def _wait_for(lines: queue.Queue[str], text: str) -> None:
    while text not in lines.get(timeout=20):
        pass


def _gate(folder: Path, name: str) -> tuple[Path, bytes]:
    gate = folder / name
    os.mkfifo(gate)
    return gate, json.dumps({"gate": str(gate)}).encode()


def _open(gate: Path) -> None:
    gate.open("w", encoding="utf-8").close()


def test_requests_at_once_have_a_process_each_and_later_ones_reuse_the_last(
    rooted: Rooted, tmp_path: Path
) -> None:
    lines: queue.Queue[str] = queue.Queue()
    first, first_event = _gate(tmp_path, "first")
    second, second_event = _gate(tmp_path, "second")
    settings = Settings(timeout=30)
    with (
        Function(settings, rooted(GATED), lines.put) as function,
        ThreadPoolExecutor(2) as pool,
    ):
        one = pool.submit(function.invoke, first_event)
        _wait_for(lines, "working")
        two = pool.submit(function.invoke, second_event)
        _wait_for(lines, "working")
        _open(first)
        one_pid = int(one.result(20).payload)
        _open(second)
        two_pid = int(two.result(20).payload)
        assert one_pid != two_pid
        assert function.pids == sorted([one_pid, two_pid])
        assert [int(function.invoke(b"{}").payload) for _ in range(2)] == [two_pid] * 2
        assert function.pids == sorted([one_pid, two_pid])
    assert function.pids == []


def test_one_request_more_than_the_concurrency_is_throttled(rooted: Rooted, tmp_path: Path) -> None:
    lines: queue.Queue[str] = queue.Queue()
    gate, event = _gate(tmp_path, "gate")
    settings = Settings(timeout=30, concurrency=1)
    with (
        Function(settings, rooted(GATED), lines.put) as function,
        ThreadPoolExecutor(1) as pool,
    ):
        busy = pool.submit(function.invoke, event)
        _wait_for(lines, "working")
        refused = function.invoke(b"{}")
        assert (refused.kind, json.loads(refused.payload)) == (
            "throttle",
            {"Type": "User", "message": "Rate Exceeded."},
        )
        _open(gate)
        assert busy.result(20).kind == "response"
        assert function.invoke(b"{}").kind == "response"


ENDING = """
    import os, time

    def handler(event, context):
        if event == "exit":
            print("goodbye")
            os._exit(3)
        if event == "sleep":
            time.sleep(60)
        if event == "large":
            return "x" * 7_000_000
        return os.getpid()
"""


@pytest.mark.parametrize(
    ("event", "kind"), [(b'"exit"', "crash"), (b'"sleep"', "timeout"), (b'"large"', "error")]
)
def test_after_a_process_is_lost_the_next_request_starts_another(
    rooted: Rooted, event: bytes, kind: str
) -> None:
    with Function(Settings(timeout=1), rooted(ENDING)) as function:
        before = function.invoke(b"{}")
        assert function.invoke(event).kind == kind
        assert function.pids == []
        after = function.invoke(b"{}")
        assert (after.kind, after.init_ms is not None) == ("response", True)
        assert after.payload != before.payload
        assert function.pids == [int(after.payload)]


def test_a_crash_is_shown_with_the_last_lines(rooted: Rooted) -> None:
    told: list[str] = []
    with Function(Settings(), rooted(ENDING), told.append) as function:
        reply = function.invoke(b'"exit"')
    message = f"RequestId: {reply.request_id} Error: Runtime exited with error: exit status 3"
    assert told[-1].splitlines()[1:6] == [
        "its last log lines:",
        f"  | START RequestId: {reply.request_id} Version: $LATEST",
        "  | goodbye",
        f"  | {message}",
        "  | Runtime.ExitError",
    ]
    assert told[-1].splitlines()[0].endswith(f"crashed: {message}")


def test_a_process_that_ends_while_idle_is_replaced(rooted: Rooted) -> None:
    handler = """
        import os, threading

        def handler(event, context):
            if event == "later":
                threading.Timer(0.2, os._exit, [1]).start()
            return os.getpid()
    """
    told: queue.Queue[str] = queue.Queue()
    with Function(Settings(), rooted(handler), told.put) as function:
        pid = int(function.invoke(b'"later"').payload)
        ended = os.pidfd_open(pid)
        try:
            assert select.select([ended], [], [], 20)[0]
        finally:
            os.close(ended)
        assert int(function.invoke(b"{}").payload) != pid
        _wait_for(told, f"process {pid} ended while it was idle")


def test_an_init_that_takes_too_long_is_started_anew_once(rooted: Rooted, tmp_path: Path) -> None:
    handler = f"""
        import os, pathlib, time

        marker = pathlib.Path({str(tmp_path / "marker")!r})
        if not marker.exists():
            marker.touch()
            time.sleep(60)

        def handler(event, context):
            return os.getpid()
    """
    told: list[str] = []
    with Function(Settings(timeout=30), rooted(handler), told.append, init_seconds=1.0) as function:
        assert function.invoke(b"{}").kind == "response"
    assert told[1].endswith("\tPhase: init\tStatus: timeout")


def test_an_event_over_six_megabytes_is_refused(rooted: Rooted) -> None:
    with Function(Settings(), rooted(ENDING)) as function:
        assert function.invoke(b'"%s"' % (b"x" * 6_291_454)).kind == "response"
        reply = function.invoke(b'"%s"' % (b"x" * 6_291_455))
        assert (reply.kind, json.loads(reply.payload)) == (
            "too-large",
            {
                "Type": "User",
                "message": "Request must be smaller than 6291456 bytes for the InvokeFunction "
                "operation, found 6291457",
            },
        )


def test_closing_ends_a_request_under_way_and_leaves_nothing(
    rooted: Rooted, tmp_path: Path
) -> None:
    root = rooted(GATED)
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208
    lines: queue.Queue[str] = queue.Queue()
    _, event = _gate(tmp_path, "gate")
    function = Function(Settings(timeout=60), root, lines.put)
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(function.invoke, event)
        _wait_for(lines, "working")
        function.close()
        assert under_way.result(20).kind == "crash"
    with pytest.raises(LocalError, match="has been closed"):
        function.invoke(b"{}")
    assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208
    assert threading.active_count() == threads
