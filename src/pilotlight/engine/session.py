"""Session: a model opened by ONNX Runtime."""

from __future__ import annotations

import _thread
import os
import sys
from ctypes import byref, c_char_p, c_void_p

from ..errors import EngineError, UnprocessableError
from ..tensor import Tensor
from .environment import environment
from .signature import read_specs
from .values import Reader, from_tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .values import Value

_LEVELS = {"none": 0, "basic": 1, "extended": 2, "all": 99}  # enum GraphOptimizationLevel


class Session:
    """Open a model file and run it.

    ``run`` may be called from many threads at once. The session is closed by ``close``, by leaving
    a ``with`` block, or when nothing refers to it; runs that are under way end before it is
    released, and tensors that it gave live on.

    Args:
        path: an ``.onnx`` file; its external weights are mapped from beside it.
        threads: how many threads work inside one operator.
        optimize: what ONNX Runtime does to the graph when it opens: ``none``, ``basic``,
            ``extended`` or ``all``.
        prepack: whether weights are copied into the layout that kernels like best. Opening takes
            longer and a second copy of the weights; large models then run faster.

    Raises:
        EngineError: ONNX Runtime cannot open the file; its message follows the path.
        UnsupportedError: the C library is not there, or the model has a type that is not supported.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        threads: int = 1,
        optimize: str = "all",
        prepack: bool = True,
    ) -> None:
        self._handle = c_void_p()
        self._lock = _thread.allocate_lock()
        self._under_way = 0
        self._closed = False
        self._environment = environment()
        api = self._environment.api
        options = c_void_p()
        api.check(api.CreateSessionOptions(byref(options)))
        try:
            api.check(api.SetIntraOpNumThreads(options, threads))
            api.check(api.SetInterOpNumThreads(options, 1))
            api.check(api.SetSessionGraphOptimizationLevel(options, _LEVELS[optimize]))
            # Patterns and arenas keep what the largest shape so far took, for good.
            api.check(api.DisableMemPattern(options))
            api.check(api.DisableCpuMemArena(options))
            self._set(options, b"session.intra_op.allow_spinning", b"0")
            self._set(options, b"session.inter_op.allow_spinning", b"0")
            if not prepack:
                self._set(options, b"session.disable_prepacking", b"1")
            name = os.fsencode(path)
            api.check(
                api.CreateSession(self._environment.handle, name, options, byref(self._handle))
            )
        except EngineError as error:
            raise EngineError(f"{os.fspath(path)}: {error}", error.code) from None
        finally:
            api.ReleaseSessionOptions(options)
        self.inputs = read_specs(self._environment, self._handle, "Input")
        self.outputs = read_specs(self._environment, self._handle, "Output")
        self._by_name = {spec.name: spec for spec in self.inputs}
        self._input_names = _c_strings([spec.name for spec in self.inputs])
        self._output_names = {spec.name: spec.name.encode() for spec in self.outputs}
        self._readers = {spec.name: Reader(self._environment, spec) for spec in self.outputs}
        self._all_outputs = (tuple(self._output_names), _c_strings(list(self._output_names)))

    def run(
        self, feeds: Mapping[str, Tensor], outputs: Sequence[str] | None = None
    ) -> dict[str, Value]:
        """Run the model once.

        Args:
            feeds: a tensor for each input, by name.
            outputs: the names of the outputs to compute; all of them if None.

        Returns:
            By output name, in the order asked for: a Tensor, a list for a sequence, a dict for a
            map, None for an optional that is empty.

        Raises:
            UnprocessableError: an input is missing, unknown, or of a wrong dtype or shape.
            EngineError: the session is closed, or the run failed.
        """
        names, c_names = self._chosen(outputs)
        tensors = self._checked(feeds)
        with self._lock:
            if self._closed:
                raise EngineError("the session is closed")
            self._under_way += 1
        try:
            return self._run(tensors, names, c_names)
        finally:
            with self._lock:
                self._under_way -= 1
                self._release_if_unused()

    def _run(
        self, tensors: list[Tensor], names: Sequence[str], c_names: object
    ) -> dict[str, Value]:
        api = self._environment.api
        given = (c_void_p * len(tensors))()
        results = (c_void_p * len(names))()
        try:
            for index, tensor in enumerate(tensors):
                given[index] = from_tensor(self._environment, tensor).value
            status = api.Run(
                self._handle,
                None,
                self._input_names,
                given,
                len(tensors),
                c_names,
                len(names),
                results,
            )
        finally:
            for value in given:
                if value:
                    api.ReleaseValue(value)
        api.check(status)
        pointers = list(results)
        found: dict[str, Value] = {}
        try:
            for name in names:
                found[name] = self._readers[name].read(pointers.pop(0), tensors)
        finally:
            for pointer in pointers:  # none, unless reading one before it failed
                api.ReleaseValue(pointer)
        return found

    def close(self) -> None:
        """Let no new run begin, and release the session when those under way have ended."""
        with self._lock:
            self._closed = True
            self._release_if_unused()

    def _release_if_unused(self) -> None:
        if self._closed and not self._under_way and self._handle.value:
            self._environment.api.ReleaseSession(self._handle)
            self._handle = c_void_p()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self.close()

    def _set(self, options: c_void_p, key: bytes, value: bytes) -> None:
        api = self._environment.api
        api.check(api.AddSessionConfigEntry(options, key, value))

    def _chosen(self, outputs: Sequence[str] | None) -> tuple[Sequence[str], object]:
        if outputs is None:
            return self._all_outputs
        unknown = [name for name in outputs if name not in self._output_names]
        if unknown:
            known = ", ".join(self._output_names)
            raise UnprocessableError(f"there is no output {unknown[0]!r}; there are {known}")
        return outputs, _c_strings(list(outputs))

    def _checked(self, feeds: Mapping[str, Tensor]) -> list[Tensor]:
        if len(feeds) != len(self.inputs) or any(name not in self._by_name for name in feeds):
            raise UnprocessableError(_names_differ(self._by_name, feeds))
        tensors = []
        for spec in self.inputs:
            tensor = feeds[spec.name]
            if not isinstance(tensor, Tensor):
                found = type(tensor).__name__
                raise UnprocessableError(
                    f"expected a Tensor, found {found}; use Tensor.of", spec.name
                )
            spec.check(tensor)
            tensors.append(tensor)
        return tensors


def _names_differ(wanted: Mapping[str, object], found: Mapping[str, object]) -> str:
    parts = []
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted]
    if missing:
        parts.append(f"missing {', '.join(missing)}")
    if unknown:
        parts.append(f"unknown {', '.join(unknown)}")
    return f"{'; '.join(parts)}. The model takes {', '.join(wanted)}"


def _c_strings(names: Sequence[str]) -> object:
    return (c_char_p * len(names))(*[name.encode() for name in names])
