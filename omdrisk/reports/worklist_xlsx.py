"""The worklist as an Excel workbook: the list with a column for outcomes, the reasons, and what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.reports.codes import declared_text, list_text, quality_text
from omdrisk.reports.details import explained
from omdrisk.reports.listed import heads_of, outcome_codes
from omdrisk.reports.phrases import Phrases
from omdrisk.reports.plain import CELL_LIMIT, plain
from omdrisk.reports.worklist_html import about
from omdrisk.scoring.worklist import DECLARED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from omdrisk.reports.details import Explained
    from omdrisk.scoring import Scorer

FONT = "Segoe UI"
WIDE = {"goods_description": 38, "reasons": 62, "text": 80, "hint": 50, "data_quality": 34}
MIDDLE = {
    "shipper_name": 26,
    "consignee_name": 26,
    "notify_name": 22,
    "shipment_id": 22,
    "filed_at": 17,
    "eta": 17,
}
MIDDLE |= {"scored_at": 17, "house_doc_no": 20, "master_doc_no": 20, "documents": 20}


def write_worklist_xlsx(
    worklist: pd.DataFrame,
    path: str | Path,
    *,
    scorer: Scorer | None = None,
    shipments: Any = None,
    language: str = "en",
    title: str | None = None,
    top: int = 5,
    against: int = 3,
) -> Path:
    """Write a worklist as an Excel workbook.

    No cell is a formula or a link, whatever was declared. The first sheet is the list, with its head frozen,
    set up to print on A4 across, and with a column in which an outcome is chosen; with `scorer` and
    `shipments` a second sheet has every reason; the last one says what the list is.

    Parameters
    ----------
    worklist
        As ``Scorer.worklist`` returns it.
    path
        File to write.
    scorer, shipments, language, title, top, against
        As for `write_worklist_html`.

    Returns
    -------
    pathlib.Path
        The file that was written.

    Raises
    ------
    InputError
        If the table is not a worklist or the language is unknown.
    """
    words = Phrases(language)
    why = explained(worklist, heads_of(worklist), words, scorer=scorer, shipments=shipments, top=top, against=against)
    return write_book(worklist, path, words, why, title)


def write_book(
    worklist: pd.DataFrame, path: str | Path, words: Phrases, why: Explained | None, title: str | None
) -> Path:
    """Write the workbook of a worklist that is explained already."""
    import xlsxwriter

    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(partial), options) as book:
        book.set_properties({"title": words("page", "title"), "created": _moment(worklist)})
        styles = _Styles(book)
        _list_sheet(book, styles, worklist, words, plain(title, 200))
        if why is not None:
            _reason_sheet(book, styles, why.reasons, words)
        _about_sheet(book, styles, worklist, words)
    partial.replace(target)
    return target


class _Styles:
    """The formats of the workbook."""

    def __init__(self, book: Any) -> None:
        text = {"font_name": FONT, "font_size": 10, "valign": "top", "text_wrap": True}
        head = {**text, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1D4A72", "border": 1}
        head["border_color"] = "#D6DCE3"
        line = {**text, "bottom": 1, "bottom_color": "#D6DCE3"}
        self.head = book.add_format(head)
        self.text = book.add_format({**line, "num_format": "@"})
        self.number = book.add_format({**line, "num_format": "#,##0.##"})
        self.whole = book.add_format({**line, "num_format": "0"})
        self.share = book.add_format({**line, "num_format": "0.00%"})
        self.time = book.add_format({**line, "num_format": "yyyy-mm-dd hh:mm"})
        self.enter = book.add_format({**line, "bg_color": "#FFF8E5", "num_format": "@", "locked": False})
        self.high = book.add_format({"bg_color": "#8C2A1F", "font_color": "#FFFFFF", "bold": True})
        self.elevated = book.add_format({"bg_color": "#F6E4C3", "font_color": "#5E400B"})
        self.note = book.add_format({**text, "italic": True, "font_color": "#566373"})
        self.bold = book.add_format({**text, "bold": True})


def _list_sheet(book: Any, styles: _Styles, worklist: pd.DataFrame, words: Phrases, title: str) -> None:
    heads = heads_of(worklist)
    sheet = book.add_worksheet(words("sheets", "worklist")[:31])
    names = ["rank", "shipment_id", "outcome"]
    names += [f"{head}_{part}" for head in heads for part in ("score", "band")]
    names += ["reasons"]
    names += [name for name in (*DECLARED, "data_quality") if name in worklist.columns]
    names += [name for name in ("list",) if name in worklist.columns]
    names += ["selected_by", "selection_probability", "priority"]
    for place, name in enumerate(names):
        sheet.write_string(0, place, _heading(name, heads, words), styles.head)
        sheet.set_column(place, place, _width(name))
    records = worklist.to_dict("records")
    for row, record in enumerate(records, start=1):
        for place, name in enumerate(names):
            _write(sheet, row, place, name, record.get(name), styles, words)
    last = max(len(records), 1)
    codes = outcome_codes(heads)
    if len(",".join(codes)) <= 255:
        sheet.data_validation(1, 2, last, 2, {"validate": "list", "source": codes})
    for place, name in enumerate(names):
        if name.endswith("_band"):
            for band, look in (("high", styles.high), ("elevated", styles.elevated)):
                rule = {
                    "type": "cell",
                    "criteria": "==",
                    "value": f'"{words("bands", band)}"',
                    "format": look,
                }
                sheet.conditional_format(1, place, last, place, rule)
    sheet.autofilter(0, 0, last, len(names) - 1)
    sheet.freeze_panes(1, 3)
    _printed(sheet, title or words("page", "lead"), words)
    sheet.set_default_row(60)
    sheet.set_row(0, 32)


def _reason_sheet(book: Any, styles: _Styles, reasons: pd.DataFrame, words: Phrases) -> None:
    sheet = book.add_worksheet(words("sheets", "reasons")[:31])
    names = ["shipment_id", "head", "direction", "rank", "indicator", "text", "share", "shap", "hint"]
    headings = [words.column("shipment_id"), *(words("sheets", name) for name in names[1:3])]
    headings += [words.column("rank"), *(words("sheets", name) for name in names[4:])]
    for place, (name, heading) in enumerate(zip(names, headings, strict=True)):
        sheet.write_string(0, place, heading, styles.head)
        sheet.set_column(place, place, _width(name))
    for row, one in enumerate(reasons.to_dict("records"), start=1):
        sheet.write_string(row, 0, plain(one["shipment_id"], CELL_LIMIT - 40), styles.text)
        sheet.write_string(row, 1, words.target(one["head"]), styles.text)
        sheet.write_string(row, 2, words("sheets", one["direction"]), styles.text)
        sheet.write_number(row, 3, one["rank"], styles.whole)
        sheet.write_string(row, 4, plain(one["indicator"]), styles.text)
        sheet.write_string(row, 5, plain(one["text"]), styles.text)
        sheet.write_number(row, 6, one["share"], styles.share)
        sheet.write_number(row, 7, one["shap"], styles.number)
        sheet.write_string(row, 8, plain(one["hint"]), styles.text)
    sheet.autofilter(0, 0, max(len(reasons), 1), len(names) - 1)
    sheet.freeze_panes(1, 1)
    _printed(sheet, words("sheets", "reasons"), words)


def _about_sheet(book: Any, styles: _Styles, worklist: pd.DataFrame, words: Phrases) -> None:
    sheet = book.add_worksheet(words("sheets", "about")[:31])
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 60)
    for row, (label, value) in enumerate(about(worklist, words)):
        sheet.write_string(row, 0, label, styles.bold)
        sheet.write_string(row, 1, value, styles.text)
    row = len(about(worklist, words)) + 1
    sheet.merge_range(row, 0, row + 3, 1, "", styles.note)
    sheet.write_string(row, 0, words("page", "advice"), styles.note)


def _write(sheet: Any, row: int, place: int, name: str, value: Any, styles: _Styles, words: Phrases) -> None:
    if name == "outcome":
        sheet.write_blank(row, place, None, styles.enter)
    elif value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        sheet.write_blank(row, place, None, styles.text)
    elif isinstance(value, pd.Timestamp):
        sheet.write_datetime(row, place, value.tz_convert("UTC").tz_localize(None).to_pydatetime(), styles.time)
    elif name == "rank":
        sheet.write_number(row, place, int(value), styles.whole)
    elif isinstance(value, float):
        share = name.endswith("_score") or name == "selection_probability"
        sheet.write_number(row, place, value, styles.share if share else styles.number)
    else:
        sheet.write_string(row, place, _worded(name, value, words), styles.text)


def _worded(name: str, value: Any, words: Phrases) -> str:
    """Return a cell's text, with codes in the language of the workbook."""
    if name.endswith("_band"):
        return words("bands", str(value), plain(value, 40))
    if name == "selected_by":
        return words("selected_by", str(value), plain(value, 40))
    if name == "list":
        return list_text(value, words)
    return quality_text(value, words) if name == "data_quality" else declared_text(name, value, words)


def _moment(worklist: pd.DataFrame) -> datetime:
    """Return when the list was scored, so that the same list gives the same file."""
    moment = worklist["scored_at"].iloc[0] if "scored_at" in worklist.columns and len(worklist) else pd.Timestamp(0)
    return pd.Timestamp(moment).tz_localize(None).to_pydatetime()


def _heading(name: str, heads: Sequence[str], words: Phrases) -> str:
    for head in heads:
        if name == f"{head}_score":
            return words.target(head)
        if name == f"{head}_band":
            return f"{words.target(head)}: {words('tools', 'band')}"
    return words.column(name)


def _width(name: str) -> int:
    if name in WIDE:
        return WIDE[name]
    if name in MIDDLE:
        return MIDDLE[name]
    return 7 if name == "rank" else 13


def _printed(sheet: Any, title: str, words: Phrases) -> None:
    """Set a sheet up for paper: A4 across, one page wide, its head on every page."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.set_header("&L" + title.replace("&", "&&")[:120])
    sheet.set_footer("&L" + words("page", "advice").replace("&", "&&")[:180] + "&R&P / &N")
