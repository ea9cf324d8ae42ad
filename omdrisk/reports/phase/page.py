"""Laying out a phase report: sections of tables and plots, in one language, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.reports.blocks import PlotBlock, Section, TableBlock
from omdrisk.reports.page import render, write_whole
from omdrisk.reports.phase.drift import drift_section
from omdrisk.reports.phase.head import head_section, in_short
from omdrisk.reports.phase.plots import drawn
from omdrisk.reports.phase.watching import watching
from omdrisk.reports.phase.words import Words
from omdrisk.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omdrisk.reports.phase.card import Card
    from omdrisk.reports.phase.content import PhaseContent, Result

STYLES = ("style.css", "report.css", "phase.css")
MOST_ROWS = 40


def write_phase_html(path: str | Path, content: PhaseContent, language: str = "en") -> Path:
    """Write the report of a phase as one offline web page, ready to be printed on A4.

    Parameters
    ----------
    path
        File to write.
    content
        What the report says; what is not there is left out.
    language
        ``en`` or ``vi``.

    Raises
    ------
    InputError
        If there are no words in the language.
    """
    words = Words(language)
    sections = [_data(content, words)]
    sections += [head_section(head, words) for head in content.heads]
    sections.append(drift_section(content, words))
    for name in ("policies", "sharing", "fairness"):
        results: Mapping[str, Result] = getattr(content, name)
        if results:
            sections.append(Section(words("sections", name), _results(results, words)))
    text = render(
        "phase.html.j2",
        styles=STYLES,
        language=language,
        words=words,
        title=words("page", "title", phase=plain(content.phase, 60)),
        lead=words("page", "lead", start=content.start, end=content.end),
        facts=[(words("facts", key), plain(value, 200)) for key, value in content.facts.items() if value],
        short=in_short(content, words),
        sections=sections,
        watch=watching(content, words),
        limits=[
            words("limits", key)
            for key in ("simulated", "unknown", "causes", "people")
            if key != "simulated" or content.simulated
        ],
        journal=_journal(content, words),
        seal=content.seal,
    )
    return write_whole(Path(path), text)


def write_card_html(path: str | Path, card: Card, language: str = "en") -> Path:
    """Write a model card as one offline web page; what people have to say is left visibly open."""
    words = Words(language)
    text = render("card.html.j2", styles=STYLES, language=language, words=words, card=card)
    return write_whole(Path(path), text)


def _data(content: PhaseContent, words: Words) -> Section:
    blocks: list[TableBlock | PlotBlock] = []
    if content.tables is not None:
        blocks.append(words.table(words("data", "tables"), content.tables, words("data", "tables_note")))
    facts = [
        {
            "head": words.target(head.target),
            "rows": head.facts.get("rows"),
            "found": head.facts.get("positives"),
            "rounds": head.facts.get("rounds"),
            "features": head.facts.get("features"),
            "as_of": str(head.facts.get("as_of", ""))[:10],
            "calibration": str(head.facts.get("calibration", "")),
        }
        for head in content.heads
        if head.facts
    ]
    if facts:
        blocks.append(words.table(words("data", "heads"), pd.DataFrame(facts)))
    for name, table in (("phases", content.examined_by_phase), ("administrations", content.examined_by_place)):
        if table is not None and len(table):
            table = table.assign(head=[words.target(str(head)) for head in table["head"]])  # noqa: PLW2901
            note = words("data", "phases_note") if name == "phases" else ""
            blocks.append(words.table(words("data", name), table.head(MOST_ROWS), note, wide=False))
    return Section(words("sections", "data"), blocks)


def _results(results: Mapping[str, Result], words: Words) -> list[TableBlock | PlotBlock]:
    blocks: list[TableBlock | PlotBlock] = []
    for name, result in results.items():
        title = words.target(name) if name else ""
        table = result.table.head(MOST_ROWS)
        said = {
            name: [words("groups", str(cell)) for cell in table[name]] for name in ("group", "rate_of") if name in table
        }
        blocks.append(words.table(title, table.assign(**said)))
        axes: Any = result.plot()
        blocks.append(PlotBlock(title, drawn(axes, title or str(axes.get_title())), wide=True))
    return blocks


def _journal(content: PhaseContent, words: Words) -> TableBlock | None:
    if content.journal is None or not len(content.journal):
        return None
    told = content.journal.assign(
        deed=[words("deeds", str(deed)) for deed in content.journal["deed"]],
        head=[words.target(str(head)) if head else "" for head in content.journal["head"]],
    )
    note = words("trail", "journal_note", seal=content.seal[:16])
    return words.table(words("trail", "journal"), told[["at", "deed", "head", "who", "why"]].tail(MOST_ROWS), note)
