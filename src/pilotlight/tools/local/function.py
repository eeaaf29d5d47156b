"""A function as Lambda scales it: one process for each concurrent request."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Literal, Self

from ...errors import LocalError
from . import limits
from .instance import Instance
from .reply import Reply
from .runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .settings import Settings

_SHOWN_LINES = 20


class Function:
    """Keep the processes of one function; safe from many threads.

    A request takes the idle process that was used last, or starts one (a cold start), up to
    ``settings.concurrency``. A process that crashed or timed out is not used again. ``echo`` gets
    the log's lines as they come, and what else is worth telling, one call at a time. An init that
    takes more than ``init_seconds`` is started anew, once.

    Raises:
        LocalError: when functions cannot run on this machine; see ``Runtime``.
    """

    def __init__(
        self,
        settings: Settings,
        task_root: Path,
        echo: Callable[[str], None] | None = None,
        *,
        init_seconds: float = limits.INIT_SECONDS,
    ) -> None:
        self.settings = settings
        self._task_root = task_root
        self._echo = echo
        self._init_seconds = init_seconds
        self._echoing = threading.Lock()
        self._lock = threading.Lock()
        self._idle: list[Instance] = []
        self._instances: set[Instance] = set()
        self._busy = 0
        self._closed = False
        self._runtime = Runtime(settings.interpreter, settings.python)

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that stand ready or work."""
        with self._lock:
            return sorted(instance.pid for instance in self._instances)

    def invoke(self, event: bytes) -> Reply:
        """Invoke the function synchronously with one event (JSON) and return how it ended.

        An event over 6 MB, or one more than the concurrency allows, is refused as Lambda's Invoke
        refuses it (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).

        Raises:
            LocalError: when the function is closed, or a process cannot be started.
        """
        if len(event) > limits.REQUEST_BYTES:
            return _refused(
                "too-large",
                f"Request must be smaller than {limits.REQUEST_BYTES} bytes for the "
                f"InvokeFunction operation, found {len(event)}",
            )
        with self._lock:
            if self._closed:
                raise LocalError(f"function {self.settings.name} has been closed")
            if self._busy >= self.settings.concurrency:
                return _refused("throttle", "Rate Exceeded.")
            self._busy += 1
        try:
            return self._invoke(event)
        finally:
            with self._lock:
                self._busy -= 1

    def _invoke(self, event: bytes) -> Reply:
        instance = self._take()
        reply = None
        try:
            if instance is None:
                instance, reply, seconds = self._start()
            else:
                seconds = self.settings.timeout
            if reply is None:
                reply = instance.invoke(event, seconds)
        except BaseException:
            if instance is not None:
                self._discard(instance)
            raise
        if reply.kind in ("response", "error") and instance.usable:
            self._give_back(instance)
        else:
            self._discard(instance)
        if reply.kind == "crash":
            self._show(instance, reply)
        return reply

    def _take(self) -> Instance | None:
        """Return the idle process used last; those that ended while idle are dropped."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                instance = self._idle.pop()
            if instance.usable:
                return instance
            self.say(f"process {instance.pid} ended while it was idle")
            self._discard(instance)

    def _start(self) -> tuple[Instance, Reply | None, float]:
        """Start a process: return it, how its init failed if so, and the seconds it has left."""
        instance = self._spawn()
        failed = instance.initialize(self._init_seconds)
        if failed is None or failed.kind != "timeout":
            return instance, failed, self.settings.timeout
        # Lambda starts an init that took too long anew, then within the function's timeout:
        # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        self._discard(instance)
        instance = self._spawn()
        failed = instance.initialize(self.settings.timeout)
        spent = time.perf_counter() - instance.spawned
        return instance, failed, max(0.0, self.settings.timeout - spent)

    def _spawn(self) -> Instance:
        instance = Instance(self.settings, self._task_root, self._runtime, self.say)
        with self._lock:
            if not self._closed:
                self._instances.add(instance)
                return instance
        instance.close()
        raise LocalError(f"function {self.settings.name} has been closed")

    def _give_back(self, instance: Instance) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(instance)

    def _discard(self, instance: Instance) -> None:
        instance.close()
        with self._lock:
            self._instances.discard(instance)

    def _show(self, instance: Instance, reply: Reply) -> None:
        with self._lock:
            if self._closed:
                return
        try:
            cause = json.loads(reply.payload).get("errorMessage", "")
        except (ValueError, AttributeError):
            cause = ""
        lines = [f"process {instance.pid} crashed: {cause}", "its last log lines:"]
        lines += [f"  | {line}" for line in instance.last_lines(_SHOWN_LINES)]
        self.say("\n".join(lines))

    def say(self, text: str) -> None:
        """Pass a line to ``echo``, one call at a time."""
        if self._echo is not None:
            with self._echoing:
                self._echo(text)

    def close(self) -> None:
        """Kill every process and delete what they ran in; requests under way end as crashes."""
        with self._lock:
            self._closed = True
            instances = list(self._instances)
            self._instances.clear()
            self._idle.clear()
        for instance in instances:
            instance.close()
        self._runtime.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refused(kind: Literal["throttle", "too-large"], message: str) -> Reply:
    return Reply(kind, json.dumps({"Type": "User", "message": message}).encode())
