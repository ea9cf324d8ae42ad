"""From canonical tables to columns of numbers: entities hashed under the secret, moments in microseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.errors import InputError
from omdrisk.history.arrays import NO_TIME, WHOLE
from omdrisk.history.facts import CLEAR, FOUND, KEY, VALUE, WITHDRAWN, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.entities import Keyring
    from omdrisk.history.arrays import Flags, Integers


@dataclass(frozen=True)
class Change:
    """What came of adding rows to a history.

    Attributes
    ----------
    added
        Rows that are new.
    already
        Rows that were known, or came twice.
    refused
        Rows that cannot be used; `reasons` counts why.
    pending
        Outcome rows of the whole history that wait for their shipment to be observed.
    """

    added: int = 0
    already: int = 0
    refused: int = 0
    pending: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def hashed(keyring: Keyring, shipments: pd.DataFrame | Fields, names: Sequence[str]) -> dict[str, Integers]:
    """Return the keys of each entity."""
    fields = Fields.of(shipments)
    return {name: keyring.hash(name, fields.entity(name)) for name in names}


def moments(shipments: pd.DataFrame | Fields, column: str) -> Integers:
    """Return a column of times in microseconds since 1970, `NO_TIME` where missing."""
    fields = Fields.of(shipments)
    if column not in fields:
        raise _lacking(column)
    return np.array(fields.time(column), dtype=np.int64)


def shipment_rows(
    keyring: Keyring, shipments: pd.DataFrame, keys: Sequence[str], values: Sequence[str]
) -> tuple[Rows, dict[str, int]]:
    """Return usable shipments as rows, and how many were refused for which reason."""
    fields = Fields.of(shipments)
    columns: dict[str, Integers] = {
        "id": keyring.hash("shipment_id", _column(shipments, "shipment_id")),
        "filed_at": moments(fields, "filed_at"),
    }
    columns |= {f"{KEY}{name}": keys_ for name, keys_ in hashed(keyring, fields, keys).items()}
    for name in values:
        column = np.asarray(fields.derived(name), dtype=np.float64)
        columns[f"{VALUE}{name}"] = np.where(np.isfinite(column), column + 0.0, np.nan)
    return _usable(
        Rows(columns),
        {
            "no shipment_id": columns["id"] == 0,
            "no filed_at": columns["filed_at"] == NO_TIME,
        },
    )


def outcome_rows(keyring: Keyring, outcomes: pd.DataFrame) -> tuple[Rows, dict[str, int], dict[str, int]]:
    """Return usable outcomes as rows, the counts of reasons for refusals, and the targets' hashes."""
    outcome = _column(outcomes, "outcome").to_numpy(dtype=np.float64, na_value=np.nan)
    weight = _numbers(outcomes, "weight", 1.0)
    states = np.select([outcome == 1, outcome == 0], [FOUND, CLEAR], WITHDRAWN)
    weights = np.where(states == FOUND, 1.0, np.where(states == CLEAR, weight, 0.0))
    sane = (weights >= 0) & (weights <= WHOLE)
    targets = _column(outcomes, "target")
    columns: dict[str, Integers] = {
        "id": keyring.hash("shipment_id", _column(outcomes, "shipment_id")),
        "target": keyring.hash("target", targets),
        "known_at": moments(outcomes, "known_at"),
        "outcome": states.astype(np.int8),
        "weight": np.round(np.where(sane, weights, 0) * WHOLE).astype(np.int64),
        "rip_off": (_numbers(outcomes, "rip_off", 0.0) > 0).astype(np.uint8),
    }
    usable, reasons = _usable(
        Rows(columns),
        {
            "no shipment_id": columns["id"] == 0,
            "no target": columns["target"] == 0,
            "no known_at": columns["known_at"] == NO_TIME,
            "outcome is not 1, 0 or missing": ~(np.isin(outcome, [0, 1]) | np.isnan(outcome)),
            "weight is not between 0 and a million": ~sane,
        },
    )
    distinct = pd.Series(targets.dropna().unique(), dtype="str")
    numbers = keyring.hash("target", distinct)
    used = set(usable["target"].tolist())
    names = {str(name): int(number) for name, number in zip(distinct, numbers, strict=True) if int(number) in used}
    return usable, reasons, names


def _usable(rows: Rows, faults: dict[str, Flags]) -> tuple[Rows, dict[str, int]]:
    bad = np.zeros(len(rows), dtype=np.bool_)
    reasons = {}
    for reason, at in faults.items():
        if count := int(np.count_nonzero(at & ~bad)):
            reasons[reason] = count
        bad |= at
    return rows.take(~bad) if reasons else rows, reasons


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise _lacking(name)
    return frame[name]


def _lacking(name: str) -> InputError:
    return InputError(f"The table has no column {name!r}; a history cannot take it in without.")


def _numbers(frame: pd.DataFrame, name: str, missing: float) -> Integers:
    if name not in frame.columns:
        return np.full(len(frame), missing)
    numbers = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(numbers), missing, numbers)
