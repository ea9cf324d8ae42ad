"""Plots of the phase report as PNG: hit rate by capacity, calibration, and which features a head leans on."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.reports.plain import plot_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Floats = npt.NDArray[np.float64]

INK, MUTED, LINE = "#1a232e", "#566373", "#d6dce3"
SERIES = ("#1d4a72", "#a23b2c", "#24696a", "#8a6d1f", "#6b4a86")
MARKS = ("o", "s", "^", "D", "v")
LINES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (5, 2, 1, 2)), (0, (8, 3)))
# one end is light and the other dark, so that grey print keeps the order
LOW_HIGH = ("#f0b15c", "#8c86a0", "#16325c")
DRAWN = 2_000


@dataclass(frozen=True)
class Plot:
    """A picture with the words for who cannot see it."""

    png: bytes
    alt: str

    @property
    def source(self) -> str:
        """The picture as an address that holds it."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


def capacity_plot(curve: pd.DataFrame, measure: str = "hit_rate", axis: tuple[str, str] | None = None) -> Plot:
    """Draw a measure over the share of shipments inspected, with its interval, one line per scorer.

    Parameters
    ----------
    curve
        ``scorer`` (what ranked), ``share`` (inspected), the measure, and its ``_low`` and ``_high``.
    measure
        ``hit_rate``, ``recall`` or ``lift``.
    axis
        What the axes are called, if not in English.
    """
    figure, axes = _axes(5.2, 3.5)
    said = []
    for at, (name, part) in enumerate(curve.groupby("scorer", sort=False)):
        one = part.loc[np.isfinite(part[measure].to_numpy(dtype=float))].sort_values("share")
        x = one["share"].to_numpy(dtype=float) * 100
        y = one[measure].to_numpy(dtype=float)
        scale = 1.0 if measure == "lift" else 100.0
        colour, mark = SERIES[at % len(SERIES)], MARKS[at % len(MARKS)]
        axes.plot(
            x,
            y * scale,
            color=colour,
            marker=mark,
            ls=LINES[at % len(LINES)],
            lw=1.8,
            ms=5,
            label=plot_label(str(name)),
        )
        if f"{measure}_low" in one.columns:
            low, high = (one[f"{measure}_{end}"].to_numpy(dtype=float) * scale for end in ("low", "high"))
            axes.fill_between(x, low, high, color=colour, alpha=0.14, lw=0)
        said.append(f"{name}: " + ", ".join(f"{b * scale:.3g} at {a:g}%" for a, b in zip(x, y, strict=True)))
    readable = measure.replace("_", " ")
    across, up = axis or ("inspected, % of shipments", readable if measure == "lift" else f"{readable}, %")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_ylim(bottom=0)
    axes.set_xticks(sorted({round(100 * share, 6) for share in curve["share"]}), minor=False)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, 1.13), ncols=3, borderaxespad=0)
    return Plot(_png(figure), f"{readable} by capacity. " + "; ".join(said) + ".")


def calibration_plot(
    bins: pd.DataFrame, axis: tuple[str, str] = ("predicted probability", "found, among the examined")
) -> Plot:
    """Draw what was found against what was predicted, on logarithmic axes, with intervals.

    Parameters
    ----------
    bins
        ``expected`` and ``found``, and where known ``low`` and ``high``.
    axis
        What the axes are called.
    """
    figure, axes = _axes(5.2, 3.5)
    x, y = (bins[name].to_numpy(dtype=float) for name in ("expected", "found"))
    floor = max(min(float(np.min(x[x > 0], initial=1.0)), float(np.min(y[y > 0], initial=1.0))) / 2, 1e-6)
    axes.plot([floor, 1], [floor, 1], color=MUTED, lw=1, ls=(0, (4, 3)))
    if {"low", "high"} <= set(bins.columns):
        low, high = (np.maximum(bins[end].to_numpy(dtype=float), floor) for end in ("low", "high"))
        axes.vlines(np.maximum(x, floor), low, high, color=SERIES[0], lw=1.2, alpha=0.6)
    axes.plot(np.maximum(x, floor), np.maximum(y, floor), "o", color=SERIES[0], ms=5.5)
    axes.set(xscale="log", yscale="log", xlim=(floor, 1), ylim=(floor, 1))
    axes.set_xlabel(axis[0])
    axes.set_ylabel(axis[1])
    said = ", ".join(f"{b:.3g} where {a:.3g} was predicted" for a, b in zip(x, y, strict=True))
    return Plot(_png(figure), f"Calibration: found {said}.")


