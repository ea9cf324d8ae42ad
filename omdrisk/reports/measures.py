"""Tables of measures as evaluation writes them, made readable: one row per measure, one column per test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.explaining import NOTHING, number
from omdrisk.reports.blocks import Cell, Heading, TableBlock, heading, written

if TYPE_CHECKING:
    from collections.abc import Sequence

LONG = ("metric", "value", "low", "high")
COUNTS = ("rows", "found")
_SHARE = re.compile(r"(\w+)@([0-9.]+)%")


def is_long(table: pd.DataFrame) -> bool:
    """Say whether a table has one row per measure."""
    return {"metric", "value"} <= set(table.columns)


def tests_of(table: pd.DataFrame) -> list[str]:
    """Return the columns that tell tests apart: phase, scorer, slice."""
    return [str(name) for name in table.columns if name not in (*LONG, *COUNTS) and len(set(table[name])) > 1]


def measures_block(title: str, table: pd.DataFrame, note: str = "") -> TableBlock:
    """Make a block of a long table: measures down, tests across, each figure with its interval.

    Examples
    --------
    >>> table = pd.DataFrame({"metric": ["auc", "hit_rate@1%"], "value": [0.91, 0.25], "low": [0.88, 0.2],
    ...                       "high": [0.94, 0.3], "rows": 900, "found": 40})
    >>> [[cell.text for cell in row] for row in measures_block("Measures", table).rows]
    [['AUC', '0.910'], ['Hit rate at 1%', '25%'], ['Examined', '900'], ['Found', '40']]
    """
    keys = tests_of(table)
    groups = _groups(table, keys)
    metrics = list(dict.fromkeys(table["metric"]))
    heads = [Heading("Measure", figure=False), *(Heading(name or "Value", figure=True) for name, _ in groups)]
    rows = []
    for metric in metrics:
        row = [Cell(heading(str(metric)))]
        for _, part in groups:
            found = part.loc[part["metric"] == metric]
            row.append(_cell(str(metric), found.iloc[0]) if len(found) else Cell(NOTHING))
        rows.append(row)
    for name, label in (("rows", "Examined"), ("found", "Found")):
        if name in table.columns:
            counts = (number(float(part[name].iloc[0])) if len(part) else NOTHING for _, part in groups)
            rows.append([Cell(label), *(Cell(count) for count in counts)])
    return TableBlock(title, heads, rows, note)


def capacity_curve(table: pd.DataFrame) -> pd.DataFrame | None:
    """Return measures at capacity as a curve: ``scorer``, ``share`` and each measure with its interval.

    None where the table has measures at fewer than two capacities.

    Examples
    --------
    >>> table = pd.DataFrame({"metric": ["recall@1%", "recall@5%"], "value": [0.2, 0.5]})
    >>> capacity_curve(table)[["share", "recall"]].to_dict("list")
    {'share': [0.01, 0.05], 'recall': [0.2, 0.5]}
    """
    points: dict[tuple[str, float], dict[str, float]] = {}
    for name, part in _groups(table, tests_of(table)):
        for record in part.to_dict("records"):
            match = _SHARE.fullmatch(str(record["metric"]))
            if match:
                point = points.setdefault((name or "head", float(match[2]) / 100), {})
                point[match[1]] = record["value"]
                for end in ("low", "high"):
                    if end in record:
                        point[f"{match[1]}_{end}"] = record[end]
    if len({share for _, share in points}) < 2:
        return None
    rows = [{"scorer": name, "share": share, **point} for (name, share), point in points.items()]
    return pd.DataFrame(rows)


def _groups(table: pd.DataFrame, keys: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    if not keys:
        return [("", table)]
    found = table.groupby(list(keys), sort=False, dropna=False)
    return [(", ".join(str(part) for part in key), part) for key, part in found]


def _cell(metric: str, record: pd.Series) -> Cell:
    value, low, high = (record.get(name) for name in ("value", "low", "high"))
    if value is None or pd.isna(value):
        return Cell(NOTHING)
    interval = ""
    if low is not None and high is not None and not (pd.isna(low) or pd.isna(high)):
        interval = f"{_figure(metric, float(low))} to {_figure(metric, float(high))}"
    return Cell(_figure(metric, float(value)), interval)


def _figure(metric: str, value: float) -> str:
    if metric in {"auc", "average_precision"}:
        return number(value, places=3)
    if metric.startswith("lift"):
        return number(value, places=1)
    return written(metric, value)
