"""Plots of the phase report: told apart by mark, line and lightness, so that grey print loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.reports.plain import plot_label
from omdrisk.reports.plots import INK, LINE, MARKS, MUTED, SERIES, Plot, _axes, _png

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from omdrisk.reports.phase.words import Words

STRONGEST = 4


def phases_plot(metrics: pd.DataFrame, metric: str, words: Words) -> Plot:
    """Draw a metric phase by phase with intervals, a mark for each scorer."""
    part = metrics[metrics["metric"] == metric]
    phases = list(dict.fromkeys(part["phase"]))
    scorers = list(dict.fromkeys(part["scorer"]))
    figure, axes = _axes(5.2, 3.3)
    scale = 100.0 if metric.startswith(("hit_rate", "recall")) else 1.0
    said = []
    for at, scorer in enumerate(scorers):
        rows = part[part["scorer"] == scorer].set_index("phase").reindex(phases)
        x = np.arange(len(phases)) + 0.16 * (at - (len(scorers) - 1) / 2)
        value, low, high = (rows[name].to_numpy(dtype=float) * scale for name in ("value", "low", "high"))
        axes.vlines(x, low, high, color=SERIES[at], lw=2)
        full = at == 0
        axes.plot(
            x,
            value,
            MARKS[at],
            color=SERIES[at],
            ms=7,
            mfc=SERIES[at] if full else "white",
            mew=1.6,
            label=words("axes", scorer),
        )
        named = zip(phases, value, strict=True)
        said.append(f"{words('axes', scorer)}: " + ", ".join(f"{name} {one:.3g}" for name, one in named))
    axes.set_xticks(range(len(phases)), [words("scorers", "all") if name == "all" else name for name in phases])
    axes.set_xlim(-0.6, len(phases) - 0.4)
    axes.set_xlabel(words("axes", "phase"))
    axes.set_ylabel(words("axes", "hit_rate") if metric.startswith("hit_rate") else words.measure(metric))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, 1.14), ncols=3, borderaxespad=0)
    return Plot(_png(figure), f"{words.measure(metric)}. " + "; ".join(said) + ".")


def dependence_plot(
    shap: pd.DataFrame, features: pd.DataFrame, labels: Mapping[str, str], words: Words, most: int = STRONGEST
) -> Plot:
    """Draw the contributions of the strongest indicators against their values, one panel each.

    Parameters
    ----------
    shap, features
        Contributions and feature values, with equal rows and columns.
    labels
        What each feature is called.
    words
        The language.
    most
        Number of panels.
    """
    order = list(shap.abs().mean().sort_values(ascending=False, kind="stable").index[:most])
    rows = (len(order) + 1) // 2
    figure, whole = _axes(8.6, 2.7 * rows)
    whole.remove()
    grid: Any = figure.subplots(rows, 2, squeeze=False)
    for at, axes in enumerate(grid.ravel()):
        if at >= len(order):
            axes.remove()
            continue
        _panel(axes, features[order[at]].to_numpy(dtype=float), shap[order[at]].to_numpy(dtype=float), words)
        axes.set_title(plot_label(labels.get(str(order[at]), str(order[at])), 46), fontsize=9.5, color=INK, loc="left")
        if at % 2 == 0:
            axes.set_ylabel(words("axes", "contribution"), fontsize=8.5, color=INK)
    named = ", ".join(labels.get(str(name), str(name)) for name in order)
    return Plot(_png(figure), f"{words('head', 'dependence')}: {named}.")


def _panel(axes: Any, x: Any, y: Any, words: Words) -> None:
    """Draw one dependence: points, the median as a line, and shipments without a value at the left edge."""
    known = ~np.isnan(x)
    axes.axhline(0.0, color=MUTED, lw=0.8)
    axes.grid(visible=True, color=LINE, lw=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=MUTED, labelsize=8)
    values = x[known]
    wide = len(values) and values.min() >= 0 and values.max() > 50 * (1 + np.median(values))
    shown = np.log10(1 + values) if wide else values
    axes.scatter(shown, y[known], s=9, color="#3a5f86", alpha=0.45, lw=0)
    if len(shown):
        low, high = float(shown.min()), float(shown.max())
        edges = np.unique(np.quantile(shown, np.linspace(0, 1, 9)))
        if len(edges) > 2:
            which = np.clip(np.searchsorted(edges, shown, "right") - 1, 0, len(edges) - 2)
            used = [bin_ for bin_ in range(len(edges) - 1) if (which == bin_).any()]
            middle = [
                (float(np.median(shown[which == bin_])), float(np.median(y[known][which == bin_]))) for bin_ in used
            ]
            axes.plot(*zip(*middle, strict=True), color=INK, lw=1.6)
        space = (high - low) or 1.0
        if (~known).any():
            axes.scatter(
                np.full(int((~known).sum()), low - 0.09 * space),
                y[~known],
                s=11,
                facecolors="none",
                edgecolors=MUTED,
                lw=0.7,
            )
    if wide:
        ticks = [
            tick for tick in (0, 10, 100, 1_000, 10_000, 100_000, 1_000_000) if tick <= 10 ** float(shown.max()) * 1.5
        ]
        axes.set_xticks([float(np.log10(1 + tick)) for tick in ticks], [f"{tick:,}" for tick in ticks])
        axes.set_xlabel(words("axes", "log"), fontsize=8, color=MUTED, loc="right")


def drawn(axes: Any, alt: str) -> Plot:
    """Return a picture of axes that a result drew itself."""
    return Plot(_png(axes.figure), alt)


def leads_plot(leads: pd.DataFrame, metric: str, words: Words, names: Sequence[str]) -> Plot:
    """Draw the lead phase by phase with its paired interval; left of the line the new head is behind."""
    part = leads[leads["metric"] == metric]
    figure, axes = _axes(5.2, 1.5 + 0.42 * len(part))
    scale = 100.0 if metric.startswith(("hit_rate", "recall")) else 1.0
    places = np.arange(len(part))[::-1]
    value, low, high = (part[name].to_numpy(dtype=float) * scale for name in ("value", "low", "high"))
    axes.axvline(0.0, color=INK, lw=1.1)
    axes.hlines(places, low, high, color=SERIES[0], lw=2.2)
    axes.plot(value, places, "o", color=SERIES[0], ms=7)
    axes.set_yticks(places, list(names))
    axes.set_ylim(-0.6, len(part) - 0.4)
    axes.set_xlabel(f"{words('axes', 'lead')}: {words.measure(metric)}{', %' if scale > 1 else ''}")
    axes.grid(visible=False, axis="y")
    said = ", ".join(f"{name} {one:.3g}" for name, one in zip(names, value, strict=True))
    return Plot(_png(figure), f"{words('axes', 'lead')}, {words.measure(metric)}: {said}.")
