"""The blocks of a report: tables with intervals, and plots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.explaining import NOTHING, number, percent
from omdrisk.reports.plain import plain

if TYPE_CHECKING:
    from omdrisk.reports.plots import Plot

#: Measures between 0 and 1 that readers know as percentages.
SHARES = ("rate", "recall", "precision", "share", "capacity", "expected", "calibration_error")
LOW, HIGH = "_low", "_high"


@dataclass(frozen=True)
class Cell:
    """A cell as it is written, and its interval."""

    text: str
    interval: str = ""


@dataclass(frozen=True)
class Heading:
    """Heading of a column; figures stand to the right."""

    text: str
    figure: bool


@dataclass(frozen=True)
class TableBlock:
    """A table ready to be shown."""

    title: str
    heads: list[Heading]
    rows: list[list[Cell]]
    note: str = ""
    plot: Plot | None = None
    wide: bool = True


@dataclass(frozen=True)
class PlotBlock:
    """A plot with its caption."""

    title: str
    plot: Plot
    note: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of a report."""

    title: str
    blocks: list[TableBlock | PlotBlock] = field(default_factory=list)
    lead: str = ""


def table_block(title: str, frame: pd.DataFrame, note: str = "") -> TableBlock:
    """Make a block of a frame: ``x`` with ``x_low`` and ``x_high`` becomes one column with its interval.

    Examples
    --------
    >>> frame = pd.DataFrame({"phase": ["V"], "hit_rate": 0.125, "hit_rate_low": 0.1, "hit_rate_high": 0.15})
    >>> block = table_block("Hits", frame)
    >>> [head.text for head in block.heads], block.rows[0][1]
    (['Phase', 'Hit rate'], Cell(text='12.5%', interval='10% to 15%'))
    """
    names = [str(name) for name in frame.columns]
    ends = {name + end for name in names for end in (LOW, HIGH) if {name + LOW, name + HIGH} <= set(names)}
    shown = [name for name in names if name not in ends]
    heads = [Heading(heading(name), pd.api.types.is_numeric_dtype(frame[name])) for name in shown]
    rows = []
    for record in frame.to_dict("records"):
        row = []
        for name in shown:
            low, high = record.get(name + LOW), record.get(name + HIGH)
            interval = ""
            if low is not None and high is not None and not (pd.isna(low) or pd.isna(high)):
                interval = f"{written(name, low)} to {written(name, high)}"
            row.append(Cell(written(name, record[name]), interval))
        rows.append(row)
    return TableBlock(title, heads, rows, note)


def heading(name: str) -> str:
    """Make a column's name readable.

    Examples
    --------
    >>> heading("hit_rate@1%"), heading("auc"), heading("filed_at")
    ('Hit rate at 1%', 'AUC', 'Filed at')
    """
    text = name.replace("_", " ").replace("@", " at ").strip()
    return text.upper() if text in {"auc", "ap"} else text[:1].upper() + text[1:]


def written(name: str, value: Any) -> str:
    """Write a cell: shares as percentages, numbers with three digits, anything else as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return percent(float(value)) if name.partition("@")[0].endswith(SHARES) else number(float(value))
    return plain(value) or NOTHING
