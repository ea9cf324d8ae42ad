"""Moments given as text or timestamps, as UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime


def utc(moment: str | datetime | pd.Timestamp, name: str = "as_of") -> pd.Timestamp:
    """Return a moment as a UTC timestamp; a moment without a zone is UTC.

    Raises
    ------
    InputError
        If it is not a moment.

    Examples
    --------
    >>> utc("2021-01-01T00:00+09:00")
    Timestamp('2020-12-31 15:00:00+0000', tz='UTC')
    >>> utc("next week")
    Traceback (most recent call last):
    omdrisk.errors.InputError: as_of='next week' is not a date such as 2023-04-15
    """
    try:
        stamp = pd.Timestamp(moment)
    except (ValueError, TypeError):
        raise InputError(f"{name}={moment!r} is not a date such as 2023-04-15") from None
    if pd.isna(stamp):
        raise InputError(f"{name}={moment!r} is not a date such as 2023-04-15")
    return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
