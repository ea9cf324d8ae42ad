"""Time in the world: phases, the periods between them, and how busy each day is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

HOUR = 3_600_000_000
DAY = 24 * HOUR
WEEKDAYS = np.array([1.08, 1.12, 1.12, 1.10, 1.05, 0.85, 0.68])


def micros(day: date) -> int:
    """Microseconds from the epoch to the start of a day, UTC."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return round(midnight.timestamp()) * 1_000_000


class Clock:
    """The calendar of a world: periods are the phases and the gaps between them, in order.

    Attributes
    ----------
    start, end
        First moment of the world and first moment after it, in microseconds since the epoch, UTC.
    names
        Name of each period: the phase, or ``"I-II"`` for the gap between two.
    is_phase
        Whether a period is a phase.
    edges
        Start of each period and the end of the last.
    """

    def __init__(self, phases: Sequence[Mapping[str, Any]]) -> None:
        self.names: list[str] = []
        kinds: list[bool] = []
        edges: list[int] = []
        shares: list[float] = []
        previous: Mapping[str, Any] | None = None
        for phase in phases:
            if previous is not None and (phase["start"] - previous["end"]).days > 1:
                self.names.append(f"{previous['name']}-{phase['name']}")
                edges.append(micros(previous["end"] + timedelta(days=1)))
                kinds.append(False)
                shares.append(-1.0)
            self.names.append(str(phase["name"]))
            edges.append(micros(phase["start"]))
            kinds.append(True)
            shares.append(float(phase["share"]))
            previous = phase
        self.phases = phases
        self.start, self.end = edges[0], micros(phases[-1]["end"] + timedelta(days=1))
        self.edges = np.array([*edges, self.end], dtype=np.int64)
        self.is_phase = np.array(kinds)
        days = np.diff(self.edges) / DAY
        share = np.array(shares)
        gaps = share < 0
        share[gaps] = (1 - share[~gaps].sum()) * days[gaps] / max(days[gaps].sum(), 1)
        self.share = share / share.sum()
        self.days = np.arange(self.start, self.end, DAY)
        weekday = (self.days // DAY + 3) % 7
        self._busy = WEEKDAYS[weekday]
        self._period_of_day = self.period(self.days)

    def period(self, moment: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number of the period that each moment falls into (moments outside go to the nearest)."""
        found = np.searchsorted(self.edges, moment, side="right") - 1
        return np.clip(found, 0, len(self.names) - 1)

    def in_phase(self, moment: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each moment falls into a phase."""
        inside: NDArray[np.bool_] = self.is_phase[self.period(moment)]
        return inside

    def draw_days(
        self, rng: np.random.Generator, count: int, strength: NDArray[np.float64] | None = None
    ) -> NDArray[np.int64]:
        """Draw days (their first moments), busy as the calendar is; `strength` multiplies each period's share."""
        share = self.share if strength is None else self.share * strength
        weight = self._busy * share[self._period_of_day]
        for period in range(len(self.names)):
            rows = self._period_of_day == period
            weight[rows] /= max(self._busy[rows].sum(), 1e-9)
        limits = np.cumsum(weight)
        chosen = np.searchsorted(limits, rng.random(count) * limits[-1], side="right")
        days: NDArray[np.int64] = self.days[np.minimum(chosen, len(self.days) - 1)]
        return days

    def draw_hours(
        self, rng: np.random.Generator, zone: NDArray[np.float64], spread: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Draw times of day, around two in the afternoon of the local clock, in microseconds, to the second."""
        local = rng.normal(14.0, spread)
        seconds = np.floor(((local - zone) % 24.0) * 3600.0)
        return seconds.astype(np.int64) * 1_000_000

    def table(self) -> pd.DataFrame:
        """Return the phases: columns phase, start and end (the first moment after it), UTC."""
        frame = pd.DataFrame(
            {
                "phase": [str(phase["name"]) for phase in self.phases],
                "start": [micros(phase["start"]) for phase in self.phases],
                "end": [micros(phase["end"] + timedelta(days=1)) for phase in self.phases],
            }
        )
        for column in ("start", "end"):
            frame[column] = pd.to_datetime(frame[column], unit="us", utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
        frame["phase"] = frame["phase"].astype("str")
        return frame
