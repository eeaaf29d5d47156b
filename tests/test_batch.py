"""Batcher: as few runs as shapes and the model allow, and never another answer than one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pilotlight import Model, Spec, Tensor
from pilotlight.batch import Batcher, follows, plain
from pilotlight.errors import UnprocessableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pilotlight.engine.values import Value

    Named = Callable[[str], Path]


class Counting:
    """Run a model and keep the first input's shape of each run."""

    def __init__(self, path: Path) -> None:
        self.model = Model(path)
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, feeds: Mapping[str, Tensor]) -> dict[str, Value]:
        self.shapes.append(next(iter(feeds.values())).shape)
        return self.model.run(feeds)

    def predict(self, instances: list[Any]) -> list[dict[str, Any]]:
        batcher = Batcher(self.model.inputs, self.model.outputs, stacks=self.model.bundle.stacks)
        outputs = batcher.run(batcher.of_instances(instances, "instances"), self)
        return [{name: plain(value) for name, value in output.items()} for output in outputs]


@pytest.mark.parametrize(
    ("model", "instances", "shapes", "outputs"),
    [
        ("linear", [[1, 0, 0]] * 100, [(100, 3)], [{"Y": 1.0}] * 100),
        ("strings", ["a", "ü", ""], [(3,)], [{"same": "a"}, {"same": "ü"}, {"same": ""}]),
        (
            "table",
            [{"age": 1, "city": "Bern", "rooms": 0}] * 3,
            [(3, 1)],
            [{"score": [101.0], "where": ["Bern"]}] * 3,
        ),
        ("zipmap", [[0.5, 0.25]] * 2, [(2, 2)], [{"label": 0, "scores": {0: 0.5, 1: 0.25}}] * 2),
        (
            "lengths",
            [[[1, 1]], [[1, 1], [2, 2]], [[3, 3]]],
            [(2, 1, 2), (1, 2, 2)],
            [{"sum": 2.0}, {"sum": 6.0}, {"sum": 6.0}],
        ),
        (
            "one",
            [[1, 2], [3, 4], [5, 6]],
            [(1, 2)] * 3,
            [{"Y": [1.0, 2.0]}, {"Y": [3.0, 4.0]}, {"Y": [5.0, 6.0]}],
        ),
        ("four", [[[1, 1]] * 4, [[2, 2]] * 4], [(4, 2)] * 2, [{"Y": [2.0] * 4}, {"Y": [4.0] * 4}]),
    ],
)
def test_instances_become_as_few_runs_as_can_be(
    bundles: Named,
    model: str,
    instances: list[Any],
    shapes: list[tuple[int, ...]],
    outputs: list[dict[str, Any]],
) -> None:
    counting = Counting(bundles(model))
    assert counting.predict(instances) == outputs
    assert counting.shapes == shapes


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("model", "one"),
    [
        ("mean", lambda row: {"Y": row}),
        ("mean_kept", lambda row: {"Y": row}),
        ("both", lambda row: {"same": row, "mean": row}),
    ],
    ids=["mean", "mean_kept", "both"],
)
def test_an_answer_does_not_depend_on_how_many_were_sent(
    bundles: Named, model: str, one: Callable[[list[float]], dict[str, Any]], count: int
) -> None:
    """A mean over the batch has as many values as a row: three of them must not look like rows."""
    rows = [[float(i), float(i + 10), float(i + 20)] for i in range(count)]
    assert Counting(bundles(model)).predict(rows) == [one(row) for row in rows]


def test_plain_rows_are_one_tensor_in_one_go() -> None:
    batcher = Batcher([Spec("X", "float32", (None, 2), ("a", "b"))], stacks=True)
    for instances in ([[1, 2], [3, 4]], [{"a": 1, "b": 2}, {"b": 4, "a": 3}]):
        feeds = batcher.feeds(instances)
        assert feeds is not None
        assert {name: tensor.tolist() for name, tensor in feeds.items()} == {
            "X": [[1.0, 2.0], [3.0, 4.0]]
        }


@pytest.mark.parametrize(
    "instances",
    [
        [[1, 2], [3]],
        [[1, 2], {"a": 3, "b": 4}],
        [{"a": 1, "b": 2}, {"a": 3}],
        [{"a": 1, "c": 2}],
        [{"X": [1, 2]}],
        [[1, "2"]],
        [None],
        [[[1, 2]]],
    ],
)
def test_what_is_not_plain_goes_the_careful_way(instances: list[Any]) -> None:
    batcher = Batcher([Spec("X", "float32", (None, 2), ("a", "b"))], stacks=True)
    assert batcher.feeds(instances) is None


@pytest.mark.parametrize(
    "specs",
    [
        [Spec("X", "float32", (1, 2))],
        [Spec("X", "float32", ())],
        [Spec("A", "float32", (None, 2)), Spec("B", "float32", (None, 2))],
    ],
)
def test_models_that_do_not_stack_one_input_go_the_careful_way(specs: list[Spec]) -> None:
    stacks = len(specs) == 2
    assert Batcher(specs, stacks=stacks).feeds([[1, 2]]) is None


def test_outputs_follow_if_each_has_a_row_for_each_example() -> None:
    two = Tensor.of([[1], [2]], "int8")
    assert follows({"a": two, "b": [{}, {}]}, 2)
    assert not follows({"a": two}, 1)
    assert not follows({"a": two, "b": [{}]}, 2)
    assert not follows({"a": Tensor.of(1, "int8")}, 1)
    assert not follows({"a": None}, 1)


def test_examples_with_borrowed_memory_are_stacked() -> None:
    batcher = Batcher([Spec("X", "float32", (None, 2))], stacks=True)
    examples = [batcher.of_example({"X": b"\0\0\x80\x3f" * 2}, "x") for _ in range(2)]

    def run(feeds: Mapping[str, Tensor]) -> dict[str, Value]:
        return {"Y": feeds["X"]}

    assert [plain(output["Y"]) for output in batcher.run(examples, run)] == [[1.0, 1.0]] * 2


def test_a_wrong_example_is_named_by_where_it_stands() -> None:
    batcher = Batcher([Spec("X", "float32", (None, 2))], stacks=True)
    with pytest.raises(UnprocessableError) as raised:
        batcher.of_example({"X": [1, "a"]}, "Records[2]")
    assert str(raised.value) == "Records[2].X[1]: expected float32, found string"
