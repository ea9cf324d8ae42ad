"""What the cells of a column look like: dates and their order, numbers and their sign, codes, document numbers."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from omdrisk.records.codes import code_list, hs_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST: Final = 0.8
"""Share of cells that must look so."""

_DATE = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[ T].*)?$")
_COMMA = re.compile(r"-?(\d{1,3}(\.\d{3})+(,\d+)?|\d+,\d+)$")
_POINT = re.compile(r"-?(\d{1,3}(,\d{3})+(\.\d+)?|\d+\.\d+)$")
_NUMBER = re.compile(r"-?[\d.,]+$")


def _valid(scheme: str) -> Callable[[str], bool]:
    return lambda text: bool(importlib.import_module(f"stdnum.{scheme}").is_valid(text))


_LOOKS: Final[dict[str, Callable[[str], bool]]] = {
    "date": lambda text: bool(_DATE.match(text)),
    # a wrong check digit is a fault of a container number, and no sign of something else
    "container": lambda text: bool(re.fullmatch(r"[A-Z]{3}[UJZ] ?\d{6}-?\d", text)),
    "imo": _valid("imo"),
    "s10": lambda text: bool(re.fullmatch(r"[A-Z]{2}\d{9}[A-Z]{2}", text)),
    "awb": lambda text: bool(re.fullmatch(r"\d{3}-\d{8}", text)),
    "country": lambda text: len(text) == 2 and text in code_list("countries").names,
    "currency": lambda text: len(text) == 3 and text in code_list("currencies").names,
    "incoterm": lambda text: text in code_list("incoterms").names,
    "hs": lambda text: 5 <= len(text) <= 12 and hs_code(text) is not None and not text.startswith("99999"),
    "place": lambda text: bool(re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", text)) and text[:2] in code_list("countries").names,
    "number": lambda text: bool(_NUMBER.match(text)),
}

BY_LOOKS: Final = {
    "container": "container_no", "imo": "imo_no", "s10": "shipment_id", "awb": "master_doc_no", "currency": "currency",
    "incoterm": "incoterm",
}  # fmt: skip
"""Columns that their contents alone give away."""


def looks(texts: Sequence[str]) -> str:
    """Return what most of the texts look like, or an empty text.

    Examples
    --------
    >>> looks(["MSCU1234565", "CSQU3054383"]), looks(["05/04/2023", "17/04/2023"]), looks(["fish", "rice"])
    ('container', 'date', '')
    """
    for name, test in _LOOKS.items():
        if texts and sum(map(test, texts)) >= MOST * len(texts):
            return name
    return ""


def date_order(texts: Sequence[str]) -> str:
    """Return the order in which the dates are written; days come first where nothing speaks against it.

    Examples
    --------
    >>> date_order(["2023-04-05"]), date_order(["05/17/2023"]), date_order(["05/04/2023"])
    ('ymd', 'mdy', 'dmy')
    """
    found = [match for text in texts if (match := _DATE.match(text))]
    if not found or sum(len(match[1]) == 4 for match in found) * 2 > len(found):
        return "ymd"
    return "mdy" if any(int(match[2]) > 12 for match in found) else "dmy"


def decimal_sign(texts: Sequence[str]) -> tuple[str, str]:
    """Return the decimal sign and the sign between thousands.

    Examples
    --------
    >>> decimal_sign(["1.155", "12,5"]), decimal_sign(["1155.5"]), decimal_sign(["1,155.50"])
    ((',', '.'), ('.', ''), ('.', ','))
    """
    votes: Counter[str] = Counter()
    for text in texts:
        last = max(text.rfind("."), text.rfind(","))
        digits = len(text) - last - 1
        if last >= 0 and (digits != 3 or (("." in text) and ("," in text))):
            votes[text[last]] += 1
    comma = votes[","] > votes["."]
    grouped = any((_COMMA if comma else _POINT).match(text) and text.count("." if comma else ",") for text in texts)
    return (",", "." if grouped else "") if comma else (".", "," if grouped else "")
