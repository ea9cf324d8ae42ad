"""Which shipments fill a worklist: the highest priorities, and a share drawn at random to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import InputError
from omdrisk.scoring.ranking import name_codes, order
from omdrisk.training.seeds import check_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lot:
    """Shipments that share one capacity: those of an office, a mode and a day, or all.

    Parameters
    ----------
    rows
        Positions of its rows.
    capacity
        How many of them can be inspected.
    name
        What it is called in the worklist.
    """

    rows: Places
    capacity: int
    name: str = ""


@dataclass(frozen=True)
class Cap:
    """At most `most` rows of one group are picked by priority in a lot.

    Parameters
    ----------
    group
        One number per row: the same for the rows of one trader or lane, below 0 where it is unknown (no cap).
    most
        How many.
    """

    group: Places
    most: int


@dataclass(frozen=True)
class Drawn:
    """Rows picked for a worklist, in its order: positions, who picked each, with what probability, in which lot."""

    rows: Places
    selected_by: list[str]
    selection_probability: Floats
    lots: list[str]


def draw(priority: Floats, names: pd.Series, *, capacity: int, explore: float, seed: int) -> Drawn:
    """Pick `capacity` rows, the share `explore` of them at random from those that priority leaves out.

    It is `draw_lots` with all rows in one lot and no cap.

    Parameters
    ----------
    priority
        One number per row.
    names
        ``shipment_id`` of the rows, each once.
    capacity
        How many can be inspected; if fewer rows are there, all are picked.
    explore
        Share of the capacity drawn at random, from 0 to 1.
    seed
        Seed of the draw.

    Raises
    ------
    InputError
        If `capacity` is not a whole number of at least 0, or `explore` is not in [0, 1], or `seed` is below 0.

    Examples
    --------
    >>> import pandas as pd
    >>> ids = pd.Series([f"s{n}" for n in range(10)])
    >>> drawn = draw(np.arange(10) / 10, ids, capacity=4, explore=0.25, seed=7)
    >>> drawn.rows[:3].tolist(), drawn.selected_by, drawn.selection_probability.round(3).tolist()
    ([9, 8, 7], ['model', 'model', 'model', 'random'], [1.0, 1.0, 1.0, 0.143])
    """
    lot = Lot(np.arange(len(priority), dtype=np.int64), check_capacity(capacity))
    return draw_lots(priority, names, [lot], explore=explore, seed=seed)


def draw_lots(
    priority: Floats,
    names: pd.Series,
    lots: Sequence[Lot],
    *,
    explore: float,
    seed: int,
    caps: Sequence[Cap] = (),
) -> Drawn:
    """Fill each lot's capacity by priority under the caps, and the share `explore` of all places at random.

    Caps bind what priority picks. The random share is drawn uniformly from all that priority leaves out in a lot, what
    a cap held back included: every shipment then has a known chance to be examined, which is what lets hit rates be
    estimated without the model's own bias. Places that the caps leave empty stay empty.

    The random places of all lots together are the rounded share of all places. They go to the lots in proportion to
    their size; what is not whole is drawn (systematic sampling), so that small lots are explored too. The probability
    that is returned is that of the whole design: over many seeds, a row is on the list that often. Picks do not depend
    on the order of the rows: they are ordered by name before the draw.

    Parameters
    ----------
    priority, names
        As for `draw`.
    lots
        No row in two of them; rows in none are not picked.
    explore, seed
        As for `draw`.
    caps
        Each binds in each lot.

    Raises
    ------
    InputError
        If `explore` is not in [0, 1], or `seed` is below 0.

    Examples
    --------
    >>> import pandas as pd
    >>> ids = pd.Series(["a", "b", "c", "d"])
    >>> lots = [Lot(np.array([0, 1, 2]), 2, "air"), Lot(np.array([3]), 1, "sea")]
    >>> one_each = Cap(np.array([5, 5, 6, 5]), 1)
    >>> drawn = draw_lots(np.array([0.9, 0.8, 0.1, 0.2]), ids, lots, explore=0.0, seed=1, caps=[one_each])
    >>> drawn.rows.tolist(), drawn.lots
    ([0, 2, 3], ['air', 'air', 'sea'])
    """
    if not (is_number(explore) and 0 <= explore <= 1):
        raise InputError(
            f"explore is {explore!r}. Give the share of the list drawn at random, from 0 to 1, such as 0.1."
        )
    random = np.random.default_rng(check_seed(seed))
    placed = order(priority, names)
    codes = name_codes(names)
    member = np.full(len(priority), -1, dtype=np.int64)
    for at, lot in enumerate(lots):
        member[lot.rows] = at
    members = [placed[member[placed] == at] for at in range(len(lots))]
    picked = [min(lot.capacity, len(rows)) for lot, rows in zip(lots, members, strict=True)]
    rows: list[Places] = []
    chances: list[Floats] = []
    by: list[str] = []
    where: list[str] = []
    for lot, best, places, share in zip(lots, members, picked, _shares(picked, explore, random), strict=True):
        top = _greedy(best, places - share.least, caps)
        chosen, chance = _pick(best, top, places, share, codes, random)
        own = top[: places - share.count]
        chosen = chosen[order(priority[chosen], names.iloc[chosen])]
        rows += [own, chosen]
        chances.append(chance[np.r_[own, chosen]])
        by += ["model"] * len(own) + ["random"] * len(chosen)
        where += [lot.name] * (len(own) + len(chosen))
    nothing = np.empty(0, dtype=np.int64)
    return Drawn(
        rows=np.concatenate([nothing, *rows]),
        selected_by=by,
        selection_probability=np.concatenate([np.empty(0), *chances]),
        lots=where,
    )


@dataclass(frozen=True)
class _Share:
    """Random places of a lot: at least `least`, one more with probability `more`, and in this draw `count`."""

    least: int
    more: float
    count: int


def _shares(picked: Sequence[int], explore: float, random: np.random.Generator) -> list[_Share]:
    """Share the random places out among the lots; whole numbers throughout, so that chances are exact."""
    every = sum(picked)
    at_random = int(every * explore + 0.5)
    if not every:
        return [_Share(0, 0.0, 0) for _ in picked]
    start = int(random.integers(every)) if len(picked) > 1 else 0
    found = []
    before = 0
    for places in picked:
        least, more = divmod(at_random * places, every)
        found.append(_Share(least, more / every, least + (before + more + start) // every - (before + start) // every))
        before += more
    return found


def _greedy(best: Places, most: int, caps: Sequence[Cap]) -> Places:
    """Return the first `most` rows, in order of priority, that no cap refuses."""
    if not caps:
        return best[:most]
    taken: list[int] = []
    counts: list[dict[int, int]] = [{} for _ in caps]
    groups = [cap.group[best].tolist() for cap in caps]
    for place, row in enumerate(best.tolist()):
        if len(taken) == most:
            break
        own = [group[place] for group in groups]
        if all(one < 0 or count.get(one, 0) < cap.most for one, count, cap in zip(own, counts, caps, strict=True)):
            taken.append(row)
            for one, count in zip(own, counts, strict=True):
                count[one] = count.get(one, 0) + 1
    return np.array(taken, dtype=np.int64)


def _pick(
    best: Places, top: Places, places: int, share: _Share, codes: Places, random: np.random.Generator
) -> tuple[Places, Floats]:
    """Draw the random rows of a lot, and return them with the probability of every row (by position) to be picked."""
    size = int(best.max()) + 1 if len(best) else 0
    chance = np.zeros(size)
    for count, weight in ((share.least, 1.0 - share.more), (share.least + 1, share.more)):
        if weight:
            own = top[: places - count]
            left = len(best) - len(own)
            given = np.zeros(size)
            given[best] = min(count, left) / left if left else 0.0
            given[own] = 1.0
            chance += weight * given
    rest = best[~np.isin(best, top[: places - share.count])]
    rest = rest[np.argsort(codes[rest], kind="stable")]
    return rest[random.choice(len(rest), size=min(share.count, len(rest)), replace=False)], chance


def check_capacity(capacity: Any) -> int:
    """Return a capacity that is one.

    Raises
    ------
    InputError
        If it is no whole number of at least 0.
    """
    if isinstance(capacity, bool) or not is_number(capacity) or not float(capacity).is_integer() or capacity < 0:
        raise InputError(f"capacity is {capacity!r}. Give how many shipments can be inspected: 0, 1, 2, ...")
    return int(capacity)


def is_number(value: Any) -> bool:
    """Say whether a value is a real number."""
    return isinstance(value, Real)
