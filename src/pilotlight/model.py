"""Model: from where it lies to a session that serves."""

from __future__ import annotations

import _thread
import os

from .errors import BundleError, UnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .bundle import Bundle
    from .engine.session import Session
    from .engine.values import Value
    from .tensor import Spec, Tensor


class Model:
    """Stand for a model that is opened when it is first used, or before by ``open``.

    >>> model = Model("models/digits")
    >>> model.inputs, model.outputs
    ((X: float32[?,64],), (label: int64[?], probabilities: float32[?,10]))

    Args:
        location: a bundle's folder. A relative path is looked for from the working directory and
            from where pilotlight itself lies, each as it is and as an artifact holds it
            (``model/<name>``).
        threads: how many threads work inside one operator; as many as there are CPUs if None.

    Raises:
        UnsupportedError: the location is a URL of a store.
    """

    __slots__ = ("_bundle", "_lock", "_session", "location", "threads")

    def __init__(self, location: str | os.PathLike[str], *, threads: int | None = None) -> None:
        self.location = os.fspath(location)
        if "://" in self.location:
            raise UnsupportedError(
                f"{self.location}: this pilotlight opens models from folders only; give the path "
                "of a bundle"
            )
        self.threads = threads
        self._lock = _thread.allocate_lock()
        self._bundle: Bundle | None = None
        self._session: Session | None = None

    @property
    def bundle(self) -> Bundle:
        """The bundle, read once.

        Raises:
            BundleError: it is not there, or not whole.
        """
        if self._bundle is None:
            from .bundle import Bundle

            self._bundle = Bundle.read(find(self.location))
        return self._bundle

    @property
    def session(self) -> Session:
        """The session that serves now; opened if it is not yet.

        Raises:
            BundleError: the bundle is not there, or not whole.
            EngineError: ONNX Runtime cannot open its graph.
        """
        if self._session is None:
            with self._lock:
                if self._session is None:
                    self._session = self._open()
        return self._session

    @property
    def inputs(self) -> tuple[Spec, ...]:
        """The signature's inputs, with their features."""
        return self.bundle.inputs

    @property
    def outputs(self) -> tuple[Spec, ...]:
        """The signature's outputs, with their classes."""
        return self.bundle.outputs

    def open(self, meanwhile: Callable[[], object] | None = None) -> None:
        """Open the session now.

        Starting ONNX Runtime is 14 of the 18 ms that a small model takes to open, and leaves the
        interpreter free: a thread does the rest of the imports and ``meanwhile`` in that time.

        Raises:
            BundleError: the bundle is not there, or not whole.
            EngineError: ONNX Runtime cannot open its graph.
            Exception: what ``meanwhile`` raises.
        """
        from .engine import environment

        def rest() -> None:
            from .engine import session  # noqa: F401

            environment.load()[1].bind()
            _ = self.bundle
            if meanwhile is not None:
                meanwhile()

        if environment.is_created():
            rest()
        else:
            environment.load()
            other = _Aside(rest)
            try:
                environment.environment()
            finally:
                other.join()
        _ = self.session

    def run(
        self, feeds: Mapping[str, Tensor], outputs: Sequence[str] | None = None
    ) -> dict[str, Value]:
        """Run the session that serves now; see ``Session.run``."""
        return self.session.run(feeds, outputs)

    def _open(self) -> Session:
        from .engine.session import Session

        threads = self.threads or _cpus()
        # Milliseconds to the first answer matter here, not the last percent of the settled run.
        return Session(self.bundle.graph, threads=threads, optimize="none", prepack=False)


class _Aside:
    """Call a function in a thread; ``join`` waits for it and raises what it raised."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._function = function
        self._failure: BaseException | None = None
        self._done = _thread.allocate_lock()
        self._done.acquire()
        _thread.start_new_thread(self._call, ())

    def _call(self) -> None:
        try:
            self._function()
        except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
            self._failure = error
        finally:
            self._done.release()

    def join(self) -> None:
        with self._done:
            if self._failure is not None:
                raise self._failure


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find(location: str) -> str:
    """Return the folder that ``location`` means.

    In an artifact the bundle lies in ``model/<name>``; in a project it lies where the path says,
    seen from the project's root: the first folder with a pyproject.toml from the working directory
    up, or from where pilotlight lies up.

    Raises:
        BundleError: it is in none of the places; the message names them.
    """
    if os.path.isabs(location):
        return location
    name = os.path.basename(location.rstrip("/"))
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    roots = [*_up_to_project(os.getcwd()), *_up_to_project(here)]
    for root in roots:
        for path in (f"{root}/{location}", f"{root}/model/{name}"):
            if os.path.exists(path):
                return path
    raise BundleError(
        f"there is no model at {location!r}: looked in {', '.join(roots)}, and in each for "
        f"model/{name}. Make a bundle with: pilotlight build MODEL -o {location}"
    )


def _up_to_project(start: str) -> list[str]:
    """Return a folder and those above it up to its project's root; itself alone if it has none."""
    folders = [start]
    while not os.path.exists(f"{folders[-1]}/pyproject.toml"):
        above = os.path.dirname(folders[-1])
        if above == folders[-1]:
            return [start]
        folders.append(above)
    return folders
