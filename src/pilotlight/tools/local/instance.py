"""One function process under awslambdaric, behind its own Runtime API."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from . import limits
from .environment import function_environment
from .log_stream import LogStream
from .process import FunctionProcess
from .reply import (
    Kind,
    Reply,
    error_object,
    exit_message,
    init_report_line,
    report_line,
    response_too_large,
    timeout_message,
)
from .runtime_api import Invocation, Posted, RuntimeApi
from .settings import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .runtime import Runtime
    from .settings import Settings

# How often, in seconds, the process is looked at while something is awaited; an answer is seen
# at once.
_LOOK_SECONDS = 0.02

_Failure = Literal["exit", "memory", "timeout"]
T = TypeVar("T")


class Instance:
    """Start one function process and invoke it, one event at a time.

    ``task_root`` is the unpacked artifact. ``log`` gets each line of the log as it comes, on
    another thread. ``spawned``, ``init_done`` and ``first_response`` are its timeline in
    ``time.perf_counter`` seconds, None where it has not got there.

    Raises:
        LocalError: when the process cannot be started.
    """

    def __init__(
        self,
        settings: Settings,
        task_root: Path,
        runtime: Runtime,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.settings = settings
        self._first = True
        self._spoilt = False
        self._api = RuntimeApi()
        self._log = LogStream(log)
        environment = function_environment(
            settings,
            task_root,
            runtime,
            api=self._api.address,
            log_stream=f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}",
        )
        command = [str(runtime.executable), "-m", "awslambdaric", settings.handler]
        self.spawned = time.perf_counter()
        try:
            # The working folder is the task root, as on Lambda; ``-m`` puts it first on sys.path.
            self._process = FunctionProcess(command, task_root, environment, self._log.descriptor)
        except BaseException:
            self._api.close()
            self._log.close()
            raise
        self.pid = self._process.pid

    @property
    def init_done(self) -> float | None:
        """When the function first asked for an event."""
        return self._api.ready_at

    @property
    def first_response(self) -> float | None:
        """When the first answer came, whichever it was."""
        return self._api.first_posted_at

    @property
    def usable(self) -> bool:
        """Whether the process runs and can take another event."""
        return not self._spoilt and self._process.exit_status() is None

    def peak_memory(self) -> int:
        """Return the process's largest resident size so far, in bytes."""
        return self._process.peak_memory()

    def last_lines(self, count: int = 20) -> list[str]:
        """Return the last lines of the log; all of them once the instance has ended."""
        return self._log.last(count)

    def initialize(self, timeout: float = limits.INIT_SECONDS) -> Reply | None:
        """Wait for the end of init; return None, or how it failed, the process being gone then.

        ``timeout`` is in seconds from the process's start.
        """
        ready: Posted | float | _Failure = self._await(
            self._api.wait_ready, lambda: self.spawned + timeout
        )
        if isinstance(ready, float):
            return None
        init_ms = (time.perf_counter() - self.spawned) * 1e3
        if isinstance(ready, Posted):
            reply = Reply("crash", ready.body, init_ms=init_ms)
        else:
            reply = self._failed(ready, "", timeout, 0.0, init_ms)
        self._end(init_report_line(reply))
        return reply

    def invoke(self, event: bytes, timeout: float | None = None) -> Reply:
        """Pass one event (JSON) and return how it ended.

        ``timeout`` is in seconds from the event's delivery; the settings' by default. After a
        timeout or a crash the process is gone, and so it is where it takes more than its memory
        size. An init that is not done yet is awaited first, for as long as Lambda gives it.
        """
        seconds = self.settings.timeout if timeout is None else timeout
        failure = self.initialize() if self.init_done is None else None
        if failure is not None:
            return failure
        request_id = str(uuid.uuid4())
        init_ms = None
        if self._first and self.init_done is not None:
            self._first, init_ms = False, (self.init_done - self.spawned) * 1e3
        self._log.write(f"START RequestId: {request_id} Version: $LATEST")
        offered = time.perf_counter()
        self._api.offer(self._invocation(request_id, event, seconds))
        posted = self._await(
            self._api.wait_posted, lambda: (self._api.delivered_at or offered) + seconds
        )
        ended = posted.at if isinstance(posted, Posted) else time.perf_counter()
        duration_ms = (ended - (self._api.delivered_at or offered)) * 1e3
        if not isinstance(posted, Posted):
            reply = self._failed(posted, request_id, seconds, duration_ms, init_ms)
        else:
            kind: Kind = "response" if posted.kind == "response" else "error"
            # awslambdaric ends when its response is refused.
            self._spoilt = posted.kind == "too-large"
            payload = response_too_large() if self._spoilt else posted.body
            reply = Reply(kind, payload, request_id, duration_ms, init_ms)
        report = report_line(reply, self.settings.memory, self.peak_memory())
        self._end(f"END RequestId: {request_id}", report, gone=reply.kind in ("timeout", "crash"))
        return reply

    def close(self) -> None:
        """Kill the process with all that it started, and end the log and the Runtime API."""
        self._process.kill()
        self._api.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _invocation(self, request_id: str, event: bytes, seconds: float) -> Invocation:
        trace = uuid.uuid4().hex
        return Invocation(
            request_id,
            event,
            seconds,
            f"Root=1-{int(time.time()):08x}-{trace[:24]};Parent={trace[16:]};Sampled=0",
            f"arn:aws:lambda:{self.settings.region}:{ACCOUNT}:function:{self.settings.name}",
        )

    def _await(
        self, arrived: Callable[[float], T | None], deadline: Callable[[], float]
    ) -> T | _Failure:
        """Return what arrives, or what came in its way first."""
        limit = self.settings.memory << 20
        while True:
            left = deadline() - time.perf_counter()
            found = arrived(max(0.0, min(left, _LOOK_SECONDS)))
            if self.peak_memory() > limit:
                return "memory"
            if found is None and self._process.exit_status() is not None:
                # It may have answered just before it ended.
                return arrived(0.0) or "exit"
            if found is not None:
                return found
            if left <= 0:
                return "timeout"

    def _failed(
        self,
        failure: _Failure,
        request_id: str,
        seconds: float,
        duration_ms: float,
        init_ms: float | None,
    ) -> Reply:
        status = self._process.exit_status()
        self._process.kill()
        if failure == "timeout":
            message = timeout_message(seconds)
            self._log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {request_id} {message}")
            payload = error_object("Sandbox.Timedout", message, request_id)
            return Reply("timeout", payload, request_id, duration_ms, init_ms)
        message = exit_message(-9 if failure == "memory" or status is None else status)
        self._log.write(f"RequestId: {request_id} Error: {message}")
        self._log.write("Runtime.ExitError")
        payload = error_object("Runtime.ExitError", message, request_id)
        return Reply("crash", payload, request_id, duration_ms, init_ms)

    def _end(self, *lines: str, gone: bool = True) -> None:
        for line in lines:
            self._log.write(line)
        if gone:
            self._process.kill()
            self._log.close()
