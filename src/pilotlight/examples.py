"""One example: a JSON instance, or what the user's decode gave → a checked tensor for each input.

This is the careful way, one example at a time, each error naming its place (``instances[3].age``).
``batch`` takes a faster one for what is plainly right, and comes here for the rest.
"""

from __future__ import annotations

from .dtypes import written
from .errors import PilotlightError, UnprocessableError
from .lists import flatten, json_name, pack
from .tensor import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from .tensor import Spec

    Dims = tuple[int | str | None, ...]

_LISTED = (list, tuple, str, int, float, type(None), dict)


def from_instance(
    instance: Any, inputs: Sequence[Spec], shapes: Sequence[Dims], where: str
) -> dict[str, Tensor]:
    """Return the tensors of a JSON instance.

    An instance is an object by input name; where the model has one input, the value itself or an
    object by feature name; where it has several, also a list with a value for each.

    Args:
        instance: the parsed JSON.
        inputs: the model's inputs.
        shapes: for each input the shape that one example has.
        where: the instance's place: ``instances[3]``.

    Raises:
        UnprocessableError: a name, dtype or shape is not the model's; the message says which.
    """
    if not isinstance(instance, dict):
        return from_mapping(_by_position(instance, inputs, where), inputs, shapes, where)
    features = inputs[0].names if len(inputs) == 1 else None
    if features and set(instance) != {inputs[0].name}:
        names = [str(name) for name in features]
        check_names(instance, names, where)
        spec = inputs[0]
        parts = [pack([instance[n]], spec.dtype, (), f"{where}.{n}") for n in names]
        return {spec.name: _joined(parts, spec.dtype, shapes[0], len(names))}
    check_names(instance, [spec.name for spec in inputs], where)
    return from_mapping(instance, inputs, shapes, where)


def from_mapping(
    example: Any, inputs: Sequence[Spec], shapes: Sequence[Dims], where: str
) -> dict[str, Tensor]:
    """Return the tensors of one example's values by input name: lists, numbers, buffers, tensors.

    Raises:
        UnprocessableError: as ``from_instance``.
    """
    if not isinstance(example, dict):
        message = (
            f"decode must return a dict of the inputs of one example, not {json_name(example)}"
        )
        raise UnprocessableError(message, where)
    names = [spec.name for spec in inputs]
    check_names(example, names, where)
    single = where.endswith("]") and len(inputs) == 1 and where.startswith("instances")
    return {
        spec.name: _tensor(
            example[spec.name], spec, shape, where if single else f"{where}.{spec.name}".lstrip(".")
        )
        for spec, shape in zip(inputs, shapes, strict=True)
    }


def check_names(found: Collection[str], wanted: Sequence[str], where: str) -> None:
    """Raise UnprocessableError unless ``found`` has exactly the names ``wanted``."""
    missing = [name for name in wanted if name not in found]
    unknown = [str(name) for name in found if name not in wanted]
    if missing or unknown:
        parts = [f"missing {_listed(missing)}"] if missing else []
        parts += [f"unknown {_listed(unknown)}"] if unknown else []
        message = f"{' and '.join(parts)}; the model takes {_listed(wanted)}"
        raise UnprocessableError(message, where)


def _by_position(instance: Any, inputs: Sequence[Spec], where: str) -> dict[str, Any]:
    if len(inputs) == 1:
        return {inputs[0].name: instance}
    if isinstance(instance, list) and len(instance) == len(inputs):
        return {spec.name: value for spec, value in zip(inputs, instance, strict=True)}
    found = f"a list of {len(instance)}" if isinstance(instance, list) else json_name(instance)
    names = _listed([spec.name for spec in inputs])
    raise UnprocessableError(f"expected an object with {names}, found {found}", where)


def _tensor(value: Any, spec: Spec, wanted: Dims, where: str) -> Tensor:
    if not isinstance(value, _LISTED):
        return _borrowed(value, spec, wanted, where)
    if isinstance(value, dict):
        raise UnprocessableError(f"expected {spec.dtype}{written(wanted)}, found object", where)
    flat, shape = flatten(value, where)
    if shape == () and wanted and all(length == 1 for length in wanted):
        shape = (1,) * len(wanted)  # a number for an input of shape [?,1], as a table's column is
    _check_shape(shape, wanted, flat, where)
    return Tensor(spec.dtype, shape, pack(flat, spec.dtype, shape, where))


def _borrowed(value: Any, spec: Spec, wanted: Dims, where: str) -> Tensor:
    raw = isinstance(value, bytes | bytearray)
    fixed = all(isinstance(length, int) for length in wanted)
    try:
        if raw and fixed:
            return Tensor.of(value, spec.dtype, wanted)  # type: ignore[arg-type]  # all ints
        tensor = Tensor.of(value)
    except PilotlightError as error:
        raise UnprocessableError(str(error), where) from None
    if tensor.dtype != spec.dtype:
        raise UnprocessableError(f"expected {spec.dtype}, found {tensor.dtype}", where)
    _check_shape(tensor.shape, wanted, (), where)
    return tensor


def _check_shape(found: tuple[int, ...], wanted: Dims, flat: Sequence[Any], where: str) -> None:
    fits = len(found) == len(wanted) and all(
        not isinstance(want, int) or want == have for want, have in zip(wanted, found, strict=True)
    )
    if fits:
        return
    shown = f"shape {written(found)}" if found else (json_name(flat[0]) if flat else "a scalar")
    raise UnprocessableError(f"expected shape {written(wanted)}, found {shown}", where)


def _joined(parts: list[memoryview | list[str]], dtype: str, wanted: Dims, count: int) -> Tensor:
    shape = tuple(length if isinstance(length, int) else count for length in wanted)
    if dtype == "string":
        return Tensor(dtype, shape, [part[0] for part in parts])  # type: ignore[misc]  # lists
    return Tensor(dtype, shape, memoryview(b"".join(parts)))  # type: ignore[arg-type]  # views


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name) if not name.isprintable() or not name else name for name in names[:12]]
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(shown) + more
