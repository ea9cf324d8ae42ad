"""Reasons and contributions of scored shipments, for each head of a bundle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.explaining import (
    BASE,
    Contributions,
    Fact,
    Reason,
    explain_head,
    group_names,
    grouped,
    slopes,
)
from omdrisk.scoring.ranking import BANDS
from omdrisk.scoring.ranking import bands as bands_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.explaining import Reasoner
    from omdrisk.scoring.seen import Seen, Stated
    from omdrisk.training import Head


@dataclass(frozen=True)
class _Row:
    """What is known of one shipment, read when a reason asks for it."""

    values: npt.NDArray[np.float64]
    told: Stated
    row: int
    slope: float
    band: Banded

    def of(self, feature: int) -> Fact:
        """Return what is known of the feature at a place."""
        return Fact(self.values[feature].item(), *self.told.of(self.row, feature))


def reasons_of(
    seen: Seen,
    heads: Mapping[str, Head],
    reasoners: Mapping[str, Reasoner],
    *,
    top: int,
    against: int,
    bands: Mapping[str, float] = BANDS,
) -> dict[str, list[list[Reason]]]:
    """Return for each head the reasons of each row."""
    found = {}
    for name, head in heads.items():
        features = seen.features(name)
        every = np.asarray(head.contributions(features), dtype=np.float64)
        shap, base = every[:, :-1], float(every[0, -1])
        # added up one by one, so that a row alone and in a batch has the same bits
        raw = [math.fsum(row) for row in every.tolist()]
        slope = slopes(np.array(raw), base, head.probability).tolist()
        told = seen.stated(name)
        rows = (_Row(features[row], told, row, slope[row], Banded(head, one, bands)) for row, one in enumerate(raw))
        found[name] = [
            reasoners[name].reasons(row, parts, top=top, against=against) for row, parts in zip(rows, shap, strict=True)
        ]
    return found


class Banded:
    """The band of a raw score, and of what would be left of it without an indicator (its contribution taken off).

    Taking a contribution off is to know nothing of the indicator: it speaks as for an average shipment of training.
    """

    def __init__(self, head: Head, raw: float, bands: Mapping[str, float]) -> None:
        self._head, self._raw, self._bands = head, raw, bands
        self._found: dict[float, str] = {}

    def __call__(self, less: float) -> str:
        """Return the band of the raw score less a contribution."""
        if less not in self._found:
            standing = np.asarray(self._head.percentile(np.array([self._raw - less])), dtype=np.float64)
            self._found[less] = bands_of(standing, self._bands).tolist()[0] or ""
        return self._found[less]


def contributions_of(seen: Seen, heads: Mapping[str, Head]) -> dict[str, Contributions]:
    """Return for each head the contribution of each feature of each row."""
    return {name: explain_head(head, seen.table(name)) for name, head in heads.items()}


def group_table(
    head: Head, contributions: Contributions | None, group: str, valid: npt.NDArray[np.bool_], index: Any
) -> pd.DataFrame:
    """Return contributions by group with the base behind them, missing in rows that cannot be scored.

    `contributions` belong to the valid rows, and are None where there is none.
    """
    groups = group_names(head.pipeline.catalog_.definitions, group)
    columns: Sequence[str] = [*dict.fromkeys(groups.values()), BASE]
    filled = np.full((len(valid), len(columns)), np.nan)
    if contributions is not None:
        filled[valid] = grouped(contributions, groups)[columns].to_numpy()
    return pd.DataFrame(filled, index=index, columns=list(columns))


def in_probability(head: Head, table: pd.DataFrame) -> pd.DataFrame:
    """Return contributions in log-odds, as `group_table` has them, as changes of the calibrated probability."""
    cells = table.to_numpy()
    known = ~np.isnan(cells).any(axis=1)
    changed = np.full(cells.shape, np.nan)
    if known.any():
        raw, base = cells[known].sum(axis=1), float(cells[known][0, -1])
        changed[known] = cells[known] * slopes(raw, base, head.probability)[:, None]
        changed[known, -1] = np.asarray(head.probability(np.array([base])))[0]
    return pd.DataFrame(changed, index=table.index, columns=table.columns)
