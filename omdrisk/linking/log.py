"""Many pieces of evidence on one shipment and target, laid out as a log of what was held true from when on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME, micros
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

OUTCOME_COLUMNS: Final = (
    "shipment_id",
    "target",
    "outcome",
    "known_at",
    "source",
    "weight",
    "selected_by",
    "selection_probability",
    "rip_off",
)
"""Columns of an outcomes table, in order."""

ASSERTION_COLUMNS: Final = (*OUTCOME_COLUMNS, "evidence")
"""Columns of assertions: what a piece of evidence says from a moment on; a missing outcome takes it back."""

_DTYPES: Final[dict[str, Any]] = {
    "shipment_id": "str",
    "target": "str",
    "outcome": "float64",
    "known_at": pd.DatetimeTZDtype("us", "UTC"),
    "source": "str",
    "weight": "float64",
    "selected_by": "str",
    "selection_probability": "float64",
    "rip_off": "bool",
}


def as_outcomes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as an outcomes table: columns in order and in their types, sorted by moment."""
    told = pd.DataFrame({name: rows[name].astype(dtype) for name, dtype in _DTYPES.items()})
    return told.sort_values(["known_at", "shipment_id", "target"], kind="stable", ignore_index=True)


def _better(row: dict[str, Any], other: dict[str, Any] | None) -> bool:
    """Tell whether `row` says more than `other`: a find over a clear, then the weight, then an inspection."""
    if other is None:
        return True
    rank = (row["outcome"], row["weight"], row["source"] == "inspection")
    return bool(rank > (other["outcome"], other["weight"], other["source"] == "inspection"))


def _states(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    live: dict[int, dict[str, Any]] = {}
    last: tuple[Any, ...] | None = None
    place = 0
    while place < len(events):
        moment = events[place]["known_at"]
        while place < len(events) and events[place]["known_at"] == moment:
            event = events[place]
            place += 1
            if np.isnan(event["outcome"]):
                live.pop(event["evidence"], None)
            else:
                live[event["evidence"]] = event
        best: dict[str, Any] | None = None
        for row in live.values():
            best = row if _better(row, best) else best
        if best is None:
            state = {**event, "known_at": moment, "outcome": np.nan, "weight": np.nan, "rip_off": False}
        else:
            # how a shipment was selected is the inspection's to say, also where a case tells the find
            chosen = next((row for row in live.values() if isinstance(row["selected_by"], str)), best)
            own = best if isinstance(best["selected_by"], str) else chosen
            # a find whose parties may be guilty is not excused by another that excuses them
            finds = [row["rip_off"] for row in live.values() if row["outcome"] == 1]
            state = {
                **best,
                "known_at": moment,
                "selected_by": own["selected_by"],
                "selection_probability": own["selection_probability"],
                "rip_off": bool(finds) and all(finds),
            }
        told = (
            None if np.isnan(state["outcome"]) else state["outcome"],
            None if np.isnan(state["weight"]) else state["weight"],
            state["source"],
            state["selected_by"] if isinstance(state["selected_by"], str) else None,
            state["rip_off"],
        )
        if told != last and not (last is None and best is None):
            last = told
            yield state


def as_log(assertions: pd.DataFrame) -> pd.DataFrame:
    """Lay out assertions as outcomes: one row per shipment, target and moment at which what is held true changes.

    As long as any live piece of evidence says found, the outcome is 1; else 0 if any says clear; else missing.
    """
    ordered = assertions.sort_values(
        ["shipment_id", "target", "known_at", "evidence"], kind="stable", ignore_index=True
    )
    alone = ~ordered.duplicated(["shipment_id", "target"], keep=False)
    singles = ordered[alone & ordered["outcome"].notna()]
    several = ordered[~alone]
    rows = [
        state
        for _, events in several.groupby(["shipment_id", "target"], sort=False)
        for state in _states([{str(name): value for name, value in row.items()} for row in events.to_dict("records")])
    ]
    made = pd.DataFrame(rows, columns=list(ASSERTION_COLUMNS)) if rows else several.iloc[:0]
    parts = [as_outcomes(part) for part in (singles, made) if len(part)]
    return as_outcomes(pd.concat(parts, ignore_index=True) if parts else ordered.iloc[:0])


def outcomes_as_of(outcomes: pd.DataFrame, moment: str | datetime | pd.Timestamp) -> pd.DataFrame:
    """Return what was held true strictly before `moment`: one row per shipment and target.

    Parameters
    ----------
    outcomes
        An outcomes table as `link` makes it.
    moment
        A date or moment; without a zone it is UTC.

    Raises
    ------
    InputError
        If `moment` is no moment, or `outcomes` lacks a column.

    Examples
    --------
    >>> log = pd.DataFrame({
    ...     "shipment_id": ["1", "1"], "target": ["drug", "drug"], "outcome": [1.0, None],
    ...     "known_at": pd.to_datetime(["2023-04-01", "2023-05-01"], utc=True),
    ... })
    >>> outcomes_as_of(log, "2023-04-15").outcome.tolist(), len(outcomes_as_of(log, "2023-06-01"))
    ([1.0], 0)
    """
    for column in ("shipment_id", "target", "outcome", "known_at"):
        if column not in outcomes.columns:
            raise InputError(f"The outcomes table lacks the column {column!r}; make it with omdrisk.link.")
    try:
        limit = pd.Timestamp(moment)
    except (ValueError, TypeError) as error:
        raise InputError(f"{moment!r} is no moment; write it as 2023-04-15 or 2023-04-15T08:00:00Z.") from error
    limit = limit.tz_localize("UTC") if limit.tzinfo is None else limit.tz_convert("UTC")
    known = micros(outcomes["known_at"])
    before = outcomes[(known != NO_TIME) & (known < micros(pd.Series([limit]))[0])]
    ordered = before.sort_values("known_at", kind="stable")
    last: pd.DataFrame = ordered.drop_duplicates(["shipment_id", "target"], keep="last")
    return last[last["outcome"].notna()].reset_index(drop=True)
