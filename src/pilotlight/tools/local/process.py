"""A function's operating system process: start, watch, measure, kill."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CAP_DAC_OVERRIDE = 1  # linux/capability.h
_PR_CAPBSET_DROP = 24  # linux/prctl.h


class FunctionProcess:
    """Run a command in a session of its own, its output going to ``output``.

    Under root it runs without the right to write what file modes forbid, so that a read-only
    artifact is one for it too.

    Raises:
        LocalError: when the command cannot be started.
    """

    __slots__ = ("_lock", "_peak", "_process", "pid")

    def __init__(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], output: int
    ) -> None:
        self._lock = threading.Lock()
        self._peak = 0
        started: list[subprocess.Popen[bytes] | OSError] = []

        def start() -> None:
            # The bounding set is a thread's, and passes to its children: hence a thread of its own.
            _give_up_override()
            try:
                started.append(
                    subprocess.Popen(  # noqa: S603
                        command,
                        cwd=folder,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                    )
                )
            except OSError as error:
                started.append(error)

        thread = threading.Thread(target=start, name="start", daemon=True)
        thread.start()
        thread.join()
        process = started[0]
        if isinstance(process, OSError):
            raise LocalError(f"aws: cannot start {command[0]} in {folder}: {process}") from process
        self._process = process
        self.pid = process.pid

    def exit_status(self) -> int | None:
        """Return the exit status, minus the signal where one ended it, or None while it runs."""
        with self._lock:
            if self._process.returncode is not None:
                return self._process.returncode
            # The process is left unreaped, so that its id stays its own until it is killed.
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def peak_memory(self) -> int:
        """Return the largest resident size so far, in bytes (VmHWM, proc(5)); 0 if never read."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_bytes().splitlines():
                if line.startswith(b"VmHWM:"):
                    self._peak = max(self._peak, int(line.split()[1]) * 1024)
                    break
        return self._peak

    def kill(self) -> None:
        """Kill the process with all it started in its session, and reap it."""
        with self._lock:
            if self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
                self._process.wait()


def _give_up_override() -> None:
    # capabilities(7): what leaves the bounding set is gone from root's children at their exec.
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)
