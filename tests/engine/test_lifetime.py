"""Handles are released exactly once, memory lives as long as it is looked at, threads agree."""

from __future__ import annotations

import gc
import json
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx.external_data_helper import set_external_data

from pilotlight import Tensor
from pilotlight.engine import Session
from pilotlight.errors import EngineError, UnprocessableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Named = Callable[[str], Path]
    Open = Callable[[str], Session]
    Python = Callable[..., str]

# Runs a statement many times and prints how many KB the process grew by after the first tenth.
_GROWTH = """
import sys
from pathlib import Path
from pilotlight import Tensor
from pilotlight.engine import Session
from pilotlight.errors import PilotlightError

def resident():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])

path, statement, times = sys.argv[1], compile(sys.argv[2], "statement", "exec"), int(sys.argv[3])
session = Session(path)
for turn in range(times):
    if turn == times // 10:
        before = resident()
    exec(statement)
print(resident() - before)
"""
_OPEN = "s = Session(path); s.inputs; s.close()"
_RUN = "session.run({'X': Tensor.of([[1, 2, 3]], 'float32')})"
_TEXTS = "session.run({'text': Tensor.of(['a' * 1000, 'b\\0' * 500])})"
_MAPS = "session.run({'X': Tensor.of([[1, 2]] * 10, 'float32')})"
_LARGE = "session.run({'X': Tensor.of([1, 2], 'float32')})"


def _refused(statement: str) -> str:
    otherwise = "raise SystemExit('was not refused')"
    return f"try:\n    {statement}\n    {otherwise}\nexcept PilotlightError:\n    pass"


@pytest.mark.parametrize(
    ("model", "statement", "times"),
    [
        ("linear", _OPEN, 1000),
        ("linear", _RUN, 20_000),
        ("strings", _TEXTS, 20_000),
        ("zipmap", _MAPS, 5000),
        ("wide", _LARGE, 1000),
        ("linear", _refused("Session(path + 'x')"), 5000),
        ("linear", _refused("session.run({'X': Tensor.of([1], 'float32')})"), 20_000),
        ("lookup", _refused("session.run({'index': Tensor.of([9], 'int64')})"), 3000),
    ],
    ids=["open", "run", "strings", "maps", "large", "not opened", "not run", "run fails"],
)
def test_nothing_is_left_behind(
    models: Named, python: Python, model: str, statement: str, times: int
) -> None:
    """A leak of one handle a turn would be megabytes; allocators' own growth is less than four."""
    grown = int(python(_GROWTH, str(models(model)), statement, str(times)))
    assert grown < 4096


def test_outputs_outlive_their_session(models: Named) -> None:
    session = Session(models("wide"))
    large = session.run({"X": Tensor.of([1.5, 2.5], "float32")})["Y"]
    assert isinstance(large, Tensor)
    row = np.asarray(large)[1]
    view = large.view()
    session.close()
    del session, large
    gc.collect()
    noise = [bytearray(40_000) for _ in range(64)]  # would reuse memory that was let go
    assert len(noise) == 64
    assert (row == 2.5).all()
    assert view[0, 9_999] == 1.5


def test_a_session_is_closed_once_and_stays_closed(models: Named) -> None:
    with Session(models("linear")) as session:
        feeds = {"X": Tensor.of([[1, 2, 3]], "float32")}
        session.run(feeds)
    session.close()
    session.close()
    with pytest.raises(EngineError, match="the session is closed"):
        session.run(feeds)
    assert session.inputs[0].name == "X"


def test_inputs_are_borrowed_only_while_the_model_runs(models: Named) -> None:
    rows = bytearray(np.asarray([1, 2, 3], "float32").tobytes())
    session = Session(models("linear"))
    first = session.run({"X": Tensor.of(rows, "float32", (1, 3))})["Y"]
    rows += b"\0"  # Python refuses to resize what anything still looks at
    assert isinstance(first, Tensor)
    assert first.tolist() == [321.0]


