"""Service: decode → stack → run → encode, for every platform and every trigger alike."""

from __future__ import annotations

from .errors import InputError, ServiceError, UnprocessableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from .batch import Batcher, Feeds
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

    >>> from pilotlight import Model
    >>> service = Service(Model("models/digits"))
    >>> @service.decode
    ... def decode(text: str) -> dict[str, object]:
    ...     return {"X": [int(pixel, 17) for pixel in text]}
    >>> @service.encode
    ... def encode(outputs):
    ...     return {"digit": outputs["label"].tolist()}
    >>> service.predict(["0" * 64])
    [{'digit': 4}]
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

    def open(self, meanwhile: Callable[[], object] | None = None) -> None:
        """Open the model now, and do ahead what the first prediction would; see ``Model.open``."""

        def rest() -> None:
            self._ready_batcher()
            if meanwhile is not None:
                meanwhile()

        self.model.open(rest)

    def predict(self, instances: Sequence[Any]) -> list[Any]:
        """Predict each instance, in order, in as few runs as possible.

        Args:
            instances: parsed JSON values, or with ``decode`` whatever that takes.

        Raises:
            UnprocessableError: an instance is not what the model takes; the message says where:
                ``instances[3].age``.
            ServiceError: ``decode`` did not return a dict.
            ModelError, EngineError: the model cannot be opened or run.
        """
        batcher = self._ready_batcher()
        if self._decode is None and self._encode is None:
            feeds = batcher.feeds(instances)
            if feeds is not None:
                predictions = batcher.predictions(self.model.run(feeds), len(instances))
                if predictions is not None:
                    return predictions
        if self._decode is None:
            examples = batcher.of_instances(instances, "instances")
        else:
            examples = [
                self._decoded(self._decode, instance, f"instances[{index}]")
                for index, instance in enumerate(instances)
            ]
        return [self._encoded(outputs) for outputs in batcher.run(examples, self.model.run)]

    def predict_body(self, body: Any) -> Any:
        """Predict a request's body, parsed if it is JSON, that is one example by itself.

        Raises:
            ServiceError: the service has no ``decode``; and as ``predict``.
        """
        if self._decode is None:
            raise ServiceError("only a service with decode can take a whole body for an example")
        batcher = self._ready_batcher()
        example = self._decoded(self._decode, body, "body")
        return self._encoded(batcher.run([example], self.model.run)[0])

    def _ready_batcher(self) -> Batcher:
        if self._batcher is None:
            from .batch import Batcher  # late: a cold start imports it while the model opens

            self._batcher = Batcher(
                self.model.inputs, self.model.outputs, stacks=self.model.bundle.stacks
            )
        return self._batcher

    def _decoded(self, decode: Decode, instance: Any, where: str) -> Feeds:
        try:
            example = decode(instance)
        except UnprocessableError as error:
            raise error.at(where) from error
        except InputError:
            raise
        except (ValueError, TypeError, KeyError, IndexError) as error:
            detail = f"{type(error).__name__}: {error}"
            raise UnprocessableError(f"cannot be decoded ({detail})", where) from error
        if not isinstance(example, dict):
            found = type(example).__name__
            raise ServiceError(f"decode must return a dict of inputs by name, not {found}")
        return self._ready_batcher().of_example(example, where)

    def _encoded(self, outputs: dict[str, Value]) -> Any:
        if self._encode is not None:
            return self._encode(outputs)
        return self._ready_batcher().prediction(outputs)
