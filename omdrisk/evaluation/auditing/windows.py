"""Where an audit trains and tests: before and on the last phase with finds, or on a recipe's own past and future."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.training.moments import utc
from omdrisk.training.phases import as_phases, read_phases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    import numpy.typing as npt

    from omdrisk.training import Recipe

EVER = pd.Timestamp("2262-01-01", tz="UTC")


@dataclass(frozen=True)
class Window:
    """A span to test on, and the first moments of the periods in which indicators are compared.

    Parameters
    ----------
    name
        What it is called.
    start
        Training knows what was known before this moment.
    begin, end
        Tested is what was filed from `begin` until before `end`.
    frozen
        Whether outcomes of the future never come back, so that its shipments see the history as of `start`.
    periods
        Name and first moment of each period in which indicators are compared, in order.
    """

    name: str
    start: pd.Timestamp
    begin: pd.Timestamp
    end: pd.Timestamp
    periods: tuple[tuple[str, pd.Timestamp], ...]
    frozen: bool = False

    def periods_of(self, filed: pd.Series) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Return the number of the period of each moment, and their names; a period lasts until the next begins.

        Examples
        --------
        >>> begun = [("past", pd.Timestamp(0, tz="UTC")), ("future", pd.Timestamp("2023-02-01", tz="UTC"))]
        >>> moments = pd.Series(pd.to_datetime(["2023-01-01", "2023-02-01"], utc=True))
        >>> Window("future", *[EVER] * 3, periods=tuple(begun)).periods_of(moments)
        (array([0, 1]), ['past', 'future'])
        """
        starts = pd.DatetimeIndex([start for _, start in self.periods])
        places = np.maximum(starts.searchsorted(pd.DatetimeIndex(filed), side="right") - 1, 0)
        return np.asarray(places, dtype=np.int64), [name for name, _ in self.periods]


def windows(recipe: Recipe, phases: Any = None) -> Iterator[Window]:
    """Yield the windows that a recipe may be tested on, the preferred first."""
    split = recipe.split
    if phases is None and split.past_until is not None:
        start = utc(split.past_until, "past_until")
        begin = start if split.future_from is None else utc(split.future_from, "future_from")
        end = EVER if split.future_until is None else utc(split.future_until, "future_until")
        periods = (("past", pd.Timestamp(0, tz="UTC")), ("future", begin))
        yield Window("the given future", start, begin, end, frozen=True, periods=periods)
        return
    chosen = _phases(phases)
    begun = tuple((phase.name, phase.start) for phase in chosen)
    for phase in reversed(chosen):
        yield Window(f"phase {phase.name}", phase.start, phase.start, phase.end, periods=begun)


def _phases(phases: Any) -> Sequence[Any]:
    if phases is None:
        return read_phases()
    if isinstance(phases, (list, tuple)) and all(isinstance(name, str) for name in phases):
        return [phase for phase in read_phases() if phase.name in phases]
    return as_phases(phases)
