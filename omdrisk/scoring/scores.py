"""From canonical shipments to the table of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.scoring.quality import lacking, marks
from omdrisk.scoring.ranking import bands, ranks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: From this many rows on, a column that is empty in all of them is taken as one that the table lacks.
MANY = 100


def scorable(table: pd.DataFrame) -> tuple[Flags, list[str]]:
    """Say which rows can be scored, and of the others what they lack.

    Examples
    --------
    >>> rows = pd.DataFrame({"shipment_id": ["a", None], "filed_at": pd.Timestamp(0, tz="UTC")})
    >>> valid, why = scorable(rows)
    >>> valid.tolist(), why
    ([True, False], ['', 'rejected: no shipment_id'])
    """
    valid = np.ones(len(table), dtype=bool)
    why = [""] * len(table)
    for name in ("shipment_id", "filed_at"):
        absent = table[name].isna().to_numpy(dtype=bool) if name in table.columns else np.ones(len(table), dtype=bool)
        for at in np.flatnonzero(absent).tolist():
            why[at] = f"{why[at]}, no {name}" if why[at] else f"rejected: no {name}"
        valid &= ~absent
    return valid, why


def head_scores(
    name: str,
    head: Head,
    features: pd.DataFrame | None,
    rows: pd.DataFrame,
    valid: Flags,
    least: Mapping[str, float],
) -> dict[str, Any]:
    """Return the columns of one head; `rows` and `features` are the valid ones, features None for no row."""
    raw = score = place = standing = np.empty(0)
    if features is not None:
        raw = np.asarray(head.raw(features), dtype=np.float64)
        score = np.asarray(head.probability(raw), dtype=np.float64)
        place = ranks(raw, rows["shipment_id"]).astype(np.float64)
        standing = np.asarray(head.percentile(raw), dtype=np.float64)
    return {
        f"{name}_score": _spread(score, valid),
        f"{name}_raw": _spread(raw, valid),
        f"{name}_rank": pd.Series(_spread(place, valid)).astype("Int64").array,
        f"{name}_percentile": _spread(standing, valid),
        f"{name}_band": pd.array(_texts(bands(standing, least), valid), dtype="str"),
    }


def quality(
    rows: pd.DataFrame,
    heads: Mapping[str, Head],
    features: Mapping[str, pd.DataFrame],
    needed: Sequence[str],
    *,
    history: bool,
) -> tuple[list[str], list[str]]:
    """Return the text of ``data_quality`` of each row, and the columns that the whole table lacks."""
    missing = lacking(rows, needed)
    absent = [name for name, flags in missing.items() if flags.all() and (name not in rows or len(rows) >= MANY)]
    unseen: dict[str, Flags] = {}
    for name, head in heads.items():
        for feature in head.pipeline.categorical_:
            column = head.pipeline.catalog_[feature].kind.inputs[0]
            other = features[name][feature].to_numpy() == 0.0
            unseen[column] = unseen[column] | other if column in unseen else other
    return marks(_some(missing), _some(unseen), len(rows), history=history), absent


def with_rejects(texts: Sequence[str], valid: Flags, why: Sequence[str]) -> Any:
    """Lay the texts of valid rows and the reasons of the others into one column."""
    return pd.array(
        [text if text is not None else reason for text, reason in zip(_texts(texts, valid), why, strict=True)],
        dtype="str",
    )


def _some(flags: Mapping[str, Flags]) -> dict[str, Flags]:
    return {name: here for name, here in flags.items() if here.any()}


def _spread(values: Any, valid: Flags) -> Floats:
    spread = np.full(len(valid), np.nan)
    spread[valid] = values
    return spread


def _texts(values: Sequence[str | None], valid: Flags) -> list[str | None]:
    texts = iter(values)
    return [next(texts) if ok else None for ok in valid.tolist()]
