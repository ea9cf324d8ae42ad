"""Values of any type as text: whole numbers without a point, so that a tax number read as a number is still itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from omdrisk.records.coded import TEXT, Coded, coded, is_missing, recoded


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


def spelt(values: Any) -> Coded:
    """Return a column (a Series or an array) of any type as coded texts.

    Examples
    --------
    >>> spelt(pd.Series([8.0, None, 6.5])).tolist()
    ['8', None, '6.5']
    """
    if values.dtype == "object" and pd.api.types.infer_dtype(values, skipna=True) not in _ALIKE:
        # what is equal may not read the same, as True and 1, and lists cannot be compared by hashing
        return coded(pd.array([None if is_missing(value) else value_text(value) for value in values], dtype=TEXT))
    made = coded(values)
    return recoded(made.codes, [value_text(value) for value in made.texts])


_ALIKE = frozenset({"string", "empty", "integer", "floating", "boolean", "decimal"})


def as_text(values: pd.Series) -> pd.Series:
    """Return a column as dtype ``str``; missing cells stay missing."""
    if values.dtype == TEXT:
        return values
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype(TEXT)
    return spelt(values).series(values.index, values.name)
