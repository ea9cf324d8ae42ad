"""What a phase report says of drift, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omdrisk.reports.blocks import PlotBlock, Section, TableBlock
from omdrisk.reports.phase.plots import drawn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omdrisk.reports.phase.content import PhaseContent
    from omdrisk.reports.phase.words import Words

MOST_SIGNALS = 25
BACK = ("base_rate", "calibration")


def drift_section(content: PhaseContent, words: Words) -> Section:
    """Lay out drift: what to do first, then weeks, picture and signals."""
    drift = content.drift
    if drift is None:
        return Section(words("sections", "drift"), [], words("drift", "none"))
    labels = {name: label for head in content.heads for name, label in head.labels.get(words.language, {}).items()}
    blocks: list[TableBlock | PlotBlock] = []
    every = round(1 / drift.alarm) if drift.alarm else 0
    weeks = drift.weeks.assign(
        week=[str(day.date()) for day in drift.weeks["week"]],
        verdict=[words("verdicts", verdict) for verdict in drift.weeks["verdict"]],
    )
    blocks.append(words.table(words("drift", "weeks"), weeks, words("drift", "weeks_note", every=every)))
    called = {f"{kind}/{name}": signal_name(kind, name, labels, words) for kind, name in _signals(drift)}
    title = words("drift", "picture")
    blocks.append(PlotBlock(title, drawn(drift.plot(labels=called), title), words("drift", "picture_note"), wide=True))
    beyond = drift.table[(drift.table["verdict"] != "steady") & ~drift.table["kind"].isin(BACK)]
    if len(beyond):
        blocks.append(words.table(words("drift", "signals"), _told(beyond, called, words)))
    back = drift.table[drift.table["kind"].isin(BACK)]
    if len(back):
        blocks.append(words.table(words("drift", "returned"), _returned(back, words), words("drift", "returned_note")))
    lead = " ".join(advice_text(one, labels, words) for one in drift.advice)
    return Section(words("sections", "drift"), blocks, lead)


def advice_text(advice: Any, labels: Mapping[str, str], words: Words) -> str:
    """Say in words what to do."""
    if advice.code == "nothing":
        return words("advice", "nothing")
    names = ", ".join(signal_name(advice.code, name, labels, words) for name in advice.names)
    where = words("advice", "where", places=", ".join(advice.where)) if advice.where else ""
    return words("advice", advice.code, names=names, where=where, since=advice.since)


def signal_name(kind: str, name: str, labels: Mapping[str, str], words: Words) -> str:
    """Return what a signal is called."""
    if kind in ("score", *BACK):
        return f"{words('kinds', kind)}, {words.target(name)}"
    if kind == "missing":
        return words.column(name)
    return labels.get(name, name.replace("_", " "))


def _signals(drift: Any) -> list[tuple[str, str]]:
    return list(dict.fromkeys(zip(drift.table["kind"], drift.table["name"], strict=True)))


def _told(beyond: Any, called: Mapping[str, str], words: Words) -> Any:
    top = beyond.sort_values("ratio", ascending=False, kind="stable").head(MOST_SIGNALS)
    told = top.assign(
        week=[str(day.date()) for day in top["week"]],
        name=[called[f"{kind}/{name}"] for kind, name in zip(top["kind"], top["name"], strict=True)],
        kind=[words("kinds", kind) for kind in top["kind"]],
        verdict=[words("verdicts", verdict) for verdict in top["verdict"]],
    )
    return told[["week", "kind", "name", "where", "index", "limit", "before", "now", "verdict"]]


def _returned(back: Any, words: Words) -> Any:
    told = back.assign(
        week=[str(day.date()) for day in back["week"]],
        head=[words.target(name) for name in back["name"]],
        kind=[words("kinds", kind) for kind in back["kind"]],
        verdict=[words("verdicts", verdict) for verdict in back["verdict"]],
        now_low=back["low"],
        now_high=back["high"],
    )
    columns = [
        "week",
        "kind",
        "head",
        "rows",
        "found",
        "before",
        "before_low",
        "before_high",
        "now",
        "now_low",
        "now_high",
    ]
    return told[[*columns, "verdict"]]
