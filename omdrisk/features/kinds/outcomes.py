"""What examinations of the same key found before: counts, smoothed rates, recency and nearness to a case."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.features.arguments import argument, entity_names, positive, positive_or_none, text
from omdrisk.features.kinds.base import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.view import View
    from omdrisk.history.questions import Question


@dataclass(frozen=True)
class FindsCount(Kind):
    """Number of earlier finds of `target` for the same `by`, in the last `days` or ever.

    Examples
    --------
    >>> FindsCount(by=("consignee",), target="drug").arguments()
    {'by': ['consignee'], 'target': 'drug'}
    """

    word: ClassVar[str] = "finds"
    by: tuple[str, ...] = argument(entity_names)
    target: str = argument(text)
    days: float | None = argument(positive_or_none, default=None)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Finds

        return (Finds(self.by, self.target, self.days),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


@dataclass(frozen=True)
class FindRate(Kind):
    """Smoothed share of finds of `target` among the earlier examinations of `by`.

    (finds + prior x base) / (examinations + prior), where base is the rate over everything examined before: a
    key with few examinations stays near the base.

    Examples
    --------
    >>> FindRate(by=("lane",), target="wildlife").prior
    20.0
    """

    word: ClassVar[str] = "rate"
    by: tuple[str, ...] = argument(entity_names)
    target: str = argument(text)
    days: float | None = argument(positive_or_none, default=None)
    prior: float = argument(positive, default=20.0)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Rate

        return (Rate(self.by, self.target, self.days, self.prior),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


@dataclass(frozen=True)
class DaysSinceFind(Kind):
    """Days since the last find of `target` for the same `by` became known; missing if there was none.

    Examples
    --------
    >>> DaysSinceFind(by=("container",), target="drug").needs
    ('container_no',)
    """

    word: ClassVar[str] = "days_since_find"
    by: tuple[str, ...] = argument(entity_names)
    target: str = argument(text)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import SinceFind

        return (SinceFind(self.by, self.target),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


@dataclass(frozen=True)
class NearCase(Kind):
    """How many of the shipment's own `entities` had a find of `target` before; missing if all are missing.

    Examples
    --------
    >>> NearCase(entities=("consignee", "container"), target="drug").inputs
    ('consignee', 'container')
    """

    word: ClassVar[str] = "near_case"
    entities: tuple[str, ...] = argument(entity_names)
    target: str = argument(text)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.entities

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Finds

        return tuple(Finds((entity,), self.target) for entity in self.entities)

    def compute(self, view: View) -> NDArray[np.float64]:
        finds = np.array([view.answer(question) for question in self.asked])
        return np.where(np.isnan(finds).all(axis=0), np.nan, np.count_nonzero(finds > 0, axis=0))
