"""What a kind sees: shipments, what is derived from them, the history's answers and the tables of facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from omdrisk.entities import Fields
from omdrisk.features.tables import Tables
from omdrisk.features.words import fold_all, plain_all
from omdrisk.records.coded import Coded, joint, known

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from omdrisk.features.kinds.base import Kind
    from omdrisk.history.questions import Question

T = TypeVar("T")


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
    >>> import pandas as pd
    >>> view = View(pd.DataFrame({"goods_description": ["IVORY", None, "IVORY"]}))
    >>> view.column("goods_description").texts
    ['IVORY']
    >>> view.column("seal_nos").codes
    array([-1, -1, -1])
    """

    def __init__(
        self,
        shipments: pd.DataFrame | Fields,
        tables: Tables | None = None,
        history: Any = None,
        questions: Iterable[Question] = (),
        learnt: Mapping[Kind, Any] | None = None,
    ) -> None:
        self.fields = Fields.of(shipments)
        self.tables = Tables() if tables is None else tables
        self.history = history
        self.learnt = dict(learnt or {})
        self._questions = questions if isinstance(questions, tuple) else tuple(dict.fromkeys(questions))
        self._answers: dict[Question, NDArray[np.float64]] = {}
        self._kept: dict[Hashable, Any] = {}
        self._modes: dict[tuple[str, ...], NDArray[np.bool_] | bool] = {}

    def __len__(self) -> int:
        return len(self.fields)

    @property
    def shipments(self) -> pd.DataFrame:
        """The shipments as a table."""
        return self.fields.frame()

    def missing(self) -> NDArray[np.float64]:
        """Return NaN for every row."""
        return np.full(len(self), np.nan)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return ``make()``, made once for each `key` and kept for the other kinds of this view."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
        made: T = found
        return made

    def absent(self, name: str) -> NDArray[np.bool_]:
        """Return where the column `name` is not filled."""
        return self.fields.absent(name)

    def column(self, name: str) -> Coded:
        """Return the column `name` of the shipments as coded texts, as declared."""
        return self.fields.text(name)

    def may_go_by(self, modes: tuple[str, ...]) -> NDArray[np.bool_] | bool:
        """Return which shipments may go by one of `modes`, or True or False where all are alike.

        Those whose mode is not known may.
        """
        found = self._modes.get(modes)
        if found is None:
            given = self.column("transport_mode")
            here = np.array([*(text in modes for text in given.texts), True], dtype=bool)[given.codes]
            found = self._modes[modes] = True if here.all() else here if here.any() else False
        return found

    def folded(self, name: str) -> Folded:
        """Return the different texts of the column `name` folded for comparison."""
        return self.once(("folded", name), lambda: _folded(self.column(name).texts))

    def both(self, name: str) -> list[str]:
        """Return the different texts of the column `name` folded, each with its form without accents behind it."""
        made = self.folded(name)
        return self.once(("both", name), lambda: [fold if fold == bare else f"{fold} {bare}" for fold, bare in made])

    def entity(self, name: str) -> Coded:
        """Return the entity `name` as coded texts."""
        return self.fields.entity(name)

    def entities(self, names: tuple[str, ...]) -> Coded:
        """Return several entities as one whose texts are tuples; missing where any of them is missing."""
        return self.once(("entities", names), lambda: self.joint(*map(self.entity, names)))

    def joint(self, *parts: Coded) -> Coded:
        """Return several coded texts as one whose texts are tuples; missing where any part is missing."""
        if len(parts) == 1:
            return Coded(parts[0].codes, [(value,) for value in parts[0].texts])
        return known(joint(*parts))

    def number(self, name: str) -> NDArray[np.float64]:
        """Return the number `name`, NaN where unknown."""
        return self.fields.derived(name)

    def time(self, name: str) -> NDArray[np.int64]:
        """Return the time column `name` in microseconds since 1970 UTC, `entities.NO_TIME` where missing."""
        return self.fields.time(name)

    def expect(self, questions: tuple[Question, ...]) -> None:
        """Say what will be asked next: all of it goes to the history in one call."""
        self._questions = questions

    def answer(self, question: Question) -> NDArray[np.float64]:
        """Return the history's answer to `question`; NaN where there is no history or no decision time."""
        found = self._answers.get(question)
        if found is None:
            if self.history is None or "filed_at" not in self.fields:
                return self.missing()
            asked = (*self._questions, question) if question not in self._questions else self._questions
            self._answers.update(self.history.ask(asked, self.fields))
            self._questions = ()
            found = self._answers[question]
        return found


def _folded(texts: list[str]) -> Folded:
    folded = fold_all(texts)
    return Folded(folded, plain_all(folded))
