"""Examples → stacked tensors → as few runs as possible → the outputs of each example.

Examples are *stacked* along the first axis where the bundle says that this changes no answer, and
run one by one where it would. Examples of different shapes are stacked by shape.
"""

from __future__ import annotations

from operator import itemgetter

from .errors import UnprocessableError
from .examples import from_instance, from_mapping
from .lists import flatten, pack
from .tensor import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .engine.values import Value
    from .tensor import Spec

    Feeds = dict[str, Tensor]
    Outputs = dict[str, Value]
    Run = Callable[[Mapping[str, Tensor]], Outputs]


class Batcher:
    """Know how examples of one signature become runs.

    Args:
        inputs: the model's inputs; ``names`` are the features.
        outputs: the model's outputs.
        stacks: whether examples may share a run: what the bundle found out (``Bundle.stacks``).
    """

    __slots__ = ("_by_feature", "_has_axis", "_shapes", "_with_axis", "inputs", "stacks")

    def __init__(
        self, inputs: Sequence[Spec], outputs: Sequence[Spec] = (), *, stacks: bool
    ) -> None:
        self.inputs = tuple(inputs)
        self.stacks = stacks
        # Without stacking an example still has the first axis where that is open, or one long.
        first = [spec.shape[0] if spec.shape else 0 for spec in inputs]
        self._has_axis = all(not isinstance(length, int) or length == 1 for length in first)
        # Which outputs have that axis, too, is the signature's to say, never the data's: one box
        # found in a picture is a list of one box.
        named = {length for length in first if isinstance(length, str)}
        self._with_axis = {
            spec.name
            for spec in outputs
            if self._has_axis and spec.shape and (spec.shape[0] == 1 or spec.shape[0] in named)
        }
        self._shapes = [spec.shape[1:] if self._has_axis else spec.shape for spec in inputs]
        features = inputs[0].names if len(inputs) == 1 else None
        # {"age": 31, "income": 42000} → (31, 42000); of one name itemgetter gives no tuple
        names = [str(name) for name in features or ()]
        self._by_feature = itemgetter(*names) if len(names) > 1 else None

    def feeds(self, instances: Sequence[Any]) -> Feeds | None:
        """Return plain JSON instances as feeds of one run, in one go.

        Returns:
            None where they need the careful way: because the signature does not allow it, or
            because something is wrong with one of them.
        """
        if not self.stacks or len(self.inputs) != 1:
            return None
        spec = self.inputs[0]
        rows = instances
        kinds = set(map(type, instances))
        try:
            if kinds == {dict}:
                features = len(spec.names or ())
                if self._by_feature is None or set(map(len, instances)) != {features}:
                    return None
                rows = list(map(self._by_feature, instances))
            flat, shape = flatten(rows)
            tensor = Tensor(spec.dtype, shape, pack(flat, spec.dtype, shape))
            spec.check(tensor)
        except (UnprocessableError, KeyError):
            return None
        return {spec.name: tensor}

    def of_instances(self, instances: Sequence[Any], where: str) -> list[Feeds]:
        """Return the tensors of each JSON instance.

        Raises:
            UnprocessableError: one is not what the model takes; the message names its place.
        """
        return [
            from_instance(instance, self.inputs, self._shapes, f"{where}[{index}]")
            for index, instance in enumerate(instances)
        ]

    def of_example(self, example: Any, where: str) -> Feeds:
        """Return the tensors of one example as ``decode`` gave it.

        Raises:
            UnprocessableError: it is not what the model takes; the message names its place.
        """
        return from_mapping(example, self.inputs, self._shapes, where)

    def run(self, examples: Sequence[Feeds], run: Run) -> list[Outputs]:
        """Run examples in as few runs as their shapes and the model allow.

        Returns:
            The outputs of each example, in order, without the axis they were stacked along.
        """
        groups: dict[object, list[int]] = {}
        for index, example in enumerate(examples):
            key = tuple(t.shape for t in example.values()) if self.stacks else index
            groups.setdefault(key, []).append(index)
        outputs: list[Outputs] = [{}] * len(examples)
        for members in groups.values():
            chosen = [examples[index] for index in members]
            for index, output in zip(members, self._run_group(chosen, run), strict=True):
                outputs[index] = output
        return outputs

    @staticmethod
    def predictions(results: Outputs, count: int) -> list[Any] | None:
        """Return what one run gave as a prediction for each of ``count`` examples.

        Returns:
            None where an output has not a row for each.
        """
        if not follows(results, count):
            return None
        columns = [plain(value) for value in results.values()]
        if len(columns) == 1:
            return list(columns[0])
        return [dict(zip(results, values, strict=True)) for values in zip(*columns, strict=True)]

    @staticmethod
    def prediction(outputs: Outputs) -> Any:
        """Return one example's outputs as a prediction: the value, or an object by output name."""
        if len(outputs) == 1:
            return plain(next(iter(outputs.values())))
        return {name: plain(value) for name, value in outputs.items()}

    def _run_group(self, examples: list[Feeds], run: Run) -> list[Outputs]:
        count = len(examples)
        results = run(self._stacked(examples))
        if self.stacks and follows(results, count):
            return [{name: row(v, i) for name, v in results.items()} for i in range(count)]
        if count == 1:
            return [self._unstacked(results)]
        # An output has not a row for each example after all: one by one is always right.
        return [self._unstacked(run(self._stacked([example]))) for example in examples]

    def _unstacked(self, results: Outputs) -> Outputs:
        """Return the outputs of a single example without the axis that it was given."""
        return {
            name: row(value, 0) if name in self._with_axis and follows({name: value}, 1) else value
            for name, value in results.items()
        }

    def _stacked(self, examples: Sequence[Feeds]) -> Feeds:
        stacked = {}
        for spec in self.inputs:
            parts = [example[spec.name] for example in examples]
            shape = (len(parts), *parts[0].shape) if self._has_axis else parts[0].shape
            stacked[spec.name] = Tensor(spec.dtype, shape, _joined([part.data for part in parts]))
        return stacked


def follows(results: Outputs, count: int) -> bool:
    """Tell whether every output has one row for each of ``count`` examples."""
    return all(
        (isinstance(value, Tensor) and value.shape[:1] == (count,))
        or (isinstance(value, list) and len(value) == count)
        for value in results.values()
    )


def row(value: Value, index: int) -> Value:
    """Return one example's part of an output that follows the first axis; nothing is copied."""
    if not isinstance(value, Tensor):
        return value[index]  # type: ignore[index]  # a sequence with an item for each example
    count = value.shape[0]
    size = len(value.data) // count  # bytes, or strings
    return Tensor(value.dtype, value.shape[1:], value.data[index * size : (index + 1) * size])


def plain(value: Value) -> Any:
    """Return an output as JSON has it: lists, numbers and strings."""
    if isinstance(value, Tensor):
        return value.tolist()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def _joined(parts: list[memoryview | list[str]]) -> memoryview | list[str]:
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], list):
        return [text for part in parts for text in part]  # type: ignore[misc]  # all are lists
    return memoryview(b"".join(parts))  # type: ignore[arg-type]  # all are memoryviews
