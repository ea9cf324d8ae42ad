"""What a batch of shipments shows that training did not: columns full of unseen values, features that have drifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from omdrisk.training.reference import shares_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from omdrisk.scoring.seen import Seen
    from omdrisk.training import Head

    Floats = npt.NDArray[np.float64]

#: Fewest shipments of a batch from which anything is said of all of them.
BATCH = 1_000
#: Most shipments that are looked at, evenly chosen.
SAMPLE = 4_000
#: Share of the filled cells of a column from which unseen values are spoken of.
UNSEEN = 0.5
#: Population stability index from which a feature counts as drifted.
DRIFTED = 0.25
_LEAST = 1e-4


def unseen_columns(seen: Seen, heads: Mapping[str, Head]) -> list[str]:
    """Name the columns of which most filled cells hold values that training had not, in a batch of some size."""
    if len(seen) < BATCH:
        return []
    found: dict[str, None] = {}
    for name, head in heads.items():
        columns = seen.asked_for(name)
        for place, kind in head.pipeline.catalog_.categories:
            filled = np.count_nonzero(~np.isnan(columns[place]))
            if filled >= BATCH // 2 and np.count_nonzero(columns[place] == 0.0) > UNSEEN * filled:
                found[kind.inputs[0]] = None
    return list(found)


def drifted_features(seen: Seen, heads: Mapping[str, Head]) -> list[str]:
    """Name the features that a head's trees use and that lie otherwise than in its reference, in a batch of some size.

    Those that ask the history are left out: what is known of the past grows with every day, which is no drift.

    Notes
    -----
    The population stability index of the bins of the reference, as it is usual in credit scoring: 0.1 and below is
    taken as no change, 0.25 and above as a large one (Siddiqi, *Credit Risk Scorecards*, 2006).
    """
    if len(seen) < BATCH:
        return []
    rows = np.linspace(0, len(seen) - 1, min(len(seen), SAMPLE)).astype(np.int64)
    found: dict[str, None] = {}
    for name, head in heads.items():
        if head.reference.rows < BATCH or head.forest is None:
            continue
        columns = seen.asked_for(name)
        definitions = list(head.pipeline.catalog_)
        for place in np.unique(head.forest.trees.feature).tolist():
            definition = definitions[place]
            described = head.reference.features.get(definition.name)
            if described is None or definition.kind.asked:
                continue
            usual = np.r_[described["shares"], described["missing"]]
            if stability(usual, shares_in(described, columns[place][rows])) > DRIFTED:
                found[definition.name] = None
    return list(found)


def stability(usual: Floats, now: Floats) -> float:
    """Return the population stability index of two lists of shares.

    Examples
    --------
    >>> round(stability(np.array([0.5, 0.5]), np.array([0.5, 0.5])), 3)
    0.0
    >>> round(stability(np.array([0.5, 0.5]), np.array([0.9, 0.1])), 3)
    0.879
    """
    usual, now = np.maximum(usual, _LEAST), np.maximum(now, _LEAST)
    return float(((now - usual) * np.log(now / usual)).sum())
