"""The normal form of a trader's name: the same firm written in several ways reads the same, two firms do not.

Accents, case, punctuation, word order and the words for a legal form go; the common words of trade are brought to
one language. Chinese characters stay as they are (only simplified): read aloud, 大发, 达发 and 打法 are all "da fa",
and two firms would become one. Other scripts are written in Latin letters.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from anyascii import anyascii

from omdrisk.parties.uniques import by_unique

if TYPE_CHECKING:
    import pandas as pd

_HAN = r"々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAN_RUN = re.compile(rf"([{_HAN}]+)")
_INITIALS = re.compile(r"(?<![^\W_])([^\W_])[.'’](?=[^\W_](?![^\W_]))")
_APOSTROPHES = re.compile(r"['’`]")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_TITLED = 2
"""Fewest words behind a form of address."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def facts(name: str) -> dict[str, Any]:
    """Read a table of facts that lies beside this module."""
    return tomllib.loads(resources.files("omdrisk.parties").joinpath(name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class _Words:
    starts: dict[tuple[str, ...], tuple[str, int]]
    ends: dict[tuple[str, ...], tuple[str, int]]
    generics: dict[tuple[str, ...], str]
    abbreviations: dict[tuple[str, ...], str]
    native: dict[str, str]
    native_pattern: re.Pattern[str]
    simplified: dict[int, str]
    nobody: frozenset[str]
    order_of: tuple[tuple[str, ...], ...]
    between: frozenset[str]
    titles: frozenset[str]
    native_titles: re.Pattern[str]
    child_of: dict[str, str]
    branches: re.Pattern[str]
    place_sign: re.Pattern[str]


def _phrases(texts: list[str], value: Any) -> dict[tuple[str, ...], Any]:
    return {tuple(_BETWEEN_WORDS.sub(" ", text).split()): value for text in texts}


@cache
def _words() -> _Words:
    forms, generic, small = facts("legal_forms.toml"), facts("generic_words.toml"), facts("words.toml")
    starts: dict[tuple[str, ...], tuple[str, int]] = {}
    ends: dict[tuple[str, ...], tuple[str, int]] = {}
    native: dict[str, str] = {}
    for language, form in forms.items():
        starts |= _phrases(form["start"], (language, form.get("least", 1)))
        ends |= _phrases(form["end"], (language, form.get("least", 1)))
        native |= {unicodedata.normalize("NFKC", text).casefold(): " " for text in form.get("native", ())}
    generics: dict[tuple[str, ...], str] = {}
    abbreviations: dict[tuple[str, ...], str] = {}
    for word, entry in generic.items():
        generics |= _phrases(entry["words"], word)
        abbreviations |= _phrases(entry.get("vi", []), word)
        native |= {unicodedata.normalize("NFKC", text).casefold(): f" {word} " for text in entry.get("native", ())}
    longest_first = sorted(native, key=len, reverse=True)
    pairs = small["traditional"]
    return _Words(
        starts=starts,
        ends=ends,
        generics=generics,
        abbreviations=abbreviations,
        native=native,
        native_pattern=re.compile("|".join(map(re.escape, longest_first))),
        simplified={ord(old): new for old, new in zip(pairs[::2], pairs[1::2], strict=True)},
        nobody=frozenset(small["nobody"]),
        order_of=tuple(_phrases(small["order_of"], None)),
        between=frozenset(small["between"]),
        titles=frozenset(small["titles"]),
        native_titles=re.compile(
            rf"^(?:{'|'.join(small['native_titles'])})\s+(?=\S+\s+\S)|(?<=..)(?:{'|'.join(small['native_titles_behind'])})$"
        ),
        child_of={word: kept for kept, told in small["child_of"].items() for word in told},
        branches=re.compile(rf"\([^()]*\b(?:{'|'.join(small['branches'])})\b[^()]*\)"),
        place_sign=re.compile(
            rf"(?<=^[{_HAN}][{_HAN}])(?<![{small['not_behind']}])[{small['place_signs']}](?=[{_HAN}]{{2}})"
        ),
    )


def _in_latin(text: str, *, keep_han: bool) -> str:
    if keep_han:
        return "".join(f" {part} " if place % 2 else anyascii(part) for place, part in enumerate(_HAN_RUN.split(text)))
    return _CAMEL.sub(" ", anyascii(text)).lower()


def _tokens(name: str, *, keep_han: bool, words: _Words) -> list[str]:
    text = name if name.isascii() else unicodedata.normalize("NFKC", name)
    text = words.branches.sub(" ", text.casefold())
    if not text.isascii():
        spelled = words.native_titles.sub("", text.strip().translate(words.simplified))
        spelled = words.place_sign.sub("", spelled)
        bare = words.native_pattern.sub(lambda found: words.native[found[0]], spelled)
        # a name of nothing but a legal form is all there is
        text = _in_latin(bare if bare.strip() else spelled, keep_han=keep_han).casefold()
    text = _APOSTROPHES.sub("", _INITIALS.sub(r"\1", text))
    return _BETWEEN_WORDS.sub(" ", text).split()


def _without_forms(tokens: list[str], words: _Words) -> tuple[list[str], set[str]]:
    languages: set[str] = set()
    found = True
    while found:
        found = False
        for length in range(min(9, len(tokens) - 1), 0, -1):
            start = words.starts.get(tuple(tokens[:length]))
            if start and len(tokens) - length >= start[1]:
                tokens, found = tokens[length:], True
                languages.add(start[0])
                break
            end = words.ends.get(tuple(tokens[-length:]))
            if end and len(tokens) - length >= end[1]:
                tokens, found = tokens[:-length], True
                languages.add(end[0])
                break
    return tokens, languages


def _with_generics(tokens: list[str], words: _Words, *, vietnamese: bool) -> list[str]:
    told: list[str] = []
    place = 0
    while place < len(tokens):
        for length in (4, 3, 2, 1):
            phrase = tuple(tokens[place : place + length])
            word = words.generics.get(phrase) or (words.abbreviations.get(phrase) if vietnamese else None)
            if word:
                told.extend(word.split())
                place += len(phrase)
                break
        else:
            told.append(tokens[place])
            place += 1
    return told


def _own_words(name: str, *, keep_han: bool) -> list[str]:
    words = _words()
    tokens = _tokens(name, keep_han=keep_han, words=words)
    for phrase in words.order_of:
        if len(tokens) > len(phrase) and tuple(tokens[: len(phrase)]) == phrase:
            rest = tokens[len(phrase) :]
            tokens = tokens if rest == ["shipper"] else rest
            break
    if " ".join(tokens) in words.nobody:
        return []
    bare, languages = _without_forms(tokens, words)
    if not languages and len(bare) > _TITLED and bare[0] in words.titles:
        bare = bare[1:]
    told = _with_generics(bare, words, vietnamese="vi" in languages)
    kept = [token for token in told if token not in words.between]
    return kept or told


def _form(name: str, *, keep_han: bool) -> str:
    own, child_of = _own_words(name, keep_han=keep_han), _words().child_of
    place = next((place for place, word in enumerate(own[1:-1], start=1) if word in child_of), None)
    if place is None:
        return " ".join(sorted(own))
    return " ".join([*sorted(own[:place]), child_of[own[place]], *sorted(own[place + 1 :])])


@lru_cache(maxsize=65_536)
def normal_form(name: str) -> str:
    """Return the normal form of a name, or an empty text if it names nobody ("TO ORDER").

    Examples
    --------
    >>> normal_form("CÔNG TY TNHH XUẤT NHẬP KHẨU ĐẠI PHÁT")
    'dai importexport phat'
    >>> normal_form("DAI PHAT IMPORT EXPORT CO., LTD")
    'dai importexport phat'
    >>> normal_form("大發進出口有限公司")
    'importexport 大发'
    >>> normal_form("To the order of")
    ''

    Notes
    -----
    Follows the steps common in name matching for sanctions and company registers: Unicode NFKC, case folding,
    transliteration, removal of legal forms, translation of generic words, sorting of the words.
    """
    return _form(name, keep_han=True)


def latin_form(name: str) -> str:
    """Return the normal form in Latin letters throughout, for comparing and never for merging.

    Examples
    --------
    >>> latin_form("广州南沙贸易有限公司")
    'guang nan sha trading zhou'
    """
    return _form(name, keep_han=False)


def latin_together(name: str) -> str:
    """Return the words of `latin_form` in the order in which they were written, without blanks.

    Examples
    --------
    >>> latin_together("Hong An Co Ltd"), latin_together("HONGAN LTD")
    ('hongan', 'hongan')
    """
    return "".join(_own_words(name, keep_han=False))


def normal_forms(names: pd.Series) -> pd.Series:
    """Return the normal form of each name; missing where there is none.

    Examples
    --------
    >>> import pandas as pd
    >>> normal_forms(pd.Series(["PT. Maju Jaya Tbk", "TO ORDER", None], dtype="str")).tolist()
    ['jaya maju', nan, nan]
    """
    return by_unique(names, normal_form)
