"""The promises that these benchmarks hold the library to, with their limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Promise:
    """State one promise: ``found`` must not be over ``limit``."""

    number: str
    text: str
    limit: float
    unit: str = ""

    def row(self, found: float, spread: str, digits: int) -> tuple[str, ...]:
        """Return the line of a table that says whether it is kept."""
        return (
            self.number,
            self.text,
            f"≤ {self.limit:g}{self.unit}",
            f"**{found:.{digits}f}{self.unit}**",
            spread,
            "kept" if found <= self.limit else "**MISSED**",
        )

    def json(self, found: float) -> dict[str, Any]:
        """Return what ``docs/benchmarks.json`` keeps."""
        return {"limit": self.limit, "found": float(f"{found:.4g}"), "kept": found <= self.limit}


HEAD = ("", "promise", "limit", "found", "quartiles (extremes)", "")

MINIMAL = Promise("P1", "cold start above bare, to that by hand", 0.30)
FASTAPI = Promise("P2", "the same, to the FastAPI stack's", 0.10)
TUTORIAL = Promise("P3", "the same, to the tutorial handler's", 0.03)
ZIPPED = Promise("P6", "artifact without the model, zipped", 12, " MB")
UNZIPPED = Promise("P6", "the same, unzipped", 32, " MB")
WARM = Promise("P7", "warm overhead of a small JSON request", 40, " µs")
MEMORY = Promise("P9", "peak memory of the small function", 42, " MiB")
