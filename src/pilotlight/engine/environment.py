"""The process's one OrtEnv, and what goes with it.

Creating it registers every operator's schema, 17 of the 23 ms that a small model takes to open.
It runs without the GIL: ``Model.start`` does it in a thread while the rest is imported.
"""

from __future__ import annotations

import _thread
import ctypes
from ctypes import byref, c_void_p

from . import library
from .api import Api

_ERROR = 3  # OrtLoggingLevel: ONNX Runtime's own warnings do not belong in a function's log
_ARENA_ALLOCATOR, _DEFAULT_MEMORY = 1, 0  # OrtArenaAllocator, OrtMemTypeDefault


class Environment:
    """Hold the API table, the OrtEnv, and the CPU's memory info and allocator.

    They live as long as the process: ONNX Runtime allows one environment, and sessions, tensors
    and memoryviews of tensors may outlive everything else.
    """

    def __init__(self) -> None:
        path = library.find()
        library.disable_telemetry()
        self.api = Api(path)
        self.handle = c_void_p()
        self.memory_info = c_void_p()
        self.allocator = c_void_p()
        api = self.api
        api.check(api.CreateEnv(_ERROR, b"pilotlight", byref(self.handle)))
        api.check(
            api.CreateCpuMemoryInfo(_ARENA_ALLOCATOR, _DEFAULT_MEMORY, byref(self.memory_info))
        )
        api.check(api.GetAllocatorWithDefaultOptions(byref(self.allocator)))  # not ours to release
        library.release_code(path)

    def take_text(self, pointer: c_void_p) -> str:
        """Return the C string at ``pointer`` and free it: names come so."""
        text = ctypes.string_at(pointer.value or 0).decode()
        self.api.check(self.api.AllocatorFree(self.allocator, pointer))
        return text


_lock = _thread.allocate_lock()
_only: Environment | None = None


def environment() -> Environment:
    """Return the process's environment, created by whoever asks first."""
    global _only  # noqa: PLW0603  # ONNX Runtime has one a process, and so have we
    if _only is None:
        with _lock:
            if _only is None:
                _only = Environment()
    return _only
