"""Values of any type as text: whole numbers without a point, so that a tax number read as a number is still itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

_TEXT = pd.StringDtype(na_value=np.nan)


def value_text(value: Any) -> str:  # noqa: PLR0911 - one line for each type
    """Return one value as text.

    Examples
    --------
    >>> value_text(100233488.0), value_text(6.5), value_text(True), value_text("0101")
    ('100233488', '6.5', 'true', '0101')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating, Decimal)):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (list, tuple, np.ndarray)):
        return ";".join(map(value_text, value))
    return str(value)


def as_text(values: pd.Series) -> pd.Series:
    """Return a column as dtype ``str``; missing cells stay missing."""
    if values.dtype == _TEXT:
        return values
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype(_TEXT)
    try:
        codes, distinct = pd.factorize(values)
    except TypeError:
        # lists cannot be told apart by hashing
        texts = [None if value is None else value_text(value) for value in values.tolist()]
        return pd.Series(pd.array(texts, dtype=_TEXT), index=values.index, name=values.name)
    told = pd.array([value_text(value) for value in distinct.tolist()], dtype=_TEXT)
    return pd.Series(told.take(codes, allow_fill=True), index=values.index, name=values.name)
