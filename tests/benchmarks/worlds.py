"""Histories to measure: hashed keys with a Zipf distribution, filings over three years, late finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from omdrisk.history.arrays import DAY
from omdrisk.history.facts import CLEAR, FOUND, KEY, VALUE, Facts, Rows
from omdrisk.history.questions import (
    Finds,
    Inspected,
    Mean,
    Rate,
    Shipments,
    SinceFind,
    SinceFirst,
    SinceLast,
)

SECRET = b"a secret of the agency"
YEARS = 3
SECOND = 1_000_000
TARGET = 77


def names(count: int) -> list[str]:
    """Return names of keys; they identify no party, so that all finds count."""
    return [f"x_{number}" for number in range(count)]


@dataclass(frozen=True)
class World:
    """Rows of shipments in time order, and rows of outcomes."""

    shipments: Rows
    outcomes: Rows

    @classmethod
    def drawn(
        cls,
        size: int,
        keys: int,
        seed: int = 0,
        *,
        since: float = 0.0,
        until: float = 1.0,
        distinct: bool = False,
    ) -> World:
        """Draw `size` shipments filed between two shares of the years; one in twenty has an outcome."""
        rng = np.random.default_rng(seed)
        span = 365 * YEARS * DAY
        start = 1_600_000_000_000_000
        drawn = rng.integers(start + int(since * span), start + int(until * span), 2 * size)
        drawn -= drawn % SECOND
        filed = np.sort(np.unique(drawn)[:size] if distinct else drawn[:size])
        columns = {"id": rng.integers(-(2**62), 2**62, size), "filed_at": filed}
        for name in names(keys):
            number = rng.zipf(1.2, size) % (200_000 if name != "x_0" else 3_000)
            columns[f"{KEY}{name}"] = hashed(number, name)
        columns[f"{VALUE}x_value"] = np.where(rng.random(size) < 0.1, np.nan, rng.lognormal(5, 1, size))
        inspected = np.flatnonzero(rng.random(size) < 0.05)
        outcome = np.where(rng.random(inspected.size) < 0.2, FOUND, CLEAR)
        log = {
            "id": columns["id"][inspected],
            "target": np.full(inspected.size, TARGET, dtype=np.int64),
            "known_at": filed[inspected] + SECOND * rng.integers(86_400, 30 * 86_400, inspected.size),
            "outcome": outcome.astype(np.int8),
            "weight": np.full(inspected.size, 1_000_000, dtype=np.int64),
            "rip_off": np.zeros(inspected.size, dtype=np.uint8),
        }
        return cls(Rows(columns), Rows(log))

    @property
    def facts(self) -> Facts:
        """The facts of this world."""
        empty = Facts(Rows.empty({"id": np.int64}), Rows.empty({k: c.dtype for k, c in self.outcomes.columns.items()}))
        log = Facts(empty.shipments, empty.log).plus_outcomes([self.outcomes], {"drug": TARGET}).log
        return Facts(self.shipments, log, {"drug": TARGET})

    def keys(self) -> dict[str, np.ndarray]:
        """Return the hashed entities by name."""
        columns = self.shipments.columns
        return {name.removeprefix(KEY): columns[name] for name in columns if name.startswith(KEY)}


def hashed(numbers: np.ndarray, name: str) -> np.ndarray:
    """Return keys that look like hashes, none of them 0."""
    mixed = (numbers.astype(np.uint64) + np.uint64(1 + len(name) * 1000 + ord(name[-1]))) * np.uint64(
        0x9E3779B97F4A7C15
    )
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (mixed ^ (mixed >> np.uint64(32))).view(np.int64) | 1


def ten_questions(name: str) -> list:
    """Return the ten questions about one key."""
    by = (name,)
    return [
        Shipments(by),
        Shipments(by, days=30),
        SinceFirst(by),
        SinceLast(by),
        Mean(by, "x_value"),
        Finds(by, "drug"),
        Finds(by, "drug", days=180),
        Inspected(by, "drug"),
        Rate(by, "drug"),
        SinceFind(by, "drug"),
    ]
