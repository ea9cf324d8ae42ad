"""What is watched, as bins: every feature, score and gap, and whether traders and lanes are new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd

from omdrisk.entities import entity

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from omdrisk.features.definition import Definition
    from omdrisk.scoring import Scorer

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

Kind = Literal["feature", "score", "missing", "unseen"]
BINS = 10
UNSEEN = ("consignee", "shipper", "lane")
UNSEEN_DAYS = 90.0
GROWING = ("count", "distinct", "finds", "days_since_first")


@dataclass(frozen=True)
class Signal:
    """One thing that is watched.

    Parameters
    ----------
    kind
        ``feature``; ``score`` (the raw score of a head); ``missing`` (a column of the manifests); ``unseen`` (a trader
        or lane that no shipment of the 90 days before had).
    name
        Name of the feature, head, column or entity.
    heads
        The heads that use it.
    """

    kind: Kind
    name: str
    heads: tuple[str, ...]


@dataclass(frozen=True)
class Watched:
    """Signals of shipments.

    Attributes
    ----------
    signals
        What is watched, one per column of the arrays.
    codes
        The bin of each shipment; shape (shipments, signals).
    numbers
        What the bins were made from; for ``missing`` and ``unseen`` 1 or 0.
    """

    signals: tuple[Signal, ...]
    codes: npt.NDArray[np.int16]
    numbers: Floats

    @property
    def bins(self) -> int:
        """Most bins that a signal has."""
        return int(self.codes.max()) + 1


def watched(scorer: Scorer, shipments: pd.DataFrame, past: Flags) -> Watched:
    """Return the signals of shipments; the bins are those of the `past` ones among them.

    Parameters
    ----------
    scorer
        An opened bundle with its history.
    shipments
        Canonical shipments of past and present, all with ``filed_at``.
    past
        Which of them are the past.
    """
    signals, codes, values = [], [], []
    for signal, value, categorical in _columns(scorer, shipments):
        if signal.kind in ("feature", "score"):
            if np.isnan(value[past]).all() and np.isnan(value).all():
                continue
            code = _bins(value, past, categorical=categorical)
        else:
            code = np.where(np.isnan(value), 2, value).astype(np.int16)
        signals.append(signal)
        codes.append(code)
        values.append(value)
    return Watched(tuple(signals), np.column_stack(codes), np.column_stack(values))


def _columns(scorer: Scorer, shipments: pd.DataFrame) -> Iterator[tuple[Signal, Floats, bool]]:
    used: dict[str, list[str]] = {}
    for target, head in scorer.heads.items():
        for name in head.features:
            used.setdefault(name, []).append(target)
    done: set[str] = set()
    for target, head in scorer.heads.items():
        features = scorer.features(shipments, target)
        categorical = set(head.pipeline.categorical_)
        yield Signal("score", target, (target,)), head.raw(features), False
        catalog = head.pipeline.catalog_
        for name in map(str, features.columns):
            if name not in done and not _grows(catalog[name]):
                done.add(name)
                yield Signal("feature", name, tuple(used[name])), _floats(features[name]), name in categorical
    needed = sorted({column for head in scorer.heads.values() for column in head.pipeline.catalog_.needs})
    for name in needed:
        if name in shipments.columns:
            gap = np.asarray(shipments[name].isna(), dtype=np.float64)
            yield Signal("missing", name, tuple(scorer.heads)), gap, False
    for name in UNSEEN:
        yield Signal("unseen", name, tuple(scorer.heads)), unseen(shipments, name), False


def _grows(definition: Definition) -> bool:
    """Tell whether a feature grows by itself as the history grows older: counts and ages without a window.

    A calm world moves them every week. What they would tell is told by the share of unseen traders and by the scores.
    """
    told = definition.to_dict()
    return told["kind"] in GROWING and told.get("days") is None


def unseen(shipments: pd.DataFrame, name: str, days: float = UNSEEN_DAYS) -> Floats:
    """Return 1 for shipments whose `name` no shipment of the `days` before had, else 0; missing where it is unknown.

    Examples
    --------
    >>> filed = pd.to_datetime(["2023-01-01", "2023-02-01", "2023-09-01"], utc=True)
    >>> unseen(pd.DataFrame({"filed_at": filed, "x_office": ["HCM", "HCM", "HCM"]}), "x_office").tolist()
    [1.0, 0.0, 1.0]
    """
    keys = entity(shipments, name)
    table = pd.DataFrame({"key": keys.to_numpy(), "at": shipments["filed_at"].to_numpy()})
    table["at"] = shipments["filed_at"].reset_index(drop=True)
    ordered = table.sort_values("at", kind="stable")
    gap = ordered.groupby("key", sort=False)["at"].diff().dt.total_seconds() / 86_400.0
    new = (~(gap <= days)).astype(np.float64).where(ordered["key"].notna())
    return _floats(new.sort_index())


def _floats(values: pd.Series) -> Floats:
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _bins(values: Floats, past: Flags, *, categorical: bool) -> npt.NDArray[np.int16]:
    """Return the bins of values: tenths of the past ones, or its categories; the last is for missing ones."""
    known = values[past & ~np.isnan(values)]
    if categorical:
        edges: Any = np.unique(np.r_[0.0, known])
        place = np.minimum(np.searchsorted(edges, values), len(edges) - 1)
        code = np.where(edges[place] == values, place, 0)
        last = len(edges)
    else:
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="lower")) if len(known) else []
        code = np.searchsorted(edges, values, "left")
        last = len(edges) + 1
    return cast("npt.NDArray[np.int16]", np.where(np.isnan(values), last, code).astype(np.int16))
