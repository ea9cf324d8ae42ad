"""Rates of groups as a picture: told apart by marker, so that it is read in grey too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.evaluation.pictures import new_axes

if TYPE_CHECKING:
    import pandas as pd

MARKERS = (("o", "black"), ("s", "white"), ("D", "#9a9a9a"), ("^", "black"))


def rates(table: pd.DataFrame, rate: str, group: str, axes: Any, most: int) -> Any:
    """Draw a rate of the largest groups for which it is told, with intervals and a line at the rate of all."""
    told = table[(table["group"] == group) & (table["rate"] == rate)]
    sizes = told[told["estimate"].notna()].drop_duplicates("value")
    names = sizes.sort_values("rows", ascending=False)["value"].head(most).tolist()[::-1]
    axes = new_axes(7.0, 1.6 + 0.34 * len(names)) if axes is None else axes
    chosen = table[table["rate"] == rate]
    scores = list(dict.fromkeys(chosen["score"]))
    for number, score in enumerate(scores):
        part = chosen[(chosen["score"] == score) & (chosen["group"] == group)].set_index("value").reindex(names)
        place = np.arange(len(names)) - 0.22 * (number - (len(scores) - 1) / 2)
        value = 100 * part["estimate"].to_numpy(dtype=float)
        reach = np.vstack([value - 100 * part["low"], 100 * part["high"] - value]).clip(min=0)
        marker, fill = MARKERS[number % len(MARKERS)]
        axes.errorbar(value, place, xerr=np.nan_to_num(reach), fmt=marker, color="black", markerfacecolor=fill,
                      elinewidth=1, capsize=2, markersize=6, label=score if len(names) else None)  # fmt: skip
        overall = chosen[(chosen["score"] == score) & (chosen["group"] == "all")]["estimate"]
        if len(overall):
            line = ("--", ":")[number % 2]
            axes.axvline(100 * float(overall.iloc[0]), color="black", linewidth=0.8, linestyle=line)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.7, max(len(names), 1) - 0.3)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"{rate.replace('_', '-')} rate, %")
    if names:
        axes.legend(fontsize="small", loc="best")
    else:
        axes.text(0.5, 0.5, "too few rows in every group", transform=axes.transAxes, ha="center")
    return axes
