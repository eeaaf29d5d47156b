"""Every error that pilotlight raises.

::

    PilotlightError
    ├── InputError            the caller's data is wrong             HTTP 400 and its kin
    │   ├── MalformedError    it cannot be read at all               400
    │   ├── UnprocessableError  it is readable, but not what the model takes   422
    │   └── TooLargeError     it is over a limit                     413
    ├── ModelError            the model or its bundle is wrong
    │   ├── BundleError       a bundle is missing, incomplete or altered
    │   └── UnsupportedError  the model or the library needs what is not there
    ├── EngineError           ONNX Runtime failed; ``code`` is its OrtErrorCode
    ├── ServiceError          the service's own decode or encode is wrong
    ├── UnknownEventError     an event is none of the known ones
    └── ToolError             a command cannot go on (tools half)
        ├── ConfigurationError  [tool.pilotlight] is wrong
        ├── BuildError        a model file cannot become a bundle
        ├── PackageError      an artifact cannot be made
        └── LocalError        an artifact cannot be run here

A message says what, where, what was found and expected, and what to do next.
Only adapters turn these into statuses, and only the command line prints them.
"""

from __future__ import annotations


class PilotlightError(Exception):
    """Be the root of every error that pilotlight raises on purpose."""


class InputError(PilotlightError):
    """Report that the caller's data is wrong; the caller can mend it."""


class MalformedError(InputError):
    """Report input that cannot be read: not JSON, not base64, not UTF-8."""


class UnprocessableError(InputError):
    """Report input that is readable but of a wrong name, dtype or shape.

    ``where`` is the place in the input, written as a path: ``instances[3].age``.
    """

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.where = where

    def at(self, prefix: str) -> UnprocessableError:
        """Return the same error with ``prefix`` before its place."""
        joint = "." if self.where and not self.where.startswith("[") else ""
        return UnprocessableError(self.message, prefix + joint + self.where)


class TooLargeError(InputError):
    """Report input over a limit: a ``decode`` raises it of an image that is too large, say."""


class ModelError(PilotlightError):
    """Report that the model itself is wrong; no caller can mend it."""


class BundleError(ModelError):
    """Report a bundle that is missing, incomplete or altered."""


class UnsupportedError(ModelError):
    """Report something that this library, or this ONNX Runtime, does not have."""


class EngineError(PilotlightError):
    """Report what ONNX Runtime refused.

    ``code`` is the OrtErrorCode of ``onnxruntime_c_api.h``: 1 fail, 2 invalid argument, 3 no such
    file, 4 no model, 5 engine error, 6 runtime exception, 7 invalid protobuf, 8 model loaded,
    9 not implemented, 10 invalid graph, 11 execution provider failure.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class ServiceError(PilotlightError):
    """Report that the service's ``decode`` or ``encode`` did what it must not."""


class UnknownEventError(PilotlightError):
    """Report an event that is none of those that the adapter understands."""


class ToolError(PilotlightError):
    """Report that a command of the tools half cannot go on."""


class ConfigurationError(ToolError):
    """Report a wrong ``[tool.pilotlight]``; every problem found is in the message."""


class BuildError(ToolError):
    """Report a model file that cannot become a bundle."""


class PackageError(ToolError):
    """Report an artifact that cannot be made, or that its platform would refuse."""


class LocalError(ToolError):
    """Report an artifact that cannot be run on this machine."""
