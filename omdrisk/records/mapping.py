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
    return pc.binary_join_element_wise(*columns, by, null_handling="skip") if columns else None


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
        f"{cells.file}: the column {column!r} is missing, without which {name} cannot be read. The format {form.name!r} "
        f"looks for {' or '.join(map(repr, wanted))}; found {shown}{more}. Name the column so, or read with another format map."
    )


def map_cells(cells: Cells, form: FormatMap, name: str, repairs: Repairs) -> Mapped:
    """Return the canonical columns of a file as texts.

    Raises
    ------
    InputError
        If a required column is missing.
    """
    section = section_of(form, name)
    found = _without_missing(cells, form)
    size = len(cells.rows)
    dropped = set(map(header_key, section.drop))
    open_headers = [header for header in found if header_key(header) not in dropped]
    splits = {f"{_SPLIT}{place}": split for place, split in enumerate(section.split)}
    wanted = accepted_headers(form, section, name)
    wanted |= {thing: tuple(map(header_key, split.headers)) for thing, split in splits.items()}
    chosen = assign(open_headers, wanted)
    made = {column: found[header] for column, header in chosen.items() if column not in splits}
    for thing, split in splits.items():
        if thing in chosen:
            column = found[chosen[thing]]
            made |= {part: values for part, values in _split(column, split).items() if part not in made}
            holding = pc.fill_null(pc.match_substring(column, split.on), False)
            repairs.add(f"split on {split.on}", chosen[thing], pc.sum(pc.cast(holding, pa.int64())).as_py() or 0, _any(column.filter(holding)))
    for column, join in section.join.items():
        headers = [header for wanted in join.headers if (header := find_header(found, [wanted])) is not None]
        if headers:
            joined = _joined([found[header] for header in headers], join.by)
            made[column] = pc.if_else(pc.equal(joined, ""), None, joined)
    for column, labels in section.labels.items():
        labelled = _labelled(found, labels, size)
        if labelled is not None:
            made[column] = labelled
    for column, pattern in section.rows.items():
        stem = Path(cells.file).stem
        made[column] = pa.array([pattern.format(file=stem, row=row) for row in cells.rows.tolist()], type=pa.string())
    for column, text in section.constants.items():
        if column not in made:
            made[column] = pa.array([text] * size, type=pa.string())
    factors = {}
    for column, units in section.units.items():
        header = find_header(found, units.header) if units.header else None
        if header is not None:
            factors[column] = found[header]
    for column, words in section.translate.items():
        if column in made:
            made[column], count, example = _translated(made[column], words)
            repairs.add("translated", column, count, example)
    if section.unknown == "keep":
        used = set(chosen.values())
        for header in open_headers:
            if header not in used:
                made[_x_name(header, set(made))] = found[header]
    for column in table(name).required:
        if column not in made and column not in section.fill:
            raise _lacking(cells, form, section, column, name)
    return Mapped(made, factors)


def _any(column: Any) -> str:
    return str(column[0].as_py()) if len(column) else ""
