"""Texts to numbers, in the way of writing that the format map says."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_PLAIN_PATTERN = re.compile(_PLAIN)
_BRACKETED = re.compile(r"^\((.+)\)$")
_AFFIXES = re.compile(r"^(?:USD|US\$|\$|€|£|¥)?\s*(.*?)\s*([A-Za-z³.]*)$")
_BLANKS = re.compile(r"[\s\u00a0\u202f'’_]+")
WEIGHTS: Final = {
    "kg": 1.0, "kgs": 1.0, "kgm": 1.0, "k": 1.0, "kilo": 1.0, "kilos": 1.0, "kilograms": 1.0,
    "t": 1000.0, "ton": 1000.0, "tons": 1000.0, "tonne": 1000.0, "tonnes": 1000.0, "mt": 1000.0, "tne": 1000.0,
    "g": 0.001, "gr": 0.001, "gram": 0.001, "grams": 0.001, "grm": 0.001,
    "lb": 0.45359237, "lbs": 0.45359237, "lbr": 0.45359237,
}  # fmt: skip
"""Units of weight as written behind a number, in kilograms (UN/ECE Recommendation 20, everyday spellings)."""
_OTHERS: Final = {"m3": {"m3": 1.0, "m³": 1.0, "cbm": 1.0, "mtq": 1.0, "l": 0.001, "ltr": 0.001}}
_COUNTED = frozenset({"pkgs", "pkg", "ctns", "ctn", "pcs", "pc", "cartons", "bags", "packages", "kien"})


def _suffix_factor(suffix: str, unit: str | None) -> float | None:
    word = suffix.casefold().rstrip(".")
    if not word:
        return 1.0
    if unit == "kg":
        return WEIGHTS.get(word)
    if unit == "packages":
        return 1.0 if word in _COUNTED else None
    return _OTHERS.get(unit or "", {}).get(word)


def _grouped(text: str, decimal: str, thousands: str) -> str | None:
    """Return digits written with a decimal sign and groups of thousands as a plain number, if that is clear."""
    if thousands:
        third, comma = re.escape(thousands), re.escape(decimal)
        if re.fullmatch(rf"[+-]?\d{{1,3}}(?:{third}\d{{3}})+(?:{comma}\d+)?", text):
            return text.replace(thousands, "").replace(decimal, ".")
    if decimal != "." and re.fullmatch(rf"[+-]?\d*{re.escape(decimal)}\d+", text):
        return text.replace(decimal, ".")
    if decimal == "," and re.fullmatch(r"[+-]?\d+\.\d{1,2}|[+-]?\d+\.\d{4,}|[+-]?\d{4,}\.\d+", text):
        return text
    for point, comma in ((".", ","), (",", ".")):
        groups = rf"[+-]?\d{{1,3}}(?:{re.escape(comma)}\d{{3}})"
        if re.fullmatch(rf"{groups}+{re.escape(point)}\d+|{groups}{{2,}}", text):
            return text.replace(comma, "").replace(point, ".")
    return None


def number_of(text: str, decimal: str = ".", thousands: str = "", unit: str | None = None) -> float | None:
    """Return the number that `text` writes, in `unit`, or nothing if that is not clear.

    Examples
    --------
    >>> number_of("1.155", decimal=",", thousands="."), number_of("1.155"), number_of("12,5", decimal=",")
    (1155.0, 1.155, 12.5)
    >>> number_of("1,155.50 KGS", unit="kg"), number_of("2.5 t", unit="kg"), number_of("about 5") is None
    (1155.5, 2500.0, True)
    """
    spelled = unicodedata.normalize("NFKC", text).strip()
    if bracketed := _BRACKETED.match(spelled):
        spelled = "-" + bracketed[1]
    affixes = _AFFIXES.match(spelled)
    if affixes is None:
        return None
    digits, suffix = _BLANKS.sub("", affixes[1]), affixes[2]
    factor = _suffix_factor(suffix, unit)
    if factor is None:
        return None
    plain = digits if decimal == "." and _PLAIN_PATTERN.match(digits) else None
    plain = plain or (digits if re.fullmatch(r"[+-]?\d+(?:[eE][+-]?\d+)?", digits) else None)
    plain = plain or _grouped(digits, decimal, thousands)
    if plain is None:
        return None
    value = float(plain) * factor
    return value if np.isfinite(value) else None


def numbers(
    column: Any, decimal: str, thousands: str, unit: str | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_], int, str]:
    """Return the numbers of a text column, which cells are none, and how many were not plainly written (with one).

    Parameters
    ----------
    column
        Arrow string array; missing cells give NaN and are not wrong.
    """
    if decimal == ".":
        try:
            values = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            pass
        else:
            if not np.isinf(values).any() and np.isnan(values).sum() == column.null_count:
                return values, np.zeros(len(column), dtype=bool), 0, ""
    plain = pc.match_substring_regex(column, _PLAIN if decimal == "." else r"^[+-]?\d+$")
    values = pc.cast(pc.if_else(plain, column, None), pa.float64()).to_numpy(zero_copy_only=False).copy()
    values[~np.isfinite(values)] = np.nan
    other = pc.fill_null(pc.invert(plain), False)
    encoded = column.filter(other).dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    read = np.array([np.nan if (told := number_of(text, decimal, thousands, unit)) is None else told for text in texts])
    places = np.flatnonzero(other.to_numpy(zero_copy_only=False))
    if len(places):
        values[places] = read[encoded.indices.to_numpy(zero_copy_only=False)]
    wrong = np.isnan(values) & column.is_valid().to_numpy(zero_copy_only=False)
    mended = int((~wrong[places]).sum())
    example = next((text for text, value in zip(texts, read, strict=True) if not np.isnan(value)), "")
    return values, wrong, mended, example
