"""How far a week strays from the others by chance: limits set by the noise of past weeks.

A made-up week is drawn from one past week: seven of its days with replacement, and from their shipments as many as the
week to judge has. It is compared with all *other* past weeks, as a new week is. Its index then has the noise of a week:
that of few shipments, that of days on which a ship comes in, and that of one week being unlike another. Each
administration of some size is looked at by itself, too: an error of one is lost among the shipments of all. Of hundreds
of signals some always stray, so the limit is set on the largest of them (the max-T method of Westfall and Young,
"Resampling-based multiple testing", 1993): under no drift at most the share `alarm` of weeks has any signal beyond it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from omdrisk.errors import InputError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Whole = npt.NDArray[np.intp]

FEWEST_WEEKS = 4
USUAL = 0.95
HALF = 0.5
CHI_SQUARED = 3.841
_STEP = 1.25


@dataclass(frozen=True)
class Past:
    """Past weeks, ready to judge others by.

    Parameters
    ----------
    codes
        Bin of each past shipment by signal; shape (shipments, signals).
    week, day
        Week and day of each past shipment.
    place
        Group of each past shipment, below 0 for those that are looked at only among all.
    bins
        Most bins that a signal has.
    places
        Number of groups.
    """

    codes: npt.NDArray[np.int16]
    week: Whole
    day: Whole
    place: Whole
    bins: int
    places: int

    def __post_init__(self) -> None:
        if len(np.unique(self.week)) < FEWEST_WEEKS:
            raise InputError(
                f"limits need at least {FEWEST_WEEKS} past weeks of shipments, not {len(np.unique(self.week))}. "
                "Give more of the past."
            )

    def tally(self, rows: Whole | slice = slice(None)) -> Floats:
        """Count some of the past shipments, see `tally`."""
        return tally(self.codes[rows], self.place[rows], self.bins, self.places)


def tally(codes: npt.NDArray[np.int16], place: Whole, bins: int, places: int) -> Floats:
    """Count shipments by group, signal and bin; the first group is all of them.

    Examples
    --------
    >>> codes, place = np.array([[0, 1], [0, 0]], dtype=np.int16), np.array([0, -1])
    >>> tally(codes, place, bins=2, places=1).tolist()
    [[[2.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]
    """
    signals = codes.shape[1]
    cells = (
        codes.astype(np.intp) + bins * np.arange(signals) + bins * signals * np.where(place < 0, places, place)[:, None]
    )
    size = (places + 1) * signals * bins
    counts = np.bincount(cells.ravel(), minlength=size).reshape(places + 1, signals, bins).astype(np.float64)
    return np.concatenate([counts.sum(axis=0, keepdims=True), counts[:places]])


def indexes(expected: Floats, found: Floats) -> Floats:
    """Return the population stability index of each signal from two tables of counts; the last axis are bins.

    Half a shipment is added to each bin (Jeffreys), so that one shipment where there was none is no revolution.
    """
    used = (expected + found) > 0
    before, now = (
        np.where(used, counts + HALF, 0.0)
        / np.maximum((np.where(used, counts + HALF, 0.0)).sum(-1, keepdims=True), 1.0)
        for counts in (expected, found)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(used, (now - before) * np.log(now / before), 0.0)
    return np.asarray(parts.sum(axis=-1))


def made_up_weeks(past: Past, size: int, draws: int, rng: np.random.Generator) -> Floats:
    """Return the indexes of made-up weeks of `size` shipments; shape (draws, groups, signals)."""
    whole = past.tally()
    weeks = np.unique(past.week)
    own = {week: np.flatnonzero(past.week == week) for week in weeks}
    others = {week: whole - past.tally(rows) for week, rows in own.items()}
    by_day = {week: [rows[past.day[rows] == day] for day in np.unique(past.day[rows])] for week, rows in own.items()}
    told = []
    for _ in range(draws):
        week = weeks[rng.integers(len(weeks))]
        days = by_day[week]
        pool = np.concatenate([days[at] for at in rng.integers(len(days), size=len(days))])
        rows = pool[rng.integers(len(pool), size=size)]
        told.append(indexes(others[week], past.tally(rows)))
    return np.array(told)


def limits(past: Past, size: int, *, alarm: float, draws: int, seed: int) -> Floats:
    """Return the index above which a signal of a week of `size` shipments is more than chance; (groups, signals).

    Parameters
    ----------
    past
        The past weeks.
    size
        Shipments of the week to judge, see `about`.
    alarm
        Share of weeks that may have any signal beyond its limit although nothing moved.
    draws, seed
        Number of made-up weeks, and the seed of their draws.
    """
    made = made_up_weeks(past, size, draws, np.random.default_rng(seed))
    usual = np.maximum(np.quantile(made, USUAL, axis=0), _least(past, size))
    beyond = (made / usual).max(axis=(1, 2))
    return np.asarray(usual * np.quantile(beyond, 1 - alarm))


def about(size: int) -> int:
    """Return the size whose limits a week of this size is judged by: weeks within a quarter of each other share them.

    Examples
    --------
    >>> about(700), about(720), about(1000)
    (646, 646, 808)
    """
    return max(round(float(_STEP ** np.floor(np.log(max(size, 1)) / np.log(_STEP)))), 1)


def _least(past: Past, size: int) -> Floats:
    """Return what the noise of so few shipments alone makes of one bin beside another (chi-squared, 95 %)."""
    counts = past.tally().sum(axis=-1)
    now = counts / max(float(counts[0].max()), 1.0) * size
    return np.asarray(CHI_SQUARED * (1 / np.maximum(counts, 1.0) + 1 / np.maximum(now, 1.0)))
