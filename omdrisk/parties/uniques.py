"""Work on the distinct values of a column once, and hand the answers back to every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = pd.StringDtype(na_value=np.nan)
_FEW = 32
"""Up to so many rows it costs less to look at each than to look for equal ones."""


def texts_of(values: list[str | None], like: pd.Series) -> pd.Series:
    """Return texts as a column of dtype ``str`` with the index and name of `like`."""
    return pd.Series(pd.array(values, dtype=_TEXT), index=like.index, name=like.name)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def by_unique(values: pd.Series, answer: Callable[[str], str | None]) -> pd.Series:
    """Apply `answer` to each distinct text of `values`; missing and empty answers are missing.

    Examples
    --------
    >>> by_unique(pd.Series(["b", None, "b"], dtype="str"), str.upper).tolist()
    ['B', nan, 'B']
    """
    if len(values) <= _FEW:
        few = [answer(text) or None if isinstance(text, str) else None for text in values.tolist()]
        return texts_of(few, values)
    codes, distinct = pd.factorize(values)
    mapped = pd.array([answer(text) or None for text in distinct.tolist()], dtype=_TEXT)
    return pd.Series(mapped.take(codes, allow_fill=True), index=values.index, name=values.name)


def by_unique_rows(columns: tuple[pd.Series, ...], answer: Callable[..., str | None]) -> pd.Series:
    """Apply `answer` to each distinct row of several text columns; it is given None where a text is missing.

    Examples
    --------
    >>> left, right = pd.Series(["a", None], dtype="str"), pd.Series(["b", "c"], dtype="str")
    >>> by_unique_rows((left, right), lambda one, other: f"{one}-{other}").tolist()
    ['a-b', 'None-c']
    """
    first = columns[0]
    if len(first) <= _FEW:
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return texts_of([answer(*map(_text, row)) or None for row in rows], first)
    joint = np.zeros(len(first), dtype=np.int64)
    lists: list[list[Any]] = []
    sizes: list[int] = []
    for column in columns:
        codes, distinct = pd.factorize(column)
        lists.append([*distinct.tolist(), None])
        sizes.append(len(lists[-1]))
        joint = joint * sizes[-1] + np.where(codes < 0, sizes[-1] - 1, codes)
    places, rows_of = pd.factorize(joint)
    answers: list[str | None] = []
    for row in rows_of.tolist():
        texts: list[Any] = []
        rest = row
        for values, size in zip(reversed(lists), reversed(sizes), strict=True):
            texts.append(values[rest % size])
            rest //= size
        answers.append(answer(*reversed(texts)) or None)
    mapped = pd.array(answers, dtype=_TEXT)
    return pd.Series(mapped.take(places), index=first.index, name=first.name)
