"""Official numbers of traders: only a number that its country could have issued names a firm."""

from __future__ import annotations

import importlib
import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from omdrisk.parties.names import facts
from omdrisk.parties.uniques import by_unique_rows

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN_COUNTRY = "ZZ"
"""Stands for a country that was not given (ISO 3166-1 leaves ZZ to its users)."""

_SEPARATORS = re.compile(r"[\W_]+")
_WITHOUT_COUNTRY = re.compile(r"(?!(.)\1+$)(?!(?:NONE|NULL|UNKNOWN|NOTAVAILABLE|TOORDER)$)[0-9A-Z]{4,24}")


@cache
def _forms() -> dict[str, list[tuple[re.Pattern[str], str | None, int | None]]]:
    return {
        country: [(re.compile(form["pattern"]), form.get("scheme"), form.get("keep")) for form in entry["forms"]]
        for country, entry in facts("official_numbers.toml").items()
    }


def _checks(number: str, scheme: str | None) -> bool:
    return scheme is None or bool(importlib.import_module(f"stdnum.{scheme}").is_valid(number))


@lru_cache(maxsize=65_536)
def official_number(country: str, number: str) -> str:
    """Return a plausible number in one spelling, without the part that names a branch; else an empty text."""
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", number).upper())
    if not text.isascii():
        return ""
    forms = _forms().get(country)
    if forms is None:
        return text if _WITHOUT_COUNTRY.fullmatch(text) else ""
    for candidate in dict.fromkeys((text, text.removeprefix(country))):
        if len(set(candidate)) == 1:
            continue
        for pattern, scheme, keep in forms:
            if pattern.fullmatch(candidate) and _checks(candidate, scheme):
                return candidate[:keep]
    return ""


def is_plausible(number: str, country: str | None = None) -> bool:
    """Tell whether `country` could have issued `number`: its shape, and its check digit where there is one.

    Examples
    --------
    >>> is_plausible("0100233488", "VN"), is_plausible("0100233489", "VN"), is_plausible("0000000000", "VN")
    (True, False, False)
    """
    return bool(official_number(country or UNKNOWN_COUNTRY, number))


def official_numbers(numbers: pd.Series, countries: pd.Series) -> pd.Series:
    """Return each plausible number in one spelling, without the part that names a branch; missing elsewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> texts = pd.Series(["0100233488-001", "123"], dtype="str")
    >>> official_numbers(texts, pd.Series(["VN", "VN"], dtype="str")).tolist()
    ['0100233488', nan]
    """
    return by_unique_rows(
        (numbers, countries),
        lambda number, country: official_number(country or UNKNOWN_COUNTRY, number) if number else None,
    )
