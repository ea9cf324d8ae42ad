"""Addresses and telephone numbers in one spelling, so that the same one is found under many names."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from anyascii import anyascii

from omdrisk.parties.names import facts
from omdrisk.parties.uniques import by_unique

if TYPE_CHECKING:
    import pandas as pd

_BETWEEN_WORDS = re.compile(r"[\W_]+")
_NOT_DIGITS = re.compile(r"\D+")
_SHORTEST_PHONE = 7
_PHONE_TAIL = 9
_SPELLINGS: dict[str, str] = {
    word: kept for kept, words in facts("address_words.toml")["spellings"].items() for word in words
}


def address_key(text: str) -> str:
    """Return one address as `address_keys` does; an empty text if nothing is left of it."""
    spelled = unicodedata.normalize("NFKC", text).casefold()
    tokens = _BETWEEN_WORDS.sub(" ", spelled if spelled.isascii() else anyascii(spelled).lower()).split()
    spelled_alike = (_SPELLINGS.get(token, token) for token in tokens)
    return " ".join(sorted(token for token in spelled_alike if token))


def address_keys(addresses: pd.Series) -> pd.Series:
    """Return each address without accents, case, punctuation, word order and abbreviations.

    Examples
    --------
    >>> import pandas as pd
    >>> address_keys(pd.Series(["12 Đường Lê Lợi, Q.1", "12 LE LOI STR., QUAN 1"], dtype="str")).nunique()
    1
    """
    return by_unique(addresses, address_key)


def phone_key(text: str) -> str:
    """Return one telephone number as `phone_keys` does; an empty text if it is none."""
    digits = _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    tail = digits[-_PHONE_TAIL:]
    return tail.lstrip("0") if len(digits) >= _SHORTEST_PHONE and len(set(tail)) > 1 else ""


def phone_keys(phones: pd.Series) -> pd.Series:
    """Return the last nine digits of each telephone number, which no country code or leading zero changes.

    Examples
    --------
    >>> import pandas as pd
    >>> phone_keys(pd.Series(["+84 24 3826 1234", "0084-24-38261234", "12"], dtype="str")).tolist()
    ['438261234', '438261234', nan]
    """
    return by_unique(phones, phone_key)
