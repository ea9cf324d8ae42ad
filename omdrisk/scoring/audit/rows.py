"""Digests of shipments as they were scored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence


def input_digests(shipments: pd.DataFrame) -> list[str]:
    """Return the SHA-256 digest of what each canonical row declares, whatever the order of rows and columns.

    A missing cell and an absent column are the same.

    Examples
    --------
    >>> one = pd.DataFrame({"shipment_id": ["a"], "packages": [3.0], "hs_code": [None]}, dtype=object)
    >>> two = pd.DataFrame({"packages": [3.0], "shipment_id": ["a"]}, dtype=object)
    >>> input_digests(one) == input_digests(two)
    True
    """
    parts = [_cells(str(name), shipments[name]) for name in sorted(shipments.columns, key=str)]
    if not parts:
        return [hashlib.sha256(b"").hexdigest()] * len(shipments)
    return [hashlib.sha256("".join(cells).encode("utf-8", "surrogatepass")).hexdigest() for cells in zip(*parts)]  # noqa: B905 - all as long as the table


def joint_digest(digests: Sequence[str]) -> str:
    """Return one digest of many, whatever their order."""
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


def _cells(name: str, column: pd.Series) -> list[str]:
    """Write each cell with its name and length, so that no two tables read alike; empty where missing."""
    missing = column.isna().tolist()
    return ["" if lost else _cell(name, value) for lost, value in zip(missing, _plain(column), strict=True)]


def _plain(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.as_unit("us").astype("int64")
    return list(column.tolist())


def _cell(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return f"{name}={len(text)}:{text};"
