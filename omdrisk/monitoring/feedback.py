"""Outcomes that come back as a small CSV: two columns, ``shipment_id`` and ``outcome``, or more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records import as_table
from omdrisk.training.moments import utc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

# words that officers and spreadsheets write, beside names of targets
CLEAR = ("clear", "0", "no", "nil", "none", "false", "negative")
FOUND = ("found", "1", "yes", "true", "positive", "hit")
NOTHING = ("not_performed", "inconclusive")


@dataclass(frozen=True)
class Feedback:
    """What was read.

    Attributes
    ----------
    inspections
        An inspections table, ready for ``Scorer.record`` and `omdrisk.link`.
    rejected
        Rows that say nothing usable: ``row``, ``shipment_id``, ``outcome``, ``reason``.
    """

    inspections: pd.DataFrame
    rejected: pd.DataFrame


def read_feedback(
    path: Path, *, known_at: str | datetime | pd.Timestamp, target: str | None = None, targets: Sequence[str] = ()
) -> Feedback:
    """Read outcomes that came back.

    Parameters
    ----------
    path
        A CSV file with a header: ``shipment_id``, ``outcome``, and any other column of the inspections table.
    known_at
        When rows without a ``known_at`` of their own became known.
    target
        What ``found`` and ``1`` mean, where the file does not say it.
    targets
        Names of targets that are known; any other word is refused rather than taken for a new target.

    Raises
    ------
    InputError
        If the file is not there, or lacks one of the two columns.
    """
    try:
        cells = pd.read_csv(path, dtype="str", encoding="utf-8-sig", keep_default_na=False, sep=None, engine="python")
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error}).") from error
    cells = cells.rename(columns=lambda name: str(name).strip().lower().replace(" ", "_"))
    lacking = [name for name in ("shipment_id", "outcome") if name not in cells]
    if lacking:
        raise InputError(f"{path}: has no column {' and no '.join(lacking)}. Two columns suffice: shipment_id,outcome.")
    given = cells["outcome"].copy()
    known = [*targets, *([target] if target else [])]
    read = [_outcome(cell, target, known) for cell in given]
    unnamed = cells["shipment_id"].str.strip().eq("")
    reasons = ["no shipment_id" if empty else why for empty, (_, why) in zip(unnamed, read, strict=True)]
    cells["outcome"], good = [word for word, _ in read], [not why for why in reasons]
    if "inspection_id" not in cells:
        cells["inspection_id"] = [f"{path.stem} row {row}" for row in range(2, len(cells) + 2)]
    moment = utc(known_at, "known_at").isoformat()
    cells["known_at"] = cells["known_at"].replace("", moment) if "known_at" in cells else moment
    bad = pd.DataFrame(
        {
            "row": range(2, len(cells) + 2),
            "shipment_id": cells["shipment_id"],
            "outcome": given,
            "reason": reasons,
        }
    )
    return Feedback(as_table(cells[good], "inspections"), bad[[not each for each in good]].reset_index(drop=True))


def _outcome(cell: str, target: str | None, known: Sequence[str]) -> tuple[str, str]:
    """Return an outcome as the inspections table has it, or why it cannot be."""
    words = [word.strip().lower() for word in cell.split(";") if word.strip()]
    if not words:
        return "", "no outcome"
    told = []
    for word in words:
        if word in CLEAR:
            told.append("clear")
        elif word in FOUND:
            if target is None:
                return "", f"{word!r} does not say what was found: write the target, or name it with --target"
            told.append(target)
        elif word in NOTHING or word in known:
            told.append(word)
        else:
            return "", f"{word!r} is neither clear nor one of {', '.join(known)}"
    return ";".join(told), ""
