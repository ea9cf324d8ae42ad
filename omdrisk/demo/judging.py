"""How good a ranking was where the truth is known: beside chance, the officers' rules, and the best possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.evaluation import Ranking
from omdrisk.evaluation.intervals import draws, interval

if TYPE_CHECKING:
    import numpy.typing as npt

CAPACITIES = (0.005, 0.01, 0.02, 0.05)


def against_truth(
    truth: npt.NDArray[Any],
    score: npt.NDArray[Any],
    rule: npt.NDArray[Any],
    blocks: npt.NDArray[Any],
    *,
    resamples: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """Return one row per capacity, with 95 % block bootstrap intervals (``_low``, ``_high``).

    Parameters
    ----------
    truth
        1 where contraband was hidden, else 0, for every shipment that came in, examined or not; shape (rows,).
    score, rule
        The model's score and the officers' rule score; shape (rows,).
    blocks
        Shipments of equal value are drawn together.

    Returns
    -------
    pandas.DataFrame
        ``capacity`` (share of shipments), ``inspected`` (how many that is), ``hit_rate``, ``recall``, ``lift`` (over
        random), ``rule_hit_rate``, ``lift_over_rule`` (hits of the model for each hit of the rules),
        ``best_hit_rate`` and ``best_recall`` (of a list that knows the truth).

    Examples
    --------
    >>> truth = np.r_[np.ones(10), np.zeros(990)]
    >>> table = against_truth(truth, truth + 0.0, np.arange(1000.0), np.arange(1000), resamples=50)
    >>> table[["capacity", "hit_rate", "best_hit_rate", "recall"]].head(2).to_dict("records")
    [{'capacity': 0.005, 'hit_rate': 1.0, 'best_hit_rate': 1.0, 'recall': 0.5},
     {'capacity': 0.01, 'hit_rate': 1.0, 'best_hit_rate': 1.0, 'recall': 1.0}]
    """
    measured = ("hit_rate", "recall", "lift")
    names = [f"{name}@{100 * share:g}%" for share in CAPACITIES for name in measured]
    model, officers, best = (Ranking(truth, each) for each in (score, rule, truth))
    values = model.measure(names)
    drawn = draws(model, names, blocks, resamples=resamples, seed=seed)
    low, high = interval(drawn)
    rules, rules_drawn = (
        officers.measure(names),
        draws(officers, names, blocks, resamples=resamples, seed=seed),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, (ratio_low, ratio_high) = values / rules, interval(drawn / rules_drawn)
    possible = best.measure(names)
    table = []
    for place, share in enumerate(CAPACITIES):
        row: dict[str, Any] = {"capacity": share, "inspected": round(share * len(truth))}
        for step, name in enumerate(measured):
            at = place * len(measured) + step
            row |= {name: values[at], f"{name}_low": low[at], f"{name}_high": high[at]}
        at = place * len(measured)
        row |= {"rule_hit_rate": rules[at], "lift_over_rule": ratio[at]}
        row |= {"lift_over_rule_low": ratio_low[at], "lift_over_rule_high": ratio_high[at]}
        row |= {"best_hit_rate": possible[at], "best_recall": possible[at + 1]}
        table.append(row)
    return pd.DataFrame(table)
