"""The audit of indicators as one offline web page: what to ask first, what each family is worth, every indicator."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.reports.blocks import PlotBlock, Section, TableBlock, table_block
from omdrisk.reports.page import render, write_whole
from omdrisk.reports.plain import plain
from omdrisk.reports.plots import Plot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.evaluation import FeatureAudit

HABITS = (
    "Indicators are measured on shipments that somebody examined: what they are worth there carries the habits of "
    "whoever selected them."
)
QUESTIONS = (
    "A flag is a question for a person. The bounds behind it are stated in the documentation of the audit, and a leak "
    "that stays below them is not seen."
)
INTERVALS = (
    "Intervals are of 95% and draw whole days. Where finds are few they are wide, and a loss whose interval holds 0 "
    "says nothing either way."
)
INDICATORS = {
    "words": "indicator",
    "id": "id",
    "indicator": "name",
    "coverage": "coverage_share",
    "auc": "AUC alone",
    "auc_low": "AUC alone_low",
    "auc_high": "AUC alone_high",
    "lift": "lift alone",
    "lift_low": "lift alone_low",
    "lift_high": "lift alone_high",
    "auc_worst_period": "worst period",
    "auc_best_period": "best period",
    "gain_share": "gain_share",
    "shap_share": "SHAP_share",
    "cluster": "alike",
    "seconds_per_100k": "s per 100,000",
    "flags": "flags",
}


def write_feature_audit(
    path: str | Path, audits: Sequence[FeatureAudit], *, title: str = "Audit of indicators", lead: str = ""
) -> Path:
    """Write the audits of one head or more as one web page that loads nothing from anywhere.

    Parameters
    ----------
    path
        File to write.
    audits
        From `omdrisk.evaluation.audit_features`.
    title, lead
        Heading, and the sentence below it.

    Returns
    -------
    pathlib.Path
        The file that was written.
    """
    text = render(
        "feature_audit.html.j2",
        styles=("style.css", "report.css", "feature_audit.css"),
        title=plain(title, 300),
        lead=plain(lead),
        facts=[fact for audit in audits for fact in _facts(audit)],
        caveats=[HABITS, QUESTIONS, INTERVALS],
        sections=[_section(audit) for audit in audits],
    )
    return write_whole(Path(path), text)


def _facts(audit: FeatureAudit) -> list[tuple[str, str]]:
    facts, head = audit.facts, plain(audit.target, 100)
    return [
        (head, f"{facts['definitions']} indicators, {len(audit.leaks)} suspected leaks"),
        (f"{head}: examined", f"{facts['examined']:,}, found {facts['found']:,}"),
        (
            f"{head}: families tested on",
            f"{facts['tested_on']}, {facts['tested']:,} shipments, {facts['tested_found']:,} finds",
        ),
    ]


def _section(audit: FeatureAudit) -> Section:
    blocks: list[TableBlock | PlotBlock] = [_leaks(audit)]
    if len(audit.families):
        blocks += [_picture(audit), _families(audit.families)]
    blocks.append(_indicators(audit.table))
    alike = _alike(audit.table)
    if len(alike):
        blocks.append(table_block("Indicators that say the same", alike, "Rank correlation of 0.9 or more."))
    sensitive = audit.flags[~audit.flags["indicator"].isin(audit.leaks)].drop(columns="column")
    if len(sensitive):
        note = (
            "Countries are predictive, and a record of where people looked: measure with and without before using them."
        )
        blocks.append(table_block("What speaks of countries", sensitive, note))
    truth = "against the known truth" if audit.facts["truth"] else "on what was examined"
    told = f"Trained before {str(audit.facts['trained_before'])[:10]}, tested on {audit.facts['tested_on']} {truth}."
    return Section(f"Head: {plain(audit.target, 100)}", blocks, told)


def _leaks(audit: FeatureAudit) -> TableBlock:
    suspected = audit.flags[audit.flags["indicator"].isin(audit.leaks)]
    if not len(suspected):
        said = "No column tells the outcome, no declared field is too good alone, and nothing moves with later data."
        return table_block("Suspected leaks", pd.DataFrame({"result": ["none"], "tested": [said]}))
    note = "Leave these out until somebody has said how and when the column is filled."
    return table_block("Suspected leaks", suspected, note)


def _picture(audit: FeatureAudit) -> PlotBlock:
    out = io.BytesIO()
    audit.plot().figure.savefig(out, format="png", dpi=160, metadata={"Software": None})
    chosen = audit.families[audit.families["metric"] == "average_precision"]
    said = ", ".join(f"{row.family} {row.loss:.3f}" for row in chosen.itertuples() if row.family != "(all)")
    note = "Right of the line the head is worse without the family. Bars: 95% interval."
    return PlotBlock(
        "What the head loses without each family", Plot(out.getvalue(), f"Losses: {said}."), note, wide=True
    )


def _families(families: pd.DataFrame) -> TableBlock:
    columns: dict[str, Mapping[str, object]] = {}
    for record in families.to_dict("records"):
        row = dict(columns.setdefault(record["family"], {"family": record["family"], "features": record["features"]}))
        name = str(record["metric"]).replace("average_precision", "average precision").replace("auc", "AUC")
        name = f"{name.replace('_', ' ').replace('@', ' at ')} lost"
        whole = record["family"] == "(all)"
        row[name] = float("nan") if whole else record["loss"]
        row |= {f"{name}_{end}": float("nan") if whole else record[end] for end in ("low", "high")}
        columns[record["family"]] = row
    first = next((name for name in families["metric"] if name == "average_precision"), families["metric"].iloc[0])
    order = families[(families["metric"] == first) & (families["family"] != "(all)")].sort_values(
        "loss", ascending=False
    )
    frame = pd.DataFrame([columns[name] for name in order["family"]])
    return table_block("Loss without each family", frame.round(4), "Each score is the mean of heads of three seeds.")


def _indicators(table: pd.DataFrame) -> TableBlock:
    frame = table.sort_values("shap_share", ascending=False)[list(INDICATORS)].rename(columns=INDICATORS)
    frame = frame.round(3)
    frame["alike"] = frame["alike"].map(lambda number: f"{number}" if number else "")
    note = (
        "AUC and lift (at a tenth inspected) of each alone, ranked by what its values were worth in other periods; "
        "worst and best period by AUC. Gain and SHAP share: of all that moves the head. Alike: number of its cluster."
    )
    return table_block("Every indicator", frame, note)


def _alike(table: pd.DataFrame) -> pd.DataFrame:
    together = table[table["cluster"] > 0].groupby("cluster")["indicator"].agg(", ".join).reset_index()
    return together.rename(columns={"indicator": "indicators"})
