"""What a unit can inspect, by office, mode and day, and what may not fill its list: the plan of a worklist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from omdrisk.errors import InputError, did_you_mean
from omdrisk.scoring.draw import Lot, check_capacity
from omdrisk.scoring.priority import check_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

EACH: Final = "each"
ANY: Final = "*"
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PARTS: Final = ("office", "mode", "day")
JOINED: Final = " / "


@dataclass(frozen=True)
class Line:
    """One line of a plan: how many shipments of an office, a mode and a day can be inspected.

    Parameters
    ----------
    capacity
        How many.
    office
        Code of the office; ``each`` for every office on its own; ``*`` for all together.
    mode
        Code of the mode of transport (Recommendation 19), ``each`` or ``*``.
    day
        A date (``2023-05-02``), a weekday (``mon``), ``each`` or ``*``. A shipment's day is that of its ``eta``, and of
        ``filed_at`` where that is missing.
    """

    capacity: int
    office: str = ANY
    mode: str = ANY
    day: str = ANY

    def __post_init__(self) -> None:
        object.__setattr__(self, "capacity", check_capacity(self.capacity))
        if not (self.day in (EACH, ANY, *DAYS) or re.fullmatch(r"\d{4}-\d\d-\d\d", self.day)):
            raise InputError(
                f"day {self.day!r} is neither a date such as 2023-05-02, nor a weekday ({', '.join(DAYS)}), each or *."
            )


@dataclass(frozen=True)
class WorklistPlan:
    """How much can be inspected, and by which rules a list is filled.

    Parameters
    ----------
    lines
        Capacities. A shipment belongs to the first line that fits it; one that none fits is not listed.
    per_trader
        Most shipments of one consignee, and of one shipper, that priority puts on a list; None for no cap.
    per_lane
        Most shipments of one lane (port of loading to port of discharge).
    harm
        Weight of each head in the priority, 1 where not given.
    rule
        ``expected`` (the sum over the heads of weight x probability) or ``highest``.
    zone
        Name of the time zone whose days count.

    Examples
    --------
    >>> plan = WorklistPlan.of(40)
    >>> plan.lines
    (Line(capacity=40, office='*', mode='*', day='*'),)
    >>> WorklistPlan.from_dict({"per_trader": 2, "lines": [{"office": "each", "day": "each", "capacity": 12}]}).lines
    (Line(capacity=12, office='each', mode='*', day='each'),)
    """

    lines: tuple[Line, ...]
    per_trader: int | None = None
    per_lane: int | None = None
    harm: Mapping[str, float] | None = None
    rule: str = "expected"
    zone: str = "UTC"

    def __post_init__(self) -> None:
        for name in ("per_trader", "per_lane"):
            _check_cap(name, getattr(self, name))
        check_rule(self.rule)
        if self.harm is not None and not isinstance(self.harm, Mapping):
            raise InputError(f"harm is {self.harm!r}. Give a weight for each head: {{drug = 1.0, wildlife = 2.5}}.")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
            raise InputError(f"time zone {self.zone!r} is unknown. Give one such as Asia/Ho_Chi_Minh.") from None

    @classmethod
    def of(cls, capacity: Any) -> WorklistPlan:
        """Return the plan that is meant by a number, a table, a file or a plan.

        Raises
        ------
        InputError
            If it is none of these, or does not say what a plan needs.
        """
        if isinstance(capacity, cls):
            return capacity
        if isinstance(capacity, (str, Path)):
            return cls.read(capacity)
        if isinstance(capacity, pd.DataFrame):
            return cls.from_table(capacity)
        return cls((Line(check_capacity(capacity)),))

    @classmethod
    def read(cls, path: str | Path) -> WorklistPlan:
        """Read a plan from a TOML file, or its lines from a CSV table (office, mode, day, capacity)."""
        file = Path(path)
        try:
            if file.suffix == ".csv":
                return cls.from_table(pd.read_csv(file, dtype="str", encoding="utf-8-sig", skipinitialspace=True))
            return cls.from_dict(tomllib.loads(file.read_text(encoding="utf-8-sig")))
        except OSError as error:
            raise InputError(
                f"capacity {str(path)!r} is neither a number nor a file that can be read ({error.strerror})."
            ) from error
        except (ValueError, InputError) as error:
            raise InputError(f"{path}: {error}") from error

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> WorklistPlan:
        """Return a plan from a table with the column ``capacity`` and any of ``office``, ``mode``, ``day``."""
        cells = table.astype(object).where(table.notna(), ANY).to_dict("records")
        return cls(tuple(_line(row, at) for at, row in enumerate(cells, start=1)))

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> WorklistPlan:
        """Return a plan from what its TOML file holds."""
        known = [field.name for field in fields(cls)]
        for name in body:
            if name in ("capacity", *PARTS):
                raise InputError(f"{name!r} stands outside of a line. Write it below a heading [[lines]].")
            if name not in known:
                raise InputError(f"{name!r} is unknown in a plan. {did_you_mean(name, known)}")
        lines = body.get("lines")
        if not isinstance(lines, list) or not lines:
            raise InputError("a plan needs [[lines]], each with a capacity and any of office, mode, day.")
        return cls(**{**body, "lines": tuple(_line(line, at) for at, line in enumerate(lines, start=1))})

    @property
    def split(self) -> bool:
        """Whether the plan makes more than one list."""
        return len(self.lines) > 1 or self.lines[0] != Line(self.lines[0].capacity)

    def lots(self, shipments: pd.DataFrame) -> tuple[list[Lot], int]:
        """Return the lots that canonical shipments fall into, in order of name, and how many fall into none."""
        cells = self._cells(shipments)
        free = np.ones(len(shipments), dtype=bool)
        found = []
        for line in self.lines:
            here = free.copy()
            own = {}
            for part in PARTS:
                wanted, values = getattr(line, part), cells[part]
                if wanted in DAYS and part == "day":
                    here &= cells["weekday"] == wanted
                elif wanted == EACH:
                    here &= values != ""
                elif wanted != ANY:
                    here &= values == wanted
                own[part] = values if wanted == EACH or (wanted in DAYS and part == "day") else None
            free &= ~here
            rows = np.flatnonzero(here)
            names = [JOINED.join(str(value) for value in row) for row in zip(*_named(line, own, rows), strict=True)]
            codes, lists = pd.factorize(np.array(names, dtype=object), sort=True)
            found += [Lot(rows[codes == at], line.capacity, name) for at, name in enumerate(lists.tolist())]
        return sorted(found, key=lambda lot: lot.name), int(free.sum())

    def _cells(self, shipments: pd.DataFrame) -> dict[str, Any]:
        """Return office, mode, day and weekday of each shipment as texts, empty where unknown."""
        nothing = np.full(len(shipments), "", dtype=object)
        cells: dict[str, Any] = dict.fromkeys((*PARTS, "weekday"), nothing)
        for part, column in (("office", "office"), ("mode", "transport_mode")):
            if column in shipments.columns:
                texts = shipments[column]
                cells[part] = texts.astype(object).where(texts.notna(), "").to_numpy(dtype=object)
        if {line.day for line in self.lines} == {ANY}:
            return cells
        moments = [shipments[name] for name in ("eta", "filed_at") if name in shipments.columns]
        when = pd.Series(pd.NaT, index=shipments.index, dtype="datetime64[us, UTC]")
        for moment in moments:
            when = when.where(when.notna(), moment)
        local = when.dt.tz_convert(self.zone)
        cells["day"] = local.dt.strftime("%Y-%m-%d").astype(object).where(when.notna(), "").to_numpy(dtype=object)
        days = local.dt.day_of_week.fillna(-1).astype("int64").to_numpy()
        cells["weekday"] = np.array([*DAYS, ""], dtype=object)[days]
        return cells


def _named(line: Line, own: Mapping[str, Any], rows: Any) -> list[Any]:
    """Return for office, mode and day what each row's list is called by: its own value, or the line's."""
    return [[getattr(line, part)] * len(rows) if own[part] is None else own[part][rows].tolist() for part in PARTS]


def _line(cells: Mapping[Any, Any], at: int) -> Line:
    known = ["capacity", *PARTS]
    for name in cells:
        if name not in known:
            raise InputError(f"line {at}: {name!r} is unknown. {did_you_mean(str(name), known)}")
    if "capacity" not in cells:
        raise InputError(f"line {at} has no capacity.")
    capacity: Any = cells["capacity"]
    if isinstance(capacity, str) and capacity.strip().isdigit():
        capacity = int(capacity)
    texts = {part: str(cells.get(part, ANY)).strip() or ANY for part in PARTS}
    try:
        return Line(capacity, **texts)
    except InputError as error:
        raise InputError(f"line {at}: {error}") from error


def _check_cap(name: str, most: Any) -> None:
    if most is not None and (isinstance(most, bool) or not isinstance(most, (int, np.integer)) or most < 1):
        raise InputError(f"{name} is {most!r}. Give the most shipments of one on a list: 1, 2, ..., or leave it out.")


def list_parts(name: str) -> Sequence[str]:
    """Return office, mode and day from the name of a list; empty where it is for all.

    Examples
    --------
    >>> list_parts("VNSGN / 1 / *")
    ['VNSGN', '1', '']
    """
    parts = name.rsplit(JOINED, 2)
    return ["" if part == ANY else part for part in parts]
