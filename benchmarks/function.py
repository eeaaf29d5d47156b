"""A contender as a function on Lambda: a process under AWS's client, behind a Runtime API."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import event

from pilotlight.tools.local.environment import function_environment
from pilotlight.tools.local.log_stream import LogStream
from pilotlight.tools.local.process import FunctionProcess
from pilotlight.tools.local.runtime_api import Invocation, Posted, RuntimeApi
from pilotlight.tools.local.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from contenders import Contender

    from pilotlight.tools.local.runtime import Runtime

MEMORY = 1769  # MB: one CPU on Lambda
_SECONDS = 60.0
_VARIABLES = {
    # A task root is read-only on Lambda; here Python is told not to try, which is cheaper.
    "PYTHONDONTWRITEBYTECODE": "1",
    # ONNX Runtime's builds for Linux write below the home folder and report what they open. That is
    # no benchmark's to do on anyone's machine, and without it the peers start sooner.
    "ORT_DISABLE_TELEMETRY": "1",
}
_EVENT = json.dumps(event.event()).encode()


@dataclass(frozen=True)
class ColdStart:
    """Hold one cold start: seconds of its parts, and the largest resident size, in bytes."""

    init: float
    first: float
    peak: int

    @property
    def total(self) -> float:
        """Seconds from the process's start to its first response."""
        return self.init + self.first


def environment(contender: Contender, root: Path, runtime: Runtime, api: str) -> dict[str, str]:
    """Return what a function's process finds in its environment."""
    settings = Settings(handler=contender.handler, memory=MEMORY, environment=_VARIABLES)
    return function_environment(settings, root, runtime, api=api, log_stream="benchmark")


class Function:
    """Start a process; its first event lies ready before."""

    def __init__(self, contender: Contender, root: Path, runtime: Runtime) -> None:
        self._contender = contender
        self._api = RuntimeApi()
        self._log = LogStream()
        variables = environment(contender, root, runtime, self._api.address)
        self._offer()
        self._spawned = time.perf_counter()
        self._process = FunctionProcess(
            [str(runtime.executable), "-m", "awslambdaric", contender.handler],
            root,
            variables,
            self._log.descriptor,
        )

    def first(self) -> ColdStart:
        """Wait for the first response."""
        posted = self._posted()
        peak = self._process.peak_memory()
        ready = self._api.ready_at or posted.at
        return ColdStart(ready - self._spawned, posted.at - ready, peak)

    def again(self) -> float:
        """Invoke it once more; return the seconds from the event's delivery to the response."""
        self._offer()
        posted = self._posted()
        return posted.at - (self._api.delivered_at or posted.at)

    def _offer(self) -> None:
        request_id = str(uuid.uuid4())
        arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
        trace = "Root=1-656f2c00-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0"
        self._api.offer(Invocation(request_id, _EVENT, _SECONDS, trace, arn))

    def _posted(self) -> Posted:
        until = time.perf_counter() + _SECONDS
        while time.perf_counter() < until:
            posted = self._api.wait_posted(1.0)
            if posted is not None and posted.kind == "response":
                if self._contender.predicts:
                    reply: dict[str, Any] = json.loads(posted.body)
                    event.check(reply, self._contender.name)
                return posted
            if posted is not None or self._process.exit_status() is not None:
                break
        log = "\n".join(self._log.last(20))
        raise RuntimeError(f"{self._contender.name} gives no answer. The end of its log:\n{log}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._api.close()
        self._log.close()
