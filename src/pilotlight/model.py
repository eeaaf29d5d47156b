"""Model: from where it lies to a session that serves."""

from __future__ import annotations

import _thread
import os

from .errors import BundleError, UnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .bundle import Bundle
    from .engine.session import Session
    from .engine.values import Value
    from .tensor import Spec, Tensor

_LEVELS_UP = 5  # from .venv/lib/python3.x/site-packages to the project's root, and one to spare


class Model:
    """Stand for a model that is opened when it is first used, or before by ``start``.

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

    def start(self) -> None:
        """Begin to start ONNX Runtime in a thread, and meanwhile do all else that opening takes.

        Starting it is 14 of the 18 ms that a small model takes to open, and leaves the interpreter
        free. Whoever uses ``session`` waits for it, and meets its error if there is one.

        Raises:
            BundleError: the bundle is not there, or not whole.
        """
        from .engine import environment  # before the thread: its imports would take turns with ours

        environment.start()
        from .engine import session  # noqa: F401

        _ = self.bundle

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


def _cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def find(location: str) -> str:
    """Return the folder that ``location`` means.

    In an artifact the bundle lies in ``model/<name>``; in a project it lies where the path says,
    seen from the project's root, which is the working directory, where pilotlight lies, or above.

    Raises:
        BundleError: it is in none of the places; the message names them.
    """
    if os.path.isabs(location):
        return location
    name = os.path.basename(location.rstrip("/"))
    starts = [os.getcwd(), os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    roots = list(starts)
    for start in starts:
        above = start
        for _ in range(_LEVELS_UP):
            above = os.path.dirname(above)
            roots.append(above)
    for root in roots:
        for path in (f"{root}/{location}", f"{root}/model/{name}"):
            if os.path.exists(path):
                return path
    raise BundleError(
        f"there is no model at {location!r}: looked in {' and '.join(starts)}, in the folders "
        f"above them, and in each for model/{name}. Make a bundle with: pilotlight build MODEL "
        f"-o {location}"
    )
