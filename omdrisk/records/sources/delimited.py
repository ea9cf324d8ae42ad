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

    from numpy.typing import NDArray

    from omdrisk.records.format_map import FormatMap

_HEADER_WITHIN = 40
_HEADER_BYTES = 1 << 20
_LONGEST_QUOTED_ROW = 200
_MORE = "(more)"
_LONGEST_CELL = 10_000_000
_BLOCK = 4 << 20
_TRAILING = frozenset(b"\r\n \x1a")
PART_BYTES = 32 << 20
"""How much of a file is read at once: what is held beside the result does not grow with the file."""


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


def _by_arrow(data: Any, delimiter: str, width: int, lines: int) -> list[Any] | None:
    """Read a buffer with Arrow, or return nothing if lines and rows are not one to one."""
    from pyarrow import csv as arrow_csv

    names = [f"c{place}" for place in range(width)]
    try:
        read = arrow_csv.read_csv(
            data,
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
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
    odd = [place for place, line in enumerate(lines) if line.count('"') % 2]
    place = 0
    for stop in [*odd, len(lines)]:
        if stop < place:
            continue
        for number, cells in enumerate(_simple_rows(lines[place:stop], delimiter), start=first + place):
            if cells:
                yield number, cells, None
        if stop < len(lines):
            cells, wrong, used = _quoted_row(lines, stop, delimiter, width)
            yield first + stop, cells, wrong
            place = stop + used


def _simple_rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    rows = list(csv.reader(lines, delimiter=delimiter))
    return rows if len(rows) == len(lines) else [_parsed(line, delimiter) for line in lines]


def _quoted_row(lines: Sequence[str], place: int, delimiter: str, width: int) -> tuple[list[str], str | None, int]:
    """Return the cells of the row that begins at `place`, what is wrong with it, and how many lines it takes."""
    line = lines[place]
    if _closes(line, delimiter):
        return _parsed(line, delimiter), None, 1
    whole = line
    for used, more in enumerate(lines[place + 1 : place + _LONGEST_QUOTED_ROW], start=2):
        whole += "\n" + more
        if whole.count('"') % 2 == 0:
            joined = next(csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter), [])
            if len(joined) == width:
                return joined, None, used
            break
    return _parsed(line, delimiter), 'a quote (") that opens here is never closed; close or remove it', 1


def _closes(line: str, delimiter: str) -> bool:
    try:
        next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return "end of data" not in str(error)
    return True


def _ragged(cells: Sequence[str], width: int, delimiter: str) -> str | None:
    if len(cells) == width or not any(cell.strip() for cell in cells):
        return None
    return f"the row has {len(cells)} cells and the header {width}; quote cells that hold the delimiter {delimiter!r}"


def _by_line(
    lines: Sequence[str], delimiter: str, headers: Sequence[str], first: int
) -> tuple[list[Any], NDArray[np.int64], list[Bad]]:
    width = len(headers)
    numbers: list[int] = []
    good: list[list[str]] = []
    bad: list[Bad] = []
    for number, found, open_quote in _rows(lines, delimiter, width, first):
        if len(found) == width and open_quote is None:
            numbers.append(number)
            good.append(found)
            continue
        surplus = any(cell.strip() for cell in found[width:])
        cells = found if surplus else found[:width]
        wrong = open_quote or _ragged(cells, width, delimiter)
        if wrong is not None:
            more = {_MORE: delimiter.join(cells[width:])} if surplus else {}
            bad.append(Bad(number, wrong, dict(zip(headers, cells, strict=False)) | more))
        elif len(cells) == width:
            numbers.append(number)
            good.append(cells)
    texts = zip(*good, strict=True) if good else [()] * width
    columns = [trimmed(pa.array(column, type=pa.string())) for column in texts]
    return columns, np.asarray(numbers, dtype=np.int64), bad


def _end(data: bytes) -> int:
    end = len(data)
    while end and data[end - 1] in _TRAILING:
        end -= 1
    return end


def _after_line(data: bytes, lines: int, end: int) -> int:
    """Return where the line begins that comes after so many lines."""
    place = 0
    for _ in range(lines):
        place = data.find(b"\n", place, end) + 1
        if not place:
            return end
    return place


def _slices(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut the data at ends of lines into parts that do not begin inside quotes."""
    while start < end:
        stop, odd = start, 0
        while stop == start or (odd and stop < end):
            cut = data.find(b"\n", min(stop + PART_BYTES, end), end) + 1 or end
            odd ^= data.count(b'"', stop, cut) % 2
            stop = cut
        yield start, stop
        start = stop


def delimited_parts(file: str, data: bytes, form: FormatMap, known: frozenset[str]) -> Iterator[Cells]:
    """Read delimited text in parts: encoding, delimiter and header row are found, ragged lines are told.

    Raises
    ------
    InputError
        If the bytes are no text.
    """
    csv.field_size_limit(_LONGEST_CELL)
    data, found = as_utf8(file, data, form.encodings)
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    end = _end(data)
    delimiter, header_line = _layout(data[: min(end, _HEADER_BYTES)], form, known)
    named = _first_rows(data[: min(end, _HEADER_BYTES)], delimiter)[header_line]
    if not any(cell.strip() for cell in named):
        raise InputError(f"{file} has no header row. The first row should name the columns.")
    first = header_line + 2
    start = _after_line(data, header_line + 1, end)
    for start, stop in [*_slices(data, start, end)] or [(end, end)]:  # noqa: B020 - the first is where the first begins
        lines = data.count(b"\n", start, stop) + (stop == end and stop > start)
        cells = _part(file, pa.py_buffer(data).slice(start, stop - start), delimiter, named, (first, lines))
        yield replace(cells, found=found, share=stop / len(data))
        first, found = first + lines, ()


def _part(file: str, data: Any, delimiter: str, named: Sequence[str], where: tuple[int, int]) -> Cells:
    headers = unique_headers(named)
    first, lines = where
    columns = _by_arrow(data, delimiter, len(headers), lines) if lines else None
    bad: list[Bad] = []
    if columns is None:
        text = data.to_pybytes().decode("utf-8", errors="replace").replace("\r\n", "\n")
        columns, numbers, bad = _by_line(text.split("\n")[:lines], delimiter, headers, first)
    else:
        numbers = np.arange(first, first + lines, dtype=np.int64)
    used = [place for place, column in enumerate(columns) if named[place].strip() or column.null_count < len(column)]
    kept = tuple(headers[place] for place in used), tuple(columns[place] for place in used)
    return without_blank_rows(Cells(file, *kept, numbers, tuple(bad)))
