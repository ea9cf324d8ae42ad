"""Drift week by week: what came in against the weeks before, with limits that past weeks set."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.monitoring.advice import Advice, advise
from omdrisk.monitoring.chance import Past, about, indexes, limits, tally
from omdrisk.monitoring.returned import returned
from omdrisk.monitoring.signals import UNSEEN_DAYS, Watched, watched
from omdrisk.records import as_table
from omdrisk.training.moments import utc

if TYPE_CHECKING:
    from datetime import datetime

    from omdrisk.scoring import Scorer

FEWEST = 30
FAR = 3.0
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Drift:
    """What moved, week by week.

    Attributes
    ----------
    table
        One row per week, group and signal: ``week`` (its first day), ``where`` (an administration; empty for all
        together), ``shipments``, ``kind`` (feature, score, missing, unseen,
        base_rate, calibration), ``name``, ``heads``, ``index`` (population stability index), ``limit`` (what chance
        reaches), ``ratio`` (index over limit), ``before`` and ``now`` (median, or share where it is one) and
        ``verdict``: ``steady``, ``watch`` (beyond the limit) or ``act`` (twice running, or beyond three times the
        limit).
    weeks
        One row per week: ``week``, ``shipments``, ``signals`` watched, how many to ``watch`` and to ``act`` on, the
        ``verdict`` of the week.
    advice
        What to do, the most urgent first.
    alarm
        Share of weeks that show something beyond its limit although nothing moved.
    """

    table: pd.DataFrame = field(repr=False)
    weeks: pd.DataFrame
    advice: tuple[Advice, ...]
    alarm: float

    @property
    def verdict(self) -> str:
        """The verdict over all weeks: steady, watch or act."""
        return next((word for word in ("act", "watch") if (self.weeks["verdict"] == word).any()), "steady")

    def plot(self, most: int = 14, labels: dict[str, str] | None = None) -> Any:
        """Draw what moved most over the weeks, the darker the farther beyond chance, and return the axes."""
        from omdrisk.monitoring.picture import over_weeks

        return over_weeks(self.table, most, labels or {})


def weekly(
    scorer: Scorer,
    shipments: Any,
    outcomes: pd.DataFrame | None = None,
    *,
    start: str | datetime | pd.Timestamp,
    past_weeks: int = 26,
    alarm: float = 0.05,
    draws: int = 300,
    seed: int = 0,
) -> Drift:
    """Compare each week from `start` on with the weeks before.

    Parameters
    ----------
    scorer
        The bundle in use with the agency's history, which has to hold these shipments for what asks the past.
    shipments
        Canonical shipments of past and present.
    outcomes
        What became of them, if it is to be judged, too.
    start
        First moment of what is judged.
    past_weeks
        How many weeks before `start` set the limits, at most; weeks with less than half of what a judged week has are
        passed over.
    alarm
        Share of weeks that may show something although nothing moved.
    draws, seed
        Made-up weeks for the limits, and their seed.

    Raises
    ------
    InputError
        If there are fewer than four past weeks, or nothing came in since.
    """
    begin = utc(start, "start")
    table = as_table(shipments, "shipments")
    table = table[table["filed_at"].notna().to_numpy()]
    number = _weeks(table, begin)
    size = number.value_counts()
    judged = sorted(int(week) for week in size.index if week >= 0 and size[week] >= FEWEST)
    if not judged:
        raise InputError(f"no week since {begin.date()} holds {FEWEST} shipments: there is nothing to judge yet.")
    chosen = _past_weeks(size, judged, past_weeks)
    earliest = begin + (7 * min(chosen, default=0) - UNSEEN_DAYS) * _DAY
    rows = table[(table["filed_at"] >= earliest).to_numpy()].reset_index(drop=True)
    number = _weeks(rows, begin)
    past = number.isin(chosen)
    seen = watched(scorer, rows, past.to_numpy())
    names, place = _places(rows, past, number.ge(0), len(judged))
    day = np.asarray((rows["filed_at"] - begin) // _DAY, dtype=np.intp)
    week = np.asarray(number, dtype=np.intp)
    old = past.to_numpy()
    before = Past(seen.codes[old], week[old], day[old], place[old], seen.bins, len(names))
    sizes = {about(int(size[each])) for each in judged}
    limit = {each: limits(before, each, alarm=alarm, draws=draws, seed=seed) for each in sorted(sizes)}
    parts: list[pd.DataFrame] = [
        _judged(seen, before, names, old, np.flatnonzero(week == each), place, limit[about(int(size[each]))]).assign(
            week=begin + 7 * each * _DAY
        )
        for each in judged
    ]
    told: pd.DataFrame = _verdicts(pd.concat(parts, ignore_index=True))
    if outcomes is not None and len(outcomes):
        back = _returned(scorer, rows, outcomes, seen, number, begin, judged[-1], seed)
        told = pd.concat([told, back], ignore_index=True)
    return Drift(told, _by_week(told, len(seen.signals)), advise(told), alarm)


def _weeks(rows: pd.DataFrame, begin: pd.Timestamp) -> pd.Series:
    return pd.Series(np.floor((rows["filed_at"] - begin) / (7 * _DAY)), index=rows.index).astype("int64")


def _past_weeks(size: pd.Series, judged: list[int], most: int) -> list[int]:
    """Return the last weeks of at least half as many shipments: limits of quiet weeks suit no busy ones."""
    usual = float(size[judged].median())
    return sorted(int(week) for week in size.index if week < 0 and size[week] >= max(FEWEST, usual / 2))[-most:]


def _places(rows: pd.DataFrame, past: pd.Series, now: pd.Series, weeks: int) -> tuple[list[str], Any]:
    """Return the administrations that are large enough to be looked at alone, and which each shipment belongs to."""
    place = np.full(len(rows), -1, dtype=np.intp)
    if "country_of_report" not in rows:
        return [], place
    names = rows["country_of_report"].astype("str")
    old, new = names[past].value_counts(), names[now].value_counts()
    large = sorted(str(name) for name in old.index if old[name] >= FEWEST and new.get(name, 0) >= FEWEST * weeks)
    if len(large) < 2:
        return [], place
    for at, name in enumerate(large):
        place[(names == name).to_numpy()] = at
    return large, place


def _judged(
    seen: Watched,
    before: Past,
    names: list[str],
    past: Any,
    rows: Any,
    place: Any,
    limit: Any,
) -> pd.DataFrame:
    index = indexes(before.tally(), tally(seen.codes[rows], place[rows], seen.bins, len(names)))
    told = []
    for at, name in enumerate(["", *names]):
        old, new = (past, rows) if not at else (past & (place == at - 1), rows[place[rows] == at - 1])
        middle = [_middle(seen, which) for which in (old, new)]
        told.append(
            pd.DataFrame(
                {
                    "where": name,
                    "shipments": len(new),
                    "kind": [signal.kind for signal in seen.signals],
                    "name": [signal.name for signal in seen.signals],
                    "heads": [" ".join(signal.heads) for signal in seen.signals],
                    "index": index[at],
                    "limit": limit[at],
                    "ratio": index[at] / limit[at],
                    "before": middle[0],
                    "now": middle[1],
                }
            )
        )
    return pd.concat(told, ignore_index=True)


def _middle(seen: Watched, rows: Any) -> Any:
    """Return what is usual: the median of a feature or score, the share of a gap or of new traders."""
    values = seen.numbers[rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without any value has no middle
        middle, mean = np.nanmedian(values, axis=0), np.nanmean(values, axis=0)
    shares = np.array([signal.kind in ("missing", "unseen") for signal in seen.signals])
    return np.where(shares, mean, middle)


def _verdicts(table: pd.DataFrame) -> pd.DataFrame:
    ordered = table.sort_values(["where", "kind", "name", "week"], kind="stable")
    beyond = ordered["ratio"] > 1.0
    again = beyond & beyond.groupby([ordered["where"], ordered["kind"], ordered["name"]]).shift(fill_value=False)
    verdict = np.where(again | (ordered["ratio"] > FAR), "act", np.where(beyond, "watch", "steady"))
    return ordered.assign(verdict=verdict).sort_values(["week", "ratio"], ascending=[True, False], ignore_index=True)


def _returned(
    scorer: Scorer,
    rows: pd.DataFrame,
    outcomes: pd.DataFrame,
    seen: Watched,
    number: pd.Series,
    begin: pd.Timestamp,
    last: int,
    seed: int,
) -> pd.DataFrame:
    parts = []
    for target, head in scorer.heads.items():
        at = next(i for i, signal in enumerate(seen.signals) if (signal.kind, signal.name) == ("score", target))
        raw = pd.Series(seen.numbers[:, at], index=rows.index)
        told = returned(head, raw, rows, outcomes, number, seed)
        parts.append(told.assign(heads=target))
    table = pd.concat(parts, ignore_index=True)
    moved = table["moved"].astype(bool)
    again = moved.groupby([table["kind"], table["name"]]).shift(fill_value=False).astype(bool)
    return table.assign(
        week=begin + pd.to_timedelta(7 * table["week"].clip(upper=last).astype(float), unit="D"),
        shipments=table["rows"],
        ratio=np.where(moved, 1.5, 0.5),
        where="",
        verdict=np.where(moved & again, "act", np.where(moved, "watch", "steady")),
    ).drop(columns="moved")


def _by_week(table: pd.DataFrame, signals: int) -> pd.DataFrame:
    told = []
    for week, part in table.groupby("week"):
        counts = {word: int((part["verdict"] == word).sum()) for word in ("watch", "act")}
        verdict = "act" if counts["act"] else "watch" if counts["watch"] else "steady"
        size = int(part.loc[part["kind"].eq("score") & part["where"].eq(""), "shipments"].max())
        told.append({"week": week, "shipments": size, "signals": signals, **counts, "verdict": verdict})
    return pd.DataFrame(told)
