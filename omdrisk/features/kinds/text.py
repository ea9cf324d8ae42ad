"""What the words of a description say, in any of the languages of the lexicons."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.features.arguments import argument, column, text, texts
from omdrisk.features.kinds.base import Kind
from omdrisk.features.lexicon import Lexicon, Term, read_terms
from omdrisk.features.words import other_words, unspaced, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import Folded, View

VAGUE = ("vague", "uninformative")


@dataclass(frozen=True)
class LexiconWeight(Kind):
    """Summed weight of the concepts of a lexicon that a text names.

    Each concept counts once, with the weight of its heaviest term.

    `kinds` and `concepts` limit the lexicon. 0 where the text names none, missing where there is no text.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import Tables, View
    >>> rows = {"concept": ["ivory", "ivory"], "kind": ["wildlife", "wildlife"], "lang": ["en", "vi"],
    ...         "term": ["tusk", "ngà voi"], "match": ["word", "word"], "weight": ["0.5", "1"]}
    >>> shipments = pd.DataFrame({"goods_description": ["NGA VOI / TUSKS", "CASHEW", None]})
    >>> view = View(shipments, Tables({"lexicon": pd.DataFrame(rows)}))
    >>> LexiconWeight(table="lexicon", kinds=("wildlife",)).compute(view)
    array([ 1.,  0., nan])
    """

    word: ClassVar[str] = "lexicon"
    table: str = argument(text)
    kinds: tuple[str, ...] = argument(texts, default=())
    concepts: tuple[str, ...] = argument(texts, default=())
    column: str = argument(column, default="goods_description")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def check(self, tables: Tables) -> None:
        terms = lexicon(tables, self.table).terms
        for said, known in (
            (self.kinds, {term.kind for term in terms}),
            (self.concepts, {t.concept for t in terms}),
        ):
            for name in said:
                if name not in known:
                    raise DefinitionError(f"{name!r} is not in table {self.table!r}. {did_you_mean(name, known)}")

    def compute(self, view: View) -> NDArray[np.float64]:
        texts_, terms_ = matches(view, self.table, self.column)
        cells = view.column(self.column)
        chosen, concepts, weights = view.tables.derive(self, self.table, lambda _: self._terms(view.tables))
        here = chosen[terms_]
        if not np.count_nonzero(here):
            return cells.spread([0.0] * len(cells.texts))
        places, concept, weight = texts_[here], concepts[terms_[here]], weights[terms_[here]]
        order = np.lexsort((weight, concept, places))
        places, concept, weight = places[order], concept[order], weight[order]
        last = np.ones(len(places), dtype=bool)
        last[:-1] = (places[1:] != places[:-1]) | (concept[1:] != concept[:-1])
        return cells.spread(np.bincount(places[last], weight[last], len(cells.texts)).astype(np.float64))

    def _terms(self, tables: Tables) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]]:
        terms = lexicon(tables, self.table).terms
        chosen = [
            (not self.kinds or term.kind in self.kinds) and (not self.concepts or term.concept in self.concepts)
            for term in terms
        ]
        places = {concept: place for place, concept in enumerate(dict.fromkeys(term.concept for term in terms))}
        concepts = [places[term.concept] for term in terms]
        return (
            np.array(chosen, dtype=bool),
            np.array(concepts, dtype=np.int64),
            np.array([t.weight for t in terms]),
        )


@dataclass(frozen=True)
class HasWords(Kind):
    """1 where a text has one of `terms`, 0 where it has none; missing where there is no text.

    Terms are found as those of a lexicon: whole words with or without accents, or anywhere in scripts without
    spaces.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> names = pd.DataFrame({"consignee_name": ["To the ORDER of bank", "Border Trading", None]})
    >>> HasWords(column="consignee_name", terms=("to order", "order")).compute(View(names))
    array([ 1.,  0., nan])
    """

    word: ClassVar[str] = "words"
    column: str = argument(column)
    terms: tuple[str, ...] = argument(texts)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column,)

    def check(self, tables: Tables) -> None:
        del tables
        _terms(self.terms)

    def compute(self, view: View) -> NDArray[np.float64]:
        found = _terms(self.terms)
        cells = view.column(self.column)
        texts = view.folded(self.column)
        return cells.spread([float(bool(found.find_folded(folded, bare))) for folded, bare in texts])


@dataclass(frozen=True)
class Vagueness(Kind):
    """Share of a text's words that tell nothing: vague terms, codes with digits, one or two letters.

    Each letter of a script without spaces counts as a word. 1 where the text has no words at all, missing
    where there is no text. Terms of the kinds ``vague`` and ``uninformative`` are used.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import Tables, View
    >>> rows = {"concept": ["vague"], "kind": ["vague"], "lang": ["en"], "term": ["general cargo"],
    ...         "match": ["word"], "weight": ["1"]}
    >>> shipments = pd.DataFrame({"goods_description": ["GENERAL CARGO STEEL PIPES", "x200", "...", None]})
    >>> Vagueness(table="lexicon").compute(View(shipments, Tables({"lexicon": pd.DataFrame(rows)})))
    array([0.5, 1. , 1. , nan])
    """

    word: ClassVar[str] = "vagueness"
    table: str = argument(text)
    column: str = argument(column, default="goods_description")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table,)

    def check(self, tables: Tables) -> None:
        if not self._vague(tables).terms:
            raise DefinitionError(f"table {self.table!r} has no terms of the kinds {' or '.join(VAGUE)}")

    def compute(self, view: View) -> NDArray[np.float64]:
        vague = self._vague(view.tables)
        cells = view.column(self.column)
        texts = view.folded(self.column)
        return cells.spread([vague_share(folded, bare, vague) for folded, bare in texts])

    def _vague(self, tables: Tables) -> Lexicon:
        terms = lexicon(tables, self.table).terms
        return tables.derive("vague", self.table, lambda _: Lexicon(term for term in terms if term.kind in VAGUE))


@dataclass(frozen=True)
class Script(Kind):
    """Share of a text's letters that are not Latin; missing where it has no letters.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> shipments = pd.DataFrame({"goods_description": ["Gỗ trắc", "象牙 xx", "123", None]})
    >>> Script(column="goods_description").compute(View(shipments))
    array([0. , 0.5, nan, nan])
    """

    word: ClassVar[str] = "script"
    column: str = argument(column, default="goods_description")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column,)

    def compute(self, view: View) -> NDArray[np.float64]:
        cells = view.column(self.column)
        return cells.spread([_foreign_share(cell) for cell in cells.texts])


def lexicon(tables: Tables, name: str) -> Lexicon:
    """Return the table `name` as a lexicon, compiled once."""
    return tables.derive("lexicon", name, lambda table: Lexicon(read_terms(table, name)))


def matches(view: View, table: str, column: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which text of `column` has which term of `table`: two arrays of places, one entry per find."""
    return view.once(("matches", table, column), lambda: _find_all(lexicon(view.tables, table), view.folded(column)))


