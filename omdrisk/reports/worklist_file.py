"""A worklist written in the form that its file name asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError
from omdrisk.reports.listed import heads_of
from omdrisk.reports.plain import write_csv
from omdrisk.reports.worklist_html import write_worklist_html
from omdrisk.reports.worklist_xlsx import write_worklist_xlsx

if TYPE_CHECKING:
    import pandas as pd

    from omdrisk.scoring import Scorer


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
    if target.suffix == ".csv":
        heads_of(worklist)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_csv(worklist, target)
        return target
    writers = {".html": write_worklist_html, ".xlsx": write_worklist_xlsx}
    if target.suffix not in writers:
        raise InputError(f"{target}: unknown ending {target.suffix!r}. Use .html, .xlsx or .csv.")
    return writers[target.suffix](worklist, target, scorer=scorer, shipments=shipments, language=language, title=title)
