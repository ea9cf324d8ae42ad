"""The picture of drift: signals down, weeks across, the darker the farther beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

MOST = 3.0


def over_weeks(table: pd.DataFrame, most: int, labels: Mapping[str, str]) -> Any:
    """Draw index over limit for the signals that moved most, and return the axes.

    Parameters
    ----------
    table
        As of `Drift`.
    most
        How many signals are drawn.
    labels
        What a signal is called.
    """
    from matplotlib.figure import Figure

    measured = table[table["index"].notna()]
    measured = measured.assign(
        acted=measured["verdict"].eq("act").astype(float), day=measured["week"].dt.strftime("%d %b")
    )
    days = list(dict.fromkeys(measured.sort_values("week")["day"]))
    ratio, acted = (
        measured.pivot_table(index=["kind", "name", "where"], columns="day", values=each, aggfunc="first")[days]
        for each in ("ratio", "acted")
    )
    top = ratio.max(axis=1).sort_values(ascending=False, kind="stable").index[:most]
    shown = ratio.loc[top].to_numpy(dtype=float)
    axes = Figure(figsize=(8.6, 1.2 + 0.27 * len(top)), dpi=160, layout="constrained").subplots()
    axes.imshow(np.clip(shown, 0, MOST), cmap="Greys", vmin=0, vmax=MOST * 1.25, aspect="auto")
    for y, x in zip(*np.nonzero(shown > 1.0), strict=True):
        dark = shown[y, x] > MOST * 0.55
        mark = "●" if acted.loc[top].to_numpy()[y, x] > 0 else "○"
        axes.text(x, y, mark, ha="center", va="center", color="white" if dark else "black", fontsize=8)
    called = [
        labels.get(f"{kind}/{name}", name.replace("_", " ")) + (f", {place}" if place else "")
        for kind, name, place in top
    ]
    axes.set_yticks(range(len(top)), called)
    axes.set_xticks(range(len(days)), days, rotation=60, ha="right")
    axes.tick_params(labelsize=8, length=0)
    axes.set_xticks(np.arange(-0.5, ratio.shape[1]), minor=True)
    axes.set_yticks(np.arange(-0.5, len(top)), minor=True)
    axes.grid(which="minor", color="white", lw=1)
    axes.tick_params(which="minor", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return axes
