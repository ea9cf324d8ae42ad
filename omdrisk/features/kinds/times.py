"""What the times of a shipment say: lead times and calendar parts, in UTC."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.entities import NO_TIME
from omdrisk.features.arguments import argument, one_of, time_column
from omdrisk.features.kinds.base import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.view import View

HOUR = 3_600_000_000
DAY = 24 * HOUR


@dataclass(frozen=True)
class HoursBetween(Kind):
    """Hours from `start` to `end`, negative where the end comes first; missing where one of them is.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> times = {"filed_at": ["2023-05-01 06:00"], "eta": ["2023-05-02 00:00"]}
    >>> shipments = pd.DataFrame({name: pd.to_datetime(cells, utc=True) for name, cells in times.items()})
    >>> HoursBetween(start="filed_at", end="eta").compute(View(shipments))
    array([18.])
    """

    word: ClassVar[str] = "hours_between"
    start: str = argument(time_column)
    end: str = argument(time_column)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.start, self.end)

    def compute(self, view: View) -> NDArray[np.float64]:
        start, end = view.time(self.start), view.time(self.end)
        known = (start != NO_TIME) & (end != NO_TIME)
        return np.where(known, (end - start) / HOUR, np.nan)


@dataclass(frozen=True)
class Calendar(Kind):
    """Hour (0 to 23), weekday (Monday 0 to Sunday 6) or month (1 to 12) of a time, in UTC.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> shipments = pd.DataFrame({"eta": pd.to_datetime(["2023-05-07 23:30"], utc=True)})
    >>> [Calendar("eta", part).compute(View(shipments)).item() for part in ("hour", "weekday", "month")]
    [23.0, 6.0, 5.0]
    """

    word: ClassVar[str] = "calendar"
    column: str = argument(time_column)
    part: str = argument(one_of("hour", "weekday", "month"))

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column,)

    def compute(self, view: View) -> NDArray[np.float64]:
        moments = view.time(self.column)
        known = moments != NO_TIME
        moments = np.where(known, moments, 0)
        if self.part == "hour":
            values = moments // HOUR % 24
        elif self.part == "weekday":
            values = (moments // DAY + 3) % 7  # 1 January 1970 was a Thursday
        else:
            values = (moments.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12) + 1
        return np.where(known, values.astype(np.float64), np.nan)
