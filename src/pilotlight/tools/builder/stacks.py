"""Find out whether examples may share a run, by running them together and alone."""

from __future__ import annotations

from collections.abc import Sequence

from ...batch import follows, plain, row
from ...engine import Session
from ...errors import BuildError, PilotlightError
from ...tensor import Spec, Tensor
from .compare import compare
from .samples import feeds
from .source import Source

_COUNT = 3


def stacks(source: Source, session: Session) -> bool:
    """Tell whether stacking along the first axis changes no answer.

    It must be open in every input, every output must have a row for each example, and each row must
    be what the example gets alone, within the tolerance. A mean over the batch fails that, even
    where it happens to have as many values as there are examples.
    """
    if not all(spec.shape and not isinstance(spec.shape[0], int) for spec in session.inputs):
        return False
    if _names(session.inputs, first=True) & _names(session.inputs, first=False):
        return False  # [n,n]: of one example both axes would be one long
    together = feeds(session.inputs, source.categories, rows=_COUNT)
    try:
        results = session.run(together)
        if not follows(results, _COUNT):
            return False
        for index in range(_COUNT):
            alone = session.run({name: _only(tensor, index) for name, tensor in together.items()})
            if not follows(alone, 1):
                return False
            compare(
                {name: [plain(row(value, 0))] for name, value in alone.items()},
                {name: [plain(row(value, index))] for name, value in results.items()},
                source.tolerance,
            )
    except (BuildError, PilotlightError):
        return False
    return True


def _names(inputs: Sequence[Spec], *, first: bool) -> set[str]:
    """Return the names of the first axes, or those of all others."""
    axes = [spec.shape[:1] if first else spec.shape[1:] for spec in inputs]
    return {length for lengths in axes for length in lengths if isinstance(length, str)}


def _only(tensor: Tensor, index: int) -> Tensor:
    size = len(tensor.data) // _COUNT
    data = tensor.data[index * size : (index + 1) * size]
    return Tensor(tensor.dtype, (1, *tensor.shape[1:]), data)
