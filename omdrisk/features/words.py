"""Texts of many scripts in one form: folded, without accents, cut into words."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Letters of scripts written without spaces: Thai, Lao, Khmer, Myanmar, Chinese, Japanese.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
LATIN = "a-z\u00df-\u00f6\u00f8-\u024f\u1e00-\u1eff"

_MARKS = "\u0300-\u036f"
_WORD = re.compile(f"[{LATIN}0-9{_MARKS}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_OTHER = re.compile(f"[^\\W\\d_{LATIN}{UNSPACED}]+")
_ACCENT = re.compile(f"[{_MARKS}]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_PLAIN = {"đ": "d", "ł": "l", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
#: Texts are normalised this many at a time, as one long text: a call for each costs more than its work.
_TOGETHER = 8192


def _together(texts: Sequence[str], change: Callable[[str], str]) -> list[str]:
    changed: list[str] = []
    for start in range(0, len(texts), _TOGETHER):
        block = texts[start : start + _TOGETHER]
        joined = "\n".join(block)
        if joined.count("\n") >= len(block):
            joined = "\n".join(text.replace("\n", " ") for text in block)
        changed.extend(change(joined).split("\n"))
    return changed


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _INVISIBLE.sub("", composed)


def _plain(folded: str) -> str:
    if folded.isascii():
        return folded
    bare = unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", folded)))
    for letter, base in _PLAIN.items():
        bare = bare.replace(letter, base)
    return bare


def fold(text: str) -> str:
    """Return `text` in lower case and compatible composed form (NFKC), without invisible signs.

    Examples
    --------
    >>> fold("NGÀ VOI")
    'ngà voi'
    >>> fold("ＭＤＭＡ")
    'mdma'
    """
    return _fold(text.replace("\n", " "))


def fold_all(texts: Sequence[str]) -> list[str]:
    """Return :func:`fold` of each text.

    Examples
    --------
    >>> fold_all(["NGÀ VOI", "象牙"])
    ['ngà voi', '象牙']
    """
    return _together(texts, _fold)


def plain(folded: str) -> str:
    """Return a folded text without the accents of Latin letters; other scripts keep their signs.

    Examples
    --------
    >>> plain("sừng tê giác, đồi mồi")
    'sung te giac, doi moi'
    """
    return _plain(folded)


def plain_all(folded: Sequence[str]) -> list[str]:
    """Return :func:`plain` of each folded text."""
    return _together(folded, _plain)


def words(text: str) -> list[str]:
    """Return the words in Latin letters and digits of a folded (or plain) text, in order.

    Examples
    --------
    >>> words("cas 299-42-3, ngà voi 象牙 pvc")
    ['cas', '299', '42', '3', 'ngà', 'voi', 'pvc']
    """
    return _WORD.findall(text)


def unspaced(folded: str) -> list[int]:
    """Return the places of the letters of scripts that are written without spaces.

    Examples
    --------
    >>> unspaced("pvc 手套")
    [4, 5]
    """
    return [] if folded.isascii() else [match.start() for match in _UNSPACED.finditer(folded)]


def other_words(folded: str) -> list[str]:
    """Return the words of a folded text in other scripts with spaces, as Hangul or Cyrillic.

    Examples
    --------
    >>> other_words("pvc 장갑 手套")
    ['장갑']
    """
    return [] if folded.isascii() else _OTHER.findall(folded)


def is_unspaced(text: str) -> bool:
    """Tell whether a text has letters of a script that is written without spaces.

    Examples
    --------
    >>> is_unspaced("象牙"), is_unspaced("ngà voi")
    (True, False)
    """
    return not text.isascii() and _UNSPACED.search(text) is not None


def plural(word: str) -> str | None:
    """Return the regular English plural of `word`, or None where it looks like one, or is no word.

    Examples
    --------
    >>> plural("tusk"), plural("seahorse"), plural("candy"), plural("tooth brush"), plural("scales")
    ('tusks', 'seahorses', 'candies', 'tooth brushes', None)
    """
    if len(word) < 3 or not word[-1].isalpha() or not word.isascii() or word.endswith("s"):
        return None
    if word.endswith("y") and word[-2] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("x", "z", "ch", "sh")) else f"{word}s"
