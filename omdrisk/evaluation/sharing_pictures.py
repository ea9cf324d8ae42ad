"""The gain of sharing as a picture: told apart by marker, so that it is read in grey too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.evaluation.pictures import new_axes

if TYPE_CHECKING:
    import pandas as pd

MARKERS = {
    "cases": ("o", "white"),
    "keyed cases": ("o", "black"),
    "shared head": ("s", "#9a9a9a"),
    "all": ("D", "black"),
}


def gains(table: pd.DataFrame, metric: str, axes: Any = None) -> Any:
    """Draw for each administration the gain of each level over own data alone, with its paired interval.

    Administrations with too little to test on for an interval are left out.
    """
    chosen = table[(table["metric"] == metric) & (table["level"] != "own") & table["gain_low"].notna()]
    names = list(dict.fromkeys(chosen["administration"]))[::-1]
    axes = new_axes(7.5, 1.4 + 0.62 * len(names)) if axes is None else axes
    levels = list(dict.fromkeys(chosen["level"]))
    for number, level in enumerate(levels):
        part = chosen[chosen["level"] == level].set_index("administration").reindex(names)
        place = np.arange(len(names)) - 0.17 * (number - (len(levels) - 1) / 2)
        gain = 100 * part["gain"].to_numpy(dtype=float)
        reach = np.vstack([gain - 100 * part["gain_low"], 100 * part["gain_high"] - gain]).clip(min=0)
        marker, fill = MARKERS.get(level, ("^", "#9a9a9a"))
        axes.errorbar(gain, place, xerr=np.nan_to_num(reach), fmt=marker, color="black", markerfacecolor=fill,
                      elinewidth=1, capsize=2, markersize=6, label=level)  # fmt: skip
    own = table[(table["metric"] == metric) & (table["level"] == "own")].set_index("administration")
    axes.set_yticks(
        range(len(names)),
        [
            f"{name}\n{100 * own['value'].get(name, np.nan):.0f} % alone, {own['found'].get(name, 0)} to find"
            for name in names
        ],
    )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(f"gain in {metric.replace('_', ' ').replace('@', ' at ')}, percentage points")
    axes.legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)
    return axes