def bar_plot(
    shap: pd.DataFrame, labels: Mapping[str, str], most: int = 12, axis: str = "mean absolute contribution"
) -> Plot:
    """Draw the mean absolute contribution of the features that contribute most.

    Parameters
    ----------
    shap
        Contributions, one column per feature.
    labels
        What each feature is called.
    most
        How many are drawn.
    axis
        What the axis is called.
    """
    mean = shap.abs().mean().sort_values(ascending=False).head(most)
    figure, axes = _axes(5.2, 3.5)
    places = np.arange(len(mean))[::-1]
    axes.barh(places, mean.to_numpy(), color=SERIES[0], height=0.62)
    names = [plot_label(labels.get(str(name), str(name)), 40) for name in mean.index]
    axes.set_yticks(places, names, fontsize=8)
    axes.set_xlabel(axis, loc="right")
    axes.grid(visible=False, axis="y")
    said = ", ".join(f"{labels.get(str(name), str(name))} {value:.2f}" for name, value in mean.items())
    return Plot(_png(figure), f"Mean absolute SHAP values: {said}.")


def beeswarm_plot(
    shap: pd.DataFrame,
    features: pd.DataFrame,
    labels: Mapping[str, str],
    most: int = 15,
    axis: str = "contribution, log-odds   (dark: high value, light: low value, hollow: missing)",
) -> Plot:
    """Draw the contributions of the features that contribute most, a point per shipment.

    The picture that shap calls a beeswarm, drawn without chance: the same numbers give the same picture.

    Parameters
    ----------
    shap, features
        Contributions and feature values, with equal rows and columns; of more than 2,000 rows an even choice
        is drawn.
    labels
        What each feature is called.
    most
        How many features are drawn.
    axis
        What the axis is called.
    """
    from matplotlib.colors import LinearSegmentedColormap

    rows = np.unique(np.linspace(0, max(len(shap) - 1, 0), min(DRAWN, len(shap))).astype(int))
    order = shap.abs().mean().sort_values(ascending=False).index[:most]
    figure, axes = _axes(8.6, 0.8 + 0.28 * len(order))
    colours = LinearSegmentedColormap.from_list("value", LOW_HIGH)
    axes.axvline(0, color=MUTED, lw=0.9)
    for at, name in enumerate(order):
        place = len(order) - 1 - at
        x = shap[name].to_numpy(dtype=float)[rows]
        value = features[name].to_numpy(dtype=float)[rows]
        y = place + _spread(x) * 0.36
        blank = np.isnan(value)
        axes.scatter(x[blank], y[blank], s=8, facecolors="none", edgecolors="#6d7885", lw=0.5)
        rank = _standing(value[~blank])
        axes.scatter(x[~blank], y[~blank], s=8, c=rank, cmap=colours, vmin=0, vmax=1, lw=0, alpha=0.85)
    axes.set_yticks(np.arange(len(order))[::-1], [plot_label(labels.get(str(name), str(name)), 52) for name in order])
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.set_xlabel(axis)
    axes.grid(visible=False, axis="y")
    names = ", ".join(labels.get(str(name), str(name)) for name in order)
    return Plot(_png(figure), f"SHAP values of {len(rows)} shipments for: {names}.")


def _spread(x: Floats, bins: int = 90) -> Floats:
    """Move points apart that share a place: those of a bin stand symmetrically above and below their line."""
    if not len(x):
        return x
    low, high = float(x.min()), float(x.max())
    which = np.minimum(((x - low) / ((high - low) or 1.0) * bins).astype(int), bins - 1)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=bins)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    place = np.empty(len(x))
    place[order] = np.arange(len(x)) - first[which[order]]
    side = np.where(place % 2 == 0, 1.0, -1.0)
    return np.asarray(side * np.ceil(place / 2) / max(float(counts.max()) / 2, 8.0))


def _standing(value: Floats) -> Floats:
    """Place values between 0 and 1 by their order; equal ones stand together."""
    if not len(value):
        return value
    _, which = np.unique(value, return_inverse=True)
    return np.asarray(which / max(int(which.max()), 1), dtype=np.float64)


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=160, layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.tick_params(colors=MUTED, labelsize=9)
    axes.xaxis.label.set(color=INK, size=9.5)
    axes.yaxis.label.set(color=INK, size=9.5)
    axes.grid(visible=True, color=LINE, lw=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
