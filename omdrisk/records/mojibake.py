"""Text that was UTF-8, was read as Windows-1252, and was written so: found by its marks and brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from omdrisk.records.repairs import Repairs

_MARKS = (
    r"[\x{00c2}-\x{00f4}]"  # a first byte of two to four, as a letter
    r"[\x{0080}-\x{00bf}\x{0152}\x{0153}\x{0160}\x{0161}\x{0178}\x{017d}\x{017e}\x{0192}"
    r"\x{02c6}\x{02dc}\x{2013}-\x{203a}\x{20ac}\x{2122}]"  # a byte that follows it
)


def _byte(letter: str) -> bytes:
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")


def unscramble(text: str) -> str:
    """Return the text that `text` was before it was read in the wrong encoding, or `text` itself.

    Examples
    --------
    >>> unscramble("CÃ´ng ty"), unscramble("Công ty")
    ('Công ty', 'Công ty')
    """
    try:
        return b"".join(map(_byte, text)).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def unscrambled(column: Any, name: str, repairs: Repairs) -> Any:
    """Return a text column with scrambled texts brought back, and count them."""
    if pc.all(pc.string_is_ascii(column)).as_py() is not False:
        return column
    marked = pc.fill_null(pc.match_substring_regex(column, _MARKS), False)
    if not pc.any(marked).as_py():
        return column
    texts = column.filter(marked).to_pylist()
    mended = [unscramble(text) for text in texts]
    changed = [old for old, new in zip(texts, mended, strict=True) if old != new]
    repairs.add("mojibake", name, len(changed), changed[0] if changed else "")
    return pc.replace_with_mask(column, marked, pa.array(mended, type=pa.string()))
