"""Texts of a column as codes, so that what depends on one text alone is worked out once for each different one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

#: Up to so many rows it costs less to look at each than to look for equal ones.
FEW = 32
#: The dtype of texts in tables.
TEXT = pd.StringDtype(na_value=np.nan)


@dataclass(slots=True, eq=False)
class Coded:
    """Texts as codes: `texts` are the different ones, `codes` points each row into them, -1 where missing.

    What depends on one text alone is computed once per value and spread over the rows. Neither is ever changed.

    Examples
    --------
    >>> Coded(np.array([0, 1, -1, 0]), ["a", "b"]).spread([1.0, 2.0])
    array([ 1.,  2., nan,  1.])
    """

    codes: NDArray[np.int64]
    texts: list[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def spread(self, per_value: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one float64 per row from one per value; missing rows are NaN."""
        if len(self.codes) == 1:
            code = self.codes.item()
            return np.array([per_value[code] if code >= 0 else np.nan], dtype=np.float64)
        return np.append(np.asarray(per_value, dtype=np.float64), np.nan)[self.codes]

    def map(self, answer: Callable[[Any], Any]) -> Coded:
        """Return what `answer` makes of each different text; None and empty answers are missing.

        Examples
        --------
        >>> made = Coded(np.array([0, 1, 2, -1]), ["a-1", "A1", ""]).map(lambda text: text.replace("-", "").upper())
        >>> made.codes.tolist(), made.texts
        ([0, 0, -1, -1], ['A1'])
        """
        return recoded(self.codes, [answer(text) or None for text in self.texts])

    def tolist(self) -> list[Any]:
        """Return the text of each row, None where it is missing."""
        texts = [*self.texts, None]
        return [texts[code] for code in self.codes.tolist()]

    def take(self, rows: NDArray[Any]) -> Coded:
        """Return some rows; texts that none of them has stay among the different ones."""
        return Coded(self.codes[rows], self.texts)

    def array(self) -> Any:
        """Return the texts as an array of dtype ``str``."""
        if len(self.codes) <= FEW:
            return pd.array(self.tolist(), dtype=TEXT)
        return pd.array(self.texts, dtype=TEXT).take(self.codes, allow_fill=True)

    def series(self, index: pd.Index, name: Hashable = None) -> pd.Series:
        """Return the texts as a column of dtype ``str``."""
        return pd.Series(self.array(), index=index, name=name)


def coded(values: Any) -> Coded:
    """Return a column (a Series or an array of pandas or numpy) as its different values, in order of appearance.

    Examples
    --------
    >>> made = coded(pd.Series(["b", None, "a", "b"]))
    >>> made.codes.tolist(), made.texts
    ([0, -1, 1, 0], ['b', 'a'])
    """
    if len(values) <= FEW:
        return _few(_cells(values))
    codes, distinct = pd.factorize(values)
    return Coded(codes.astype(np.int64, copy=False), distinct.tolist())


def joint(*parts: Coded) -> Coded:
    """Return several columns as one whose values are tuples; a part that is missing is None.

    Examples
    --------
    >>> joint(Coded(np.array([0, -1, 0]), ["a"]), Coded(np.array([0, 0, 0]), ["b"])).texts
    [('a', 'b'), (None, 'b')]
    """
    if len(parts[0]) <= FEW:
        return _few(list(zip(*(part.tolist() for part in parts), strict=True)))
    mixed = np.zeros(len(parts[0]), dtype=np.int64)
    seen = 1
    for part in parts:
        size = len(part.texts) + 1
        if seen * size > _LARGEST:
            # too many combinations for one number: count those that are there
            mixed = pd.factorize(mixed)[0].astype(np.int64, copy=False)
            seen = int(mixed.max(initial=0)) + 1
        mixed = mixed * size + np.where(part.codes < 0, size - 1, part.codes)
        seen *= size
    codes, distinct = pd.factorize(mixed)
    first = np.empty(len(distinct), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    columns = []
    for part in parts:
        texts = [*part.texts, None]
        columns.append([texts[code] for code in part.codes[first].tolist()])
    return Coded(codes.astype(np.int64, copy=False), list(zip(*columns, strict=True)))


_LARGEST = 2**62


def known(both: Coded) -> Coded:
    """Return joint texts with those missing of which a part is missing.

    Examples
    --------
    >>> known(Coded(np.array([0, 1, 0]), [("a", "b"), (None, "b")])).codes.tolist()
    [0, -1, 0]
    """
    return both.map(lambda texts: None if None in texts else texts)


def _few(cells: list[Any]) -> Coded:
    places: dict[Any, int] = {}
    codes = [-1 if is_missing(cell) else places.setdefault(cell, len(places)) for cell in cells]
    return Coded(_shared(tuple(codes)), list(places))


def _cells(values: Any) -> list[Any]:
    """Return the cells of a column; Arrow gives its own in half the time that pandas takes."""
    if isinstance(values, pd.arrays.ArrowStringArray):
        cells: list[Any] = values.__arrow_array__().to_pylist()
        return cells
    return list(values)


@lru_cache(maxsize=1024)
def _shared(codes: tuple[int, ...]) -> NDArray[np.int64]:
    """Return codes as an array that all columns of a few rows with the same codes share."""
    made = np.array(codes, dtype=np.int64)
    made.flags.writeable = False
    return made


def is_missing(cell: Any) -> bool:
    """Say whether a cell holds nothing: None, or what does not equal itself."""
    if type(cell) in (str, tuple, list, np.ndarray):
        return False
    return cell is None or cell is pd.NA or cell is pd.NaT or bool(cell != cell)  # noqa: PLR0124


def recoded(codes: NDArray[np.int64], answers: list[Any]) -> Coded:
    """Return coded values with `answers` in the place of the different ones, of which some may be equal or None."""
    places: dict[Any, int] = {}
    new = [-1 if answer is None else places.setdefault(answer, len(places)) for answer in answers]
    if len(places) == len(answers):
        return Coded(codes, answers)
    return Coded(np.array([*new, -1], dtype=np.int64)[codes], list(places))
