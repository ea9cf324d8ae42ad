"""Code lists: the codes a column may hold, and the words that are read as one of them."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

HS_SHORTEST: Final = 4
"""Fewest digits of a commodity code that says anything: the heading."""
HS_LONGEST: Final = 10
"""Most digits of a commodity code in a national tariff."""

_HS_SEPARATORS = re.compile(r"[.\s\-]")


@dataclass(frozen=True)
class CodeList:
    """A code list: each code with its English name, and every spelling that is read as a code."""

    name: str
    names: dict[str, str] = field(hash=False)
    spellings: dict[str, str] = field(hash=False)

    def code(self, text: str) -> str | None:
        """Return the code that `text` stands for, or nothing."""
        return text if text in self.names else self.spellings.get(spelling(text))


def spelling(text: str) -> str:
    """Return a word as it is compared: without case, and with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def code_list(name: str) -> CodeList:
    """Return the code list called `name`, as the canonical tables name it.

    Examples
    --------
    >>> code_list("countries").code("Viet Nam"), code_list("transport_modes").code("vessel")
    ('VN', '1')
    >>> code_list("countries").code("XQ") is None
    True
    """
    text = resources.files("omdrisk.records").joinpath("codes", f"{name}.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    names: dict[str, str] = {}
    spellings: dict[str, str] = {}
    for entry in csv.DictReader(lines):
        names[entry["code"]] = entry["name"]
        for word in (entry["code"], entry["name"], *filter(None, entry["words"].split("|"))):
            spellings.setdefault(spelling(word), entry["code"])
    return CodeList(name=name, names=names, spellings=spellings)


def hs_code(text: str) -> str | None:
    """Return a commodity code as bare digits of even length, or nothing if it cannot be one.

    A code of odd length has lost the zero at its front in a spreadsheet.

    Examples
    --------
    >>> hs_code("4407.10"), hs_code("10129"), hs_code("timber")
    ('440710', '010129', None)
    """
    digits = _HS_SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdigit()):
        return None
    even = digits.zfill(len(digits) + len(digits) % 2)
    return even if HS_SHORTEST <= len(even) <= HS_LONGEST else None
