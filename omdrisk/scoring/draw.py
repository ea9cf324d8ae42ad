"""Which shipments fill a worklist: the highest priorities, and a share drawn at random to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import InputError, did_you_mean
from omdrisk.scoring.ranking import name_codes, order
from omdrisk.training.seeds import check_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Rows picked for a worklist, in its order: positions, who picked each, with what probability."""

    rows: npt.NDArray[np.int64]
    selected_by: list[str]
    selection_probability: Floats


def draw(priority: Floats, names: pd.Series, *, capacity: int, explore: float, seed: int) -> Drawn:
    """Pick `capacity` rows, the share `explore` of them at random from those that priority leaves out.

    The random share is what later lets hit rates be estimated without the model's own bias; its selection
    probability is therefore logged. Picks do not depend on the order of the rows: they are ordered by name
    before the draw.

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
    if isinstance(capacity, bool) or not _number(capacity) or not float(capacity).is_integer() or capacity < 0:
        raise InputError(f"capacity is {capacity!r}. Give how many shipments can be inspected: 0, 1, 2, ...")
    if not (_number(explore) and 0 <= explore <= 1):
        raise InputError(
            f"explore is {explore!r}. Give the share of the list drawn at random, from 0 to 1, such as 0.1."
        )
    seed = check_seed(seed)
    picked = min(int(capacity), len(priority))
    at_random = int(picked * explore + 0.5)
    placed = order(priority, names)
    top, rest = placed[: picked - at_random], placed[picked - at_random :]
    rest = rest[np.argsort(name_codes(names.iloc[rest]), kind="stable")]
    chosen = rest[np.random.default_rng(seed).choice(len(rest), size=at_random, replace=False)]
    chosen = chosen[order(priority[chosen], names.iloc[chosen])]
    probability = at_random / len(rest) if len(rest) else 0.0
    return Drawn(
        rows=np.concatenate([top, chosen]),
        selected_by=["model"] * len(top) + ["random"] * at_random,
        selection_probability=np.r_[np.ones(len(top)), np.full(at_random, probability)],
    )


def harm_weights(targets: Iterable[str], harm: Mapping[str, float] | None, head: str | None) -> dict[str, float]:
    """Return the weight of each head in the priority: `harm`, or `head` alone, or 1 for each.

    Raises
    ------
    InputError
        If a head is not in the bundle, a weight is negative, or both `harm` and `head` are given.

    Examples
    --------
    >>> harm_weights(["drug", "wildlife"], {"wildlife": 2.5}, None)
    {'drug': 1.0, 'wildlife': 2.5}
    >>> harm_weights(["drug", "wildlife"], None, "drug")
    {'drug': 1.0, 'wildlife': 0.0}
    """
    known = list(targets)
    if harm is not None and head is not None:
        raise InputError("both head and harm are given. Give `head` for one head alone, or `harm` to weigh them.")
    if head is not None:
        _check_head(head, known)
        return {name: float(name == head) for name in known}
    weights = dict.fromkeys(known, 1.0)
    for name, weight in (harm or {}).items():
        _check_head(name, known)
        if not (_number(weight) and np.isfinite(weight) and weight >= 0):
            raise InputError(f"harm[{name!r}] is {weight!r}. Give a number of at least 0.")
        weights[name] = float(weight)
    return weights


def _number(value: Any) -> bool:
    return isinstance(value, Real)


def _check_head(name: str, known: list[str]) -> None:
    if name not in known:
        raise InputError(f"the bundle has no head {name!r}. {did_you_mean(name, known)}")
