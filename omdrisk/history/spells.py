"""From the log of outcomes to spells: from when to when each shipment's outcome stood as it stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.history.arrays import NEVER, WHOLE
from omdrisk.history.facts import CLEAR, FOUND

if TYPE_CHECKING:
    from omdrisk.history.arrays import Integers
    from omdrisk.history.facts import Facts


@dataclass(frozen=True)
class Standing:
    """Spells of one target: the shipment's row, when it began and ended, whether found, how much examined.

    `weights` is in millionths, so that sums of weights are exact.
    """

    rows: Integers
    begins: Integers
    ends: Integers
    finds: Integers
    weights: Integers


def standing(facts: Facts, target: int, *, party: bool) -> Standing:
    """Return the spells of `target`; for a `party` key rip-on rip-off outcomes are left out.

    An outcome begins to count when both it and its shipment are known, and ends when a later one replaces
    it. An outcome repeated in the same words prolongs the spell, and does not begin another.
    """
    chosen = np.flatnonzero((facts.log["target"] == target) & (facts.log_rows >= 0))
    log, rows = facts.log.take(chosen), facts.log_rows[chosen]
    moments = np.maximum(log["known_at"], facts.shipments["filed_at"][rows])
    counted = log["rip_off"] == 0 if party else np.ones(len(log), dtype=np.bool_)
    finds = ((log["outcome"] == FOUND) & counted).astype(np.int64)
    weights = np.where(log["outcome"] == FOUND, WHOLE, np.where(log["outcome"] == CLEAR, log["weight"], 0))
    weights = weights * counted

    last = np.ones(rows.size, dtype=np.bool_)
    last[:-1] = (rows[1:] != rows[:-1]) | (moments[1:] != moments[:-1])
    rows, moments, finds, weights = rows[last], moments[last], finds[last], weights[last]
    first = np.ones(rows.size, dtype=np.bool_)
    first[1:] = (rows[1:] != rows[:-1]) | (finds[1:] != finds[:-1]) | (weights[1:] != weights[:-1])
    rows, begins, finds, weights = rows[first], moments[first], finds[first], weights[first]
    ends = np.full(rows.size, NEVER, dtype=np.int64)
    ends[:-1][rows[1:] == rows[:-1]] = begins[1:][rows[1:] == rows[:-1]]
    said = weights > 0
    return Standing(rows[said], begins[said], ends[said], finds[said], weights[said])
