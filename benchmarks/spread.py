"""What many measurements come to: the median, and how far they lie apart."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Spread:
    """Hold a median with quartiles and extremes."""

    median: float
    low: float
    q1: float
    q3: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of two values or more."""
        q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, min(values), q1, q3, max(values), len(values))

    def json(self) -> dict[str, float]:
        """Return what ``docs/benchmarks.json`` keeps, to four digits."""
        kept = ("median", "low", "q1", "q3", "high")
        return {key: float(f"{getattr(self, key):.4g}") for key in kept} | {"count": self.count}

    def between(self, digits: int) -> str:
        """Write the quartiles and, in brackets, the extremes."""
        q1, q3, low, high = (f"{x:.{digits}f}" for x in (self.q1, self.q3, self.low, self.high))
        return f"{q1}…{q3} ({low}…{high})"
