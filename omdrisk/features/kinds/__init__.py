"""The vocabulary of features: every kind that a definition may name.

An outside package adds a kind under the entry point group ``omdrisk.kinds``; a notebook with
:func:`register`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from omdrisk.errors import DefinitionError
from omdrisk.features.kinds.base import Kind
from omdrisk.features.kinds.category import Category
from omdrisk.features.kinds.checks import CheckDigit
from omdrisk.features.kinds.counts import Burst, Count, DaysSinceFirst, DaysSinceLast, DistinctCount, Share
from omdrisk.features.kinds.fields import Agree, ListedCount, Missing, Number, Ratio, RoundNumber, Similarity
from omdrisk.features.kinds.graph import HopsToCase, LinksToCase
from omdrisk.features.kinds.lookups import DocumentsMissing, Listed
from omdrisk.features.kinds.norm import Norm
from omdrisk.features.kinds.outcomes import DaysSinceFind, FindRate, FindsCount, NearCase
from omdrisk.features.kinds.routes import Detour
from omdrisk.features.kinds.season import OutOfSeason
from omdrisk.features.kinds.taxa import ListedTaxa
from omdrisk.features.kinds.text import HasWords, LexiconWeight, Script, Vagueness
from omdrisk.features.kinds.text_hs import TextAgainstHS
from omdrisk.features.kinds.times import Calendar, HoursBetween

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Agree",
    "Burst",
    "Calendar",
    "Category",
    "CheckDigit",
    "Count",
    "DaysSinceFind",
    "DaysSinceFirst",
    "DaysSinceLast",
    "Detour",
    "DistinctCount",
    "DocumentsMissing",
    "FindRate",
    "FindsCount",
    "HasWords",
    "HopsToCase",
    "HoursBetween",
    "Kind",
    "LexiconWeight",
    "LinksToCase",
    "Listed",
    "ListedCount",
    "ListedTaxa",
    "Missing",
    "NearCase",
    "Norm",
    "Number",
    "OutOfSeason",
    "Ratio",
    "RoundNumber",
    "Script",
    "Share",
    "Similarity",
    "TextAgainstHS",
    "Vagueness",
    "kinds",
    "register",
]

GROUP = "omdrisk.kinds"

K = TypeVar("K", bound=type[Kind])

_SHIPPED: tuple[type[Kind], ...] = (
    Count,
    DaysSinceFirst,
    DaysSinceLast,
    DistinctCount,
    Burst,
    Share,
    FindsCount,
    FindRate,
    DaysSinceFind,
    NearCase,
    HopsToCase,
    LinksToCase,
    Norm,
    Number,
    Ratio,
    Missing,
    Agree,
    Similarity,
    RoundNumber,
    ListedCount,
    LexiconWeight,
    HasWords,
    Vagueness,
    Script,
    TextAgainstHS,
    Listed,
    DocumentsMissing,
    ListedTaxa,
    OutOfSeason,
    CheckDigit,
    HoursBetween,
    Calendar,
    Detour,
    Category,
)
_registered: dict[str, type[Kind]] = {kind.word: kind for kind in _SHIPPED}


def register(kind: K) -> K:
    """Add a kind to the vocabulary; usable as a class decorator.

    Raises
    ------
    DefinitionError
        If another kind has the same word.
    """
    if not (isinstance(kind, type) and issubclass(kind, Kind)):
        raise DefinitionError(f"{kind!r} is not a subclass of omdrisk.features.Kind")
    if _registered.setdefault(kind.word, kind) is not kind:
        raise DefinitionError(
            f"kind {kind.word!r} is already taken by {_registered[kind.word].__qualname__}. Rename it."
        )
    return kind


@cache
def _load_entry_points() -> None:
    for entry in entry_points(group=GROUP):
        try:
            register(entry.load())
        except DefinitionError as error:
            raise DefinitionError(f"entry point {entry.name} of {GROUP}: {error}") from None


def known_kind(word: str) -> type[Kind] | None:
    """Return the kind of this word, None if there is none; other packages are looked through if it is not shipped."""
    return _registered.get(word) or kinds().get(word)


def kinds() -> Mapping[str, type[Kind]]:
    """Return every known kind by its word.

    Examples
    --------
    >>> kinds()["burst"].__name__
    'Burst'
    """
    _load_entry_points()
    return MappingProxyType(_registered)
