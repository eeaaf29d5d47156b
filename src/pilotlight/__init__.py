"""Turn a trained model into a function that answers at once.

``Model`` and ``Service`` are what a handler needs; adapters are ``pilotlight.aws`` and its kin.
Names are imported when they are first used, so that ``import pilotlight`` costs next to nothing.
"""

from __future__ import annotations

from .version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .errors import PilotlightError
    from .model import Model
    from .service import Service
    from .tensor import Spec, Tensor

_HOMES = {
    "Model": "model",
    "PilotlightError": "errors",
    "Service": "service",
    "Spec": "tensor",
    "Tensor": "tensor",
}

__all__ = ["Model", "PilotlightError", "Service", "Spec", "Tensor", "__version__"]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'pilotlight' has no attribute {name!r}")
    value: object = getattr(__import__(f"{__name__}.{home}", fromlist=[name]), name)
    globals()[name] = value
    return value
