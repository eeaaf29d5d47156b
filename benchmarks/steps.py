"""The cold start split into its steps, ours beside the one by hand: what the demo shows.

Seen from outside, without a line in either function: a process starts, asks its Runtime API for the
first event (the initialisation is done), and answers it.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable

import contenders
import roots
from contenders import Contender
from function import ColdStart, Function
from interpreter import Interpreter
from rich.console import Console
from rich.table import Table

from pilotlight.tools.local.runtime import Runtime

ROUNDS = 7
SHOWN = (contenders.OURS, contenders.MINIMAL)


def main() -> None:
    """Measure and print."""
    service = roots.project(say)
    interpreter = Interpreter.choose(service.aws.python)
    taking_part = (contenders.BARE, *SHOWN)
    with (
        roots.prepared(service, interpreter, say, taking_part) as modes,
        Runtime(str(interpreter.executable)) as runtime,
    ):
        say(f"cold starts: {ROUNDS} rounds of {len(taking_part)}, in turn")
        rounds = [
            [_start(contender, modes, runtime) for contender in taking_part]
            for _ in range(ROUNDS + 1)
        ][1:]
    Console().print(_table(rounds, interpreter.version))


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"── {text}", file=sys.stderr, flush=True)


def _start(contender: Contender, modes: roots.Roots, runtime: Runtime) -> ColdStart:
    with Function(contender, modes["arrives"][contender.name], runtime) as function:
        return function.first()


def _table(rounds: list[list[ColdStart]], python: str) -> Table:
    client = statistics.median(bare.init for bare, *_ in rounds)
    table = Table(
        title=f"cold start, ms (medians of {len(rounds)}, Python {python}, zips as they arrive)",
        title_justify="left",
    )
    table.add_column("step")
    for contender in SHOWN:
        table.add_column(contender.title, justify="right")
    steps = {
        "Python and AWS's client": lambda _: client,
        "imports, the model opened": lambda start: start.init - client,
        "the first request": lambda start: start.first,
    }
    for name, step in steps.items():
        table.add_row(name, *[_ms(rounds, column, step) for column in range(1, len(SHOWN) + 1)])
    table.add_section()
    totals = [_ms(rounds, column, lambda s: s.total) for column in range(1, len(SHOWN) + 1)]
    table.add_row("process start to first response", *totals)
    peaks = [
        f"{statistics.median(r[column].peak for r in rounds) / 2**20:.0f} MiB"
        for column in range(1, len(SHOWN) + 1)
    ]
    table.add_row("peak memory", *peaks)
    return table


def _ms(rounds: list[list[ColdStart]], column: int, step: Callable[[ColdStart], float]) -> str:
    """Return the median of a step of one contender, in ms."""
    return f"{statistics.median(step(r[column]) for r in rounds) * 1000:.1f}"


if __name__ == "__main__":
    main()
