"""Scoring logged shipments once more: the logged model and history must give the logged numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records import as_table
from omdrisk.scoring.audit.log import parsed
from omdrisk.scoring.audit.rows import input_digests

if TYPE_CHECKING:
    import os

    from omdrisk.scoring.scorer import Scorer

COLUMNS = {
    "line": "int64",
    "time": "str",
    "shipment_id": "str",
    "head": "str",
    "logged_raw": "float64",
    "raw": "float64",
    "logged_score": "float64",
    "score": "float64",
    "model": "str",
    "history": "str",
    "status": "str",
}


def replay(path: str | os.PathLike[str], scorer: Scorer, shipments: Any) -> pd.DataFrame:
    """Score the shipments of a log again and compare, bit for bit.

    Parameters
    ----------
    path
        The log.
    scorer
        With the bundle and the history to try.
    shipments
        What was scored then, among others. Rows are found by the digest of what they declare.

    Returns
    -------
    pandas.DataFrame
        One row per logged shipment and head: ``line``, ``time``, ``shipment_id``, ``head``, ``logged_raw``, ``raw``,
        ``logged_score``, ``score``, ``model`` and ``history`` (``logged`` where the scorer's is of the logged version,
        else ``other``), ``status`` (``same``, ``differs``, or ``not given`` where no row declares what was scored).

    Raises
    ------
    InputError
        If the log cannot be read.
    """
    table = as_table(shipments, "shipments")
    scores = scorer._scored(table)  # noqa: SLF001 - a replay is no use of the scores, and not logged
    places = {digest: at for at, digest in enumerate(input_digests(table))}
    history = None if scorer.history is None else scorer.history.version
    numbers = {head: scores[[f"{head}_raw", f"{head}_score"]].to_numpy() for head in scorer.heads}
    found: list[tuple[Any, ...]] = []
    call: dict[str, Any] = {}
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise InputError(f"{path}: the audit log cannot be read ({error.strerror}).") from error
    for line, text in enumerate(lines, start=1):
        entry = parsed(text)
        if entry is None or entry.get("event") != "shipment":
            call = call if entry is None else entry
            continue
        same = (call.get("model_version") == scorer.version, call.get("history_version") == history)
        versions = ["logged" if one else "other" for one in same]
        at = places.get(entry["inputs"])
        for head, logged in entry.get("scores", {}).items():
            if head in numbers:
                then = np.array([np.nan if one is None else one for one in logged])
                now = np.full(2, np.nan) if at is None else numbers[head][at]
                status = (
                    "not given" if at is None else "same" if np.array_equal(then, now, equal_nan=True) else "differs"
                )
                pairs = (then[0], now[0], then[1], now[1])
                found.append((line, call.get("time"), entry["shipment_id"], head, *pairs, *versions, status))
    return pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)
