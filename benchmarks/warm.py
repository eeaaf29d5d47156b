"""P7: what a small request costs above the engine's own run, once everything is warm."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import contenders
import event
import promises
from contenders import Contender
from function import Function, environment
from report import Section, table
from spread import Spread

if TYPE_CHECKING:
    from roots import Roots, Say

    from pilotlight.tools.local.runtime import Runtime

MEASURED = (contenders.OURS, contenders.MINIMAL, contenders.FASTAPI)
CALLS = 500  # a block
_INVOCATIONS = 20  # a block under the Runtime API, where a call takes longer
_WARM_UP = 10  # blocks
_WORKER = Path(__file__).with_name("warm_worker.py")


@dataclass(frozen=True)
class Warm:
    """Hold what one contender took, block by block: µs in process, ms under the Runtime API."""

    handler: list[float]
    engine: list[float]
    invocation: list[float]

    @property
    def overhead(self) -> Spread:
        """The spread of handler less engine, each of the same block."""
        return Spread.of([h - e for h, e in zip(self.handler, self.engine, strict=True)])


class Worker:
    """Keep a process that calls a contender's handler when it is told to."""

    def __init__(self, contender: Contender, root: Path, runtime: Runtime) -> None:
        self._contender = contender
        self._process = subprocess.Popen(
            [str(runtime.executable), "-P", str(_WORKER), contender.handler],
            cwd=root,
            env=environment(contender, root, runtime, api="127.0.0.1:9"),  # which nobody calls
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        event.check(self._ask(event.event()), contender.name)

    def block(self) -> tuple[float, float]:
        """Return the median µs of a block of the handler's calls, and of as many engine runs."""
        handler, engine = self._ask(CALLS)
        return handler, engine

    def _ask(self, what: object) -> Any:
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._contender.name} ended; its traceback stands above")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def measure(roots: Roots, runtime: Runtime, blocks: int, say: Say) -> dict[str, Warm]:
    """Let the contenders take turns, a block of calls each, so that drift meets all alike."""
    folders = roots["compiled"]
    say(f"warm requests: {blocks} blocks of {CALLS}")
    with ExitStack() as stack:
        workers = {
            c.name: stack.enter_context(Worker(c, folders[c.name], runtime)) for c in MEASURED
        }
        done = [{name: w.block() for name, w in workers.items()} for _ in range(blocks + _WARM_UP)]
    say(f"warm requests under the Runtime API: {blocks} blocks of {_INVOCATIONS}")
    with ExitStack() as stack:
        functions = {
            c.name: stack.enter_context(Function(c, folders[c.name], runtime)) for c in MEASURED
        }
        for function in functions.values():
            function.first()
        invoked = [
            {name: _invoke(function) for name, function in functions.items()}
            for _ in range(blocks + _WARM_UP)
        ]
    return {
        name: Warm(
            [block[name][0] for block in done[_WARM_UP:]],
            [block[name][1] for block in done[_WARM_UP:]],
            [block[name] for block in invoked[_WARM_UP:]],
        )
        for name in workers
    }


def _invoke(function: Function) -> float:
    """Return the median ms of a block of invocations."""
    return Spread.of([function.again() * 1000 for _ in range(_INVOCATIONS)]).median


def section(results: dict[str, Warm], about: str, facts: dict[str, Any]) -> Section:
    """Return what the report says of warm requests."""
    blocks = len(results[contenders.OURS.name].handler)
    promise = promises.WARM
    ours = results[contenders.OURS.name].overhead
    explained = (
        "The handler called in process with the same event again and again; *engine* is the "
        "engine's own run with its input ready (ours through `Session.run`, theirs through "
        "`InferenceSession.run`), in the same process; *overhead* is the difference: decoding the "
        "event, checking it, encoding the answer. Medians of "
        f"{blocks} blocks of {CALLS} calls, contenders in turn, in µs; the last column is the same "
        "request under AWS's runtime client and a Runtime API on loopback, in ms from the event's "
        "delivery to the response."
    )
    text = [
        explained,
        about,
        table(
            ("", "handler", "engine", "overhead", "quartiles (extremes)", "under the client"),
            [_row(contender, results[contender.name]) for contender in MEASURED],
        ),
        table(promises.HEAD, [promise.row(ours.median, ours.between(1), 1)]),
    ]
    kept = {
        name: {
            "handler_us": Spread.of(warm.handler).json(),
            "engine_us": Spread.of(warm.engine).json(),
            "overhead_us": warm.overhead.json(),
            "invocation_ms": Spread.of(warm.invocation).json(),
        }
        for name, warm in results.items()
    }
    return Section("warm", "Warm requests", text, facts | kept | {"P7": promise.json(ours.median)})


def _row(contender: Contender, warm: Warm) -> tuple[str, ...]:
    return (
        contender.title,
        f"{Spread.of(warm.handler).median:.1f}",
        f"{Spread.of(warm.engine).median:.1f}",
        f"{warm.overhead.median:.1f}",
        warm.overhead.between(1),
        f"{Spread.of(warm.invocation).median:.2f} ms",
    )
