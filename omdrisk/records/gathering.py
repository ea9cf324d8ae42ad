"""The parts of all files put together: one table, and every row that is left out with its cells and reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omdrisk.records.checks import shown
from omdrisk.records.extras import typed_extra
from omdrisk.records.mapping import section_of
from omdrisk.records.repairs import Repairs
from omdrisk.records.results import ReadResult, rejects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.parts import Part
    from omdrisk.records.schema import Table
    from omdrisk.records.sources import Cells

REPEATED = {"cases": ("case_id", "known_at")}
"""Tables whose key may come again (a case that is corrected), and what must then differ."""


@dataclass
class Gathered:
    """Parts as they come; `result` puts them together."""

    table: Table
    form: FormatMap
    size: int = 0
    _columns: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    _sizes: list[int] = field(default_factory=list)
    _of_file: list[int] = field(default_factory=list)
    _files: list[str] = field(default_factory=list)
    _rows: list[NDArray[np.int64]] = field(default_factory=list)
    _left_out: list[int] = field(default_factory=list)
    _told: list[tuple[int, str, int, str, dict[str, Any]]] = field(default_factory=list)
    _repairs: Repairs = field(default_factory=Repairs)

    def add(self, number: int, cells: Cells, part: Part) -> None:
        """Add the next part, of the file with this number."""
        place = len(self._sizes)
        for name, values in part.columns.items():
            self._columns.setdefault(name, []).append((place, values))
        self._sizes.append(len(cells.rows))
        self._of_file.append(number)
        self._files.append(cells.file)
        self._rows.append(cells.rows)
        for line, why in part.reasons.told.items():
            self._left_out.append(self.size + line)
            self._tell(place, cells, line, "; ".join(why))
        self._told.extend((number, cells.file, bad.row, bad.reason, bad.cells) for bad in cells.bad)
        for (rule, column), (count, example) in part.repairs.counts.items():
            self._repairs.add(rule, column, count, example)
        self.size += len(cells.rows)

    def _tell(self, place: int, cells: Cells, line: int, why: str) -> None:
        values = {header: column[line].as_py() for header, column in zip(cells.headers, cells.columns, strict=True)}
        self._told.append((self._of_file[place], cells.file, int(cells.rows[line]), why, values))

    def result(self, again: Callable[[], Iterable[Cells]]) -> ReadResult:
        """Return the whole; `again` gives the cells of all parts anew, for the rows that repeat a key."""
        spec = self.table
        lacking = [column for column in spec.columns if column not in self._columns]
        good = np.ones(self.size, dtype=bool)
        good[self._left_out] = False
        keys = REPEATED.get(spec.name, (spec.key,))
        if all(key in self._columns for key in keys):
            repeated = self._repeated({key: self._whole(key) for key in keys}, good)
            good[list(repeated)] = False
            self._tell_repeated(repeated, again)
        order = [name for name in spec.columns if name in self._columns]
        order += [name for name in self._columns if name not in spec.columns]
        # a column's parts are let go as soon as it is whole
        frame = pd.DataFrame({name: self._kept(name, good) for name in order})
        self._told.sort(key=lambda row: (row[0], row[2]))
        return ReadResult(frame, rejects([row[1:] for row in self._told]), self._repairs.frame(), lacking, spec.name)

    def _whole(self, name: str) -> pd.Series:
        parts = dict(self._columns[name])
        specs = self.table.columns | section_of(self.form, self.table.name).extra_columns()
        if name not in specs:
            empty: Any = None
            texts = [parts.get(place, empty) for place in range(len(self._sizes))]
            arrays = [
                pa.nulls(size, pa.string()) if part is None else part
                for part, size in zip(texts, self._sizes, strict=True)
            ]
            whole = arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)
            return _series(typed_extra(name, whole, self.form, self._repairs))
        if isinstance(next(iter(parts.values())), pd.Series):
            spec = specs[name]
            series = [
                parts[place] if place in parts else pd.Series(index=range(size), dtype=spec.dtype)
                for place, size in enumerate(self._sizes)
            ]
            return series[0] if len(series) == 1 else pd.concat(series, ignore_index=True)
        chunks = [
            parts[place] if place in parts else pa.nulls(size, pa.string()) for place, size in enumerate(self._sizes)
        ]
        return _series(pa.chunked_array(chunks, type=pa.string()))

    def _kept(self, name: str, good: NDArray[np.bool_]) -> pd.Series:
        whole = self._whole(name)
        del self._columns[name]
        return whole if good.all() else whole[good].reset_index(drop=True)

    def _repeated(self, columns: dict[str, pd.Series], good: NDArray[np.bool_]) -> dict[int, str]:
        """Return the rows whose key is in an earlier row, with the reason."""
        keys = pd.DataFrame(columns)
        # a row that is rejected anyway does not stand in the way of a good one
        keys = keys[keys.notna().all(axis="columns").to_numpy() & good]
        repeated = np.flatnonzero(keys.duplicated().to_numpy())
        if not len(repeated):
            return {}
        names = list(columns)
        group = keys.groupby(names, sort=False).ngroup()
        firsts = group.drop_duplicates()
        first_of = dict(zip(firsts.tolist(), firsts.index.tolist(), strict=True))
        rows = np.concatenate(self._rows)
        starts = np.concatenate([[0], np.cumsum(self._sizes)])
        told: dict[int, str] = {}
        for place, number in zip(keys.index[repeated].tolist(), group.iloc[repeated].tolist(), strict=True):
            first = first_of[number]
            part, mine = (int(np.searchsorted(starts, one, side="right")) - 1 for one in (first, place))
            other = "" if self._of_file[part] == self._of_file[mine] else f" of {self._files[part]}"
            said = " and ".join(names[1:])
            same = f" with the same {said}" if said else ""
            key = shown(keys.loc[place, names[0]])
            told[place] = f"{names[0]}: {key} is there already{same}, in row {rows[first]}{other}"
        return told

    def _tell_repeated(self, repeated: dict[int, str], again: Callable[[], Iterable[Cells]]) -> None:
        if not repeated:
            return
        places = np.array(sorted(repeated))
        start = 0
        for number, cells in enumerate(again()):
            stop = start + len(cells.rows)
            for place in places[(places >= start) & (places < stop)].tolist():
                self._tell(number, cells, place - start, repeated[place])
            start = stop


def _series(values: Any) -> pd.Series:
    if isinstance(values, pd.Series):
        return values
    return pd.Series(values.to_pandas(), dtype="str")
