"""The report of a phase: how the heads did, what they lean on, and what the figures cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.reports.blocks import PlotBlock, Section, TableBlock, table_block
from omdrisk.reports.measures import capacity_curve, is_long, measures_block
from omdrisk.reports.page import render, write_whole
from omdrisk.reports.plain import plain
from omdrisk.reports.plots import bar_plot, beeswarm_plot, calibration_plot, capacity_plot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.scoring import Scorer

SIMULATED = (
    "The world of this report is simulated. Its figures show that the method works from end to end; "
    "they do not say how it would do on real shipments."
)
UNKNOWN = (
    "A shipment that nobody examined is unknown, not clear. Figures that rest on examined shipments alone "
    "carry the habits of whoever selected them, unless they are weighted by a known selection probability."
)
CAUSES = "A contribution says what the model used, not what causes smuggling nor that a trader did wrong."


@dataclass(frozen=True)
class HeadReport:
    """What a report says of one head; every part but the name may be left out.

    Parameters
    ----------
    head
        Name of the head.
    metrics
        Measures as `omdrisk.evaluation.evaluate` and ``backtest`` write them (``metric``, ``value``, ``low``,
        ``high``, and columns such as ``phase`` that tell tests apart), or any table with one row per test, in
        which ``x_low`` and ``x_high`` are the interval of ``x``.
    capacity
        Measures by capacity: ``scorer``, ``share``, ``hit_rate``, ``recall``, with intervals; taken from
        `metrics` where not given.
    calibration
        As `omdrisk.evaluation.reliability` writes it: ``expected``, ``found``, ``low``, ``high``, ``rows``.
    shap, features
        Contributions and feature values of a sample of shipments, one column per feature.
    labels
        What each feature is called.
    tables
        Further tables by title.
    note
        What a reader should know first.
    """

    head: str
    metrics: pd.DataFrame | None = None
    capacity: pd.DataFrame | None = None
    calibration: pd.DataFrame | None = None
    shap: pd.DataFrame | None = None
    features: pd.DataFrame | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    note: str = ""

    def with_explanation(self, scorer: Scorer, shipments: pd.DataFrame) -> HeadReport:
        """Return a copy with the contributions of shipments, of which some hundreds are enough."""
        told = scorer.shap(shipments, self.head)
        names = list(told.feature_names)
        catalog = scorer.heads[self.head].pipeline.catalog_
        return replace(
            self,
            shap=pd.DataFrame(told.values, columns=names),
            features=pd.DataFrame(told.data, columns=names),
            labels={name: catalog[name].words.get("en", name) for name in names},
        )


def write_report_html(
    path: str | Path,
    *,
    title: str,
    heads: Sequence[HeadReport] = (),
    facts: Mapping[str, object] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
    caveats: Sequence[str] = (),
    lead: str = "",
) -> Path:
    """Write a phase report as one offline web page.

    Parameters
    ----------
    path
        File to write.
    title, lead
        Heading, and the sentence below it.
    heads
        What there is to say of each head.
    facts
        Short facts shown on top: model version, dates, rows.
    tables
        Tables about the data, by title.
    caveats
        What the figures do not say, besides the two sentences that every report has; `SIMULATED` for a
        simulation.

    Returns
    -------
    pathlib.Path
        The file that was written.
    """
    sections = [_head_section(one) for one in heads]
    if tables:
        blocks: list[TableBlock | PlotBlock] = [table_block(plain(name, 200), frame) for name, frame in tables.items()]
        sections.append(Section("Data", blocks))
    text = render(
        "report.html.j2",
        styles=("style.css", "report.css"),
        title=plain(title, 300),
        lead=plain(lead),
        facts=[(plain(label, 100), plain(value, 300)) for label, value in (facts or {}).items()],
        caveats=[plain(caveat) for caveat in (*caveats, UNKNOWN, CAUSES)],
        sections=sections,
    )
    return write_whole(Path(path), text)


def _head_section(report: HeadReport) -> Section:
    blocks: list[TableBlock | PlotBlock] = []
    capacity = report.capacity
    if report.metrics is not None:
        long = is_long(report.metrics)
        make = measures_block if long else table_block
        note = "Ranges are 95% intervals." if any("low" in str(name) for name in report.metrics.columns) else ""
        blocks.append(make("Measures", report.metrics, note))
        if capacity is None and long:
            capacity = capacity_curve(report.metrics)
    if capacity is not None:
        for measure, heading in (("hit_rate", "Hit rate by capacity"), ("recall", "Recall by capacity")):
            if measure in capacity.columns:
                blocks.append(PlotBlock(heading, capacity_plot(capacity, measure), _CAPACITY[measure]))
    if report.calibration is not None:
        note = "On the dashed line as many are found as were predicted."
        blocks.append(PlotBlock("Calibration", calibration_plot(report.calibration), note))
    if report.shap is not None and len(report.shap):
        blocks.append(
            PlotBlock(
                "What the head leans on",
                bar_plot(report.shap, report.labels),
                f"Mean absolute exact SHAP values of {len(report.shap):,} shipments.",
            )
        )
        if report.features is not None:
            blocks.append(
                PlotBlock(
                    "How values move the score",
                    beeswarm_plot(report.shap, report.features, report.labels),
                    "One point per shipment: to the right it raises the score, to the left it lowers it.",
                    wide=True,
                )
            )
    blocks += [table_block(plain(name, 200), frame) for name, frame in report.tables.items()]
    return Section(f"Head: {plain(report.head, 100)}", blocks, plain(report.note))


_CAPACITY = {
    "hit_rate": "Of the shipments inspected, the share with a find. Shaded: 95% interval.",
    "recall": "Of all finds, the share among the shipments inspected. Shaded: 95% interval.",
}
