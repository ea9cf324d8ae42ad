"""Signs that a column or a feature knows what it cannot know: it was coded after the find, or looks ahead.

Three tests of values and one of time. Their bounds were set by looking at the simulated world and at two published sets
(import declarations of Korea, wildlife imports of the United States), whose honest columns stay below them; they are
no law of nature, and a flag is a question for a person.

* A value tells the outcome: the odds of a find, on the days on which the value occurs, are at the lower end of a wide
  interval 25 times those of all rows, in some period or in all. In the wildlife imports the columns that inspectors
  code after a seizure reach 34 (source), 62 (unit) and 93 (purpose), and the agency's own honest ones 21. Canonical
  columns are declared by definition, and a country can be that bad (Laos in the same data: 66), so for them it takes
  250. Tested are the columns themselves, for a rate over such a column tells the outcome just as well.
* A declared field by itself ranks better than 0.9 (AUC, lower end). Honest fields reach 0.79, on all three.
* Being filled tells the outcome: whether a column is filled ranks better than 0.8.
* A feature moves when what was known later is taken away, or when other rows of its table are. What asks the history
  may rank as well as it likes as long as it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.evaluation.auditing.singles import Worth, folds_of, levels_of, scores_of
from omdrisk.features.kinds.category import is_private
from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from omdrisk.features import Catalog, FeaturePipeline
    from omdrisk.history import History

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

TELLING_ODDS, TELLING_ODDS_DECLARED = 25.0, 250.0
TOO_GOOD = 0.9
TELLING_WHEN_FILLED = 0.8
#: Hundreds of values are looked at, so that the interval is one of 99.8 %.
Z = 3.09
LEAST_FINDS, LEAST_EVENTS = 5, 8
MANY_VALUES = 64
LOOKED_AT = 1_000


def wilson_low(finds: Any, rows: Any, z: float = Z) -> Floats:
    """Return the lower end of the interval of shares (Wilson 1927).

    Examples
    --------
    >>> wilson_low(np.array([11.0]), np.array([12.0])).round(2).tolist()
    [0.47]
    """
    share = finds / rows
    reach = z * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    low: Floats = (share + z**2 / (2 * rows) - reach) / (1 + z**2 / rows)
    return np.maximum(low, 0.0)


def telling_value(
    codes: Places, found: Floats, periods: Places, blocks: Places, bound: float = TELLING_ODDS
) -> dict[str, Any] | None:
    """Return the value with the highest odds of a find, if it tells the outcome in some period, or in all of them.

    Parameters
    ----------
    codes
        The value of each row, 0 and up; 0 where it is missing.
    found, periods, blocks
        Outcome, period and block of each row. Rows of one block and value count once: forty lines of one seizure are
        one event.
    bound
        From how many times the odds of all rows on a value tells.

    Returns
    -------
    ``code``, ``finds`` and ``rows``, and ``odds`` (how many times the odds of all rows, at least), or None.

    Examples
    --------
    >>> codes, found = np.array([1] * 40 + [2] * 960), np.array([1.0] * 30 + [0.0] * 970)
    >>> alone, day = np.arange(1000), np.zeros(1000, dtype=int)
    >>> told = telling_value(codes, found, periods=day, blocks=alone)
    >>> told["code"], told["finds"], told["rows"], told["odds"] > 25
    (1, 30, 40, True)
    >>> telling_value(codes, found, periods=day, blocks=day) is None
    True
    """
    best: dict[str, Any] | None = None
    parts = [np.ones(len(codes), dtype=bool), *(periods == period for period in np.unique(periods))]
    for here in parts:
        base = float(found[here].mean()) if here.any() else 0.0
        if not 0 < base < 1:
            continue
        size = int(blocks.max()) + 1
        pairs, at, rows = np.unique(codes[here] * size + blocks[here], return_inverse=True, return_counts=True)
        values = pairs // size
        events = np.bincount(values).astype(float)
        hits = np.bincount(values, np.bincount(at, found[here]) / rows)
        enough = np.flatnonzero((events >= LEAST_EVENTS) & (hits >= LEAST_FINDS))
        if not enough.size:
            continue
        low = np.minimum(wilson_low(hits[enough], events[enough]), 1 - 1e-9)
        odds = low / (1 - low) / (base / (1 - base))
        most = int(odds.argmax())
        if odds[most] >= bound and (best is None or odds[most] > best["odds"]):
            code = int(enough[most])
            chosen = here & (codes == code)
            counted = {"finds": int(found[chosen].sum()), "rows": int(chosen.sum())}
            best = {"code": code, **counted, "odds": float(odds[most])}
    return best


def _bound(columns: Iterable[str]) -> float:
    return TELLING_ODDS if any(name.startswith("x_") for name in columns) else TELLING_ODDS_DECLARED


def leaking_columns(
    catalog: Catalog, shipments: pd.DataFrame, found: Floats, periods: Places, blocks: Places, worth: Worth
) -> Iterator[tuple[str, str, str]]:
    """Yield column, flag and what was seen, for each column that some definition reads and that tells the outcome.

    Columns that name somebody, free texts and moments are left out: a trader with many finds is no leak.
    """
    declared = table("shipments").columns
    for name in catalog.needs:
        moment = name in declared and declared[name].type == "time"
        if name not in shipments.columns or is_private(name) or moment:
            continue
        column = shipments[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            codes = levels_of(column.to_numpy(dtype=np.float64, na_value=np.nan), most=MANY_VALUES)
            labels = None
        else:
            places, values = pd.factorize(column, sort=True)
            codes, labels = np.asarray(places + 1, dtype=np.int64), values
        told = telling_value(codes, found, periods, blocks, _bound([name]))
        if told is not None:
            what = (
                "missing" if told["code"] == 0 else f"{labels[told['code'] - 1]}" if labels is not None else "a range"
            )
            yield name, "value tells the outcome", _seen(what, told)
        alone = worth.of(scores_of(_often(codes), found, folds_of(periods, blocks)))
        if alone["auc_low"] >= TOO_GOOD:
            yield name, "too good", f"ranks alone with an AUC of {alone['auc']:.3f} (at least {alone['auc_low']:.3f})"
        filled = (codes > 0).astype(np.int64)
        measured = worth.of(scores_of(filled, found, folds_of(periods, blocks)))
        if measured["auc_low"] >= TELLING_WHEN_FILLED:
            share = [f"{filled[found == state].mean():.0%}" for state in (1, 0)]
            yield (
                name,
                "being filled tells the outcome",
                f"filled in {share[0]} of the finds and {share[1]} of the rest",
            )


def _often(codes: Places) -> Places:
    """Return codes in which all but the most frequent are one."""
    counts = np.bincount(codes)
    kept = np.argsort(-counts, kind="stable")[:MANY_VALUES]
    place = np.full(counts.size, MANY_VALUES, dtype=np.int64)
    place[kept] = np.arange(kept.size)
    return place[codes]


def _seen(what: str, told: dict[str, Any]) -> str:
    counted = f"found in {told['finds']} of {told['rows']} examined"
    return f"{what}: {counted}, at least {told['odds']:.0f} times the usual odds"


def leaking_features(
    catalog: Catalog, features: pd.DataFrame, singles: pd.DataFrame, found: Floats, periods: Places, blocks: Places
) -> Iterator[tuple[str, str, str]]:
    """Yield feature, flag and what was seen, for features of the shipment itself that know the outcome."""
    for definition in catalog:
        if definition.kind.questions():
            continue
        auc, low = (float(singles[name].to_dict()[definition.name]) for name in ("auc", "auc_low"))
        if low >= TOO_GOOD:
            yield definition.name, "too good", f"ranks alone with an AUC of {auc:.3f} (at least {low:.3f})"
        codes = levels_of(features[definition.name].to_numpy(), most=MANY_VALUES)
        told = telling_value(codes, found, periods, blocks, _bound(definition.needs))
        if told is not None:
            value = "missing" if told["code"] == 0 else "one of its values"
            yield definition.name, "value tells the outcome", _seen(value, told)


def moving_features(
    pipeline: FeaturePipeline,
    shipments: pd.DataFrame,
    past: History,
    moment: pd.Timestamp,
    *,
    rows: int = LOOKED_AT,
) -> Iterator[tuple[str, str, str]]:
    """Yield feature, flag and what was seen, for features that move when what is known later is taken away.

    Parameters
    ----------
    pipeline
        Fitted on `shipments`, with a history of all of them.
    shipments
        All shipments.
    past
        A history of nothing but what was filed and known before `moment`.
    moment
        Where the knife is set.
    rows
        How many of the last shipments before `moment` are compared; half of them once more without the other half.
    """
    from omdrisk.features import FeaturePipeline

    early = shipments[(shipments["filed_at"] < moment).to_numpy()]
    looked = early.sort_values("filed_at", kind="stable").tail(rows)
    again = FeaturePipeline(pipeline.catalog_, past).fit(early)
    # the values of a category are chosen from all of training, and which they are says nothing of one shipment
    again.learnt_ |= {name: pipeline.learnt_[name] for name in pipeline.categorical_}
    whole = pipeline.transform(looked)
    moved = _differing(whole, again.transform(looked))
    leaning = _differing(whole.iloc[::2], pipeline.transform(looked.iloc[::2]))
    for name in whole.columns:
        if leaning[name]:
            seen = f"{leaning[name]} of {len(whole.iloc[::2])} values change when other rows of the table are left out"
            yield name, "leans on the other rows", seen
        elif moved[name]:
            seen = f"{moved[name]} of {len(whole)} values change when what was known later is taken away"
            yield name, "moves when later data is removed", seen


def _differing(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    left, right = one.to_numpy(), other.to_numpy()
    return pd.Series(((left != right) & ~(np.isnan(left) & np.isnan(right))).sum(axis=0), index=one.columns)
