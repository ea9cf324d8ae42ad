"""Reasons and contributions of scored shipments, for each head of a bundle."""

from __future__ import annotations

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
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.explaining import Reasoner
    from omdrisk.scoring.columns import Seen, Stated
    from omdrisk.training import Head


@dataclass(frozen=True)
class _Row:
    """What is known of one shipment, read when a reason asks for it."""

    values: npt.NDArray[np.float64]
    told: Stated
    row: int

    def of(self, feature: int) -> Fact:
        return Fact(self.values[feature].item(), *self.told.of(self.row, feature))


def reasons_of(
    seen: Seen,
    heads: Mapping[str, Head],
    reasoners: Mapping[str, Reasoner],
    *,
    top: int,
    against: int,
) -> dict[str, list[list[Reason]]]:
    """Return for each head the reasons of each row."""
    found = {}
    for name, head in heads.items():
        features = seen.features(name)
        shap = np.asarray(head.contributions(features), dtype=np.float64)[:, :-1]
        told = seen.stated(name)
        found[name] = [
            reasoners[name].reasons(_Row(features[row], told, row), parts, top=top, against=against)
            for row, parts in enumerate(shap)
        ]
    return found


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
