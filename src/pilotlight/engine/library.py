"""Find ONNX Runtime's C library without importing ``onnxruntime``.

Every wheel since 1.20 carries ``onnxruntime/capi/libonnxruntime.so.<version>`` beside the Python
extension. An artifact carries that one file next to this module.
"""

from __future__ import annotations

import os
import sys

from ..errors import UnsupportedError

_PATTERNS = {  # file name before and after the version, by sys.platform
    "linux": ("libonnxruntime.so.", ""),
    "darwin": ("libonnxruntime.", ".dylib"),
    "win32": ("onnxruntime", ".dll"),
}


def find() -> str:
    """Return the path of the C library: beside this module, else in an installed ``onnxruntime``.

    Raises:
        UnsupportedError: it is in neither; the message says where was looked.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    folders = [here]
    folders += [f"{entry or '.'}/onnxruntime/capi" for entry in sys.path]
    for folder in folders:
        found = in_folder(folder)
        if found:
            return found
    raise UnsupportedError(
        "ONNX Runtime's C library is not here: looked for "
        f"{''.join(_PATTERNS.get(sys.platform, _PATTERNS['linux']))}<version> in {here} and in "
        "onnxruntime/capi of every folder of sys.path. Install it with: pip install onnxruntime"
    )


def in_folder(folder: str, platform: str = sys.platform) -> str | None:
    """Return the path of a platform's C library in ``folder``, or None."""
    before, after = _PATTERNS.get(platform, _PATTERNS["linux"])
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return None
    for name in names:
        if name.startswith(before) and name.endswith(after):
            return f"{folder}/{name}"
    return None


def disable_telemetry() -> None:
    """Keep ONNX Runtime from reporting to its maker, unless the user has set it to.

    Since 1.29 its builds for Linux write a device id and a database below the home folder and
    upload what models are opened (microsoft/onnxruntime#27379). A function has no business with
    that; without it the environment is ready 2 ms sooner and takes 2 MB less.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
