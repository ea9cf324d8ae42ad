"""Reasons and contributions of scored shipments, for each head of a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.explaining import (
    BASE,
    Contributions,
    Facts,
    Reason,
    Reasoner,
    Teller,
    explain_head,
    group_names,
    grouped,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.scoring.columns import SharedFeatures
    from omdrisk.training import Head


def reasons_of(
    rows: pd.DataFrame,
    heads: Mapping[str, Head],
    shared: SharedFeatures,
    language: str,
    *,
    top: int,
    against: int,
) -> dict[str, list[list[Reason]]]:
    """Return for each head the reasons of each row."""
    if not len(rows):
        return {name: [] for name in heads}
    features = shared.of(rows)
    stated = shared.stated(rows)
    found = {}
    for name, head in heads.items():
        learnt = head.pipeline.learnt_
        reasoner = Reasoner({d.name: Teller(d, language, learnt.get(d.name, ())) for d in head.pipeline.catalog_})
        shap = explain_head(head, features[name]).parts.to_numpy()
        told = stated[name]
        facts = zip(
            features[name].to_numpy().tolist(),
            told.shown.tolist(),
            told.norms.tolist(),
            told.known.tolist(),
            strict=True,
        )
        found[name] = [
            reasoner.reasons(Facts(*each), row, top=top, against=against) for each, row in zip(facts, shap, strict=True)
        ]
    return found


def contributions_of(rows: pd.DataFrame, heads: Mapping[str, Head], shared: SharedFeatures) -> dict[str, Contributions]:
    """Return for each head the contribution of each feature of each row."""
    features = shared.of(rows)
    return {name: explain_head(head, features[name]) for name, head in heads.items()}


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
