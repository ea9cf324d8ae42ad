"""Outcomes as the worklist's page exports them: two columns, ``shipment_id`` and ``outcome``."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records import as_table

if TYPE_CHECKING:
    from os import PathLike

HEAD: Final = ["shipment_id", "outcome"]
#: What the worklist knows of how a shipment was chosen, and the inspections table keeps.
CHOSEN: Final = ("selected_by", "selection_probability", "model_version")
_GUARDED: Final = re.compile(r"'(?=\s*[=+\-@\t\r\n＝＋－＠])")


def is_feedback(path: str | PathLike[str]) -> bool:
    """Say whether a file is the two-column CSV of a worklist's page."""
    try:
        with Path(path).open("rb") as file:
            start = file.readline(200).decode("utf-8-sig", errors="replace")
    except OSError:
        return False
    return [cell.strip().strip('"') for cell in start.strip().split(",")] == HEAD


def read_feedback(
    path: str | PathLike[str], known_at: Any, worklist: pd.DataFrame | str | PathLike[str] | None = None
) -> pd.DataFrame:
    r"""Read the outcomes that officers entered on a worklist's page, as an inspections table.

    Parameters
    ----------
    path
        The CSV file.
    known_at
        When the outcomes could first have been used: a moment, in UTC where it names no zone.
    worklist
        The worklist they belong to, or its CSV file: outcomes then keep how each shipment was chosen and with what
        probability, which is what estimates without bias need.

    Returns
    -------
    pandas.DataFrame
        A canonical inspections table for `Scorer.record`; lines without an outcome are left out.

    Raises
    ------
    InputError
        If the file cannot be read, has other columns, or says two things of one shipment.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "outcomes.csv"
    >>> _ = file.write_text("shipment_id,outcome\nVN1,drug\nVN2,clear\nVN3,\n")
    >>> read_feedback(file, "2023-05-02")[["shipment_id", "outcome"]].to_dict("list")
    {'shipment_id': ['VN1', 'VN2'], 'outcome': ['drug', 'clear']}
    """
    said = _said(Path(path))
    moment = pd.Timestamp(known_at)
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    names = list(said)
    table = pd.DataFrame(
        {
            "inspection_id": [f"feedback {name}" for name in names],
            "shipment_id": names,
            "outcome": list(said.values()),
            "known_at": pd.Series([moment] * len(names), dtype="datetime64[us, UTC]"),
        }
    )
    if worklist is not None:
        chosen = worklist if isinstance(worklist, pd.DataFrame) else _worklist(Path(worklist))
        known = chosen.drop_duplicates("shipment_id").set_index("shipment_id")
        for name in CHOSEN:
            if name in known.columns:
                table[name] = known[name].reindex(names).to_numpy()
    return as_table(table, "inspections")


def _said(path: Path) -> dict[str, str]:
    """Return what the file says of each shipment."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8. Save it as CSV UTF-8.") from error
    lines = csv.reader(io.StringIO(text, newline=""))
    head = next(lines, [])
    if [cell.strip() for cell in head[:2]] != HEAD:
        raise InputError(f"{path}: the columns are {', '.join(head[:5]) or 'none'}. Feedback has {', '.join(HEAD)}.")
    said: dict[str, str] = {}
    for cells in lines:
        name, outcome = ([_GUARDED.sub("", cell, count=1).strip() for cell in cells] + ["", ""])[:2]
        if not name or not outcome:
            continue
        if said.setdefault(name, outcome) != outcome:
            place = f"{path} line {lines.line_num}"
            raise InputError(f"{place}: {name!r} is {outcome!r} here and {said[name]!r} above. Keep one of them.")
    return said


def _worklist(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, encoding="utf-8-sig", dtype={"shipment_id": "str"})
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: the worklist cannot be read ({error}). Give the CSV of `omdrisk worklist`."
        ) from error
