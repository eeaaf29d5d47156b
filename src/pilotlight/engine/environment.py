"""The process's one OrtEnv, and what goes with it.

Creating it registers every operator's schema, 14 of the 18 ms that a small model takes to open.
It runs without the GIL: ``Model.start`` does it in a thread while the rest is imported.
"""

from __future__ import annotations

import _thread
import ctypes
from ctypes import byref, c_void_p

from . import library, memory
from .api import Api

_ERROR = 3  # OrtLoggingLevel: ONNX Runtime's own warnings do not belong in a function's log
_ARENA_ALLOCATOR, _DEFAULT_MEMORY = 1, 0  # OrtArenaAllocator, OrtMemTypeDefault


class Environment:
    """Hold the API table, the OrtEnv, and the CPU's memory info and allocator.

    They live as long as the process: ONNX Runtime allows one environment, and sessions, tensors
    and memoryviews of tensors may outlive everything else.
    """

    def __init__(self, path: str, api: Api, started: _thread.LockType | None = None) -> None:
        """Create it.

        Args:
            path: where the C library is.
            api: its functions.
            started: a lock to release when all that is left is to wait for ONNX Runtime.
        """
        self.api = api
        self.handle = c_void_p()
        self.memory_info = c_void_p()
        self.allocator = c_void_p()
        if started is not None:
            started.release()
        api.check(api.CreateEnv(_ERROR, b"pilotlight", byref(self.handle)))
        api.check(
            api.CreateCpuMemoryInfo(_ARENA_ALLOCATOR, _DEFAULT_MEMORY, byref(self.memory_info))
        )
        api.check(api.GetAllocatorWithDefaultOptions(byref(self.allocator)))  # not ours to release
        memory.release_code(path)

    def take_text(self, pointer: c_void_p) -> str:
        """Return the C string at ``pointer`` and free it: names come so."""
        text = ctypes.string_at(pointer.value or 0).decode()
        self.api.check(self.api.AllocatorFree(self.allocator, pointer))
        return text


_lock = _thread.allocate_lock()
_loaded: tuple[str, Api] | None = None
_only: Environment | None = None


def load() -> tuple[str, Api]:
    """Return the C library's path and its API, loaded by whoever asks first."""
    global _loaded  # noqa: PLW0603  # a process has one
    if _loaded is None:
        path = library.find()
        library.disable_telemetry()
        _loaded = path, Api(path)
    return _loaded


def environment(started: _thread.LockType | None = None) -> Environment:
    """Return the process's environment, created by whoever asks first."""
    global _only  # noqa: PLW0603  # ONNX Runtime has one a process, and so have we
    if _only is None:
        with _lock:
            if _only is None:
                with memory.Heap():
                    _only = Environment(*load(), started)
    return _only


def start() -> None:
    """Begin to create the environment in a thread; whoever opens a session waits for it."""
    if _only is not None:
        return
    _, api = load()
    started = _thread.allocate_lock()
    started.acquire()
    _thread.start_new_thread(_create, (started,))
    started.acquire()  # or else the thread would wait for the interpreter's lock, 5 ms at a time
    api.bind()


def _create(started: _thread.LockType) -> None:
    try:
        environment(started)
    except Exception:  # noqa: BLE001  # the session that needs it meets it again, and raises it
        if started.locked():
            started.release()
