"""The process's one OrtEnv, and what goes with it.

Creating it registers every operator's schema, 14 of the 18 ms that a small model takes to open.
It runs without the GIL: ``Model.open`` has a thread import the rest meanwhile.
"""

from __future__ import annotations

import _thread
import ctypes
from ctypes import byref, c_void_p

from . import library, memory
from .api import Api

_FATAL = 4  # OrtLoggingLevel: what fails comes back as a status, and is reported once, by us
_ARENA_ALLOCATOR, _DEFAULT_MEMORY = 1, 0  # OrtArenaAllocator, OrtMemTypeDefault


class Environment:
    """Hold the API table, the OrtEnv, and the CPU's memory info and allocator.

    They live as long as the process: ONNX Runtime allows one environment, and sessions, tensors
    and memoryviews of tensors may outlive everything else.
    """

    def __init__(self, path: str, api: Api) -> None:
        self.api = api
        self.handle = c_void_p()
        self.memory_info = c_void_p()
        self.allocator = c_void_p()
        api.check(api.CreateEnv(_FATAL, b"pilotlight", byref(self.handle)))
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


_loading = _thread.allocate_lock()
_creating = _thread.allocate_lock()
_loaded: tuple[str, Api] | None = None
_only: Environment | None = None


def load() -> tuple[str, Api]:
    """Return the C library's path and its API, loaded by whoever asks first."""
    global _loaded  # noqa: PLW0603  # a process has one
    with _loading:
        if _loaded is None:
            path = library.find()
            library.disable_telemetry()
            _loaded = path, Api(path)
    return _loaded


def environment() -> Environment:
    """Return the process's environment, created by whoever asks first."""
    global _only  # noqa: PLW0603  # ONNX Runtime has one a process, and so have we
    if _only is None:
        with _creating:
            if _only is None:
                memory.prepare_heap()
                _only = Environment(*load())
    return _only


def is_created() -> bool:
    """Tell whether the environment is there, so that asking for it takes no time."""
    return _only is not None
