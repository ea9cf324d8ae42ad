"""Moments as microseconds since 1970, the form in which histories compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_TIME: Final = int(np.iinfo(np.int64).min)
"""Stands for a moment that is not known."""


def micros(series: pd.Series) -> NDArray[np.int64]:
    """Return moments as microseconds since 1970-01-01 UTC; `NO_TIME` where missing or unreadable.

    Texts and moments without a zone are read as UTC.

    Examples
    --------
    >>> micros(pd.Series(pd.to_datetime(["1970-01-01T00:00:01Z", None]))).tolist()
    [1000000, -9223372036854775808]
    """
    if not isinstance(series.dtype, pd.DatetimeTZDtype):
        series = pd.to_datetime(series, utc=True, errors="coerce", format="ISO8601" if series.dtype == "str" else None)
    moments = series.to_numpy(dtype="datetime64[us]", na_value=np.datetime64("NaT"))
    return moments.view(np.int64)
