"""Fresh goods at a time of year when nobody harvests them."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.entities import NO_TIME
from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.features.arguments import argument, entity_names, text
from omdrisk.features.kinds.base import Kind
from omdrisk.features.lookup import Lookup, column_for

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View

    Floats = NDArray[np.float64]

MONTHS = "months"
_SPAN = re.compile(r"(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True)
class OutOfSeason(Kind):
    """How many months lie between the filing and the nearest month of the goods' season; 0 within it.

    ``months`` in the table is a span as ``11-2``, from November to February, both included. Where several rows fit,
    the nearest season counts. Missing where no row fits, for such goods have no season that is known here, and without
    ``filed_at`` or an entity of `on`.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import Tables, View
    >>> table = pd.DataFrame({"hs_prefix": ["080929"], "origin": ["CL"], "months": ["11-2"]})
    >>> shipments = pd.DataFrame({"hs_code": ["08092900"] * 3, "country_of_origin": ["CL", "CL", "US"],
    ...                           "filed_at": pd.to_datetime(["2023-01-09", "2023-08-01", "2023-08-01"], utc=True)})
    >>> OutOfSeason(table="seasons").compute(View(shipments, Tables({"seasons": table})))
    array([ 0.,  3., nan])
    """

    word: ClassVar[str] = "out_of_season"
    table: str = argument(text)
    on: tuple[str, ...] = argument(entity_names, default=("hs_code", "origin"))

    @property
    def inputs(self) -> tuple[str, ...]:
        return (*self.on, "filed_at")

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def check(self, tables: Tables) -> None:
        tables.derive(self, self.table, self._prepare)

    def compute(self, view: View) -> Floats:
        lookup, away = view.tables.derive(self, self.table, self._prepare)
        cells, filed = view.joint(*(view.entity(name) for name in self.on)), view.time("filed_at")
        known = (cells.codes >= 0) & (filed != NO_TIME)
        month = filed[known].astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12
        nothing = np.full(12, np.nan)
        each = np.array(
            [np.min([away[row] for row in lookup.rows(*cell)] or [nothing], axis=0) for cell in cells.texts]
        )
        values = view.missing()
        values[known] = each.reshape(-1, 12)[cells.codes[known], month]
        return values

    def _prepare(self, table: pd.DataFrame) -> tuple[Lookup, list[Floats]]:
        if MONTHS not in table.columns:
            hint = did_you_mean(MONTHS, table.columns)
            raise DefinitionError(f"table {self.table!r} has no column {MONTHS!r}. {hint}")
        open_columns = [name for name in table.columns if name != MONTHS]
        columns = [column_for(name, open_columns, self.table) for name in self.on]
        spans = [_away(cell, f"table {self.table!r}: row {row}") for row, cell in enumerate(table[MONTHS], start=1)]
        return Lookup(table, columns, self.table), spans


def _away(span: str, place: str) -> Floats:
    """Return for each month of the year how far it is from a span of months."""
    said = _SPAN.fullmatch(span)
    if said is None or not all(1 <= int(month) <= 12 for month in said.groups()):
        raise DefinitionError(f"{place}: months {span!r} is no span like 11-2")
    first, last = (int(month) - 1 for month in said.groups())
    season = [(first + step) % 12 for step in range((last - first) % 12 + 1)]
    apart = [[min((month - other) % 12, (other - month) % 12) for other in season] for month in range(12)]
    return np.array([min(some) for some in apart], dtype=np.float64)
