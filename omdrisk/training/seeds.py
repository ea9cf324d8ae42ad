"""Seeds of draws."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from omdrisk.errors import InputError


def check_seed(seed: Any) -> int:
    """Return a seed that is one.

    Raises
    ------
    InputError
        If it is no whole number of at least 0.

    Examples
    --------
    >>> check_seed(7)
    7
    >>> check_seed(-1)
    Traceback (most recent call last):
    omdrisk.errors.InputError: seed is -1; seed must be 0 or more.
    """
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:
        raise InputError(f"seed is {seed!r}; seed must be 0 or more.")
    return int(seed)
