"""The quality of a file by column: what is missing, what is invalid, and what is odd though it was accepted."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from omdrisk.records.results import ReadResult

_REASON: Final = re.compile(r"(?:^|; )([a-z][a-z0-9_]*): ")
_S10_SHAPE: Final = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_AWB_SHAPE: Final = re.compile(r"\d{3}-?\d{8}")
_PLACE_SHAPE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}|[A-Z]{3}")
_REPEATED: Final = re.compile(r"(.)\1{3,}$")
_SHORTEST_TEXT: Final = 3
_SPANS: Final = (("etd", "eta", "before the departure"), ("filed_at", "amended_at", "before the filing"))
_WEIGHTS: Final = ("gross_weight_kg", "packages", "invoice_value")


def s10_holds(text: str) -> bool:
    """Tell whether the check digit of a postal item number is right (UPU S10).

    Examples
    --------
    >>> s10_holds("RA473124829GB"), s10_holds("RA473124828GB")
    (True, False)
    """
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, text[2:10], strict=True)) % 11
    return int(text[10]) == {10: 0, 11: 5}.get(rest, rest)


def awb_holds(text: str) -> bool:
    """Tell whether the check digit of an air waybill is right: the serial number modulo 7.

    Examples
    --------
    >>> awb_holds("160-12345675"), awb_holds("160-12345676")
    (True, False)
    """
    return int(text[-8:-1]) % 7 == int(text[-1])


def _digits(scheme: str) -> Callable[[str], str]:
    def said(text: str) -> str:
        return "" if importlib.import_module(f"stdnum.{scheme}").is_valid(text) else "its check digit is wrong"

    return said


def _document(text: str) -> str:
    if _S10_SHAPE.fullmatch(text):
        return "" if s10_holds(text) else "its check digit is wrong (S10)"
    if _AWB_SHAPE.fullmatch(text):
        return "" if awb_holds(text) else "its check digit is wrong (air waybill)"
    return "one sign only" if _REPEATED.match(text) else ""


def _place(text: str) -> str:
    return "" if _PLACE_SHAPE.fullmatch(text) else "neither UN/LOCODE nor IATA in its shape"


def _words(text: str) -> str:
    letters = sum(letter.isalpha() for letter in text)
    wide = any(ord(letter) > 0x2E80 for letter in text)
    return "hardly a word" if letters < (1 if wide else _SHORTEST_TEXT) or _REPEATED.match(text) else ""


_RULES: Final[dict[str, Callable[[str], str]]] = {
    "container_no": _digits("iso6346"),
    "imo_no": _digits("imo"),
    "house_doc_no": _document,
    "master_doc_no": _document,
    "port_of_loading": _place,
    "port_of_discharge": _place,
    "goods_description": _words,
    "shipper_name": _words,
    "consignee_name": _words,
    "package_type": lambda text: "" if re.fullmatch(r"[A-Z0-9]{2}", text) else "no code of Recommendation 21",
    "unit": lambda text: "" if re.fullmatch(r"[A-Z0-9]{2,3}", text) else "no code of Recommendation 20",
}


def _by_text(values: pd.Series, rule: Callable[[str], str]) -> tuple[NDArray[np.bool_], str]:
    codes, distinct = pd.factorize(values)
    said = [rule(text) for text in distinct.tolist()]
    odd = np.array([*map(bool, said), False])[codes]
    first = next((f"{text!r}: {why}" for text, why in zip(distinct.tolist(), said, strict=True) if why), "")
    return odd, first


def _suspicious(frame: pd.DataFrame) -> dict[str, tuple[int, str]]:
    told: dict[str, tuple[int, str]] = {}

    def tell(column: str, odd: Any, example: str) -> None:
        count = int(np.asarray(odd, dtype=bool).sum())
        if count:
            before, first = told.get(column, (0, example))
            told[column] = (before + count, first)

    for column, rule in _RULES.items():
        if column in frame:
            tell(column, *_by_text(frame[column], rule))
    for column in _WEIGHTS:
        if column in frame:
            tell(column, frame[column] == 0, "0")
    if {"gross_weight_kg", "net_weight_kg"} <= set(frame.columns):
        tell("net_weight_kg", frame["net_weight_kg"] > frame["gross_weight_kg"] * 1.001, "more than the gross weight")
    for first, second, words in _SPANS:
        if {first, second} <= set(frame.columns):
            tell(second, frame[second] < frame[first], words)
    return told


def quality_summary(result: ReadResult) -> pd.DataFrame:
    """Return the quality of a file by column, as `ReadResult.summary` says it."""
    rows = len(result.accepted) + len(result.rejected)
    invalid: dict[str, int] = {}
    for reason in result.rejected["reason"].tolist():
        for column in dict.fromkeys(_REASON.findall(reason)):
            invalid[column] = invalid.get(column, 0) + 1
    odd = _suspicious(result.accepted)
    repaired = result.repairs.groupby("column")["count"].sum().to_dict()
    known = [name for name in table(result.table).columns if name in result.accepted.columns or name in invalid]
    names = [*known, *(name for name in result.accepted.columns if name not in known)]
    missing = {str(name): int(count) for name, count in result.accepted.isna().sum().items()}
    return pd.DataFrame(
        {
            "column": pd.Series(names, dtype="str"),
            "rows": rows,
            "missing": [missing.get(name, 0) for name in names],
            "invalid": [invalid.get(name, 0) for name in names],
            "suspicious": [odd.get(name, (0, ""))[0] for name in names],
            "repaired": [int(repaired.get(name, 0)) for name in names],
            "example": pd.Series([odd.get(name, (0, ""))[1] or None for name in names], dtype="str"),
        }
    )


def write_quality_html(result: ReadResult, path: str | Path) -> Path:
    """Write the quality of a file as a web page that needs no network.

    Raises
    ------
    InputError
        If the page cannot be written.
    """
    from jinja2 import Environment, PackageLoader

    page = Environment(loader=PackageLoader("omdrisk.records", "pages"), autoescape=True).get_template("quality.html")
    reasons = result.rejected["reason"].value_counts().head(20)
    text = page.render(
        table=result.table,
        accepted=len(result.accepted),
        rejected=len(result.rejected),
        columns=result.summary().astype({"example": "object"}).fillna({"example": ""}).to_dict("records"),
        repairs=result.repairs.to_dict("records"),
        reasons=list(reasons.items()),
        lacking=result.missing,
    )
    target = Path(path)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror}). Choose another folder.") from error
    return target
