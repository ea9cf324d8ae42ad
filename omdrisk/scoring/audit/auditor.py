"""What is written of a call: by which model and history, for whom, when, on what, and with what result."""

from __future__ import annotations

import hashlib
import hmac
import math
from typing import TYPE_CHECKING, Any, Final

from omdrisk.entities import agency_secret
from omdrisk.scoring.audit.log import FORMAT, AuditLog, Receipt
from omdrisk.scoring.audit.rows import input_digests, joint_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from omdrisk.scoring.plan import WorklistPlan
    from omdrisk.scoring.scorer import Scorer
    from omdrisk.scoring.worklist import Made

LONGEST_ID: Final = 200


def pseudonym(user: str, secret: bytes | str | None = None) -> str:
    """Return what a user is called in the log: a keyed hash, which only the agency can trace.

    Parameters
    ----------
    user
        Name of the user.
    secret
        The agency's secret; without it ``OMDRISK_SECRET`` or ``OMDRISK_SECRET_FILE``.

    Raises
    ------
    HistoryError
        If there is no secret.

    Examples
    --------
    >>> pseudonym("officer 7", "a secret of the agency")
    '10ebbf0d0ee3cf19'
    """
    return hmac.new(agency_secret(secret), f"user\0{user}".encode(), hashlib.sha256).hexdigest()[:16]


class Auditor:
    """Writes what a scorer does into a log. No name of a person or a trader enters it.

    Parameters
    ----------
    log
        The log.
    user
        Pseudonym of who works with the scorer, see `pseudonym`.

    Attributes
    ----------
    receipt : Receipt or None
        The receipt of the last entry that was written.
    """

    def __init__(self, log: AuditLog, user: str | None = None) -> None:
        self.log = log
        self.user = user
        self.receipt: Receipt | None = None

    def scores(self, scorer: Scorer, table: pd.DataFrame, scores: pd.DataFrame) -> None:
        """Log scores: an entry for the call and one for each row."""
        digests = input_digests(table)
        ids = [_short(name) for name in _names(table)]
        columns = _score_columns(scorer, scores)
        lines = [
            {"event": "shipment", "shipment_id": ids[at], "inputs": digests[at], "scores": _scores(columns, at)}
            for at in range(len(table))
        ]
        self._write(scorer, "score", digests, lines)

    def reasons(self, scorer: Scorer, table: pd.DataFrame, reasons: pd.DataFrame) -> None:
        """Log reasons: an entry for the call and one for each row that has any."""
        digests = input_digests(table)
        told = _told(reasons)
        named = dict(zip(_names(table), digests, strict=True))
        lines = [
            {"event": "shipment", "shipment_id": _short(name), "inputs": named[name], "reasons": why}
            for name, why in told.items()
        ]
        self._write(scorer, "explain", digests, lines)

    def worklist(self, scorer: Scorer, table: pd.DataFrame, made: Made, *, plan: WorklistPlan, **settings: Any) -> None:
        """Log a worklist: an entry for the call, with all it was drawn from, and one for each shipment listed."""
        digests = input_digests(table)
        told = _told(made.reasons)
        columns = _score_columns(scorer, made.scores)
        lines = [
            {
                "event": "shipment",
                "shipment_id": _short(one["shipment_id"]),
                "inputs": digests[row],
                "scores": _scores(columns, at),
                "selected_by": one["selected_by"],
                "selection_probability": one["selection_probability"],
                "priority": one["priority"],
                "list": one.get("list"),
                "reasons": told.get(one["shipment_id"], []),
            }
            for at, (row, one) in enumerate(zip(made.rows.tolist(), made.listed.to_dict("records"), strict=True))
        ]
        drawn = {key: None if value is None else _plain(value) for key, value in settings.items()}
        self._write(scorer, "worklist", digests, lines, plan=_plan(plan), **drawn)

    def _write(self, scorer: Scorer, event: str, digests: list[str], lines: list[dict[str, Any]], **facts: Any) -> None:
        call = {
            "event": event,
            "format": FORMAT,
            "time": scorer.now().isoformat(),
            "user": self.user,
            "model_version": scorer.version,
            "history_version": None if scorer.history is None else scorer.history.version,
            "rows": len(digests),
            "inputs": joint_digest(digests),
            "shipments": len(lines),
            **facts,
        }
        self.receipt = self.log.append([call, *lines])


def _plan(plan: WorklistPlan) -> dict[str, Any]:
    facts = {**vars(plan), "lines": [vars(line) for line in plan.lines]}
    return {**facts, "harm": None if plan.harm is None else {name: float(one) for name, one in plan.harm.items()}}


def _plain(value: Any) -> Any:
    """Return a number of numpy as one of Python."""
    return value.item() if hasattr(value, "item") else value


def _names(table: pd.DataFrame) -> list[Any]:
    return table["shipment_id"].tolist() if "shipment_id" in table.columns else [None] * len(table)


def _short(name: Any) -> str | None:
    return name[:LONGEST_ID] if isinstance(name, str) else None


def _score_columns(scorer: Scorer, scores: pd.DataFrame) -> dict[str, tuple[list[float], list[float]]]:
    return {head: (scores[f"{head}_raw"].tolist(), scores[f"{head}_score"].tolist()) for head in scorer.heads}


def _scores(columns: Mapping[str, tuple[list[float], list[float]]], at: int) -> dict[str, list[float | None]]:
    """Return raw score and probability of each head; null where the row could not be scored."""
    return {
        head: [None if math.isnan(value[at]) else value[at] for value in values] for head, values in columns.items()
    }


def _told(reasons: pd.DataFrame) -> dict[str, list[list[Any]]]:
    """Return for each shipment its reasons as head, indicator and contribution."""
    told: dict[str, list[list[Any]]] = {}
    cells = [reasons[name].tolist() for name in ("shipment_id", "head", "indicator", "shap")]
    for shipment_id, *why in zip(*cells, strict=True):
        told.setdefault(shipment_id, []).append(why)
    return told
