"""Delimited text: read by Arrow where every line is one row, and line by line where some are not."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from omdrisk.errors import InputError
from omdrisk.records.sources.cells import Bad, Cells, choose_header, trimmed, unique_headers, without_blank_rows
from omdrisk.records.sources.encodings import as_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omdrisk.records.format_map import FormatMap

_HEADER_WITHIN = 40
_HEADER_BYTES = 1 << 20
_LONGEST_QUOTED_ROW = 200
_MORE = "(more)"
_LONGEST_CELL = 10_000_000


def _first_rows(data: bytes, delimiter: str) -> list[list[str]]:
    lines = data[:_HEADER_BYTES].split(b"\n", _HEADER_WITHIN)[:_HEADER_WITHIN]
    return [_parsed(line.decode("utf-8", errors="replace"), delimiter) for line in lines]


def _parsed(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])


def _layout(data: bytes, form: FormatMap, known: frozenset[str]) -> tuple[str, int]:
    """Find the delimiter and the line of the header: the pair under which most cells are known headers."""
    best: tuple[int, int, str, int] | None = None
    for delimiter in form.delimiters:
        rows = _first_rows(data, delimiter)
        place, hits = choose_header(rows, known)
        if hits == 0:
            place = max(range(len(rows)), key=lambda line: (bool(rows[line]) and len(rows[line]) > 1, -line), default=0)
        if best is None or (hits, len(rows[place])) > best[:2]:
            best = (hits, len(rows[place]), delimiter, place)
    if best is None:
        return ",", 0
    return best[2], best[3]


def _by_arrow(data: bytes, delimiter: str, width: int, first_line: int, lines: int) -> list[Any] | None:
    """Read with Arrow, or return nothing if lines and rows are not one to one."""
    from pyarrow import csv as arrow_csv

    names = [f"c{place}" for place in range(width)]
    try:
        read = arrow_csv.read_csv(
            pa.py_buffer(data),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=first_line, block_size=4 << 20),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    if read.num_rows != lines:
        return None
    return [trimmed(column) for column in read.columns]


def _rows(lines: Sequence[str], delimiter: str, width: int, first: int) -> Iterator[tuple[int, list[str], str | None]]:
    """Yield (row number, cells, what is wrong) for each row; a row may go over several lines inside quotes."""
    place = 0
    while place < len(lines):
        line = lines[place]
        number, place = first + place, place + 1
        if not line.strip():
            continue
        if line.count('"') % 2 == 0:
            yield number, _parsed(line, delimiter), None
            continue
        whole = line
        for more in range(place, min(place + _LONGEST_QUOTED_ROW, len(lines))):
            whole += "\n" + lines[more]
            if whole.count('"') % 2 == 0:
                break
        cells = _parsed(line, delimiter)
        joined = next(csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter), [])
        open_quote = not _closes(line, delimiter)
        if open_quote and whole.count('"') % 2 == 0 and len(joined) == width:
            place += whole.count("\n") - line.count("\n")
            yield number, joined, None
        elif open_quote:
            yield number, cells, 'a quote (") that opens here is never closed; close or remove it'
        else:
            yield number, cells, None


def _closes(line: str, delimiter: str) -> bool:
    try:
        next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return "end of data" not in str(error)
    return True


def _by_line(lines: Sequence[str], delimiter: str, headers: Sequence[str], first: int) -> tuple[list[Any], Any, list[Bad]]:
    width = len(headers)
    numbers: list[int] = []
    good: list[list[str]] = []
    bad: list[Bad] = []
    for number, cells, wrong in _rows(lines, delimiter, width, first):
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]
        if wrong is None and len(cells) != width and any(cell.strip() for cell in cells):
            wrong = f"the row has {len(cells)} cells and the header {width}; quote cells that hold the delimiter {delimiter!r}"
        if wrong is None:
            if len(cells) == width:
                numbers.append(number)
                good.append(cells)
            continue
        told = dict(zip(headers, cells, strict=False))
        if len(cells) > width:
            told[_MORE] = delimiter.join(cells[width:])
        bad.append(Bad(number, wrong, told))
    columns = [trimmed(pa.array([row[place] for row in good], type=pa.string())) for place in range(width)]
    return columns, np.asarray(numbers, dtype=np.int64), bad


def delimited_cells(file: str, data: bytes, form: FormatMap, known: frozenset[str]) -> Cells:
    """Read delimited text: encoding, delimiter and header row are found, ragged lines are told.

    Raises
    ------
    InputError
        If the bytes are no text.
    """
    csv.field_size_limit(_LONGEST_CELL)
    data, found = as_utf8(file, data, form.encodings)
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    data = data.rstrip(b"\r\n \x1a")
    delimiter, header_line = _layout(data, form, known)
    head = _first_rows(data, delimiter)
    headers = unique_headers(_without_tail(head[header_line]))
    if not headers:
        raise InputError(f"{file} has no header row. The first row should name the columns.")
    first_line = header_line + 1
    lines = data.count(b"\n") + 1 - first_line
    columns = None
    if lines and len(head[header_line]) == len(headers):
        columns = _by_arrow(data, delimiter, len(headers), first_line, lines)
    bad: list[Bad] = []
    if columns is None:
        text = data.decode("utf-8", errors="replace").split("\n")[first_line:]
        columns, numbers, bad = _by_line(text, delimiter, headers, first_line + 1)
    else:
        numbers = np.arange(first_line + 1, first_line + 1 + lines, dtype=np.int64)
    cells = Cells(file, tuple(headers), tuple(columns), numbers, tuple(bad), found)
    return without_blank_rows(replace(cells))


def _without_tail(cells: Sequence[str]) -> list[str]:
    told = list(cells)
    while told and not told[-1].strip():
        told.pop()
    return told
