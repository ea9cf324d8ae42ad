"""Finding the terms of a lexicon in descriptions of any language, cut or not, accented or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.features.words import fold, is_unspaced, plain, plural, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

COLUMNS = ("concept", "kind", "lang", "term", "match", "weight")
MATCHES = ("word", "substring", "exact_accents")
#: Languages of terms; ``la`` are scientific names, ``cas`` numbers of the Chemical Abstracts Service.
LANGUAGES = ("en", "vi", "zh", "th", "km", "lo", "my", "ms", "id", "fr", "ja", "ko", "la", "cas", "any")
_PLURALS = ("en", "fr")


#: Length at which air house manifests (IATA FHL) cut a description off, most often within a word.
CUT_LENGTH = 15
#: Fewest letters, spaces counted, by which a term that was cut off is still recognised.
CUT_SHORTEST = 6


@dataclass(frozen=True)
class Term:
    """One term of a lexicon; `match` is ``word``, ``substring`` or ``exact_accents``."""

    term: str
    concept: str = ""
    kind: str = ""
    lang: str = "any"
    match: str = "word"
    weight: float = 1.0


class Found(NamedTuple):
    """A term found: its place in the lexicon, and which words or letters of the text it covers."""

    place: int
    start: int
    length: int
    letters: bool


class Lexicon:
    """Terms, ready to be found in many texts.

    Terms of scripts with spaces are found as whole words, also in the English and French plural, with or
    without their accents (``NGA VOI`` is ``ngà voi``); ``exact_accents`` terms, whose bare form means
    something else, only with them. Terms of scripts without spaces are found anywhere, and so are
    ``substring`` terms. Terms may overlap: each one is found. A text of exactly 15 letters may have been cut
    off, so that its end may be the beginning of a term.

    Parameters
    ----------
    terms
        The terms; their places in this order are what :meth:`find` returns.

    Examples
    --------
    >>> terms = [Term("ngà voi"), Term("đá", match="exact_accents"), Term("象牙"), Term("tusk", lang="en")]
    >>> lexicon = Lexicon(terms)
    >>> lexicon.find("NGA VOI"), lexicon.find("da bo"), lexicon.find("猛犸象牙制品"), lexicon.find("2 Tusks")
    ((0,), (), (2,), (3,))
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        self._bare: dict[str, list[tuple[list[str], int]]] = {}
        self._exact: dict[str, list[tuple[list[str], int]]] = {}
        self._letters: dict[str, list[tuple[str, int]]] = {}
        self._inside: list[tuple[str, int]] = []
        self._cut: dict[str, list[int]] = {}
        for place, term in enumerate(self.terms):
            self._add(place, term)
        self._first = re.compile(f"[{''.join(map(re.escape, self._letters))}]") if self._letters else None

    def _add(self, place: int, term: Term) -> None:
        folded = fold(term.term)
        if is_unspaced(folded):
            self._letters.setdefault(folded[0], []).append((folded, place))
        elif term.match == "substring":
            self._inside.append((plain(folded), place))
        else:
            exact = term.match == "exact_accents"
            sequence = words(folded if exact else plain(folded))
            index = self._exact if exact else self._bare
            if not sequence:
                raise DefinitionError(f"term {term.term!r} has no letters")
            index.setdefault(sequence[0], []).append((sequence, place))
            if not exact:
                whole = " ".join(sequence)
                for size in range(CUT_SHORTEST, len(whole)):
                    if " " not in whole[size - 1 : size + 1]:
                        self._cut.setdefault(whole[:size], []).append(place)
            more = plural(sequence[-1]) if term.lang in _PLURALS else None
            if more is not None:
                several = [*sequence[:-1], more]
                index.setdefault(several[0], []).append((several, place))

    def find(self, text: str) -> tuple[int, ...]:
        """Return the places of the terms that `text` has, in order, each once."""
        folded = fold(text)
        return self.find_folded(folded, plain(folded))

    def find_folded(self, folded: str, bare: str) -> tuple[int, ...]:
        """Return what :meth:`find` does, of a text that is already folded and, in `bare`, without accents."""
        found = {span.place for span in self.spans(folded, bare)}
        for term, place in self._inside:
            if term in bare:
                found.add(place)
        return tuple(sorted(found))

    def spans(self, folded: str, bare: str) -> list[Found]:
        """Return every find with what it covers, without ``substring`` terms of spaced scripts."""
        found: list[Found] = []
        tokens = words(bare)
        if not self._bare.keys().isdisjoint(tokens):
            found += _sequences(tokens, self._bare)
        if len(folded) == CUT_LENGTH:
            found += self._cut_off(tokens)
        if self._exact:
            tokens = tokens if folded is bare else words(folded)
            if not self._exact.keys().isdisjoint(tokens):
                found += _sequences(tokens, self._exact)
        if self._first is not None and not folded.isascii():
            found += self._anywhere(self._first, folded)
        return found

    def _cut_off(self, tokens: list[str]) -> Iterator[Found]:
        for start in range(len(tokens)):
            for place in self._cut.get(" ".join(tokens[start:]), ()):
                yield Found(place, start, len(tokens) - start, letters=False)

    def _anywhere(self, first: re.Pattern[str], folded: str) -> Iterator[Found]:
        for match in first.finditer(folded):
            start = match.start()
            for term, place in self._letters[match.group()]:
                if folded.startswith(term, start):
                    yield Found(place, start, len(term), letters=True)


def _sequences(sequence: list[str], index: dict[str, list[tuple[list[str], int]]]) -> Iterator[Found]:
    for start, word in enumerate(sequence):
        for term, place in index.get(word, ()):
            if len(term) == 1 or sequence[start : start + len(term)] == term:
                yield Found(place, start, len(term), letters=False)


def read_terms(table: pd.DataFrame, name: str) -> tuple[Term, ...]:
    """Return the terms of a lexicon table, in its order.

    Raises
    ------
    DefinitionError
        If a column lacks, or a row has an unknown language or match, a weight that is no number, or no term.
    """
    lacking = [column for column in COLUMNS if column not in table.columns]
    if lacking:
        raise DefinitionError(f"table {name!r} is no lexicon: it lacks {', '.join(lacking)}")
    terms = []
    cells = [table[column].tolist() for column in COLUMNS]
    for number, values in enumerate(zip(*cells, strict=True), start=1):
        row = dict(zip(COLUMNS, values, strict=True))
        place = f"table {name!r}: row {number} ({row['term']!r})"
        for column, known in (("lang", LANGUAGES), ("match", MATCHES)):
            if row[column] not in known:
                raise DefinitionError(
                    f"{place}: {column} {row[column]!r} is unknown. {did_you_mean(row[column], known)}"
                )
        if not any(letter.isalnum() for letter in row["term"]):
            raise DefinitionError(f"{place}: the term has no letters")
        try:
            weight = float(row["weight"])
        except ValueError:
            raise DefinitionError(f"{place}: weight {row['weight']!r} is not a number") from None
        terms.append(Term(row["term"], row["concept"], row["kind"], row["lang"], row["match"], weight))
    return tuple(terms)
