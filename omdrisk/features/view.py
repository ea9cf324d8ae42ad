"""What a kind sees: shipments, what is derived from them, the history's answers and the tables of facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME, entity, micros, number
from omdrisk.features.tables import Tables
from omdrisk.features.words import fold_all, plain_all

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from omdrisk.features.kinds.base import Kind
    from omdrisk.history.questions import Question

T = TypeVar("T")

#: Below this many rows a loop over cells is faster than building a hash table.
FEW = 32


@dataclass(frozen=True)
class Coded:
    """Texts as codes: `texts` are the different ones, `codes` points each row into them, -1 where missing.

    What depends on one text alone is computed once per value and spread over the rows.

    Examples
    --------
    >>> Coded(np.array([0, 1, -1, 0]), ["a", "b"]).spread([1.0, 2.0])
    array([ 1.,  2., nan,  1.])
    """

    codes: NDArray[np.int64]
    texts: list[Any]

    def spread(self, per_value: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one float64 per row from one per value; missing rows are NaN."""
        return np.append(np.asarray(per_value, dtype=np.float64), np.nan)[self.codes]


@dataclass(frozen=True)
class Folded:
    """Texts folded, and the same without accents, in the order of the coded texts that they come from."""

    folded: list[str]
    bare: list[str]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return zip(self.folded, self.bare, strict=True)


class View:
    """Shipments as the kinds see them; everything derived is computed once and kept.

    Parameters
    ----------
    shipments
        A canonical shipments table; an absent column counts as missing.
    tables
        Tables of facts that the kinds look up.
    history
        What was known before; None makes every answer missing.
    questions
        All questions that will be asked: they go to the history in one call, so that one pass per key serves
        all.
    learnt
        What the pipeline learnt for each kind that learns (the list of a category's values).

    Examples
    --------
    >>> view = View(pd.DataFrame({"goods_description": ["IVORY", None, "IVORY"]}))
    >>> view.column("goods_description").texts
    ['IVORY']
    >>> view.column("seal_nos").codes
    array([-1, -1, -1])
    """

    def __init__(
        self,
        shipments: pd.DataFrame,
        tables: Tables | None = None,
        history: Any = None,
        questions: Iterable[Question] = (),
        learnt: Mapping[Kind, Any] | None = None,
    ) -> None:
        self.shipments = shipments
        self.tables = Tables() if tables is None else tables
        self.history = history
        self.learnt = dict(learnt or {})
        self._questions = list(dict.fromkeys(questions))
        self._answers: dict[Question, NDArray[np.float64]] = {}
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.shipments)

    def missing(self) -> NDArray[np.float64]:
        """Return NaN for every row."""
        return np.full(len(self), np.nan)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return ``make()``, made once for each `key` and kept for the other kinds of this view."""
        if key not in self._kept:
            self._kept[key] = make()
        made: T = self._kept[key]
        return made

    def absent(self, name: str) -> NDArray[np.bool_]:
        """Return where the column `name` is not filled."""
        if name not in self.shipments.columns:
            return np.ones(len(self), dtype=bool)
        return self.once(("absent", name), lambda: self.shipments[name].isna().to_numpy(dtype=bool))

    def column(self, name: str) -> Coded:
        """Return the column `name` of the shipments as coded texts, as declared."""
        if name not in self.shipments.columns:
            return Coded(np.full(len(self), -1, dtype=np.int64), [])
        return self.once(("column", name), lambda: _coded(self.shipments[name]))

    def folded(self, name: str) -> Folded:
        """Return the different texts of the column `name` folded for comparison."""
        return self.once(("folded", name), lambda: _folded(self.column(name).texts))

    def both(self, name: str) -> list[str]:
        """Return the different texts of the column `name` folded, each with its form without accents behind it."""
        made = self.folded(name)
        return self.once(("both", name), lambda: [fold if fold == bare else f"{fold} {bare}" for fold, bare in made])

    def entity(self, name: str) -> Coded:
        """Return the entity `name` as coded texts."""
        return self.once(("entity", name), lambda: _coded(entity(self.shipments, name)))

    def joint(self, *parts: Coded) -> Coded:
        """Return several coded texts as one whose texts are tuples; missing where any part is missing."""
        if len(parts) == 1:
            return Coded(parts[0].codes, [(value,) for value in parts[0].texts])
        codes = parts[0].codes
        values: list[tuple[Any, ...]] = [(value,) for value in parts[0].texts]
        for part in parts[1:]:
            size = len(part.texts)
            both = (codes >= 0) & (part.codes >= 0)
            places, found = pd.factorize(codes[both] * size + part.codes[both])
            codes = np.full(len(self), -1, dtype=np.int64)
            codes[both] = places
            values = [(*values[pair // size], part.texts[pair % size]) for pair in found.tolist()]
        return Coded(codes, values)

    def number(self, name: str) -> NDArray[np.float64]:
        """Return the number `name`, NaN where unknown."""
        return self.once(("number", name), lambda: np.ascontiguousarray(number(self.shipments, name), dtype=np.float64))

    def time(self, name: str) -> NDArray[np.int64]:
        """Return the time column `name` in microseconds since 1970 UTC, `entities.NO_TIME` where missing."""
        if name not in self.shipments.columns:
            return np.full(len(self), NO_TIME, dtype=np.int64)
        return micros(self.shipments[name])

    def answer(self, question: Question) -> NDArray[np.float64]:
        """Return the history's answer to `question`; NaN where there is no history or no decision time."""
        if self.history is None or "filed_at" not in self.shipments.columns:
            return self.missing()
        if question not in self._answers:
            asked = [*self._questions, question] if question not in self._questions else self._questions
            self._answers.update(self.history.ask(asked, self.shipments))
            self._questions = []
        return self._answers[question]


def _folded(texts: list[str]) -> Folded:
    folded = fold_all(texts)
    return Folded(folded, plain_all(folded))


def _coded(series: pd.Series[Any]) -> Coded:
    if len(series) <= FEW:
        return _coded_few(series.tolist())
    codes, values = pd.factorize(series)
    texts = values.tolist()
    if all(isinstance(value, str) for value in texts):
        return Coded(codes.astype(np.int64), texts)
    return Coded(codes.astype(np.int64), [str(value) for value in texts])


def _coded_few(cells: list[Any]) -> Coded:
    places: dict[str, int] = {}
    codes = [
        -1 if cell is None or cell is pd.NA or cell != cell else places.setdefault(str(cell), len(places))  # noqa: PLR0124
        for cell in cells
    ]
    return Coded(np.array(codes, dtype=np.int64), list(places))
