"""Read shipments, cases and inspections: accepted rows in canonical form, every other row with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omdrisk.errors import InputError
from omdrisk.records.checks import Checker, Reasons, shown
from omdrisk.records.extras import typed_extra
from omdrisk.records.format_map import FormatMap, read_format
from omdrisk.records.headers import known_headers
from omdrisk.records.mapping import map_cells, section_of
from omdrisk.records.repairs import Repairs
from omdrisk.records.results import ReadResult, rejects
from omdrisk.records.schema import Table, table
from omdrisk.records.sources import Cells, read_cells, without_reject_columns
from omdrisk.records.sources.tables import frame_table, table_cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Source = str | Path | pd.DataFrame | Iterable[str | Path]

REPEATED = {"cases": ("case_id", "known_at")}
"""Tables whose key may come again (a case that is corrected), and what must then differ."""


def read_shipments(source: Source, format: str | Path | None = None) -> ReadResult:  # noqa: A002 - the public word
    """Read shipments.

    Parameters
    ----------
    source
        A file (CSV or other delimited text, also gzipped; Excel or OpenDocument; Parquet), several files, or a
        DataFrame.
    format
        The format map: its name, or the path of a TOML file. None is ``canonical``.

    Returns
    -------
    ReadResult
        Accepted and rejected rows, repairs, and columns that are missing.

    Raises
    ------
    InputError
        If a file cannot be used at all: missing, empty, binary, or without a required column.
    DefinitionError
        If the format is unknown or wrong.

    Examples
    --------
    >>> read = read_shipments(pd.DataFrame({"shipment_id": ["1", "2"], "filed_at": ["2023-04-01", "soon"]}))
    >>> read
    ReadResult(1 accepted, 1 rejected, 0 repairs, 122 columns missing)
    >>> read.rejected.reason[0]
    "filed_at: 'soon' is no date; write it as 2023-01-31 or 2023-01-31T08:30:00Z"
    """
    return _read(source, "shipments", format)


def read_cases(source: Source, format: str | Path | None = None) -> ReadResult:  # noqa: A002 - the public word
    """Read cases: seizures, warnings and feedbacks. The parameters are those of `read_shipments`."""
    return _read(source, "cases", format)


def read_inspections(source: Source, format: str | Path | None = None) -> ReadResult:  # noqa: A002 - the public word
    """Read inspections and their outcomes. The parameters are those of `read_shipments`."""
    return _read(source, "inspections", format)


def _sources(source: Source, form: FormatMap, known: frozenset[str]) -> list[Cells]:
    if isinstance(source, pd.DataFrame):
        return [table_cells("the table", frame_table(source), form)]
    paths = [source] if isinstance(source, (str, Path)) else list(source)
    if not paths:
        raise InputError("No file is named to read. Name one, or a list of them.")
    return [without_reject_columns(read_cells(Path(path), form, known)) for path in paths]


def _together(parts: list[Any], sizes: list[int]) -> Any:
    arrays = [
        pa.nulls(size, type=pa.string()) if part is None else part for part, size in zip(parts, sizes, strict=True)
    ]
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)


def _read(source: Source, name: str, format_name: str | Path | None) -> ReadResult:
    form = read_format(format_name)
    section = section_of(form, name)
    spec = table(name)
    repairs, reasons = Repairs(), Reasons()
    files = _sources(source, form, known_headers(form, section, name))
    mapped = [map_cells(cells, form, name, repairs) for cells in files]
    for cells in files:
        for rule, count, example in cells.found:
            repairs.add(rule, "", count, example)
    sizes = [len(cells.rows) for cells in files]
    names = dict.fromkeys(column for one in mapped for column in one.columns)
    texts = {column: _together([one.columns.get(column) for one in mapped], sizes) for column in names}
    checker = Checker(spec, form, reasons, repairs)
    made: dict[str, Any] = {}
    for column in [*(one for one in spec.columns if one in names), *(one for one in names if one not in spec.columns)]:
        if column in spec.columns:
            factors = _factors(column, form, name, [one.factors.get(column) for one in mapped], sizes, reasons)
            made[column] = checker.column(spec.columns[column], texts[column], factors)
        else:
            made[column] = typed_extra(column, texts[column], form, repairs)
    _fill(made, form, name, repairs, sum(sizes))
    _require(spec, made, reasons, texts, sum(sizes))
    where = _places(files)
    _unique(spec, made, reasons, where, [cells.file for cells in files])
    return _result(spec, made, files, where, reasons, repairs)


def _factors(
    column: str, form: FormatMap, name: str, units: list[Any], sizes: list[int], reasons: Reasons
) -> NDArray[np.float64] | None:
    rule = section_of(form, name).units.get(column)
    if rule is None:
        return None
    if not rule.header:
        return np.full(sum(sizes), rule.factor)
    words = _together(units, sizes)
    encoded = words.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    told = np.array([*(rule.factors.get(text.casefold(), np.nan) for text in distinct), 1.0])
    places = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
    factors = told[places]
    for place in np.flatnonzero(np.isnan(factors)):
        unit = shown(words[int(place)].as_py())
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
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False))


def _require(spec: Table, made: dict[str, Any], reasons: Reasons, texts: dict[str, Any], size: int) -> None:
    for column in spec.required:
        empty = _empty(made[column]) if column in made else np.ones(size, dtype=bool)
        if column in texts:
            # an unreadable cell has its own reason already
            empty = empty & _empty(texts[column])
        for place in np.flatnonzero(empty):
            reasons.add(int(place), f"{column}: is empty, and a row needs it")


def _places(files: list[Cells]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    of_file = np.concatenate([np.full(len(cells.rows), place, dtype=np.int64) for place, cells in enumerate(files)])
    return of_file, np.concatenate([cells.rows for cells in files])


def _unique(
    spec: Table,
    made: dict[str, Any],
    reasons: Reasons,
    where: tuple[NDArray[np.int64], NDArray[np.int64]],
    files: list[str],
) -> None:
    columns = REPEATED.get(spec.name, (spec.key,))
    if any(column not in made for column in columns):
        return
    keys = pd.DataFrame({column: _series(made[column]) for column in columns})
    # a row that is rejected anyway does not stand in the way of a good one
    usable = keys.notna().all(axis="columns").to_numpy(copy=True)
    usable[list(reasons.told)] = False
    keys = keys[usable]
    repeated = np.flatnonzero(keys.duplicated().to_numpy())
    if not len(repeated):
        return
    group = keys.groupby(list(columns), sort=False).ngroup()
    firsts = group.drop_duplicates().to_numpy(), group.drop_duplicates().index.to_numpy()
    first_of = dict(zip(firsts[0].tolist(), firsts[1].tolist(), strict=True))
    of_file, rows = where
    for place, number in zip(keys.index[repeated].tolist(), group.iloc[repeated].tolist(), strict=True):
        first = first_of[number]
        other = "" if of_file[first] == of_file[place] else f" of {files[of_file[first]]}"
        said = " and ".join(columns[1:])
        same = f" with the same {said}" if said else ""
        key = shown(keys[spec.key][place])
        reasons.add(place, f"{spec.key}: {key} is there already{same}, in row {rows[first]}{other}")


def _series(values: Any) -> pd.Series:
    if isinstance(values, pd.Series):
        return values
    return pd.Series(values.to_pandas(), dtype="str")


def _kept(values: Any, good: NDArray[np.bool_]) -> pd.Series:
    if good.all():
        return _series(values)
    if isinstance(values, pd.Series):
        return values[good].reset_index(drop=True)
    return _series(values.filter(pa.array(good)))


def _result(
    spec: Table,
    made: dict[str, Any],
    files: list[Cells],
    where: tuple[NDArray[np.int64], NDArray[np.int64]],
    reasons: Reasons,
    repairs: Repairs,
) -> ReadResult:
    of_file, rows = where
    good = np.ones(len(rows), dtype=bool)
    good[list(reasons.told)] = False
    frame = pd.DataFrame({column: _kept(values, good) for column, values in made.items()})
    starts = np.concatenate([[0], np.cumsum([len(cells.rows) for cells in files])])
    told: list[tuple[int, str, int, str, dict[str, Any]]] = []
    for place, why in reasons.told.items():
        cells = files[of_file[place]]
        line = place - int(starts[of_file[place]])
        values = {header: column[line].as_py() for header, column in zip(cells.headers, cells.columns, strict=True)}
        told.append((int(of_file[place]), cells.file, int(rows[place]), "; ".join(why), values))
    for number, cells in enumerate(files):
        told.extend((number, cells.file, bad.row, bad.reason, bad.cells) for bad in cells.bad)
    told.sort(key=lambda row: (row[0], row[2]))
    lacking = [column for column in spec.columns if column not in made]
    return ReadResult(frame, rejects([row[1:] for row in told]), repairs.frame(), lacking)
