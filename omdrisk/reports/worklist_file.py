"""A worklist written in the form that its file name asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omdrisk.errors import InputError
from omdrisk.reports.details import explained
from omdrisk.reports.listed import heads_of
from omdrisk.reports.phrases import Phrases
from omdrisk.reports.plain import write_csv
from omdrisk.reports.referral import write_sheets
from omdrisk.reports.worklist_html import write_page
from omdrisk.reports.worklist_xlsx import write_book

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from omdrisk.scoring import Scorer

ENDINGS: Final = (".html", ".xlsx", ".csv")


def write_worklist(
    worklist: pd.DataFrame,
    path: str | Path,
    *,
    scorer: Scorer | None = None,
    shipments: Any = None,
    language: str = "en",
    title: str | None = None,
) -> Path:
    """Write a worklist as a web page (``.html``), a workbook (``.xlsx``) or a table (``.csv``).

    Parameters
    ----------
    worklist
        As ``Scorer.worklist`` returns it.
    path
        File to write; its ending chooses the form.
    scorer, shipments, language, title
        As for `write_worklist_html`; a CSV file is the table as it is, with formulas guarded.

    Raises
    ------
    InputError
        If the ending is another one, the table is not a worklist or the language is unknown.
    """
    target = Path(path)
    write_worklists(worklist, [target], scorer=scorer, shipments=shipments, language=language, title=title)
    return target


def write_worklists(
    worklist: pd.DataFrame,
    paths: Sequence[Path],
    *,
    scorer: Scorer | None = None,
    shipments: Any = None,
    language: str = "en",
    title: str | None = None,
    sheets: Path | None = None,
) -> None:
    """Write a worklist in several forms, explaining it once.

    Parameters
    ----------
    worklist, scorer, shipments, language, title
        As for `write_worklist`.
    paths
        Files to write; their endings choose the forms.
    sheets
        A folder for a referral sheet of each shipment.

    Raises
    ------
    InputError
        As for `write_worklist`.
    """
    for path in paths:
        if path.suffix not in ENDINGS:
            raise InputError(f"{path}: unknown ending {path.suffix!r}. Use .html, .xlsx or .csv.")
    words, heads = Phrases(language), heads_of(worklist)
    asked = sheets is not None or any(path.suffix != ".csv" for path in paths)
    why = explained(worklist, heads, words, scorer=scorer, shipments=shipments) if asked else None
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".csv":
            write_csv(worklist, path)
        elif path.suffix == ".html":
            write_page(worklist, path, words, why, title)
        else:
            write_book(worklist, path, words, why, title)
    if sheets is not None:
        write_sheets(worklist, sheets, words, why)
