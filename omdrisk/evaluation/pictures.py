"""Pictures of evaluation; matplotlib is loaded when the first one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def new_axes(width: float = 7.0, height: float = 4.2) -> Any:
    """Return the axes of a new figure that no window shows."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def at_capacity(table: pd.DataFrame, by: str, axes: Any = None, metric: str = "hit_rate") -> Any:
    """Draw a metric against capacity, a line with its interval for each value of `by`."""
    axes = new_axes() if axes is None else axes
    found = table["metric"].str.extract(rf"^{metric}@([0-9.]+)%$")[0].astype(float)
    chosen = table.assign(share=found).dropna(subset=["share"])
    for name, part in chosen.groupby(by, sort=False):
        part = part.sort_values("share")  # noqa: PLW2901  (the same rows in order)
        line = axes.plot(part["share"], part["value"], marker="o", label=str(name))[0]
        axes.fill_between(part["share"], part["low"], part["high"], alpha=0.15, color=line.get_color())
    axes.set_xlabel("inspected, % of shipments")
    axes.set_ylabel(metric.replace("_", " "))
    axes.set_ylim(bottom=0)
    axes.legend(title=by)
    return axes


def by_phase(table: pd.DataFrame, metric: str, axes: Any = None) -> Any:
    """Draw a metric phase by phase, a point with its interval for each scorer."""
    axes = new_axes() if axes is None else axes
    chosen = table[table["metric"] == metric]
    phases = list(dict.fromkeys(chosen["phase"]))
    scorers = list(dict.fromkeys(chosen["scorer"]))
    for number, scorer in enumerate(scorers):
        part = chosen[chosen["scorer"] == scorer].set_index("phase").reindex(phases)
        place = np.arange(len(phases)) + 0.12 * (number - (len(scorers) - 1) / 2)
        value = part["value"].to_numpy()
        reach = np.vstack([value - part["low"], part["high"] - value]).clip(min=0)
        axes.errorbar(place, value, yerr=np.nan_to_num(reach), fmt="o", capsize=3, label=scorer)
    axes.set_xticks(range(len(phases)), phases)
    axes.set_xlabel("phase")
    axes.set_ylabel(metric.replace("_", " "))
    axes.set_ylim(bottom=0)
    axes.legend()
    return axes
