"""Small worlds for the history, and a dull second implementation that reads everything for each answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from omdrisk.history import (
    Distinct,
    Finds,
    Inspected,
    Known,
    Mean,
    Quantile,
    Rate,
    Shipments,
    SinceFind,
    SinceFirst,
    SinceLast,
)

DAY = 86_400_000_000
HOUR = DAY // 24
PARTY = "consignee_name"
KEYS = (PARTY, "x_lane", "x_goods")
VALUES = ("gross_weight_kg",)
EXTREMES = (-(2**62), -1, 0, 2**62)

BYS = ((PARTY,), ("x_lane",), (PARTY, "x_lane"), ("x_lane", "x_goods"), ())
WINDOWS = (None, 0.5, 3.0, 1e9)
QUESTIONS = tuple(
    question
    for by in BYS
    for question in (
        SinceFirst(by),
        SinceLast(by),
        SinceFind(by, "drug"),
        *(
            made
            for days in WINDOWS
            for made in (
                Shipments(by, days),
                Distinct(by, "x_goods", days),
                Distinct(by, PARTY, days),
                Finds(by, "drug", days),
                Inspected(by, "drug", days),
                Rate(by, "drug", days, prior=5),
                Mean(by, "gross_weight_kg", days),
                Known(by, "gross_weight_kg", days),
                *(Quantile(by, "gross_weight_kg", q, days) for q in (0.0, 0.25, 0.5, 1.0)),
            )
        ),
    )
)


def shipments_frame(rows: list[dict]) -> pd.DataFrame:
    """One row per dict: shipment_id, filed_at (microseconds), the keys and the value."""
    columns = ["shipment_id", "filed_at", *KEYS, *VALUES]
    frame = pd.DataFrame([[row[name] for name in columns] for row in rows], columns=columns)
    return _typed(frame, {"filed_at"}, {"shipment_id", *KEYS}, set(VALUES))


def outcomes_frame(rows: list[dict]) -> pd.DataFrame:
    columns = ["shipment_id", "target", "outcome", "known_at", "weight", "rip_off"]
    frame = pd.DataFrame([[row[name] for name in columns] for row in rows], columns=columns)
    frame["rip_off"] = frame["rip_off"].astype(bool)
    return _typed(frame, {"known_at"}, {"shipment_id", "target"}, {"outcome", "weight"})


def _typed(frame: pd.DataFrame, times: set, texts: set, numbers: set) -> pd.DataFrame:
    for name in frame:
        if name in times:
            moments = frame[name].to_numpy(dtype="int64").view("M8[us]")
            frame[name] = pd.Series(moments).dt.tz_localize("UTC")
        elif name in texts:
            frame[name] = frame[name].astype("str")
        elif name in numbers:
            frame[name] = frame[name].astype("float64")
    return frame


moments = st.one_of(st.integers(0, 12).map(lambda n: n * 10 * HOUR), st.sampled_from(EXTREMES))
names = st.sampled_from(["a", "b", "c", None])
values = st.one_of(st.sampled_from([1.0, 2.0, 2.5, math.nan, -3.25]), st.integers(0, 2**50).map(lambda n: n / 2**20))


@st.composite
def shipment_rows(draw, most: int = 25) -> list[dict]:
    ids = draw(st.lists(st.integers(0, 30), max_size=most))
    rows = {}
    for number in ids:
        row = {"shipment_id": f"s{number}", "filed_at": draw(moments), VALUES[0]: draw(values)}
        row |= {key: draw(names) for key in KEYS}
        rows.setdefault((row["shipment_id"], row["filed_at"]), row)
    return list(rows.values())


@st.composite
def outcome_rows(draw, most: int = 25) -> list[dict]:
    outcome = st.sampled_from([1.0, 1.0, 0.0, math.nan])
    rows = st.fixed_dictionaries(
        {
            "shipment_id": st.integers(0, 32).map(lambda number: f"s{number}"),
            "target": st.sampled_from(["drug", "drug", "wildlife"]),
            "outcome": outcome,
            "known_at": moments,
            "weight": st.sampled_from([1.0, 0.3, 0.0]),
            "rip_off": st.booleans(),
        }
    )
    return draw(st.lists(rows, max_size=most))


questions = st.lists(st.sampled_from(QUESTIONS), min_size=10, max_size=25, unique=True)


@dataclass
class Oracle:
    """Answers from the rows themselves, one question and one row at a time."""

    shipments: list[dict]
    outcomes: list[dict]

    def __post_init__(self) -> None:
        first = {}
        for row in self.shipments:
            name = row["shipment_id"]
            if name not in first or row["filed_at"] < first[name]["filed_at"]:
                first[name] = row
        self.shipments = list(first.values())

    def answer(self, question, row: dict, horizon: int = 2**63 - 1) -> float:  # noqa: PLR0911
        at = row["filed_at"]
        until = min(at, horizon)
        days = getattr(question, "days", None)
        since = -(2**70) if days is None else at - round(days * DAY)
        key = tuple(row[name] for name in question.by)
        if None in key:
            return math.nan
        same = [
            other
            for other in self.shipments
            if other["filed_at"] < until and tuple(other[name] for name in question.by) == key
        ]
        inside = [other for other in same if other["filed_at"] >= since]
        match question:
            case Shipments():
                return len(inside)
            case SinceFirst():
                return (at - min(other["filed_at"] for other in same)) / DAY if same else math.nan
            case SinceLast():
                return (at - max(other["filed_at"] for other in same)) / DAY if same else math.nan
            case Distinct():
                return len({other[question.of] for other in inside} - {None})
            case Finds() | Inspected() | Rate() | SinceFind():
                return self._about_target(question, same, at, since, until)
        numbers = sorted(other[question.value] for other in inside if not math.isnan(other[question.value]))
        match question:
            case Known():
                return len(numbers)
            case Mean():
                return math.fsum(numbers) / len(numbers) if numbers else math.nan
            case Quantile():
                return float(np.quantile(numbers, question.q, method="lower")) if numbers else math.nan
        raise AssertionError(question)

    def _about_target(self, question, same: list[dict], at: int, since: int, until: int) -> float:
        party = PARTY in question.by
        spells = [self._standing(other, question.target, until, party=party) for other in same]
        spells = [spell for spell in spells if spell]
        finds = sum(found for began, found, _ in spells if began >= since)
        weight = sum(round(1e6 * weight) for began, _, weight in spells if began >= since) / 1e6
        match question:
            case Finds():
                return finds
            case Inspected():
                return weight
            case SinceFind():
                began = [began for began, found, _ in spells if found]
                return (at - max(began)) / DAY if began else math.nan
        everything = [
            self._standing(other, question.target, until, party=party)
            for other in self.shipments
            if other["filed_at"] < until
        ]
        everything = [spell for spell in everything if spell]
        if not any(weight for _, _, weight in everything):
            return math.nan
        base = sum(found for _, found, _ in everything) / sum(weight for _, _, weight in everything)
        return (finds + question.prior * base) / (weight + question.prior)

    def _standing(self, shipment: dict, target: str, until: int, *, party: bool):
        states = []
        for row in self.outcomes:
            if row["shipment_id"] != shipment["shipment_id"] or row["target"] != target:
                continue
            rank = -1 if math.isnan(row["outcome"]) else row["outcome"]
            weight = {1: 1.0, 0: row["weight"], -1: 0.0}[rank]
            known = max(row["known_at"], shipment["filed_at"])
            states.append((row["known_at"], rank, weight, row["rip_off"], known))
        states = sorted(state for state in states if state[-1] < until)
        by_moment = {known: (rank, weight, rip) for _, rank, weight, rip, known in states}
        current, began = (0, 0.0), None
        for known, (rank, weight, rip) in by_moment.items():
            said = (0, 0.0) if party and rip else (int(rank == 1), weight)
            if said != current:
                current, began = said, known
        return (began, *current) if current[1] else None


@pytest.fixture(scope="session")
def world():
    """The names above, for test modules."""
    import sys

    return sys.modules[__name__]
