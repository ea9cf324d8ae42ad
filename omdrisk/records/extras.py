"""Columns that the canonical tables do not know: kept under ``x_``, numbers as numbers, identifiers as text.

Whether such a column is a number is seen from the whole of what is read, and so may differ from one file to the next.
Where that matters (a column that a model was trained on), the format map says it: ``[shipments.types]``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from omdrisk.records.mojibake import unscrambled
from omdrisk.records.numerals import numbers

if TYPE_CHECKING:
    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.repairs import Repairs

_IDENTIFIER_WORDS = frozenset(
    {"id", "ids", "no", "number", "code", "codes", "ref", "reference", "key", "phone", "tel", "hs"}
)
_LEADING_ZERO = r"^[+-]?0\d"
_LONG_DIGITS = r"^\d{16,}$"
_DIGITS_START = re.compile(r"[+\-(]?[\d.,]")


def looks_like_identifier(name: str, texts: Any) -> bool:
    """Tell whether a column names things: by a word of its header, leading zeros, or digits too many for a number."""
    words = name.removeprefix("x_").split("_")
    if words[-1] in _IDENTIFIER_WORDS and words != ["number"]:
        return True
    return any(pc.any(pc.match_substring_regex(texts, rule)).as_py() for rule in (_LEADING_ZERO, _LONG_DIGITS))


def typed_extra(name: str, texts: Any, form: FormatMap, repairs: Repairs) -> Any:
    """Return an ``x_`` column: float64 if every text is a number and none looks like an identifier, else text."""
    if texts.null_count == len(texts):
        return texts
    first = texts[int(np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))[0])].as_py()
    if _DIGITS_START.match(first) and not looks_like_identifier(name, texts):
        values, wrong, _, _ = numbers(texts, form.decimal, form.thousands, None)
        if not wrong.any():
            return pd.Series(values, dtype="float64")
    return unscrambled(texts, name, repairs)
