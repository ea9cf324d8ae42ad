"""From canonical shipments to the table of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.scoring.quality import lacking, marks
from omdrisk.scoring.ranking import bands, ranks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.scoring.columns import Seen
    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

#: From this many rows on, a column that is empty in all of them is taken as one that the table lacks.
MANY = 100
_TEXT = pd.StringDtype(na_value=np.nan)


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
    raw = score = standing = np.empty(0)
    place = np.empty(0, dtype=np.int64)
    if seen is not None:
        raw = np.asarray(head.raw(seen.features(name)), dtype=np.float64)
        score = np.asarray(head.probability(raw), dtype=np.float64)
        place = ranks(raw, seen.fields.text("shipment_id"))
        standing = np.asarray(head.percentile(raw), dtype=np.float64)
    ranked = np.ones(len(valid), dtype=np.int64)
    ranked[valid] = place
    return {
        f"{name}_score": _spread(score, valid),
        f"{name}_raw": _spread(raw, valid),
        f"{name}_rank": pd.arrays.IntegerArray(ranked, ~valid),
        f"{name}_percentile": _spread(standing, valid),
        f"{name}_band": texts_of(_texts(bands(standing, least), valid)),
    }


def quality(
    seen: Seen,
    heads: Mapping[str, Head],
    needed: Sequence[str],
    *,
    history: bool,
) -> tuple[list[str], list[str]]:
    """Return the text of ``data_quality`` of each row, and the columns that the whole table lacks."""
    fields = seen.fields
    missing = lacking(fields, needed)
    absent = [name for name, flags in missing.items() if flags.all() and (name not in fields or len(fields) >= MANY)]
    unseen: dict[str, Flags] = {}
    for name, head in heads.items():
        features = seen.features(name)
        for place, definition in enumerate(head.pipeline.catalog_):
            if definition.kind.categorical:
                column = definition.kind.inputs[0]
                other = features[:, place] == 0.0
                unseen[column] = unseen[column] | other if column in unseen else other
    return marks(_some(missing), _some(unseen), len(fields), history=history), absent


def with_rejects(texts: Sequence[str], valid: Flags, why: Sequence[str]) -> Any:
    """Lay the texts of valid rows and the reasons of the others into one column."""
    if len(texts) == len(valid):
        return texts_of(texts)
    return texts_of(
        [text if text is not None else reason for text, reason in zip(_texts(texts, valid), why, strict=True)]
    )


def texts_of(texts: Sequence[str | None]) -> Any:
    """Return texts as an array of dtype ``str``."""
    return pd.array(texts, dtype=_TEXT)


def _some(flags: Mapping[str, Flags]) -> dict[str, Flags]:
    return {name: here for name, here in flags.items() if here.any()}


def _spread(values: Any, valid: Flags) -> Floats:
    if len(values) == len(valid):
        return np.asarray(values, dtype=np.float64)
    spread = np.full(len(valid), np.nan)
    spread[valid] = values
    return spread


def _texts(values: Sequence[str | None], valid: Flags) -> list[str | None]:
    if len(values) == len(valid):
        return list(values)
    texts = iter(values)
    return [next(texts) if ok else None for ok in valid.tolist()]
