"""From canonical shipments to the table of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.records.coded import TEXT, Coded
from omdrisk.scoring.quality import lacking, marks
from omdrisk.scoring.ranking import bands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.scoring.seen import Seen
    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: From this many rows on, a column that is empty in all of them is taken as one that the table lacks.
MANY = 100


def scorable(table: pd.DataFrame | Fields) -> tuple[Flags, list[str]]:
    """Say which rows can be scored, and of the others what they lack.

    Examples
    --------
    >>> rows = pd.DataFrame({"shipment_id": ["a", None], "filed_at": pd.Timestamp(0, tz="UTC")})
    >>> valid, why = scorable(rows)
    >>> valid.tolist(), why
    ([True, False], ['', 'rejected: no shipment_id'])
    """
    fields = Fields.of(table)
    valid = np.ones(len(fields), dtype=bool)
    why = [""] * len(fields)
    for name in ("shipment_id", "filed_at"):
        absent = fields.absent(name)
        if absent.any():
            for at in np.flatnonzero(absent).tolist():
                why[at] = f"{why[at]}, no {name}" if why[at] else f"rejected: no {name}"
            valid &= ~absent
    return valid, why


def head_scores(name: str, head: Head, seen: Seen | None, valid: Flags, least: Mapping[str, float]) -> dict[str, Any]:
    """Return the columns of one head; `seen` are the valid rows, None where there is none."""
    raw = score = np.empty(0)
    placed = np.empty(0, dtype=np.int64)
    if seen is not None:
        raw = seen.raw(name, head)
        score = np.asarray(head.probability(raw), dtype=np.float64)
        placed = seen.order.by(raw)
    place, standing = np.empty_like(placed), np.empty_like(raw)
    place[placed] = np.arange(1, len(placed) + 1)
    # what is sorted is found the quicker among the sorted scores of the reference
    standing[placed] = head.percentile(raw[placed])
    ranked = np.ones(len(valid), dtype=np.int64)
    ranked[valid] = place
    return {
        f"{name}_score": _spread(score, valid),
        f"{name}_raw": _spread(raw, valid),
        f"{name}_rank": pd.arrays.IntegerArray(ranked, ~valid),
        f"{name}_percentile": _spread(standing, valid),
        f"{name}_band": _texts(bands(standing, least), valid).array(),
    }


def quality(
    seen: Seen,
    heads: Mapping[str, Head],
    needed: Sequence[str],
    *,
    history: bool,
) -> tuple[Coded, list[str]]:
    """Return the text of ``data_quality`` of each row, and the columns that the whole table lacks."""
    fields = seen.fields
    missing = lacking(fields, needed)
    absent = [name for name in _where(missing, np.all) if name not in fields or len(fields) >= MANY]
    unseen: dict[str, Flags] = {}
    for name, head in heads.items():
        columns = seen.asked_for(name)
        for place, kind in head.pipeline.catalog_.categories:
            column = kind.inputs[0]
            other = columns[place] == 0.0
            unseen[column] = unseen[column] | other if column in unseen else other
    lack = {name: missing[name] for name in _where(missing, np.any)}
    new = {name: unseen[name] for name in _where(unseen, np.any)}
    return marks(lack, new, len(fields), history=history), absent


def with_rejects(texts: Coded | None, valid: Flags, why: Sequence[str]) -> Any:
    """Lay the texts of valid rows and the reasons of the others into one column of dtype ``str``."""
    if texts is not None and len(texts) == len(valid):
        return texts.array()
    told = iter(() if texts is None else texts.tolist())
    return pd.array([next(told) if ok else reason for ok, reason in zip(valid.tolist(), why, strict=True)], dtype=TEXT)


def _where(flags: Mapping[str, Flags], how: Callable[..., Flags]) -> list[str]:
    """Name those of which all, or any, rows are flagged."""
    found = how(list(flags.values()), axis=1).tolist() if flags else []
    return [name for name, here in zip(flags, found, strict=True) if here]


def _spread(values: Any, valid: Flags) -> Floats:
    if len(values) == len(valid):
        return np.asarray(values, dtype=np.float64)
    spread = np.full(len(valid), np.nan)
    spread[valid] = values
    return spread


def _texts(texts: Coded, valid: Flags) -> Coded:
    if len(texts) == len(valid):
        return texts
    codes = np.full(len(valid), -1, dtype=np.int64)
    codes[valid] = texts.codes
    return Coded(codes, texts.texts)
