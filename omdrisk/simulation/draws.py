"""Two ways of drawing that the whole world uses: runs of unequal length, and names by their shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def grouped(rng: np.random.Generator, keys: NDArray[np.integer], mean: float) -> NDArray[np.int64]:
    """Split sorted `keys` into runs of random length within each key and return the number of the run of each element.

    Most runs are short, some are long: a few traders have many relations.
    """
    count = len(keys)
    sizes = rng.geometric(1.0 / max(mean - 0.6, 1.01), size=count)
    big = rng.random(count) < 0.07
    sizes[big] = rng.integers(5, 13, size=int(big.sum()))
    run = np.repeat(np.arange(count), sizes)[:count] if count else np.zeros(0, dtype=np.int64)
    new = np.ones(count, dtype=bool)
    new[1:] = (run[1:] != run[:-1]) | (keys[1:] != keys[:-1])
    return np.cumsum(new) - 1


def draw_shares(
    rng: np.random.Generator, shares: Mapping[str, float], names: tuple[str, ...], count: int
) -> NDArray[np.int64]:
    """Draw numbers of `names` by a table of shares; names that the table lacks are never drawn."""
    weight = np.array([float(shares.get(name, 0.0)) for name in names])
    return rng.choice(len(names), size=count, p=weight / weight.sum())
