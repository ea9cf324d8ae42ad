"""From the columns of a file to canonical columns: which is which, splits, joins, constants, labels, translations."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from omdrisk.errors import DefinitionError, InputError
from omdrisk.records.format_map import ALWAYS_MISSING, FormatMap, Split, TableMap, header_key
from omdrisk.records.headers import accepted_headers, assign, find_header
from omdrisk.records.schema import table
from omdrisk.records.sources.cells import SHOWN_HEADERS

if TYPE_CHECKING:
    from omdrisk.records.repairs import Repairs
    from omdrisk.records.sources import Cells

_SPLIT = "split "


@dataclass(frozen=True)
class Mapped:
    """Canonical and ``x_`` columns of one file, still as texts, and the factors of units that stand in cells."""

    columns: dict[str, Any]
    factors: dict[str, Any] = field(default_factory=dict)


def section_of(form: FormatMap, name: str) -> TableMap:
    """Return how the format makes the table `name`.

    Raises
    ------
    DefinitionError
        If it makes no such table.
    """
    if name not in form.tables:
        raise DefinitionError(
            f"The format {form.name!r} yields {' and '.join(form.tables) or 'no table'}, not {name}. "
            f"Add a section [{name}] to it, or read with another format."
        )
    return form.tables[name]


def _without_missing(cells: Cells, form: FormatMap) -> dict[str, Any]:
    missing = ALWAYS_MISSING | set(form.missing)
    usual = pa.array(sorted(missing))
    told: dict[str, Any] = {}
    for header, column in zip(cells.headers, cells.columns, strict=True):
        kept = form.missing_kept.get(header)
        texts = pa.array(sorted(missing - set(kept))) if kept else usual
        stands_for_nothing = pc.is_in(column, value_set=texts)
        told[header] = pc.if_else(stands_for_nothing, None, column) if pc.any(stands_for_nothing).as_py() else column
    return told


def _split(column: Any, split: Split) -> dict[str, Any]:
    by_count = {len(names): names for names in split.into}
    most = max(by_count)
    encoded = column.dictionary_encode()
    made: dict[str, list[str | None]] = {name: [] for names in split.into for name in names}
    for text in encoded.dictionary.to_pylist():
        parts = [part.strip() for part in text.split(split.on, most - 1)]
        told = dict(zip(by_count.get(len(parts), by_count[most]), parts, strict=False))
        for name, values in made.items():
            values.append(told.get(name) or None)
    return {name: pa.array(values, type=pa.string()).take(encoded.indices) for name, values in made.items()}


def _joined(columns: list[Any], by: str) -> Any:
    # Arrow's own join leaves out rows in which every part is missing
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return pa.array([by.join(filter(None, parts)) or None for parts in rows], type=pa.string())


def _translated(column: Any, words: dict[str, str]) -> tuple[Any, int, str]:
    encoded = column.dictionary_encode()
    old = encoded.dictionary.to_pylist()
    new = [words.get(text.casefold(), text) or None for text in old]
    changed = pa.array([before != after for before, after in zip(old, new, strict=True)], type=pa.bool_())
    count = pc.sum(pc.cast(changed.take(encoded.indices), pa.int64())).as_py() or 0
    example = next((before for before, after in zip(old, new, strict=True) if before != after), "")
    return pa.array(new, type=pa.string()).take(encoded.indices), count, example


def _labelled(found: dict[str, Any], labels: Any, size: int) -> Any | None:
    columns = {rule.header: found.get(find_header(found, [rule.header]) or "") for rule in labels.when}
    if all(column is None for column in columns.values()):
        return None
    texts: list[list[str]] = [[] for _ in range(size)]
    known = [False] * size
    for rule in labels.when:
        column = columns[rule.header]
        for place, text in enumerate(column.to_pylist() if column is not None else ()):
            known[place] |= text is not None
            if text in rule.is_:
                texts[place].append(rule.label)
    told = [";".join(words) or labels.otherwise if sure else None for words, sure in zip(texts, known, strict=True)]
    return pa.array(told, type=pa.string())


def _x_name(header: str, taken: set[str]) -> str:
    key = header_key(header) or "column"
    name = key if key.startswith("x_") else f"x_{key}"
    free, times = name, 1
    while free in taken:
        times += 1
        free = f"{name}_{times}"
    return free


def _lacking(cells: Cells, form: FormatMap, section: TableMap, column: str, name: str) -> InputError:
    wanted = section.columns.get(column) or (column,)
    shown = ", ".join(map(repr, cells.headers[:SHOWN_HEADERS]))
    more = f" and {len(cells.headers) - SHOWN_HEADERS} more" if len(cells.headers) > SHOWN_HEADERS else ""
    return InputError(
        f"{cells.file}: the column {column!r} is missing, without which {name} cannot be read. "
        f"The format {form.name!r} looks for {' or '.join(map(repr, wanted))}; found {shown}{more}. "
        "Name the column so, or read with another format map."
    )


@dataclass
class _Mapper:
    """Makes the canonical columns of one file, one part of the format map after the other."""

    cells: Cells
    section: TableMap
    found: dict[str, Any]
    repairs: Repairs
    made: dict[str, Any] = field(default_factory=dict)
    _rest: list[str] = field(default_factory=list)

    def columns_and_splits(self, wanted: dict[str, tuple[str, ...]]) -> None:
        dropped = set(map(header_key, self.section.drop))
        free = [header for header in self.found if header_key(header) not in dropped]
        splits = {f"{_SPLIT}{place}": split for place, split in enumerate(self.section.split)}
        wanted |= {thing: tuple(map(header_key, split.headers)) for thing, split in splits.items()}
        chosen = assign(free, wanted)
        self.made |= {column: self.found[header] for column, header in chosen.items() if column not in splits}
        for thing, split in splits.items():
            if thing in chosen:
                self._split(chosen[thing], split)
        self._rest = [header for header in free if header not in set(chosen.values())]

    def _split(self, header: str, split: Split) -> None:
        column = self.found[header]
        self.made |= {part: values for part, values in _split(column, split).items() if part not in self.made}
        holding = pc.fill_null(pc.match_substring(column, split.on), False)
        count = pc.sum(pc.cast(holding, pa.int64())).as_py() or 0
        self.repairs.add(f"split on {split.on}", header, count, str(column.filter(holding)[0]) if count else "")

    def joins_and_labels(self) -> None:
        for column, join in self.section.join.items():
            headers = [header for wanted in join.headers if (header := find_header(self.found, [wanted])) is not None]
            if headers:
                self.made[column] = _joined([self.found[header] for header in headers], join.by)
        for column, labels in self.section.labels.items():
            labelled = _labelled(self.found, labels, len(self.cells.rows))
            if labelled is not None:
                self.made[column] = labelled

    def rows_and_constants(self) -> None:
        stem, rows = Path(self.cells.file).stem, self.cells.rows.tolist()
        for column, pattern in self.section.rows.items():
            if column not in self.made:
                self.made[column] = pa.array([pattern.format(file=stem, row=row) for row in rows], type=pa.string())
        for column, text in self.section.constants.items():
            self.made.setdefault(column, pa.array([text] * len(rows), type=pa.string()))

    def translations(self) -> None:
        for column, words in self.section.translate.items():
            if column in self.made:
                self.made[column], count, example = _translated(self.made[column], words)
                self.repairs.add("translated", column, count, example)

    def extras(self) -> None:
        if self.section.unknown == "keep":
            for header in self._rest:
                self.made[_x_name(header, set(self.made))] = self.found[header]

    def factors(self) -> dict[str, Any]:
        headers = {column: find_header(self.found, units.header) for column, units in self.section.units.items()}
        return {column: self.found[header] for column, header in headers.items() if header is not None}


def map_cells(cells: Cells, form: FormatMap, name: str, repairs: Repairs) -> Mapped:
    """Return the canonical columns of a file as texts.

    Raises
    ------
    InputError
        If a required column is missing.
    """
    section = section_of(form, name)
    mapper = _Mapper(cells, section, _without_missing(cells, form), repairs)
    mapper.columns_and_splits(accepted_headers(form, section, name))
    mapper.joins_and_labels()
    mapper.rows_and_constants()
    mapper.translations()
    mapper.extras()
    for column in table(name).required:
        if column not in mapper.made and column not in section.fill:
            raise _lacking(cells, form, section, column, name)
    return Mapped(mapper.made, mapper.factors())
