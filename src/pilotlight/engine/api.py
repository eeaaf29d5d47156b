"""The functions of ONNX Runtime's C API that this engine calls, in one table.

``OrtGetApiBase()->GetApi(version)`` returns a struct of function pointers whose order never changes
between releases: a function is its position. Positions and types are those of ``struct OrtApi`` in
``onnxruntime_c_api.h``.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_void_p

from ..errors import EngineError, UnsupportedError

# The lowest version that has all that is called here: GetResizedStringTensorElementBuffer came last
API_VERSION = 15
OLDEST_RELEASE = "1.20"  # older wheels have no C library beside the extension

_handle = c_void_p
_out = c_void_p  # a pointer to where a handle is put, by ctypes.byref

# Those that take long run without the GIL; the others keep it, because a thread that gives the
# GIL back for a microsecond may wait for milliseconds until it has it again.
_SLOW = {"CreateEnv", "CreateSession", "Run", "ReleaseSession"}

_FUNCTIONS: dict[str, tuple[int, tuple[type, ...]]] = {
    "GetErrorCode": (1, (_handle,)),
    "GetErrorMessage": (2, (_handle,)),
    "CreateEnv": (3, (c_int, c_char_p, _out)),
    "CreateSession": (7, (_handle, c_char_p, _handle, _out)),
    "Run": (9, (_handle, _handle, _out, _out, c_size_t, _out, c_size_t, _out)),
    "CreateSessionOptions": (10, (_out,)),
    "DisableMemPattern": (17, (_handle,)),
    "DisableCpuMemArena": (19, (_handle,)),
    "SetSessionGraphOptimizationLevel": (23, (_handle, c_int)),
    "SetIntraOpNumThreads": (24, (_handle, c_int)),
    "SetInterOpNumThreads": (25, (_handle, c_int)),
    "SessionGetInputCount": (30, (_handle, _out)),
    "SessionGetOutputCount": (31, (_handle, _out)),
    "SessionGetInputTypeInfo": (33, (_handle, c_size_t, _out)),
    "SessionGetOutputTypeInfo": (34, (_handle, c_size_t, _out)),
    "SessionGetInputName": (36, (_handle, c_size_t, _handle, _out)),
    "SessionGetOutputName": (37, (_handle, c_size_t, _handle, _out)),
    "CreateTensorAsOrtValue": (48, (_handle, _out, c_size_t, c_int, _out)),
    "CreateTensorWithDataAsOrtValue": (
        49,
        (_handle, c_void_p, c_size_t, _out, c_size_t, c_int, _out),
    ),
    "GetTensorMutableData": (51, (_handle, _out)),
    "FillStringTensor": (52, (_handle, _out, c_size_t)),
    "GetStringTensorDataLength": (53, (_handle, _out)),
    "GetStringTensorContent": (54, (_handle, c_void_p, c_size_t, _out, c_size_t)),
    "CastTypeInfoToTensorInfo": (55, (_handle, _out)),
    "GetOnnxTypeFromTypeInfo": (56, (_handle, _out)),
    "GetTensorElementType": (60, (_handle, _out)),
    "GetDimensionsCount": (61, (_handle, _out)),
    "GetDimensions": (62, (_handle, _out, c_size_t)),
    "GetSymbolicDimensions": (63, (_handle, _out, c_size_t)),
    "GetTensorTypeAndShape": (65, (_handle, _out)),
    "GetValueType": (67, (_handle, _out)),
    "CreateCpuMemoryInfo": (69, (c_int, c_int, _out)),
    "AllocatorFree": (76, (_handle, c_void_p)),
    "GetAllocatorWithDefaultOptions": (78, (_out,)),
    "GetValue": (80, (_handle, c_int, _handle, _out)),
    "GetValueCount": (81, (_handle, _out)),
    "ReleaseStatus": (93, (_handle,)),
    "ReleaseSession": (95, (_handle,)),
    "ReleaseValue": (96, (_handle,)),
    "ReleaseTypeInfo": (98, (_handle,)),
    "ReleaseTensorTypeAndShapeInfo": (99, (_handle,)),
    "ReleaseSessionOptions": (100, (_handle,)),
    "CastTypeInfoToMapTypeInfo": (103, (_handle, _out)),
    "CastTypeInfoToSequenceTypeInfo": (104, (_handle, _out)),
    "GetMapKeyType": (105, (_handle, _out)),
    "GetMapValueType": (106, (_handle, _out)),
    "GetSequenceElementType": (107, (_handle, _out)),
    "AddSessionConfigEntry": (130, (_handle, c_char_p, c_char_p)),
    "HasValue": (192, (_handle, _out)),
    "CastTypeInfoToOptionalTypeInfo": (250, (_handle, _out)),
    "GetOptionalContainedTypeInfo": (251, (_handle, _out)),
    "GetResizedStringTensorElementBuffer": (252, (_handle, c_size_t, c_size_t, _out)),
}
_RESULTS: dict[str, type] = {"GetErrorCode": c_int, "GetErrorMessage": c_char_p}


class _Base(ctypes.Structure):
    _fields_ = (
        ("GetApi", ctypes.CFUNCTYPE(c_void_p, c_uint32)),
        ("GetVersionString", ctypes.CFUNCTYPE(c_char_p)),
    )


class Api:
    """Call the C API by name: ``api.CreateSession(…)``.

    A function that can fail returns None or a status, which ``check`` turns into an EngineError.
    Each function is bound when it is first used.
    """

    version: str

    def __init__(self, path: str) -> None:
        """Load the library at ``path``.

        Raises:
            UnsupportedError: it cannot be loaded, or is too old.
        """
        try:
            library = ctypes.CDLL(path)
            get_base = library.OrtGetApiBase
        except (OSError, AttributeError) as error:
            raise UnsupportedError(f"{path} cannot be loaded as ONNX Runtime: {error}") from error
        get_base.restype = POINTER(_Base)
        base = get_base().contents
        self.version = base.GetVersionString().decode()
        table = base.GetApi(API_VERSION)
        if not table:
            raise UnsupportedError(
                f"{path} is ONNX Runtime {self.version}, which has not the C API of version "
                f"{API_VERSION}; use {OLDEST_RELEASE} or newer"
            )
        self._table = ctypes.cast(table, POINTER(c_void_p))

    def __getattr__(self, name: str) -> ctypes._CFunctionType:
        try:
            position, arguments = _FUNCTIONS[name]
        except KeyError:
            raise AttributeError(name) from None
        result = None if name.startswith("Release") else _RESULTS.get(name, c_void_p)
        prototype = ctypes.CFUNCTYPE if name in _SLOW else ctypes.PYFUNCTYPE
        address = self._table[position]
        if not address:
            raise UnsupportedError(f"ONNX Runtime {self.version} has no {name}")
        function = prototype(result)(address)  # without arguments: ctypes keeps a class for each
        function.argtypes = arguments
        setattr(self, name, function)
        return function

    def bind(self) -> None:
        """Bind every function ahead, where there is time for it."""
        for name in _FUNCTIONS:
            getattr(self, name)

    def check(self, status: int | None) -> None:
        """Raise EngineError if ``status`` is one, and release it."""
        if status:
            code = self.GetErrorCode(status)
            message = self.GetErrorMessage(status).decode(errors="replace")
            self.ReleaseStatus(status)
            raise EngineError(f"ONNX Runtime {self.version}: {message}", code)
