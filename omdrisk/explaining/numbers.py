"""Numbers as readers of a language write them: 1,234.5 in English and Chinese, 1.234,5 in Vietnamese."""

from __future__ import annotations

import math
from typing import Final, Literal, get_args

from omdrisk.errors import InputError, did_you_mean

Language = Literal["en", "vi", "zh"]
LANGUAGES: Final[tuple[str, ...]] = get_args(Language)
NOTHING: Final = "–"

LESS: Final = {"en": "less than {}", "vi": "dưới {}", "zh": "不到 {}"}

_SWAP = str.maketrans(",.", ".,")


def check_language(language: str) -> Language:
    """Return `language` if reasons can be told in it.

    Examples
    --------
    >>> check_language("vi")
    'vi'
    >>> check_language("fr")
    Traceback (most recent call last):
        ...
    omdrisk.errors.InputError: language 'fr' is not one of those that reasons are told in. Known: en, vi, zh.
    """
    if language not in LANGUAGES:
        hint = did_you_mean(language, LANGUAGES)
        raise InputError(f"language {language!r} is not one of those that reasons are told in. {hint}")
    return language  # type: ignore[return-value]


def decimals(value: float) -> int:
    """How many decimals leave about three significant digits, and none for whole numbers.

    Examples
    --------
    >>> decimals(12345.678), decimals(12.345), decimals(0.01234), decimals(3.0)
    (0, 1, 4, 0)
    """
    size = abs(value)
    if size == 0 or not math.isfinite(size) or float(value).is_integer() or size >= 100:
        return 0
    return min(2 - math.floor(math.log10(size)), 6)


def number(value: float, language: str = "en", places: int | None = None) -> str:
    """Write a number in a language; a dash where there is none.

    Parameters
    ----------
    value
        The number.
    language
        ``en``, ``vi`` or ``zh``.
    places
        Decimals; without it about three significant digits, with no trailing zeros.

    Examples
    --------
    >>> number(1234.5, "en", 1), number(1234.5, "vi", 1), number(1234.5, "zh", 1)
    ('1,234.5', '1.234,5', '1,234.5')
    >>> number(0.50), number(1e9), number(-0.0), number(float("nan"))
    ('0.5', '1,000,000,000', '0', '–')
    """
    if not math.isfinite(value):
        return NOTHING
    text = f"{value:,.{decimals(value) if places is None else places}f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if not text.strip("-0.,"):
        text = text.lstrip("-")
    return text.translate(_SWAP) if language == "vi" else text


def percent(share: float, language: str = "en", places: int | None = None) -> str:
    """Write a share between 0 and 1 as a percentage.

    Examples
    --------
    >>> percent(0.125, "en"), percent(0.125, "vi"), percent(0.00042, "zh"), percent(1.0)
    ('12.5%', '12,5%', '0.042%', '100%')
    """
    return f"{number(share * 100, language, places)}%" if math.isfinite(share) else NOTHING


def chance(probability: float, language: str = "en") -> str:
    """Write a probability with no more digits than such a figure deserves.

    Examples
    --------
    >>> chance(0.6213), chance(0.0772, "vi"), chance(0.00913), chance(0.000004)
    ('62%', '7,7%', '0.91%', '<0.01%')
    """
    if 0 < probability < 0.0001:
        return f"<{percent(0.0001, language)}"
    places = 0 if probability >= 0.1 or probability == 0 else 1 if probability >= 0.01 else 2
    return percent(round(probability, places + 2), language, places)


def quantity(value: float, unit: str, language: str = "en") -> str:
    """Write a value of an indicator as one would say it, without false precision.

    Shares are percentages with one decimal, days and hours are whole, expected counts have one decimal. The
    unit itself is part of the sentence in which the value stands, except for the percent sign.

    Examples
    --------
    >>> quantity(0.0666, "%"), quantity(0.0004, "%"), quantity(12.6, "days"), quantity(0.4, "days")
    ('6.7%', 'less than 0.1%', '13', 'less than 1')
    >>> quantity(0.233, "count"), quantity(1860.42, "kg", "vi"), quantity(0.0004, "%", "zh")
    ('0.2', '1.860', '不到 0.1%')
    """
    less = LESS.get(language, LESS["en"])
    if unit in {"days", "hours"}:
        return less.format(1) if 0 < value < 1 else number(value, language, 0)
    if unit == "%":
        return less.format(percent(0.001, language)) if 0 < value < 0.0005 else percent(round(value, 3), language)
    if unit == "count":
        return less.format(number(0.1, language)) if 0 < value < 0.05 else number(round(value, 1), language)
    return number(value, language)
