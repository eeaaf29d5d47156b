"""One example: a JSON instance, or what the user's decode gave → a checked tensor for each input.

This is the careful way, one example at a time, each error naming its place (``instances[3].age``).
``batch`` takes a faster one for what is plainly right, and comes here for the rest.
"""

from __future__ import annotations

from .dtypes import written
from .errors import ServiceError, UnprocessableError, UnsupportedError
from .lists import cut, flatten, json_name, pack
from .tensor import Tensor, fits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from .tensor import Spec

    Dims = tuple[int | str | None, ...]

_LISTED = {list, tuple, str, bool, int, float, type(None)}


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
    names = [spec.name for spec in inputs]
    if isinstance(instance, dict):
        features = inputs[0].names if len(inputs) == 1 else None
        if features and set(instance) != set(names):
            return {names[0]: _by_feature(instance, inputs[0], shapes[0], where)}
        return from_mapping(instance, inputs, shapes, where)
    if len(inputs) == 1:
        return _tensors([instance], inputs, shapes, [where])
    if not isinstance(instance, list) or len(instance) != len(inputs):
        found = f"a list of {len(instance)}" if isinstance(instance, list) else json_name(instance)
        message = f"expected an object with {_listed(names)}, found {found}"
        raise UnprocessableError(message, where)
    return _tensors(instance, inputs, shapes, [f"{where}[{i}]" for i in range(len(inputs))])


def from_mapping(
    example: dict[str, Any], inputs: Sequence[Spec], shapes: Sequence[Dims], where: str
) -> dict[str, Tensor]:
    """Return the tensors of one example's values by input name: lists, numbers, buffers, tensors.

    Raises:
        UnprocessableError: as ``from_instance``.
    """
    names = [spec.name for spec in inputs]
    check_names(example, names, where)
    values = [example[name] for name in names]
    return _tensors(values, inputs, shapes, [f"{where}.{name}" for name in names])


def check_names(found: Collection[str], wanted: Sequence[str], where: str) -> None:
    """Raise UnprocessableError unless ``found`` has exactly the names ``wanted``."""
    missing = [name for name in wanted if name not in found]
    unknown = [str(name) for name in found if name not in wanted]
    if missing or unknown:
        parts = [f"missing {_listed(missing)}"] if missing else []
        parts += [f"unknown {_listed(unknown)}"] if unknown else []
        message = f"{' and '.join(parts)}; the model takes {_listed(wanted)}"
        raise UnprocessableError(message, where)


def _by_feature(instance: dict[str, Any], spec: Spec, wanted: Dims, where: str) -> Tensor:
    names = [str(name) for name in spec.names or ()]
    check_names(instance, names, where)
    parts: list[Any] = []
    for name in names:
        value, place = instance[name], f"{where}.{name}"
        if isinstance(value, list | dict):
            message = f"expected {spec.dtype}, found {json_name(value)}"
            raise UnprocessableError(message, place)
        parts.append(pack([value], spec.dtype, (), place))
    shape = tuple(length if isinstance(length, int) else len(names) for length in wanted)
    if spec.dtype == "string":
        return Tensor(spec.dtype, shape, [part[0] for part in parts])
    return Tensor(spec.dtype, shape, memoryview(b"".join(parts)))


def _tensors(
    values: Sequence[Any], inputs: Sequence[Spec], shapes: Sequence[Dims], places: Sequence[str]
) -> dict[str, Tensor]:
    """Return a tensor for each input; a dimension that inputs share by name has one size."""
    tensors = {}
    sizes: dict[str, int] = {}
    for value, spec, shape, where in zip(values, inputs, shapes, places, strict=True):
        wanted = tuple(sizes.get(d, d) if isinstance(d, str) else d for d in shape)
        tensor = _tensor(value, spec, wanted, where)
        sizes |= {d: n for d, n in zip(shape, tensor.shape, strict=False) if isinstance(d, str)}
        tensors[spec.name] = tensor
    return tensors


def _tensor(value: Any, spec: Spec, wanted: Dims, where: str) -> Tensor:
    if isinstance(value, dict):
        raise UnprocessableError(f"expected {spec.dtype}{written(wanted)}, found object", where)
    if type(value) not in _LISTED:
        return _borrowed(value, spec, wanted, where)
    flat, shape = flatten(value, where)
    is_column = not shape and _is_column(wanted)
    if not is_column:
        _check_shape(shape, wanted, flat, where)
    data = pack(flat, spec.dtype, shape, where)
    return Tensor(spec.dtype, (1,) * len(wanted) if is_column else shape, data)


def _is_column(wanted: Dims) -> bool:
    """Tell whether an input takes a number, as a table's column does: its shape is [?,1]."""
    return bool(wanted) and all(length == 1 for length in wanted)


def _borrowed(value: Any, spec: Spec, wanted: Dims, where: str) -> Tensor:
    raw = isinstance(value, bytes | bytearray)
    fixed = all(isinstance(length, int) for length in wanted)
    try:
        if raw and fixed:
            return Tensor.of(value, spec.dtype, wanted)  # type: ignore[arg-type]  # all ints
        tensor = Tensor.of(value)
    except UnprocessableError as error:
        raise error.at(where) from None
    except UnsupportedError as error:
        raise ServiceError(f"{where}: {error}") from None
    if tensor.dtype != spec.dtype:  # only the service's own decode makes tensors: it is to blame
        message = f"{where}: decode gave {tensor.dtype}, the model takes {spec.dtype}"
        raise ServiceError(message)
    if not tensor.shape and _is_column(wanted):
        return Tensor(tensor.dtype, (1,) * len(wanted), tensor.data)
    _check_shape(tensor.shape, wanted, (), where)
    return tensor


def _check_shape(found: tuple[int, ...], wanted: Dims, flat: Sequence[Any], where: str) -> None:
    if fits(found, wanted):
        return
    shown = f"shape {written(found)}" if found else (json_name(flat[0]) if flat else "a scalar")
    raise UnprocessableError(f"expected shape {written(wanted)}, found {shown}", where)


def _listed(names: Sequence[str]) -> str:
    shown = [cut(name if name.isprintable() and name else repr(name)) for name in names[:12]]
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(shown) + more
