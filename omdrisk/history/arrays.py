"""The arrays of a history: their types, the clock, and sums that are exact whatever the order of adding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Integers: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

NO_TIME = np.iinfo(np.int64).min
NEVER = np.iinfo(np.int64).max
DAY = 86_400_000_000
WHOLE = 1_000_000

_LIMB_UNITS = (2.0**32, 2.0**-4, 2.0**-40)
_LARGEST = 2.0**62


def days_between(later: Integers, earlier: Integers) -> Floats:
    """Return the days from `earlier` to `later`, right even where the difference exceeds an int64."""
    return (later.astype(np.uint64) - earlier.astype(np.uint64)).astype(np.float64) / DAY


def days_before(moments: Integers, days: float | None) -> Integers:
    """Return the moments `days` earlier, at the earliest the beginning of time; None is all the past."""
    width = NEVER if days is None else min(round(days * DAY), NEVER)
    if width == NEVER:
        return np.full(moments.size, NO_TIME + 1, dtype=np.int64)
    return np.where(moments < NO_TIME + 1 + width, NO_TIME + 1, moments - np.int64(width))


def limbs(values: Floats) -> tuple[Integers, ...]:
    """Split numbers into three integers whose sums are exact: up to 2**27 numbers, resolution 2**-40."""
    rest = np.where(np.abs(values) < _LARGEST, values, 0.0)
    parts = []
    for unit in _LIMB_UNITS:
        part = np.floor(rest / unit)
        rest = rest - part * unit
        parts.append(part.astype(np.int64))
    return tuple(parts)


def from_limbs(parts: Sequence[Integers]) -> Floats:
    """Return the number that summed limbs stand for."""
    high, middle, low = (part * unit for part, unit in zip(parts, _LIMB_UNITS, strict=True))
    total: Floats = (high + middle) + low
    return total


def running(amounts: Integers) -> Integers:
    """Return sums of everything before each position, one longer than `amounts`."""
    sums = np.zeros(amounts.size + 1, dtype=np.int64)
    np.cumsum(amounts, out=sums[1:])
    return sums


def numbered(column: Integers) -> tuple[Integers, Integers]:
    """Return the distinct values of a column in order, and each row's number among them."""
    known, numbers = np.unique(column, return_inverse=True)
    return known, numbers.astype(np.int32)
