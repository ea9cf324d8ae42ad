"""From contributions to reasons: which indicators speak for and against risk, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.explaining.contributions import group_names
from omdrisk.explaining.effects import hint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.explaining.words import Teller

    Floats = npt.NDArray[np.float64]

COLUMNS = {
    "shipment_id": "str",
    "head": "str",
    "rank": "int64",
    "indicator": "str",
    "feature": "str",
    "family": "str",
    "value": "float64",
    "norm": "float64",
    "shap": "float64",
    "share": "float64",
    "change": "float64",
    "direction": "str",
    "text": "str",
    "band_without": "str",
    "hint": "str",
}


@dataclass(frozen=True)
class Reason:
    """One indicator's part in a score: its strongest feature in words, and the sum over all its features."""

    indicator: str
    feature: str
    family: str
    value: float
    norm: float
    shap: float
    share: float
    change: float
    direction: str
    text: str
    band_without: str
    hint: str


class Fact(NamedTuple):
    """What is known of one feature of one shipment; see `Facts`."""

    value: float
    shown: float
    norm: float
    known: bool


class Known(Protocol):
    """Whatever can say what is known of a shipment's features; see `Facts`."""

    @property
    def slope(self) -> float:
        """What a unit of log-odds is in calibrated probability."""

    @property
    def band(self) -> Callable[[float], str] | None:
        """The band of the shipment if its raw score were that much lower."""

    def of(self, feature: int) -> Fact:
        """Return what is known of the feature at a place."""


@dataclass(frozen=True)
class Facts:
    """What is known of one shipment, one number per feature.

    Parameters
    ----------
    features
        The feature values themselves.
    shown
        What a reason states: the weight per package itself, where the feature is its distance from the norm.
    norms
        What is usual, in the unit of `shown`; NaN where no norm is known.
    known
        Whether a missing value means that there was nothing, and not that nobody could know.
    slope
        What a unit of log-odds is in calibrated probability, see `omdrisk.explaining.slopes`.
    band
        The band of the shipment if its raw score were that much lower; None where bands are not asked about.
    """

    features: list[float]
    shown: list[float]
    norms: list[float]
    known: list[bool]
    slope: float = math.nan
    band: Callable[[float], str] | None = None

    def of(self, feature: int) -> Fact:
        """Return what is known of the feature at a place."""
        return Fact(self.features[feature], self.shown[feature], self.norms[feature], self.known[feature])


class Reasoner:
    """Chooses and words the reasons of one head.

    Parameters
    ----------
    tellers
        Feature name -> its teller, in the order of the contributions' columns.
    language
        Language of the hints.
    """

    def __init__(self, tellers: Mapping[str, Teller], language: str = "en") -> None:
        self.language = language
        self.names = list(tellers)
        self.tellers = [tellers[name] for name in self.names]
        groups = group_names({name: teller.definition for name, teller in tellers.items()}, "indicator")
        ids = [groups[name] for name in self.names]
        self.indicators = list(dict.fromkeys(ids))
        position = {name: at for at, name in enumerate(self.indicators)}
        self.group = np.array([position[name] for name in ids], dtype=np.int64)
        self.members = [np.flatnonzero(self.group == at).tolist() for at in range(len(self.indicators))]

    def reasons(self, facts: Known, shap: Floats, *, top: int, against: int) -> list[Reason]:
        """Return up to `top` reasons for and `against` reasons against risk, the strongest first.

        Features of one indicator are merged: the reason has the sum of their contributions and speaks of the
        one that adds most in that direction and has something to say. Indicators with nothing to say are
        passed over.

        Parameters
        ----------
        facts, shap
            What is known of one shipment and its contributions, in the order of the tellers.
        """
        sums = np.zeros(len(self.indicators))
        np.add.at(sums, self.group, shap)
        strongest_first = np.argsort(-sums, kind="stable")
        told = self._told(strongest_first, facts, shap, sums, limit=top, sign=1.0)
        return told + self._told(strongest_first[::-1], facts, shap, sums, limit=against, sign=-1.0)

    def _told(
        self,
        places: npt.NDArray[np.int64],
        facts: Known,
        shap: Floats,
        sums: Floats,
        *,
        limit: int,
        sign: float,
    ) -> list[Reason]:
        found: list[Reason] = []
        total = float(np.abs(sums).sum())
        for place in places.tolist():
            if len(found) == limit or sums[place] * sign <= 0:
                break
            for at in sorted(self.members[place], key=lambda one: -sign * shap[one]):
                if shap[at] * sign <= 0:
                    break
                fact = facts.of(at)
                text = self.tellers[at].tell(fact.value, fact.shown, fact.norm, known=fact.known)
                if text is not None:
                    now, without = ("", "") if facts.band is None else (facts.band(0.0), facts.band(sums[place]))
                    found.append(
                        Reason(
                            indicator=self.indicators[place],
                            feature=self.names[at],
                            family=self.tellers[at].definition.family,
                            value=fact.value if math.isnan(fact.shown) else fact.shown,
                            norm=fact.norm,
                            shap=float(sums[place]),
                            share=float(abs(sums[place]) / total),
                            change=float(sums[place]) * facts.slope,
                            direction="for" if sign > 0 else "against",
                            text=text,
                            band_without=without,
                            hint="" if found else hint(now, without, self.language),
                        )
                    )
                    break
        return found


def reasons_table(told: Sequence[tuple[Any, str, list[Reason]]]) -> pd.DataFrame:
    """Lay reasons out as a long table: one row per shipment, head and reason.

    Parameters
    ----------
    told
        Triples of ``shipment_id``, head and its reasons. Ranks count up from 1 within each direction.
    """
    rows: list[tuple[Any, ...]] = []
    for shipment_id, head, reasons in told:
        counted = {"for": 0, "against": 0}
        for reason in reasons:
            counted[reason.direction] += 1
            rows.append((shipment_id, head, counted[reason.direction], *vars(reason).values()))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def check_counts(top: int, against: int) -> None:
    """Refuse counts of reasons that are not whole numbers of at least 0."""
    for name, count in (("top", top), ("against", against)):
        if isinstance(count, bool) or int(count) != count or count < 0:
            raise InputError(f"{name} is {count!r}. Give how many reasons to tell: 0, 1, 2, ...")