def test_eight_threads_agree(models: Named) -> None:
    linear, strings = Session(models("linear")), Session(models("strings"))

    def ask(thread: int) -> bool:
        texts = [f"{thread}-{index}" for index in range(20)]
        for turn in range(200):
            rows = [[thread, turn, index] for index in range(20)]
            sums = linear.run({"X": Tensor.of(rows, "float32")})["Y"]
            same = strings.run({"text": Tensor.of(texts)})["same"]
            assert isinstance(sums, Tensor)
            assert isinstance(same, Tensor)
            if sums.tolist() != [thread + 10 * turn + 100 * i for i in range(20)]:
                return False
            if same.tolist() != texts:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [True] * 8


def test_threads_may_open_and_close_at_once(models: Named) -> None:
    def turn(_: int) -> str:
        with Session(models("strings")) as session:
            return session.inputs[0].name

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(turn, range(64))) == {"text"}


def test_external_weights_stay_within_the_models_folder(
    session: Callable[[str], Session], tmp_path: Path
) -> None:
    """ONNX Runtime itself must refuse a graph that reads a file beside its folder."""
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.ones(3, "float32").tobytes())
    session("f (float[3] X) => (float[3] Y) <float[3] W = {1, 2, 3}> { Y = Mul(X, W) }").close()
    proto = onnx.load(tmp_path / "model.onnx")
    weight = proto.graph.initializer[0]
    file = tmp_path / "inner" / "model.onnx"
    file.parent.mkdir()
    (file.parent / "link.bin").symlink_to(secret)
    for place in ("../secret.bin", str(secret), "link.bin"):
        weight.raw_data = secret.read_bytes()
        weight.ClearField("float_data")
        set_external_data(weight, place, 0, 12)
        weight.ClearField("raw_data")
        file.write_bytes(proto.SerializeToString())
        with pytest.raises(EngineError):
            Session(file)


def test_feeds_that_are_no_tensors_are_refused(models: Named) -> None:
    feeds = json.loads('{"X": [[1, 2, 3]]}')
    with pytest.raises(UnprocessableError, match="X"):
        Session(models("linear")).run(feeds)


def test_an_output_that_is_an_input_too_does_not_outlive_it_as_freed_memory(
    session: Open,
) -> None:
    """ONNX Runtime gives the input's own memory back; whoever keeps the output keeps a copy."""
    opened = session("g (float[N] X) => (float[N] X, float[N] Z) { Z = Identity (X) }")
    given = bytearray(struct.pack("<f", 7.0) * 1_000_000)
    kept = opened.run({"X": Tensor.of(given, "float32", (1_000_000,))})["X"]
    assert isinstance(kept, Tensor)
    given[:4] = b"\0\0\0\0"
    assert kept.tolist()[:2] == [7.0, 7.0]


@pytest.mark.parametrize("shape", [(2, 3, 2), (12,), (3, 4)])
def test_an_output_of_another_rank_than_declared_comes_as_it_is(
    session: Open, shape: tuple[int, ...]
) -> None:
    opened = session("g (float[N] X, int64[R] S) => (float[a,b] Y) { Y = Reshape (X, S) }")
    feeds = {
        "X": Tensor.of([float(i) for i in range(12)], "float32"),
        "S": Tensor.of(list(shape), "int64"),
    }
    found = opened.run(feeds)["Y"]
    assert isinstance(found, Tensor)
    assert found.shape == shape
    assert found.size == 12


def test_a_session_closed_while_it_runs_ends_its_runs_first(session: Open) -> None:
    opened = session("g (float[N] X) => (float[N] Y) { Y = Sin (X) }")
    feeds = {"X": Tensor.of(bytes(4 * 500_000), "float32", (500_000,))}
    begun = threading.Event()
    outcomes: list[str] = []

    def run() -> None:
        try:
            for _ in range(1000):
                opened.run(feeds)
                begun.set()
        except EngineError as error:
            outcomes.append(str(error))

    workers = [threading.Thread(target=run) for _ in range(4)]
    for worker in workers:
        worker.start()
    begun.wait(30)
    opened.close()
    for worker in workers:
        worker.join(60)
    assert outcomes == ["the session is closed"] * 4
