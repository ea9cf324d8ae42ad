"""Pictures of policies: told apart by line and marker, so that they are read in grey too."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.evaluation.pictures import new_axes

if TYPE_CHECKING:
    import pandas as pd

STYLES = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"), ("-", "v"), ("--", "x"), ("-.", "P"), (":", "*"))
COLOURS = ("#000000", "#1f77b4", "#d95f02", "#2a7d4f", "#7b3294", "#8c564b", "#b8860b", "#7f7f7f")
WORDS = {False: "networks do not answer", True: "networks answer to seizures"}


def by_week(table: pd.DataFrame, metric: str, axes: Any = None, *, adapts: bool) -> Any:
    """Draw a line per policy, week by week, each with its mean over worlds."""
    axes = new_axes(7.5, 4.6) if axes is None else axes
    looks = cycle(zip(STYLES, COLOURS, strict=True))
    for (name, part), ((line, marker), colour) in zip(table.groupby("policy", sort=False), looks, strict=False):
        every = max(1, len(part) // 8)
        axes.plot(part["week"] + 1, part["value"], line, marker=marker, markevery=every, markersize=5, color=colour,
                  linewidth=2.2 if name == "exploit" else 1.4, label=str(name))  # fmt: skip
    axes.set_xlabel("week")
    axes.set_ylabel(f"{metric.replace('_', ' ')}, moving average")
    axes.set_title(WORDS[adapts])
    axes.legend(fontsize="small", ncols=2)
    return axes


def gain(table: pd.DataFrame, policy: str, axes: Any = None) -> Any:
    """Draw gain or loss in hits since the first week, with the interval over worlds, for both kinds of world."""
    axes = new_axes() if axes is None else axes
    looks = {False: ("--", "s", "#7f7f7f", "///"), True: ("-", "o", "#000000", None)}
    for adapts, part in table.groupby("adapts", sort=True):
        line, marker, colour, hatch = looks[bool(adapts)]
        every = max(1, len(part) // 8)
        axes.plot(part["week"] + 1, part["value"], line, marker=marker, markevery=every, color=colour,
                  label=WORDS[bool(adapts)])  # fmt: skip
        axes.fill_between(part["week"] + 1, part["low"], part["high"], alpha=0.18, color=colour, hatch=hatch, lw=0)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axhline(-5, color="black", linewidth=0.8, linestyle=":")
    settled = table[table["week"] >= table["week"].max() // 4]  # the first weeks hold too few finds to compare
    worst = settled[["value", "low", "high"]].abs().max().max()
    reach = 1.1 * max(float(np.nan_to_num(worst)), 8.0)
    axes.set_ylim(-reach, reach)
    axes.set_xlabel("week")
    axes.set_ylabel("hits against pure exploitation, %")
    axes.set_title(f"{policy}: what it costs and brings")
    axes.legend(fontsize="small", loc="upper left")
    return axes
