"""Run the benchmarks and write docs/benchmarks.md and docs/benchmarks.json."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import cold
import machine
import report
import roots
import size
import warm
from interpreter import Interpreter
from report import Section

from pilotlight.tools.local.runtime import Runtime
from pilotlight.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN = {
    "cold": (
        *("awslambdaric", "onnxruntime", "numpy", "aws-lambda-powertools", "fastapi", "mangum"),
        *("pydantic", "scikit-learn", "joblib", "boto3"),
    ),
    "warm": ("onnxruntime", "numpy", "aws-lambda-powertools", "fastapi", "mangum", "pydantic"),
    "size": ("onnxruntime", "numpy", "fastapi", "scikit-learn", "boto3"),
}


def main() -> None:
    """Read the command line and run what it names."""
    options = _options()
    start = time.perf_counter()
    names = report.ORDER if options.benchmark == "all" else (options.benchmark,)
    service = roots.project(say)
    interpreter = Interpreter.choose(service.aws.python)
    if interpreter.version != service.aws.python:
        say(f"there is no Python {service.aws.python} here: all run under {interpreter.version}")
    if "size" in names:
        artifact, found = size.measure(service, interpreter, say)
        _write("size", size.section, options, interpreter, artifact, found)
    with ExitStack() as stack:
        if names != ("size",):
            task_roots = stack.enter_context(roots.prepared(service, interpreter, say))
            runtime = stack.enter_context(Runtime(str(interpreter.executable)))
        if "cold" in names:
            modes = cold.measure(task_roots, runtime, options.rounds, say)
            _write("cold", cold.section, options, interpreter, modes)
        if "warm" in names:
            results = warm.measure(task_roots, runtime, options.blocks, say)
            _write("warm", warm.section, options, interpreter, results)
    say(f"wrote {report.PAGE.name} in {time.perf_counter() - start:.0f} s")


def _write(
    name: str,
    section: Callable[..., Section],
    options: argparse.Namespace,
    interpreter: Interpreter,
    *results: Any,
) -> None:
    command = f"scripts/bench {name}"
    if name == "cold":
        command += f" --rounds {options.rounds}"
    elif name == "warm":
        command += f" --blocks {options.blocks}"
    versions = {"pilotlight": __version__, **roots.versions(interpreter, _SHOWN[name])}
    facts = machine.facts(command, interpreter.full_version(), versions)
    report.write(section(*results, machine.written(facts), facts))


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"── {text}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("benchmark", nargs="?", choices=[*report.ORDER, "all"], default="all")
    parser.add_argument("--rounds", type=int, default=21, help="cold starts of each (21)")
    parser.add_argument("--blocks", type=int, default=30, help="blocks of warm calls (30)")
    options = parser.parse_args()
    if options.rounds < 15 or options.blocks < 5:
        parser.error("medians need --rounds 15 and --blocks 5 at least")
    return options


if __name__ == "__main__":
    main()
