"""The referral sheet: one printable page for one shipment, for whoever opens it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omdrisk.reports.details import explained
from omdrisk.reports.listed import heads_of, listed_items, outcome_codes
from omdrisk.reports.page import render, write_whole
from omdrisk.reports.phrases import Phrases
from omdrisk.reports.plain import plain

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.reports.details import Explained
    from omdrisk.scoring import Scorer

IN_SHEET: Final = 260
MOST_FACTS: Final = 24


def write_referrals(
    worklist: pd.DataFrame,
    folder: str | Path,
    *,
    scorer: Scorer | None = None,
    shipments: Any = None,
    language: str = "en",
) -> list[Path]:
    """Write a referral sheet for each shipment of a worklist: a page that prints on one sheet of A4.

    It has what is declared, why the shipment is listed, what speaks against, what to look at, and room for the result.

    Parameters
    ----------
    worklist
        As ``Scorer.worklist`` returns it.
    folder
        Where the sheets go, named by rank and shipment.
    scorer, shipments, language
        As for `write_worklist_html`.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the list.

    Raises
    ------
    InputError
        If the table is not a worklist or the language is unknown.
    """
    words = Phrases(language)
    heads = heads_of(worklist)
    why = explained(worklist, heads, words, scorer=scorer, shipments=shipments, against=2)
    return write_sheets(worklist, folder, words, why)


def write_sheets(worklist: pd.DataFrame, folder: str | Path, words: Phrases, why: Explained | None) -> list[Path]:
    """Write the sheets of a worklist that is explained already."""
    outcomes = outcome_codes(heads_of(worklist))
    written = []
    for item, record in zip(listed_items(worklist, words, why), worklist.to_dict("records"), strict=True):
        scored = record.get("scored_at")
        text = render(
            "referral.html.j2",
            styles=("style.css", "referral.css"),
            words=words,
            item=item,
            declared=[(label, _cut(value)) for label, value in item.declared[:MOST_FACTS]],
            place=words("referral", "rank").replace("{rank}", str(item.rank)),
            scored="–" if scored is None else f"{scored:%Y-%m-%d %H:%M} UTC",
            model=plain(record.get("model_version"), 40) or "–",
            outcomes=outcomes,
        )
        written.append(write_whole(Path(folder) / sheet_name(item.rank, item.shipment_id), text))
    return written


def sheet_name(rank: int, shipment_id: str) -> str:
    """Return a file name that every file system takes, whatever the shipment is called.

    Examples
    --------
    >>> sheet_name(3, "../../etc/<b>HBL 7</b>")
    '003-etc-b-HBL-7-b.html'
    """
    safe = re.sub(r"[^0-9A-Za-z]+", "-", shipment_id).strip("-")[:40].strip("-")
    return f"{rank:03d}-{safe or 'shipment'}.html"


def _cut(text: str) -> str:
    return text if len(text) <= IN_SHEET else f"{text[:IN_SHEET]}…"
