"""Names that are nearly alike: for a person to look at, and never merged."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import pandas as pd

from omdrisk.parties.names import facts, latin_form, latin_together, normal_form

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BLOCK: Final = 400
"""Names that share a word with more others than this are not compared for that word."""
_PREFIX: Final = 3


def generic_words() -> frozenset[str]:
    """Return the common words of trade, as normal forms spell them."""
    return frozenset(word for name in facts("generic_words.toml") for word in name.split())


def _blocks(forms: list[str], together: list[str], countries: list[str]) -> Iterator[list[int]]:
    generic = generic_words()
    blocks: dict[tuple[str, str], list[int]] = {}
    for place, (form, joined, country) in enumerate(zip(forms, together, countries, strict=True)):
        words = form.split()
        starts = {word[:_PREFIX] for word in words if word not in generic}
        # a name run together still begins as the name that is written apart
        starts |= {joined[:_PREFIX]}
        for start in starts:
            blocks.setdefault((country, start), []).append(place)
    yield from (places for places in blocks.values() if 1 < len(places) <= LARGEST_BLOCK)


def likeness(left: str, right: str) -> float:
    """Return how alike two names are in Latin letters, 0 to 100: word by word in any order, or without the blanks.

    Examples
    --------
    >>> likeness("DAI PHAT TRADING CO LTD", "DAI PHATT TRADING"), likeness("HONG AN", "HONGAN LTD")
    (97.0, 100.0)
    """
    from rapidfuzz import fuzz

    one, other = latin_form(left), latin_form(right)
    if not one or not other:
        return 0.0
    # an order of its own: words that run together cannot be sorted
    together = fuzz.ratio(latin_together(left), latin_together(right))
    return round(max(fuzz.ratio(one, other), together), 1)


def near_matches(names: pd.Series, countries: pd.Series, *, at_least: float = 85.0) -> pd.DataFrame:
    """Return pairs of names that are nearly alike but have different keys.

    Parameters
    ----------
    names, countries
        Columns of one index, dtype ``str``; a missing country is compared with missing countries.
    at_least
        Least likeness, 0 to 100.

    Returns
    -------
    DataFrame
        ``left`` and ``right`` (labels of the index), ``left_name``, ``right_name``, ``score`` (0 to 100) and
        ``evidence``, the best pairs first. Only names that share the beginning of a word are compared.

    Examples
    --------
    >>> names = pd.Series(["Hải Nam Seafood", "HAI NAN SEAFOOD LTD", "Maju Jaya"], dtype="str")
    >>> near_matches(names, pd.Series(["VN"] * 3, dtype="str"))[["left", "right", "score"]].values.tolist()
    [[0.0, 1.0, 93.3]]
    """
    texts = [name if isinstance(name, str) else "" for name in names.tolist()]
    places = [country if isinstance(country, str) else "" for country in countries.tolist()]
    firsts: dict[tuple[str, str], int] = {}
    for place, (text, country) in enumerate(zip(texts, places, strict=True)):
        if form := normal_form(text):
            firsts.setdefault((form, country), place)
    chosen = list(firsts.values())
    forms = [latin_form(texts[place]) for place in chosen]
    together = [latin_together(texts[place]) for place in chosen]
    blocks = _blocks(forms, together, [places[place] for place in chosen])
    pairs = {pair for block in blocks for pair in combinations(block, 2)}
    rows = []
    for one, other in sorted(pairs):
        left, right = chosen[one], chosen[other]
        score = likeness(texts[left], texts[right])
        if score >= at_least:
            shared = sorted(set(forms[one].split()) & set(forms[other].split()))
            said = f"words in common: {' '.join(shared)}" if shared else "letters alike, no word in common"
            rows.append((names.index[left], names.index[right], texts[left], texts[right], score, said))
    made = pd.DataFrame(rows, columns=["left", "right", "left_name", "right_name", "score", "evidence"])
    return made.sort_values("score", ascending=False, kind="stable", ignore_index=True)
