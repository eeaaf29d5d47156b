"""Call a handler and the engine beneath it in this process, and time both.

    python warm_worker.py MODULE.FUNCTION      # in the task root

Its first line of input is the event; it answers with the handler's reply. Each further line is a
number of calls; it answers with two medians in µs: of the handler, of the engine's own run.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Context:
    """Stand for the context object that Lambda gives a handler."""

    function_name = "function"
    function_version = "$LATEST"
    memory_limit_in_mb = "1769"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id = "01234567-89ab-cdef-0123-456789abcdef"
    log_group_name = "/aws/lambda/function"
    log_stream_name = "2026/12/05/[$LATEST]0123456789abcdef0123456789abcdef"


def engine(module: Any, rows: list[list[float]]) -> Callable[[], Any]:
    """Return the engine's own run, its input ready."""
    if hasattr(module, "service"):
        from pilotlight import Tensor

        session = module.service.model.session
        feeds = {"X": Tensor.of(rows, "float32")}
        return lambda: session.run(feeds)
    import numpy as np

    session = module.session
    feeds = {"X": np.asarray(rows, dtype=np.float32)}
    return lambda: session.run(None, feeds)


def median(call: Callable[[], Any], times: int) -> float:
    """Return the median µs of a call."""
    clock = time.perf_counter_ns
    taken = []
    for _ in range(times):
        start = clock()
        call()
        taken.append(clock() - start)
    return statistics.median(taken) / 1000


def main() -> None:
    """Serve standard input."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  # as the runtime client has it
    name, _, function = sys.argv[1].rpartition(".")
    module = importlib.import_module(name)
    handler = getattr(module, function)
    event = json.loads(sys.stdin.readline())
    context = Context()
    print(json.dumps(handler(event, context)), flush=True)
    run = engine(module, json.loads(event["body"])["instances"])
    for line in sys.stdin:
        times = int(line)
        both = median(lambda: handler(event, context), times), median(run, times)
        print(json.dumps(both), flush=True)


if __name__ == "__main__":
    main()
