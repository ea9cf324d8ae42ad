"""Declared text made safe to show: hostile content stays content in HTML, Excel, CSV and plots."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

CELL_LIMIT: Final = 32_767
SHOWN: Final = 2_000

_LINE_ENDS = re.compile(r"[\t\r\n\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_UNSEEN = re.compile(
    "[\x80-\x9f\u00ad\u061c\u180e\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
# Latin with every accent of Vietnamese, Greek, Cyrillic, and marks: what DejaVu Sans draws
_DRAWN = re.compile("[\x20-\u024f\u0370-\u04ff\u1e00-\u1eff\u2010-\u2026‹›–≥≤·]")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return "\u2421" if code == 0x7F else chr(0x2400 + code)


def _named(match: re.Match[str]) -> str:
    return f"‹U+{ord(match.group()):04X}›"


def plain(value: Any, limit: int = SHOWN) -> str:
    r"""Write any cell as one line of text in which nothing is hidden and nothing acts.

    Line ends become spaces; control characters become their pictures (NUL is ␀); marks that turn the
    direction of text, marks of order and broken halves of characters are named (‹U+202E›); text beyond
    `limit` characters is cut, with its true length behind. Letters of every script stay as they are. A
    missing value is an empty text.

    Examples
    --------
    >>> plain("<b>fish</b>\x00")
    '<b>fish</b>␀'
    >>> plain("invoice\u202exslx.exe"), plain(float("nan")), plain("象牙")
    ('invoice‹U+202E›xslx.exe', '', '象牙')
    >>> plain("a" * 1000, limit=5)
    'aaaaa… (1,000 characters)'
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return ""
    text = str(value)
    length = len(text)
    text = _LINE_ENDS.sub(" ", text[:limit])
    text = _UNSEEN.sub(_named, _CONTROLS.sub(_picture, text))
    return f"{text}… ({length:,} characters)" if length > limit else text


def guarded(value: Any) -> Any:
    """Return a cell for a CSV file that no spreadsheet takes for a formula; numbers stay numbers.

    A text that begins like a formula is given a leading apostrophe, as OWASP advises. A text that is a plain
    number, with a sign or without, cannot act and stays as it is.

    Examples
    --------
    >>> guarded("=cmd|' /C calc'!A0"), guarded("-12.5"), guarded(-3), guarded("fish")
    ("'=cmd|' /C calc'!A0", '-12.5', -3, 'fish')
    """
    if not isinstance(value, str):
        return value
    text = plain(value, limit=CELL_LIMIT - 40)
    if text.lstrip().startswith(_FORMULA) and not re.fullmatch(r"[+-]?\d+([.,]\d+)*", text):
        return f"'{text}"
    return text


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV that Excel opens rightly: UTF-8 with a byte order mark, formulas guarded."""
    safe = frame.rename(columns=lambda name: guarded(str(name)))
    for column in range(safe.shape[1]):
        if not pd.api.types.is_numeric_dtype(safe.dtypes.iloc[column]):
            name = safe.columns[column]
            safe[name] = [guarded(None if _missing(cell) else cell) for cell in safe.iloc[:, column]]
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def ascii_label(text: str, limit: int = 60) -> str:
    """Return a label for a plot: letters that the plot's font has, and no mathematics.

    Examples
    --------
    >>> ascii_label("象牙 $x^2$")
    'XiangYa x^2'
    """
    from anyascii import anyascii

    short = " ".join(anyascii(unicodedata.normalize("NFC", plain(text))).replace("$", "").split())
    return short if len(short) <= limit else f"{short[: limit - 3].rstrip()}..."


def plot_label(text: str, limit: int = 60) -> str:
    """Return a label for a plot: what the plot's font has stays, with its accents; other letters are romanised.

    Examples
    --------
    >>> plot_label("Người nhận hàng 象牙 $x$")
    'Người nhận hàng XiangYa x'
    """
    from anyascii import anyascii

    given = unicodedata.normalize("NFC", plain(text)).replace("$", "")
    told = "".join(letter if _DRAWN.match(letter) else anyascii(letter) for letter in given)
    short = " ".join(told.split())
    return short if len(short) <= limit else f"{short[: limit - 3].rstrip()}..."


def _missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and cell != cell)  # noqa: PLR0124
