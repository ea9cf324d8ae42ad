"""What a phase report says of one head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.reports.blocks import Cell, Heading, PlotBlock, Section, TableBlock
from omdrisk.reports.measures import capacity_curve
from omdrisk.reports.phase.plots import dependence_plot, leads_plot, phases_plot
from omdrisk.reports.plain import plain
from omdrisk.reports.plots import bar_plot, beeswarm_plot, calibration_plot, capacity_plot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omdrisk.reports.phase.content import PhaseContent, PhaseHead
    from omdrisk.reports.phase.words import Words

SHOWN = ("auc", "average_precision")


def head_section(head: PhaseHead, words: Words) -> Section:
    """Lay out everything about one head."""
    blocks: list[TableBlock | PlotBlock] = []
    labels = head.labels.get(words.language, {})
    if head.metrics is not None and len(head.metrics):
        blocks += _measures(head, words)
    if head.calibration is not None and len(head.calibration):
        axis = (words("axes", "expected"), words("axes", "found"))
        plot = calibration_plot(head.calibration, axis)
        blocks.append(PlotBlock(words("head", "calibration"), plot, words("head", "calibration_note")))
    if head.leads is not None and len(head.leads):
        blocks += _leads(head, words)
    if head.checks:
        blocks.append(_gate(head, words, labels))
    if head.places is not None and len(head.places):
        table = wide_table(head.places, ["phase", "administration"], [*SHOWN, head.metric], words)
        blocks.append(words.table(words("head", "administrations"), table, words("head", "administrations_note")))
    if head.shap is not None and head.features is not None and len(head.shap):
        blocks += _leans(head, labels, words)
    if head.trials is not None and len(head.trials):
        note = words("head", "trials_note", trials=len(head.trials))
        blocks.append(words.table(words("head", "trials"), head.trials.head(8), note))
    return Section(words("sections", "head", head=words.target(head.target)), blocks)


def in_short(content: PhaseContent, words: Words) -> list[str]:
    """Say the gist in sentences."""
    told = [_gist(head, words) for head in content.heads]
    for head in content.heads:
        if head.promoted:
            named = {key: plain(head.promoted.get(key, ""), 200) for key in ("at", "by", "approved_by", "why")}
            told.append(
                words(
                    "short",
                    "forced" if head.promoted.get("failed") else "promoted",
                    head=words.target(head.target),
                    **named,
                )
            )
    verdict = "none" if content.drift is None else content.drift.verdict
    told.append(words("short", f"drift_{verdict}"))
    return told


def gate_text(check: Mapping[str, Any], words: Words, labels: Mapping[str, str]) -> str:
    """Say in a sentence what a check of the gate asked and found."""
    figures, name = dict(check["figures"]), check["name"]
    if name == "lead":
        metric = figures["metric"]
        told = {key: words.amount(metric, _float(figures[key])) for key in ("value", "low", "high", "margin")}
        return words("gate", "lead_text", metric=words.measure(metric), **told)
    if name == "calibration":
        told = {key: words.number(_float(figures[key]), 2) for key in ("value", "low", "high", "limit")}
        return words("gate", "calibration_text", **told)
    if name == "coverage":
        places = ", ".join(figures["missing"])
        missing = words("gate", "missing", places=plain(places, 200)) if places else ""
        shares = {key: words.share(_float(figures[key])) for key in ("share", "least")}
        return words("gate", "coverage_text", missing=missing, **shares).strip()
    if name == "fairness":
        feature = str(figures["feature"])
        shares = {key: words.share(_float(figures[key])) for key in ("largest", "limit")}
        told_feature = labels.get(feature, feature) or words("page", "none")
        text = words("gate", "fairness_text", feature=told_feature, **shares)
        vain = [
            words(
                "gate",
                "vain",
                member=plain(one["member"]),
                group=words("groups", one["group"]),
                ratio=words.number(one["ratio"], 1),
            )
            for one in figures.get("vain", [])
        ]
        return " ".join([text, *vain])
    return words("gate", f"{name}_text", **figures)


def wide_table(table: pd.DataFrame, by: list[str], metrics: list[str], words: Words) -> pd.DataFrame:
    """Lay a long table of metrics out with a column for each, and its interval."""
    told = []
    for keys, part in table.groupby(by, sort=False):
        row: dict[str, Any] = {name: _named(name, str(key), words) for name, key in zip(by, keys, strict=True)}
        values = part.drop_duplicates("metric").set_index("metric")
        row |= {"rows": int(part["rows"].iloc[0]), "found": int(part["found"].iloc[0])}
        for metric in dict.fromkeys(metrics):
            if metric in values.index:
                for end, column in (("", "value"), ("_low", "low"), ("_high", "high")):
                    row[metric + end] = float(values[column][metric])
        told.append(row)
    return pd.DataFrame(told)


def phase_name(name: str, words: Words) -> str:
    """Return what a phase of the comparison is called."""
    if name == "all":
        return words("scorers", "all")
    phase, mark, _ = name.partition(" as they are")
    return words("scorers", "as_they_are", phase=phase) if mark else name


def _named(column: str, key: str, words: Words) -> str:
    if column == "phase":
        return phase_name(key, words)
    return words("scorers", key) if column == "scorer" else key


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _gist(head: PhaseHead, words: Words) -> str:
    name = words.target(head.target)
    own = _row(head.metrics, head.metric, scorer="head")
    if own is None:
        return words("short", "head_untested", head=name)
    told = {key: words.amount(head.metric, float(own[key])) for key in ("value", "low", "high")}
    share = head.metric.partition("@")[2].removesuffix("%")
    lead = _row(head.leads, head.metric)
    ends = {"lead": "value", "lead_low": "low", "lead_high": "high"}
    led = {
        key: words.amount(head.metric, float(lead[column])) if lead is not None else "–" for key, column in ends.items()
    }
    return words(
        "short",
        f"head_{head.against}",
        head=name,
        share=words.share(float(share) / 100) if share else "–",
        rows=words.number(float(own["rows"])),
        verdict=words("short", "through" if head.passed else "back"),
        **told,
        **led,
    )


def _row(table: pd.DataFrame | None, metric: str, **where: str) -> pd.Series | None:
    """Return the row of a metric over all phases together, or of the only phase."""
    if table is None or not len(table):
        return None
    part = table[table["metric"] == metric]
    for column, value in where.items():
        part = part[part[column] == value]
    whole = part[part["phase"] == "all"]
    chosen = whole if len(whole) else part
    return chosen.iloc[0] if len(chosen) else None


def _measures(head: PhaseHead, words: Words) -> list[TableBlock | PlotBlock]:
    assert head.metrics is not None  # noqa: S101  (asked before)
    hits = [name for name in dict.fromkeys(head.metrics["metric"]) if name.startswith("hit_rate")]
    shown = [*SHOWN, head.metric, head.metric.replace("hit_rate", "recall")]
    table = wide_table(head.metrics, ["phase", "scorer"], shown, words)
    blocks: list[TableBlock | PlotBlock] = [
        words.table(words("head", "by_phase"), table, words("head", "by_phase_note"))
    ]
    metric = head.metric if head.metric.startswith("hit_rate") else next(iter(hits), head.metric)
    share = metric.partition("@")[2].removesuffix("%")
    told = words.share(float(share) / 100) if share else ""
    blocks.append(PlotBlock(words("head", "phases_plot", share=told), phases_plot(head.metrics, metric, words)))
    names = set(head.metrics["phase"])
    whole = head.metrics[head.metrics["phase"] == ("all" if "all" in names else next(iter(names)))]
    curve = capacity_curve(whole.drop(columns="phase"))
    if curve is not None:
        axis = (words("axes", "inspected"), words("axes", "hit_rate"))
        plot = capacity_plot(
            curve.assign(scorer=[words("axes", str(name)) for name in curve["scorer"]]), "hit_rate", axis
        )
        blocks.append(PlotBlock(words("head", "capacity"), plot, words("head", "capacity_note")))
    return blocks


def _leads(head: PhaseHead, words: Words) -> list[TableBlock | PlotBlock]:
    assert head.leads is not None  # noqa: S101  (asked before)
    title = words("head", "leads", against=words("head", head.against))
    part = head.leads[head.leads["metric"] == head.metric]
    if not len(part):
        return []
    names = [phase_name(str(name), words) for name in part["phase"]]
    return [PlotBlock(title, leads_plot(head.leads, head.metric, words, names), words("head", "leads_note"))]


def _gate(head: PhaseHead, words: Words, labels: Mapping[str, str]) -> TableBlock:
    rows = []
    for check in head.checks:
        answer = "passed" if check["passed"] else "failed" if check["binding"] else "warning"
        rows.append(
            [Cell(words("gate", check["name"])), Cell(words("gate", answer)), Cell(gate_text(check, words, labels))]
        )
    heads = [Heading(words("columns", name), figure=False) for name in ("check", "result", "figures")]
    return TableBlock(words("head", "gate"), heads, rows, words("head", "gate_note"))


def _leans(head: PhaseHead, labels: Mapping[str, str], words: Words) -> list[TableBlock | PlotBlock]:
    assert head.shap is not None  # noqa: S101  (asked before)
    assert head.features is not None  # noqa: S101
    across = words("axes", "contribution")
    return [
        PlotBlock(
            words("head", "leans"),
            bar_plot(head.shap, labels, axis=words("axes", "mean_contribution")),
            words("head", "leans_note", rows=words.number(float(len(head.shap)))),
        ),
        PlotBlock(
            words("head", "swarm"),
            beeswarm_plot(head.shap, head.features, labels, axis=across),
            words("head", "swarm_note"),
            wide=True,
        ),
        PlotBlock(
            words("head", "dependence"),
            dependence_plot(head.shap, head.features, labels, words),
            words("head", "dependence_note"),
            wide=True,
        ),
    ]
