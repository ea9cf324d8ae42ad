"""Workbooks: the sheet with the header that is looked for, its cells as the texts a person sees."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from omdrisk.errors import InputError, did_you_mean
from omdrisk.records.sources.cells import Cells, choose_header, trimmed, unique_headers, without_blank_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.records.format_map import FormatMap

_HEADER_WITHIN = 40
_EXACT_WHOLE_NUMBERS = 2**53


def _text(cell: Any, decimal: str) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < _EXACT_WHOLE_NUMBERS:
            return str(int(cell))
        return repr(cell).replace(".", decimal)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)


def _sheets(file: str, data: bytes, form: FormatMap) -> list[tuple[str, list[list[Any]]]]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [form.sheet] if form.sheet is not None else book.sheet_names
        if form.sheet is not None and form.sheet not in book.sheet_names:
            hint = did_you_mean(form.sheet, book.sheet_names)
            raise InputError(f"{file} has no sheet {form.sheet!r}. {hint}")
        return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except PasswordError as error:
        raise InputError(f"{file} is locked with a password. Save it without one and read it again.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(f"{file} is a damaged workbook ({error}). Open it in Excel and save it again.") from error


def _find(sheets: Sequence[tuple[str, list[list[Any]]]], known: frozenset[str]) -> tuple[list[list[Any]], int]:
    best: tuple[int, list[list[Any]], int] | None = None
    for _, rows in sheets:
        head = [[_text(cell, ".") for cell in row] for row in rows[:_HEADER_WITHIN]]
        if not any(any(cell.strip() for cell in row) for row in head):
            continue
        place, hits = choose_header(head, known)
        if hits == 0:
            place = max(range(len(head)), key=lambda line: (sum(map(bool, head[line])) > 1, -line))
        if best is None or hits > best[0]:
            best = (hits, rows, place)
    return ([], 0) if best is None else (best[1], best[2])


def sheet_cells(file: str, data: bytes, form: FormatMap, known: frozenset[str]) -> Cells:
    """Read a workbook (xlsx, xlsm, xlsb, xls, ods): the sheet and row with most known headers.

    Raises
    ------
    InputError
        If it is locked, damaged, empty, or has not the sheet that the format names.
    """
    rows, place = _find(_sheets(file, data, form), known)
    if not rows:
        raise InputError(f"{file} has no filled sheet. It should hold a header row and one row for each record.")
    width = len(rows[place])
    named = [_text(cell, form.decimal) for cell in rows[place]]
    below = rows[place + 1 :]
    columns = [
        trimmed(pa.array([_text(row[column], form.decimal) for row in below], type=pa.string()))
        for column in range(width)
    ]
    used = [column for column in range(width) if named[column].strip() or columns[column].null_count < len(below)]
    headers = unique_headers([named[column] for column in used])
    numbers = np.arange(place + 2, place + 2 + len(below), dtype=np.int64)
    return without_blank_rows(Cells(file, tuple(headers), tuple(columns[column] for column in used), numbers))
