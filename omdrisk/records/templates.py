"""Empty workbooks of the canonical tables: drop-down lists, notes, and cells that keep leading zeros."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omdrisk.errors import InputError
from omdrisk.records.codes import code_list
from omdrisk.records.format_map import TABLES
from omdrisk.records.schema import table
from omdrisk.records.schemes import SCHEMES

if TYPE_CHECKING:
    from omdrisk.records.schema import Column

ROWS: Final = 5_000
"""How many rows have drop-down lists."""


def _note(column: Column) -> str:
    parts = [column.meaning + "."]
    if column.required:
        parts.append("Every row needs it.")
    if column.type == "time":
        parts.append("Write 2023-01-31 or 2023-01-31T08:30:00Z.")
    if column.many:
        parts.append("Several values are joined by ;")
    if column.scheme:
        parts.append(f"Checked: {SCHEMES[column.scheme].title}.")
    if column.codes and column.codes != "hs":
        names = code_list(column.codes).names
        if len(names) <= 15:
            parts.append("Codes: " + ", ".join(f"{code} {name}" for code, name in names.items()))
    return " ".join(parts)


def _check(column: Column, last_row: dict[str, int], places: dict[str, int]) -> dict[str, Any] | None:
    if column.codes in last_row:
        from xlsxwriter.utility import xl_col_to_name

        letter = xl_col_to_name(places[column.codes])
        source = f"=lists!${letter}$2:${letter}${last_row[column.codes]}"
        error = f"{column.name} takes a code of the list {column.codes}, on the sheet lists."
        kind = "warning" if column.on_unknown == "keep" else "stop"
        told = {"error_type": kind, "error_title": "No such code", "error_message": error[:255]}
        return {"validate": "list", "source": source, **told}
    if column.type == "flag":
        return {"validate": "list", "source": ["true", "false"]}
    if column.type in ("number", "count") and column.minimum is not None:
        error = f"{column.name} is a number of at least {column.minimum:g}."
        return {"validate": "decimal", "criteria": ">=", "value": column.minimum, "error_message": error}
    return None


def write_template(name: str, path: str | Path) -> Path:
    """Write an empty workbook of the canonical table `name`: one sheet to fill, one of code lists.

    Raises
    ------
    InputError
        If there is no such table, or the workbook cannot be written.
    """
    import xlsxwriter

    target = Path(path)
    if name not in TABLES:
        raise InputError(f"there is no table {name!r}. Choose {', '.join(TABLES)}.")
    if target.suffix != ".xlsx":
        raise InputError(f"{target}: a template is a workbook; give it the ending .xlsx.")
    spec = table(name)
    lists = list(dict.fromkeys(c.codes for c in spec.columns.values() if c.codes and c.codes != "hs"))
    try:
        book = xlsxwriter.Workbook(target)
        sheet, codes = book.add_worksheet(name), book.add_worksheet("lists")
        bold = {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}
        usual, needed = book.add_format(bold), book.add_format({**bold, "bg_color": "#FFE699"})
        text, plain = book.add_format({"num_format": "@"}), book.add_format({"num_format": "General"})
        last_row: dict[str, int] = {}
        for place, one in enumerate(lists):
            codes.write_string(0, place * 2, one, usual)
            for row, (code, words) in enumerate(code_list(one).names.items(), start=1):
                codes.write_string(row, place * 2, code, text)
                codes.write_string(row, place * 2 + 1, words)
            last_row[one] = len(code_list(one).names) + 1
        places = {one: place * 2 for place, one in enumerate(lists)}
        for place, column in enumerate(spec.columns.values()):
            sheet.write_string(0, place, column.name, needed if column.required else usual)
            sheet.write_comment(0, place, _note(column), {"x_scale": 2, "author": "omdrisk"})
            # as text, or a spreadsheet takes the zeros off a commodity code and turns a date around
            sheet.set_column(
                place, place, max(12, len(column.name)), plain if column.type in ("number", "count") else text
            )
            check = _check(column, last_row, places)
            if check:
                sheet.data_validation(1, place, ROWS, place, check)
        sheet.freeze_panes(1, 1)
        book.close()
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise InputError(f"{target} cannot be written ({error}). Choose another folder, or close the file.") from error
    return target
