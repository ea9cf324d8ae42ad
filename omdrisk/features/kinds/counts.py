"""How often and how lately a key was seen before: counts, recency, variety, bursts and habits."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.errors import DefinitionError
from omdrisk.features.arguments import argument, entity_name, entity_names, positive, positive_or_none
from omdrisk.features.kinds.base import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View
    from omdrisk.history.questions import Question


@dataclass(frozen=True)
class Count(Kind):
    """Number of earlier shipments with the same values of `by`, in the last `days` or ever.

    Examples
    --------
    >>> Count(by=("shipper", "consignee"), days=90.0).needs[:2]
    ('shipper_tax_id', 'shipper_country')
    """

    word: ClassVar[str] = "count"
    by: tuple[str, ...] = argument(entity_names)
    days: float | None = argument(positive_or_none, default=None)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Shipments

        return (Shipments(self.by, self.days),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


@dataclass(frozen=True)
class DaysSinceFirst(Kind):
    """Days since the values of `by` were first seen; missing if never.

    Examples
    --------
    >>> DaysSinceFirst(by=("container",)).needs
    ('container_no',)
    """

    word: ClassVar[str] = "days_since_first"
    by: tuple[str, ...] = argument(entity_names)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import SinceFirst

        return (SinceFirst(self.by),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


@dataclass(frozen=True)
class DaysSinceLast(Kind):
    """Days since the values of `by` were last seen; missing if never.

    Examples
    --------
    >>> DaysSinceLast(by=("container",)).arguments()
    {'by': ['container']}
    """

    word: ClassVar[str] = "days_since_last"
    by: tuple[str, ...] = argument(entity_names)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import SinceLast

        return (SinceLast(self.by),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


@dataclass(frozen=True)
class DistinctCount(Kind):
    """Number of different `of` among the earlier shipments of `by`, in the last `days` or ever.

    Examples
    --------
    >>> DistinctCount(by=("container",), of="seal", days=365.0).inputs
    ('container', 'seal')
    """

    word: ClassVar[str] = "distinct"
    by: tuple[str, ...] = argument(entity_names)
    of: str = argument(entity_name)
    days: float | None = argument(positive_or_none, default=None)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (*self.by, self.of)

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Distinct

        return (Distinct(self.by, self.of, self.days),)

    def compute(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])


@dataclass(frozen=True)
class Burst(Kind):
    """How much busier the last `days` of `by` were than its `against_days` would lead one to expect.

    The ratio of (shipments in `days` + 1) to (shipments in `against_days`, scaled to `days`, + 1). A reason
    states the shipments in `days`, and the expected number as the norm.

    Examples
    --------
    >>> Burst(by=("consignee",), days=7.0, against_days=180.0).has_norm
    True
    """

    word: ClassVar[str] = "burst"
    has_norm: ClassVar[bool] = True
    by: tuple[str, ...] = argument(entity_names)
    days: float = argument(positive)
    against_days: float = argument(positive)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Shipments

        return (Shipments(self.by, self.days), Shipments(self.by, self.against_days))

    def compute(self, view: View) -> NDArray[np.float64]:
        return (self.shown(view) + 1.0) / (self.norms(view) + 1.0)

    def check(self, tables: Tables) -> None:
        del tables
        if self.days >= self.against_days:
            raise DefinitionError(f"days ({self.days:g}) must be less than against_days ({self.against_days:g})")

    def shown(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[0])

    def norms(self, view: View) -> NDArray[np.float64]:
        return view.answer(self.asked[1]) * (self.days / self.against_days)


@dataclass(frozen=True)
class Share(Kind):
    """How usual this shipment's `of` is for its `by`: the share of earlier shipments of `by` that had it too.

    Missing where `by` was never seen.

    Examples
    --------
    >>> Share(by=("consignee",), of=("hs2",)).inputs
    ('consignee', 'hs2')
    """

    word: ClassVar[str] = "share"
    by: tuple[str, ...] = argument(entity_names)
    of: tuple[str, ...] = argument(entity_names)

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.by + self.of

    def questions(self) -> tuple[Question, ...]:
        from omdrisk.history.questions import Shipments

        return (Shipments(self.by + self.of), Shipments(self.by))

    def compute(self, view: View) -> NDArray[np.float64]:
        both, whole = (view.answer(question) for question in self.asked)
        return both / np.where(whole > 0, whole, np.nan)
