"""Declared values and marks as text in the language of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from omdrisk.explaining import number
from omdrisk.records.schema import table
from omdrisk.reports.plain import plain
from omdrisk.scoring.plan import list_parts

if TYPE_CHECKING:
    from omdrisk.reports.phrases import Phrases

#: Columns whose codes are told in words, and the phrases for them.
CODED: Final = {"transport_mode": "modes", "direction": "directions"}
MANY: Final = frozenset(name for name, column in table("shipments").columns.items() if column.many)


def declared_text(name: str, value: Any, words: Phrases) -> str:
    """Write a declared value as text in the report's language; empty where it is missing."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M") if value != value.normalize() else value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return number(value, words.language)
    if name in CODED:
        return words(CODED[name], str(value), plain(value, 40))
    return plain(value).replace(";", ", ") if name in MANY else plain(value)


def quality_text(value: Any, words: Phrases) -> str:
    """Put the marks of data quality into the report's language; column names become their headings."""
    text = plain(value)
    if text in {"", "ok"}:
        return words("quality", "ok") if text else ""
    told = []
    for part in text.split("; "):
        mark, _, names = part.partition(": ")
        columns = ", ".join(words.column(name) for name in names.split(", ")) if names else ""
        phrase = words("quality", mark.replace(" ", "_"), mark)
        told.append(f"{phrase}: {columns}" if columns else phrase)
    return "; ".join(told)


def list_text(value: Any, words: Phrases) -> str:
    """Name a list by its office, mode and day; what it holds for all is left out.

    Examples
    --------
    >>> from omdrisk.reports.phrases import Phrases
    >>> list_text("VNSGN / 1 / 2023-05-02", Phrases("en")), list_text("* / * / *", Phrases("vi"))
    ('VNSGN · sea · 2023-05-02', 'tất cả')
    """
    text = plain(value, 120)
    if not text:
        return ""
    parts = [words("modes", part, part) for part in list_parts(text)]
    return " · ".join(part for part in parts if part) or words("tools", "all")
