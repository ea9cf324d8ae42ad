"""The ten answers about one key in plain pandas and in plain numpy, for outcomes that are never withdrawn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from omdrisk.history.arrays import DAY
from omdrisk.history.facts import FOUND, KEY, VALUE

SECOND = 1_000_000


def _outcomes(world, name):
    shipments, log = world.shipments, world.outcomes
    order = np.argsort(shipments["id"])
    rows = order[np.searchsorted(shipments["id"][order], log["id"])]
    return shipments[f"{KEY}{name}"][rows], log["known_at"], (log["outcome"] == FOUND).astype(float)


def with_pandas(world, name):
    """Rolling windows and `merge_asof`: each answer as of the last event strictly before."""
    filed = pd.to_datetime(world.shipments["filed_at"], unit="us")
    frame = pd.DataFrame(
        {
            "key": world.shipments[f"{KEY}{name}"],
            "at": filed,
            "value": world.shipments[f"{VALUE}x_value"],
            "one": 1.0,
        }
    )
    groups = frame.groupby("key", sort=False)
    events = pd.DataFrame(
        {
            "key": frame["key"],
            "at": frame["at"],
            "count": groups.cumcount() + 1,
            "first": groups["at"].transform("first"),
            "last": frame["at"],
            "sum": frame["value"].fillna(0).groupby(frame["key"], sort=False).cumsum(),
            "known": frame["value"].notna().groupby(frame["key"], sort=False).cumsum(),
        }
    )
    asof = {"on": "at", "by": "key", "allow_exact_matches": False}
    before = pd.merge_asof(frame[["key", "at"]], events, **asof)
    ordered = frame.sort_values("key", kind="stable")
    rolled = ordered.set_index("at").groupby("key")["one"].rolling("30D", closed="left").sum()
    month = np.empty(len(frame))
    month[ordered.index] = np.nan_to_num(rolled.to_numpy())
    keys, known_at, finds = _outcomes(world, name)
    found = pd.DataFrame({"key": keys, "at": pd.to_datetime(known_at, unit="us"), "finds": finds})
    found = found.sort_values("at", kind="stable").reset_index(drop=True)
    grouped = found.groupby("key", sort=False)
    found["inspected"] = grouped.cumcount() + 1.0
    found["find_at"] = found["at"].where(found["finds"] > 0)
    found["find_at"] = found.groupby("key", sort=False)["find_at"].ffill()
    found["total"] = grouped["finds"].cumsum()
    found["all_finds"] = found["finds"].cumsum()
    found["all_inspected"] = np.arange(1.0, len(found) + 1)
    columns = ["key", "at", "total", "inspected", "find_at"]
    known = pd.merge_asof(frame[["key", "at"]], found[columns], **asof)
    early = pd.merge_asof(
        pd.DataFrame({"key": frame["key"], "at": frame["at"] - pd.Timedelta("180D")}),
        found[columns[:3]],
        **asof,
    )
    overall = pd.merge_asof(
        frame[["at"]], found[["at", "all_finds", "all_inspected"]], on="at", allow_exact_matches=False
    )
    total, inspected = known["total"].fillna(0), known["inspected"].fillna(0)
    base = overall["all_finds"] / overall["all_inspected"]
    day = pd.Timedelta("1D")
    return [
        before["count"].fillna(0).to_numpy(),
        month,
        ((frame["at"] - before["first"]) / day).to_numpy(),
        ((frame["at"] - before["last"]) / day).to_numpy(),
        (before["sum"] / before["known"]).to_numpy(),
        total.to_numpy(),
        (total - early["total"].fillna(0)).to_numpy(),
        inspected.to_numpy(),
        ((total + 20 * base) / (inspected + 20)).to_numpy(),
        ((frame["at"] - known["find_at"]) / day).to_numpy(),
    ]


class _Sorted:
    def __init__(self, numbers, times):
        self.span = np.int64(2) ** 30
        places = numbers.astype(np.int64) * self.span + times // SECOND
        self.order = np.argsort(places)
        self.places = places[self.order]
        self.starts = np.searchsorted(numbers[self.order], np.arange(numbers.max(initial=0) + 2))

    def before(self, numbers, times):
        return np.searchsorted(self.places, numbers * self.span + times // SECOND)


def with_numpy(world, name):
    """One sort by (key, time), `searchsorted` for places in that order, differences of running sums.

    Rows ask in the order of the index, so that neighbours search neighbouring memory, and their answers are
    put back in the end: three times as fast as asking in the order of time.
    """
    shipments = world.shipments
    origin = shipments["filed_at"][0] - 400 * DAY
    known_keys, numbers = np.unique(shipments[f"{KEY}{name}"], return_inverse=True)
    index = _Sorted(numbers, shipments["filed_at"] - origin)
    numbers, times = numbers[index.order], (shipments["filed_at"] - origin)[index.order]
    low, high = index.starts[numbers], index.before(numbers, times)
    some = high > low
    value = shipments[f"{VALUE}x_value"][index.order]
    sums = np.append(0.0, np.cumsum(np.nan_to_num(value)))
    counts = np.append(0, np.cumsum(~np.isnan(value)))
    keys, known_at, finds = _outcomes(world, name)
    of_outcome = np.searchsorted(known_keys, keys)
    log = _Sorted(of_outcome, known_at - origin)
    found = np.append(0.0, np.cumsum(finds[log.order]))
    log_starts = np.append(log.starts, np.full(known_keys.size + 2 - log.starts.size, keys.size))
    log_low, log_high = log_starts[numbers], log.before(numbers, times)
    total, inspected = found[log_high] - found[log_low], log_high - log_low
    by_time = np.argsort(known_at, kind="stable")
    in_time = np.searchsorted(known_at[by_time] - origin, shipments["filed_at"] - origin)
    all_finds, overall = np.append(0.0, np.cumsum(finds[by_time]))[in_time][index.order], in_time[index.order]
    only = np.flatnonzero(finds[log.order] > 0)
    find_places, find_times = log.places[only], (known_at - origin)[log.order][only]
    latest = np.searchsorted(find_places, numbers * log.span + times // SECOND) - 1
    at = np.maximum(latest, 0)
    there = (latest >= 0) & (find_places[at] >= numbers * log.span)
    with np.errstate(divide="ignore", invalid="ignore"):
        answers = [
            high - low,
            high - index.before(numbers, times - 30 * DAY),
            np.where(some, (times - times[np.minimum(low, times.size - 1)]) / DAY, np.nan),
            np.where(some, (times - times[high - 1]) / DAY, np.nan),
            (sums[high] - sums[low]) / (counts[high] - counts[low]),
            total,
            found[log_high] - found[log.before(numbers, times - 180 * DAY)],
            inspected,
            (total + 20 * all_finds / overall) / (inspected + 20),
            np.where(there, (times - find_times[at]) / DAY, np.nan),
        ]
    return [_put_back(answer, index.order) for answer in answers]


def _put_back(answer, order):
    placed = np.empty(answer.size)
    placed[order] = answer
    return placed
