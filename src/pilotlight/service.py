"""Service: decode → stack → run → encode, for every platform and every trigger alike."""

from __future__ import annotations

from .batch import Batcher, follows, plain
from .errors import InputError, UnprocessableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from .engine.values import Value
    from .model import Model

    Decode = Callable[[Any], dict[str, Any]]
    Encode = Callable[[dict[str, Value]], Any]
    D = TypeVar("D", bound=Decode)
    E = TypeVar("E", bound=Encode)


class Service:
    """Bind a model to how requests become its inputs, and its outputs answers.

    Nothing but the model is needed: without ``decode`` an instance is a row or an object by
    feature or input name; without ``encode`` a prediction is the output's value where the model has
    one output, else an object by output name.

        service = Service(Model("models/digits"))

        @service.decode
        def decode(image: bytes) -> dict[str, object]:
            return {"X": pixels(image)}

        @service.encode
        def encode(outputs: dict[str, Tensor]) -> object:
            return {"digit": outputs["label"].tolist()}
    """

    __slots__ = ("_batcher", "_decode", "_encode", "model")

    def __init__(self, model: Model) -> None:
        self.model = model
        self._batcher: Batcher | None = None
        self._decode: Decode | None = None
        self._encode: Encode | None = None

    def decode(self, function: D) -> D:
        """Use ``function`` to make the named inputs of ONE example of one instance or record.

        It gets a JSON instance, or the bytes of a body that is not JSON, and returns a value for
        each input, without the axis that examples are stacked along: lists, a ``Tensor``, or
        anything with a buffer. A ValueError, TypeError or KeyError that it raises is the caller's.
        """
        self._decode = function
        return function

    def encode(self, function: E) -> E:
        """Use ``function`` to make what the caller gets of the outputs of ONE example, by name."""
        self._encode = function
        return function

    @property
    def takes_bytes(self) -> bool:
        """Whether a body that is not JSON can be decoded."""
        return self._decode is not None

    def start(self) -> None:
        """Begin to open the model in the background."""
        self.model.start()

    def predict(self, instances: Sequence[Any], where: str = "instances") -> list[Any]:
        """Predict each instance, in order, in as few runs as possible.

        Args:
            instances: parsed JSON values, or with ``decode`` whatever it takes.
            where: what the places in messages begin with.

        Raises:
            UnprocessableError: an instance is not what the model takes; the message says where.
            ModelError, EngineError: the model cannot be opened or run.
        """
        if self._batcher is None:
            self._batcher = Batcher(self.model.inputs)
        batcher, run = self._batcher, self.model.run
        if self._decode is None and self._encode is None:
            feeds = batcher.feeds(instances)
            if feeds is not None:
                results = run(feeds)
                if follows(results, len(instances)):
                    return _rows(results)
        decode = self._decode
        if decode is None:
            examples = batcher.of_instances(instances, where)
        else:
            examples = [
                batcher.of_example(_decoded(decode, instance, f"{where}[{i}]"), f"{where}[{i}]")
                for i, instance in enumerate(instances)
            ]
        return [self._encoded(outputs) for outputs in batcher.run(examples, run)]

    def _encoded(self, outputs: dict[str, Value]) -> Any:
        if self._encode is not None:
            return self._encode(outputs)
        if len(outputs) == 1:
            return plain(next(iter(outputs.values())))
        return {name: plain(value) for name, value in outputs.items()}


def _decoded(decode: Decode, instance: Any, where: str) -> dict[str, Any]:
    try:
        return decode(instance)
    except UnprocessableError as error:
        raise error.at(f"{where}.") from error
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, IndexError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise UnprocessableError(f"cannot be decoded ({detail})", where) from error


def _rows(results: dict[str, Value]) -> list[Any]:
    """Return outputs that follow the first axis as one prediction an example."""
    columns = [plain(value) for value in results.values()]
    if len(columns) == 1:
        return list(columns[0])
    return [dict(zip(results, values, strict=True)) for values in zip(*columns, strict=True)]
