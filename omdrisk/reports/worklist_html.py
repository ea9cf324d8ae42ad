"""The worklist as one web page that needs no network: read, sort, filter, print, and give outcomes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.reports.details import explained
from omdrisk.reports.listed import heads_of, listed_items, outcome_codes
from omdrisk.reports.page import render, write_whole
from omdrisk.reports.phrases import Phrases
from omdrisk.reports.plain import plain

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.reports.details import Explained
    from omdrisk.scoring import Scorer


def write_worklist_html(
    worklist: pd.DataFrame,
    path: str | Path,
    *,
    scorer: Scorer | None = None,
    shipments: Any = None,
    language: str = "en",
    title: str | None = None,
    top: int = 5,
    against: int = 3,
) -> Path:
    """Write a worklist as one offline web page.

    The page loads nothing from anywhere and its content security policy lets nothing but its own script run.
    It can be sorted, filtered and used by keyboard, prints on A4, and exports the outcomes that officers
    enter as a two-column CSV file (``shipment_id``, ``outcome``).

    Parameters
    ----------
    worklist
        As ``Scorer.worklist`` returns it.
    path
        File to write.
    scorer, shipments
        What the list was made with: each shipment then gets its waterfall and reasons for and against.
    language
        ``en``, ``vi`` or ``zh``.
    title
        Heading of the page.
    top, against
        How many reasons of each direction are told per head.

    Returns
    -------
    pathlib.Path
        The file that was written.

    Raises
    ------
    InputError
        If the table is not a worklist or the language is unknown.
    """
    words = Phrases(language)
    heads = heads_of(worklist)
    why = explained(worklist, heads, words, scorer=scorer, shipments=shipments, top=top, against=against)
    return write_page(worklist, path, words, why, title)


def write_page(
    worklist: pd.DataFrame, path: str | Path, words: Phrases, why: Explained | None, title: str | None
) -> Path:
    """Write the page of a worklist that is explained already."""
    heads = heads_of(worklist)
    items = listed_items(worklist, words, why)
    text = render(
        "worklist.html.j2",
        styles=("style.css", "worklist.css"),
        script="worklist.js",
        words=words,
        title=plain(title, 300) or words("page", "lead"),
        facts=about(worklist, words),
        heads=heads,
        items=items,
        bands=("high", "elevated", "normal"),
        lists=list(dict.fromkeys(item.listed for item in items if item.listed)),
        choosers=list(dict.fromkeys(item.selected_by for item in items)),
        outcomes=outcome_codes(heads),
    )
    return write_whole(Path(path), text)


def about(worklist: pd.DataFrame, words: Phrases) -> list[tuple[str, str]]:
    """Return what a reader should know of a worklist as a whole: size, model, time, history."""
    by = worklist["selected_by"].value_counts()
    facts = [
        (words("page", "shipments"), str(len(worklist))),
        (words("page", "by_model"), str(int(by.get("model", 0)))),
        (words("page", "by_random"), str(int(by.get("random", 0)))),
    ]
    if not len(worklist):
        return facts
    first = worklist.iloc[0]
    if "model_version" in worklist.columns:
        facts.append((words("page", "model"), plain(first["model_version"], 60)))
    if "scored_at" in worklist.columns:
        facts.append((words("page", "scored_at"), f"{first['scored_at']:%Y-%m-%d %H:%M} UTC"))
    if "data_quality" in worklist.columns:
        lacking = worklist["data_quality"].str.contains("no history").any()
        facts.append((words("page", "history"), words("page", "without_history" if lacking else "with_history")))
    return facts
