"""Rows that could not be read, beside those that were scored."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def with_unread(scores: pd.DataFrame, rejected: pd.DataFrame) -> pd.DataFrame:
    """Return the scores, and below them a line without scores for each row that could not be read.

    Parameters
    ----------
    scores
        With ``shipment_id`` and ``data_quality``.
    rejected
        The rejected rows of a `ReadResult`.

    Examples
    --------
    >>> scores = pd.DataFrame({"shipment_id": ["a"], "drug_score": [0.5], "data_quality": ["ok"]})
    >>> rejected = pd.DataFrame({"file": ["in/m.csv"], "row": [7], "reason": ["no filed_at"], "shipment_id": ["b"]})
    >>> with_unread(scores, rejected)["data_quality"].tolist()
    ['ok', 'rejected: m.csv row 7: no filed_at']
    """
    if rejected.empty:
        return scores
    cells = zip(rejected["file"], rejected["row"], rejected["reason"], strict=True)
    why = [f"rejected: {Path(file).name} row {row}: {reason}" for file, row, reason in cells]
    ids = rejected["shipment_id"] if "shipment_id" in rejected else pd.Series([None] * len(rejected), dtype="str")
    lines = pd.DataFrame({"shipment_id": ids.to_numpy(), "data_quality": why}).astype("str")
    return pd.concat([scores, lines.where(lines.notna())], ignore_index=True)
