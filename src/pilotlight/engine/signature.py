"""Read a session's signature: its inputs and outputs with dtype and shape."""

from __future__ import annotations

from ctypes import byref, c_char_p, c_int, c_size_t, c_void_p

from ..dtypes import BY_CODE
from ..errors import UnsupportedError
from ..tensor import Spec
from .values import dtype_and_shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .environment import Environment

_TENSOR, _SEQUENCE, _MAP, _OPTIONAL = 1, 2, 3, 6  # enum ONNXType
_NAMES = {4: "opaque", 5: "sparse"}


def read_specs(environment: Environment, session: c_void_p, side: str) -> tuple[Spec, ...]:
    """Return a Spec for each ``Input`` or ``Output`` of a session.

    A sequence, map or optional has a dtype such as ``sequence(map(int64,float32))`` and no shape.
    """
    api = environment.api
    count = c_size_t()
    api.check(getattr(api, f"SessionGet{side}Count")(session, byref(count)))
    specs = []
    for index in range(count.value):
        text, info = c_void_p(), c_void_p()
        name_of = getattr(api, f"SessionGet{side}Name")
        api.check(name_of(session, index, environment.allocator, byref(text)))
        name = environment.take_text(text)
        api.check(getattr(api, f"SessionGet{side}TypeInfo")(session, index, byref(info)))
        try:
            dtype, shape = _type(environment, info)
        except UnsupportedError as error:
            raise UnsupportedError(f"{side.lower()} {name!r}: {error}") from None
        finally:
            api.ReleaseTypeInfo(info)
        specs.append(Spec(name, dtype, shape))
    return tuple(specs)


def _type(environment: Environment, info: c_void_p) -> tuple[str, list[int | str | None]]:
    api = environment.api
    kind, part = c_int(), c_void_p()
    api.check(api.GetOnnxTypeFromTypeInfo(info, byref(kind)))
    if kind.value == _TENSOR:
        api.check(api.CastTypeInfoToTensorInfo(info, byref(part)))
        return _tensor(environment, part)
    if kind.value == _SEQUENCE:
        api.check(api.CastTypeInfoToSequenceTypeInfo(info, byref(part)))
        item = _of(environment, part, "GetSequenceElementType")
        return f"sequence({item})", []
    if kind.value == _MAP:
        api.check(api.CastTypeInfoToMapTypeInfo(info, byref(part)))
        key = c_int()
        api.check(api.GetMapKeyType(part, byref(key)))
        return f"map({BY_CODE[key.value]},{_of(environment, part, 'GetMapValueType')})", []
    if kind.value == _OPTIONAL:
        api.check(api.CastTypeInfoToOptionalTypeInfo(info, byref(part)))
        return f"optional({_of(environment, part, 'GetOptionalContainedTypeInfo')})", []
    raise UnsupportedError(f"{_NAMES.get(kind.value, kind.value)} values are not supported")


def _of(environment: Environment, part: c_void_p, getter: str) -> str:
    api = environment.api
    inner = c_void_p()
    api.check(getattr(api, getter)(part, byref(inner)))
    try:
        return _type(environment, inner)[0]
    finally:
        api.ReleaseTypeInfo(inner)


def _tensor(environment: Environment, info: c_void_p) -> tuple[str, list[int | str | None]]:
    dtype, sizes = dtype_and_shape(environment, info)
    texts = (c_char_p * len(sizes))()
    environment.api.check(environment.api.GetSymbolicDimensions(info, texts, len(sizes)))
    return dtype, [
        size if size >= 0 else (name.decode() if name else None)
        for size, name in zip(sizes, texts, strict=True)
    ]
