"""How well names are told apart: false merges and false splits, each by script, on pairs labelled by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.parties.keys import party_key
from omdrisk.parties.near import near_matches

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("left_name", "left_country", "right_name", "right_country", "same", "script", "why")


def _is_near(left: str, right: str, country: str) -> bool:
    pair = pd.Series([left, right], dtype="str")
    return bool(len(near_matches(pair, pd.Series([country] * 2, dtype="str"))))


def judge_pairs(pairs: pd.DataFrame | str | Path) -> pd.DataFrame:
    """Return how labelled pairs of names are judged, by script and in all.

    Parameters
    ----------
    pairs
        A frame or a CSV file with ``left_name``, ``left_country``, ``right_name``, ``right_country``, ``same`` (1 one
        firm, 0 two), ``script`` and ``why``.

    Returns
    -------
    DataFrame
        By script, and ``all``: ``same`` and ``different`` pairs; ``false_merges`` (two firms with one key);
        ``false_splits`` (one firm with two keys); ``splits_near``, how many of these are listed as near matches for a
        person; ``different_near``, how many pairs of two firms a person is shown for nothing.

    Raises
    ------
    InputError
        If a column is missing.

    Examples
    --------
    >>> told = pd.DataFrame([["DAI PHAT LTD", "VN", "Đại Phát", "VN", 1, "vi", "legal form"]], columns=COLUMNS)
    >>> judge_pairs(told).loc["all", ["same", "false_splits"]].tolist()
    [1, 0]
    """
    frame = pairs if isinstance(pairs, pd.DataFrame) else pd.read_csv(pairs, dtype={"left_country": "str"})
    for column in COLUMNS[:-1]:
        if column not in frame.columns:
            raise InputError(f"The pairs lack the column {column!r}; they need {', '.join(COLUMNS)}.")
    rows = []
    for row in frame.to_dict("records"):
        left, right = (str(row[f"{side}_name"]) for side in ("left", "right"))
        one, other = (str(row[f"{side}_country"]) for side in ("left", "right"))
        merged = party_key(left, one, None) == party_key(right, other, None)
        near = not merged and one == other and _is_near(left, right, one)
        same = bool(row["same"])
        rows.append(
            {
                "script": row["script"],
                "same": same,
                "different": not same,
                "false_merges": merged and not same,
                "false_splits": same and not merged,
                "splits_near": same and near,
                "different_near": near and not same,
            }
        )
    made = pd.DataFrame(rows)
    told = made.groupby("script").sum()
    told.loc["all"] = told.sum()
    return told.astype("int64")
