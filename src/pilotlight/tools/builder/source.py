"""What is built from: an ONNX model in memory, and what answers as the original does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...tensor import Tensor

Feeds = dict[str, Tensor]
_BRIEF = 280  # characters of somebody else's message


@dataclass(frozen=True)
class Source:
    """Hold a model read from a file.

    Attributes:
        file: where it was read.
        framework: what trained it, with its version, as far as the file tells.
        description: one line on what it is.
        proto: the ``onnx.ModelProto``, with all weights in it.
        answer: what the original gives for feeds: by output name, as nested lists.
        literal: the same by the graph as it is written, where ``answer`` may take liberties.
        tolerance: the relative and absolute difference that floats may have from ``answer``.
        features: the names of an input's last axis, by input name.
        classes: the names of an output's last axis, by output name.
        categories: the values that an input knows, by input name.
    """

    file: Path
    framework: str
    description: str
    proto: Any
    answer: Callable[[Feeds], dict[str, Any]]
    tolerance: tuple[float, float]
    features: dict[str, list[str]] = field(default_factory=dict)
    classes: dict[str, list[Any]] = field(default_factory=dict)
    categories: dict[str, list[Any]] = field(default_factory=dict)
    literal: Callable[[Feeds], dict[str, Any]] | None = None


def brief(error: BaseException | None) -> str:
    """Return the first line of an error's message, and not more than fits on a screen."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0] if len(lines[0]) <= _BRIEF else f"{lines[0][: _BRIEF - 1]}…"
