"""How far a measure departs from what is usual for its kind of goods, learnt only from the past."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.features.arguments import argument, groups, number_name, whole
from omdrisk.features.kinds.base import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.view import View
    from omdrisk.history.questions import Question

#: Standard deviations between the quartiles of a normal distribution.
QUARTILES = 1.349
#: A spread below five per cent is taken as five: goods that all weigh the same prove no more.
LEAST_SPREAD = 0.05
#: Questions about a group: how many values there are, and their quartiles.
_ABOUT = 4


@dataclass(frozen=True)
class Norm(Kind):
    """Robust z-score of the logarithm of `value` against the past of its narrowest well-filled group.

    (log value - log median) / spread, where the spread is the distance of the logarithms of the quartiles
    over 1.349 and at least 0.05. The groups are tried from narrow to wide; the first with `min_cell` earlier
    values is used, and where none has, the score is missing. A value that is not above zero has no logarithm
    and no score. A reason states the value, and the median as the norm.

    Examples
    --------
    >>> norm = Norm(value="weight_per_package", by=(("hs6", "origin"), ("hs6",), ("hs2",)))
    >>> norm.min_cell, norm.has_norm
    (30, True)

    Notes
    -----
    Median and quartiles instead of mean and deviation: Rousseeuw and Croux, *Alternatives to the median
    absolute deviation*, JASA 88 (1993).
    """

    word: ClassVar[str] = "norm"
    has_norm: ClassVar[bool] = True
    value: str = argument(number_name)
    by: tuple[tuple[str, ...], ...] = argument(groups)
    min_cell: int = argument(whole, default=30)

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.value, *(name for group in self.by for name in group))))

    def questions(self) -> tuple[Question, ...]:
        return tuple(question for group in self.by for question in self._about(group))

    def _about(self, group: tuple[str, ...]) -> tuple[Question, ...]:
        from omdrisk.history.questions import Known, Quantile

        quartiles = (Quantile(group, self.value, q) for q in (0.25, 0.5, 0.75))
        return (Known(group, self.value), *quartiles)

    def _quartiles(self, view: View) -> NDArray[np.float64]:
        return view.once(self, lambda: self._find(view))

    def _find(self, view: View) -> NDArray[np.float64]:
        chosen = np.full((3, len(view)), np.nan)
        waiting = np.ones(len(view), dtype=bool)
        for group in range(0, len(self.asked), _ABOUT):
            seen, *quartiles = self.asked[group : group + _ABOUT]
            here = waiting & (view.answer(seen) >= self.min_cell)
            if not np.count_nonzero(here):
                continue
            found = np.array([view.answer(question) for question in quartiles])
            np.copyto(chosen, found, where=here & (found > 0))
            waiting &= ~here
        return chosen

    def compute(self, view: View) -> NDArray[np.float64]:
        value = view.number(self.value)
        low, middle, high = np.log(self._quartiles(view))
        spread = np.maximum((high - low) / QUARTILES, LEAST_SPREAD)
        scores: NDArray[np.float64] = (np.log(np.where(value > 0, value, np.nan)) - middle) / spread
        return scores

    def shown(self, view: View) -> NDArray[np.float64]:
        return view.number(self.value)

    def norms(self, view: View) -> NDArray[np.float64]:
        medians: NDArray[np.float64] = self._quartiles(view)[1]
        return medians
