"""The machine that the figures come from, in general terms."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def facts(command: str, python: str, versions: dict[str, str]) -> dict[str, Any]:
    """Return date, command, processor, Python and versions."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": python,
        "versions": versions,
    }


def written(found: dict[str, Any]) -> str:
    """Write the facts in one paragraph."""
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return (
        f"`{found['command']}`, {found['date']}: {found['processor']}, {found['cores']} cores, "
        f"{found['system']}, Python {found['python']}; {versions}."
    )


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text("utf-8")
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return " ".join(model[1].split()) if model else platform.machine()