def _find_all(terms: Lexicon, texts: Folded) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    places: list[int] = []
    found: list[int] = []
    for place, (folded, bare) in enumerate(texts):
        here = terms.find_folded(folded, bare)
        if here:
            found.extend(here)
            places.extend([place] * len(here))
    return np.array(places, dtype=np.int64), np.array(found, dtype=np.int64)


@cache
def _terms(said: tuple[str, ...]) -> Lexicon:
    return Lexicon(Term(term, lang="en") for term in said)


def vague_share(folded: str, bare: str, vague: Lexicon) -> float:
    """Return the share of a text's words (or unspaced letters) that `vague` covers or that are codes."""
    tokens, letters = words(bare), unspaced(folded)
    total = len(tokens) + len(letters) + len(other_words(folded))
    if total == 0:
        return 1.0
    empty = {place for place, token in enumerate(tokens) if len(token) < 3 or not token.isalpha()}
    covered: set[int] = set()
    for span in vague.spans(folded, bare):
        (covered if span.letters else empty).update(range(span.start, span.start + span.length))
    return (len(empty.intersection(range(len(tokens)))) + len(covered.intersection(letters))) / total


@cache
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _foreign_share(text: str) -> float:
    if text.isascii():
        return 0.0 if any(map(str.isalpha, text)) else float("nan")
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return float("nan")
    return sum(not _is_latin(letter) for letter in letters) / len(letters)
