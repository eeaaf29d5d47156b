"""P1, P2, P3 and P9: cold starts, each in a fresh process, all contenders in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import contenders
import promises
from contenders import Contender
from function import ColdStart, Function
from promises import Promise
from report import Section, table
from roots import Roots, Say, evict
from spread import Spread

if TYPE_CHECKING:
    from pathlib import Path

    from pilotlight.tools.local.runtime import Runtime

MODES = {
    "compiled": "Every contender's bytecode compiled ahead (unchecked-hash), the peers' too.",
    "arrives": (
        "As each tool's zip arrives: pilotlight's holds bytecode that is never checked; the "
        "others' has none that is valid, as uv (which makes none), SAM (which packs none) and the "
        "Serverless Framework (whose dates no bytecode fits) leave it, and Python cannot write "
        "any, as a function's folder is read-only."
    ),
}
RATIOS = (
    (promises.MINIMAL, contenders.MINIMAL),
    (promises.FASTAPI, contenders.FASTAPI),
    (promises.TUTORIAL, contenders.TUTORIAL),
)
_MIB = 1 << 20


@dataclass(frozen=True)
class Mode:
    """Hold the rounds of one mode: a cold start of each contender by its name."""

    rounds: list[dict[str, ColdStart]]

    def spread(self, contender: Contender, what: str) -> Spread:
        """Return the spread of ``init``, ``first``, ``total`` (in ms) or ``peak`` (in MiB)."""
        scale = 1 / _MIB if what == "peak" else 1000
        return Spread.of([getattr(r[contender.name], what) * scale for r in self.rounds])

    def above(self, contender: Contender) -> Spread:
        """Return the spread of the ms above the bare handler of the same round."""
        return Spread.of([self._above(r, contender) * 1000 for r in self.rounds])

    def ratio(self, peer: Contender) -> Spread:
        """Return the spread of ours above bare to the peer's, each of the same round."""
        ours = contenders.OURS
        return Spread.of([self._above(r, ours) / self._above(r, peer) for r in self.rounds])

    @staticmethod
    def _above(one: dict[str, ColdStart], contender: Contender) -> float:
        return one[contender.name].total - one[contenders.BARE.name].total


def measure(roots: Roots, runtime: Runtime, rounds: int, say: Say) -> dict[str, Mode]:
    """Start each contender ``rounds`` times in each mode, after one round that does not count."""
    modes = {}
    for mode, folders in roots.items():
        say(f"cold starts, {mode}: {rounds} rounds of {len(folders)}")
        for folder in folders.values():
            evict(folder)
        done = [_round(folders, runtime) for _ in range(rounds + 1)]
        modes[mode] = Mode(done[1:])
    return modes


def _round(folders: dict[str, Path], runtime: Runtime) -> dict[str, ColdStart]:
    started = {}
    for contender in contenders.ALL:
        with Function(contender, folders[contender.name], runtime) as function:
            started[contender.name] = function.first()
    return started


def section(modes: dict[str, Mode], about: str, facts: dict[str, Any]) -> Section:
    """Return what the report says of cold starts."""
    rounds = len(modes["compiled"].rounds)
    explained = (
        "From the start of a process to its first response, under AWS's own runtime client "
        "(`awslambdaric`) and a Runtime API on loopback, the event lying ready. The same model "
        "(64 pixels → a digit, 19 kB of weights) answers the same event; each contender in a fresh "
        f"process, in turn, {rounds} rounds after one that does not count. Medians, in ms; *above "
        "bare* is the difference to the bare handler of the same round. Standard library and "
        "runtime client are compiled in both tables, as on Lambda; ONNX Runtime's telemetry is off "
        "for all, which pilotlight sees to by itself and the others do not. "
        "All files are in the page cache, read there once from the disk: what Lambda's storage "
        "adds, more for larger packages, is not in these figures."
    )
    text = [explained, about]
    kept: dict[str, Any] = {}
    for name, mode in modes.items():
        text += [f"### {_HEADINGS[name]}", MODES[name], _times(mode), _ratios(name, mode)]
        kept[name] = {
            c.name: {
                what: mode.spread(c, what).json() for what in ("init", "first", "total", "peak")
            }
            for c in contenders.ALL
        }
        kept[name]["ratios"] = {
            p.number: mode.ratio(peer).json() | p.json(mode.ratio(peer).median)
            for p, peer in RATIOS
        }
    memory = modes["compiled"].spread(contenders.OURS, "peak")
    kept["P9"] = promises.MEMORY.json(memory.median)
    return Section("cold", "Cold start", text, facts | kept)


_HEADINGS = {"compiled": "Bytecode compiled for all", "arrives": "As each zip arrives"}


def _times(mode: Mode) -> str:
    head = ("", "init", "first request", "cold start", "quartiles (extremes)", "above bare", "peak")
    rows = []
    for contender in contenders.ALL:
        init, first, total, peak = (
            mode.spread(contender, what) for what in ("init", "first", "total", "peak")
        )
        above = "" if contender is contenders.BARE else f"{mode.above(contender).median:.1f}"
        rows.append(
            (
                contender.title,
                f"{init.median:.1f}",
                f"{first.median:.1f}",
                f"{total.median:.1f}",
                total.between(1),
                above,
                f"{peak.median:.1f} MiB",
            )
        )
    return table(head, rows)


def _ratios(name: str, mode: Mode) -> str:
    def line(promise: Promise, spread: Spread, digits: int) -> tuple[str, ...]:
        return promise.row(spread.median, spread.between(digits), digits)

    rows = [line(promise, mode.ratio(peer), 3) for promise, peer in RATIOS]
    if name == "compiled":
        rows.append(line(promises.MEMORY, mode.spread(contenders.OURS, "peak"), 1))
    return table(promises.HEAD, rows)
