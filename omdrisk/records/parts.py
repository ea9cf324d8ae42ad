"""One part of a file, mapped and checked: canonical columns in their types, reasons and repairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omdrisk.records.checks import Checker, Reasons, shown
from omdrisk.records.mapping import map_cells, section_of
from omdrisk.records.repairs import Repairs
from omdrisk.records.schema import Table, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.sources import Cells


@dataclass(frozen=True)
class Part:
    """Columns of one part (``x_`` columns still as texts), and for its rows the reasons and repairs."""

    columns: dict[str, Any]
    reasons: Reasons
    repairs: Repairs


def read_part(cells: Cells, form: FormatMap, name: str) -> Part:
    """Map and check one part of a file."""
    spec, repairs, reasons = table(name), Repairs(), Reasons()
    mapped = map_cells(cells, form, name, repairs)
    for rule, count, example in cells.found:
        repairs.add(rule, "", count, example)
    checker = Checker(spec, form, reasons, repairs)
    made: dict[str, Any] = {}
    for column, told in spec.columns.items():
        if column in mapped.columns:
            factors = _factors(column, form, name, mapped.factors.get(column), (len(cells.rows), reasons))
            made[column] = checker.column(told, mapped.columns[column], factors)
    _fill(made, form, name, repairs, len(cells.rows))
    _require(spec, made, reasons, mapped.columns, len(cells.rows))
    declared = section_of(form, name).extra_columns()
    for column, texts in mapped.columns.items():
        if column not in spec.columns:
            made[column] = checker.column(declared[column], texts, None) if column in declared else texts
    return Part(made, reasons, repairs)


def _factors(
    column: str, form: FormatMap, name: str, units: Any, where: tuple[int, Reasons]
) -> NDArray[np.float64] | None:
    rule = section_of(form, name).units.get(column)
    size, reasons = where
    if rule is None:
        return None
    if not rule.header:
        return np.full(size, rule.factor)
    if units is None:
        return np.ones(size)
    encoded = units.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    told = np.array([*(rule.factors.get(text.casefold(), np.nan) for text in distinct), 1.0])
    factors = told[encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)]
    for place in np.flatnonzero(np.isnan(factors)):
        unit = shown(units[int(place)].as_py())
        reasons.add(int(place), f"{column}: the unit {unit} is not in the format map {form.name!r}")
    return np.asarray(factors, dtype=np.float64)


def _fill(made: dict[str, Any], form: FormatMap, name: str, repairs: Repairs, size: int) -> None:
    for column, fill in section_of(form, name).fill.items():
        if fill.source not in made:
            continue
        known = made.get(column, pd.Series(pd.NaT, index=range(size), dtype=pd.DatetimeTZDtype("us", "UTC")))
        later = made[fill.source] + pd.Timedelta(days=fill.plus_days)
        filled = known.isna() & later.notna()
        made[column] = known.where(~filled, later).dt.as_unit("us")
        first = later[filled].astype("str").head(1).tolist()
        rule = f"reckoned from {fill.source} + {fill.plus_days:g} days"
        repairs.add(rule, column, int(filled.sum()), first[0] if first else "")


def _empty(values: Any) -> NDArray[np.bool_]:
    if isinstance(values, pd.Series):
        return values.isna().to_numpy()
    return np.asarray(pa.array(values).is_null().to_numpy(zero_copy_only=False))


def _require(spec: Table, made: dict[str, Any], reasons: Reasons, texts: dict[str, Any], size: int) -> None:
    for column in spec.required:
        empty = _empty(made[column]) if column in made else np.ones(size, dtype=bool)
        if column in texts:
            # an unreadable cell has its own reason already
            empty = empty & _empty(texts[column])
        for place in np.flatnonzero(empty):
            reasons.add(int(place), f"{column}: is empty, and a row needs it")
