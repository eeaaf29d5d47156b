"""One function process's log: what it writes and what the platform adds, in order."""

from __future__ import annotations

import os
import re
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT_LINES = 200
# CloudWatch cuts an event there: 256 KB (CloudWatch Logs quotas, November 2026).
_LINE_BYTES = 262_144
_JOIN_SECONDS = 2.0


class LogStream:
    """Collect lines from a pipe that the function process and the platform both write to.

    ``descriptor`` is the pipe's end to give to the process. The last 200 lines are kept, each
    cut at 256 KB, and each is passed to ``sink`` as it comes, from this object's own thread. A
    sink that is closed (OSError, ValueError) gets no more lines.
    """

    def __init__(self, sink: Callable[[str], None] | None = None) -> None:
        self._sink = sink
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._closing = threading.Lock()
        self._read_end, self.descriptor = os.pipe()
        self._reader = threading.Thread(target=self._read, name="log", daemon=True)
        self._reader.start()

    def write(self, line: str) -> None:
        """Add a line of the platform's, after all that the process has written before."""
        # A zero byte ends a line that the process left unfinished.
        with self._closing:
            if self.descriptor >= 0:
                os.write(self.descriptor, b"\0" + line.encode() + b"\n")

    def last(self, count: int) -> list[str]:
        """Return the last ``count`` lines, the oldest first."""
        return list(self._lines)[-count:]

    def close(self) -> None:
        """Wait for the last line and end; the process must have ended."""
        with self._closing:
            if self.descriptor >= 0:
                os.close(self.descriptor)
                self.descriptor = -1
        # The sink may be what closes: then there is nothing to wait for.
        if threading.current_thread() is not self._reader:
            self._reader.join(_JOIN_SECONDS)

    def _read(self) -> None:
        rest = b""
        while chunk := os.read(self._read_end, 1 << 16):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LINE_BYTES:
                lines.append(rest)
                rest = b""
            for line in lines:
                self._take(line)
        if rest:
            self._take(rest)
        os.close(self._read_end)

    def _take(self, raw: bytes) -> None:
        # awslambdaric joins the lines of a stack with carriage returns, as CloudWatch wants them.
        parts = [part for part in re.split(b"[\r\0]", raw) if part] or [b""]
        for part in parts:
            line = part[:_LINE_BYTES].decode("utf-8", "replace")
            self._lines.append(line)
            if self._sink is not None:
                try:
                    self._sink(line)
                except (OSError, ValueError):
                    self._sink = None
