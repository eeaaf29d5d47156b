"""`pilotlight local aws`: an artifact under Lambda's own runtime, with HTTP in front of it."""

from __future__ import annotations

import contextlib
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import LocalError
from .artifact import unpacked
from .function import Function
from .http_front import HttpFront
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Running:
    """Hold a function that runs: ``url`` of its HTTP front, and itself to invoke with events."""

    url: str
    function: Function


@contextlib.contextmanager
def running(
    artifact: Path,
    settings: Settings | None = None,
    *,
    port: int = 0,
    echo: Callable[[str], None] | None = None,
) -> Iterator[Running]:
    """Run an artifact (a zip) for as long as the context lasts; ``port`` 0 takes a free one.

    ``echo`` gets the log's lines as they come, and a crash with its last lines; it is called from
    several threads, one at a time.

    Raises:
        LocalError: when the artifact cannot be run here, or the port cannot be had.
    """
    settings = settings or Settings()
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(unpacked(artifact))
        function = stack.enter_context(Function(settings, root, echo))
        front = HttpFront(function.invoke, port, echo=function.say)
        stack.callback(front.close)
        # The function first, so that requests under way end; the front waits for them.
        stack.callback(function.close)
        yield Running(front.url, function)


def serve(
    artifact: Path,
    settings: Settings | None = None,
    *,
    port: int = 8000,
    echo: Callable[[str], None],
) -> None:
    """Run an artifact until Ctrl-C, SIGTERM or SIGHUP; then end every process and clean up.

    Raises:
        LocalError: as ``running``, and when this is not the main thread, which gets the signals.
    """
    if threading.current_thread() is not threading.main_thread():
        raise LocalError("aws: serve must be called on the main thread; elsewhere use running")
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in _ENDING}
    try:
        with running(artifact, settings, port=port, echo=echo) as run:
            configured = run.function.settings
            echo(
                f"{artifact.name}: {configured.handler}, {configured.memory} MB, "
                f"{configured.timeout} s, on {run.url}  (Ctrl-C ends it)"
            )
            ended.wait()
            echo("ending")
        echo("ended")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
