"""The quality of a file by column: what is missing, what is invalid, and what is odd though it was accepted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records.codes import code_list
from omdrisk.records.reference import reference
from omdrisk.records.schema import table
from omdrisk.records.schemes import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from omdrisk.records.reference import Reference
    from omdrisk.records.results import ReadResult
    from omdrisk.records.schema import Column
    from omdrisk.records.schemes import Scheme

_REASON: Final = re.compile(r"(?:^|; )([a-z][a-z0-9_]*): ")
_REPEATED: Final = re.compile(r"(.)\1{3,}$")
_SHORTEST_TEXT: Final = 3
_SPANS: Final = (("etd", "eta", "before the departure"), ("filed_at", "amended_at", "before the filing"))
_WEIGHTS: Final = ("gross_weight_kg", "packages", "invoice_value")
_WORDED: Final = ("goods_description", "shipper_name", "consignee_name")
_WIDE: Final = 0x2E80


def _words(text: str) -> str:
    letters = sum(letter.isalpha() for letter in text)
    wide = any(ord(letter) > _WIDE for letter in text)
    return "hardly a word" if letters < (1 if wide else _SHORTEST_TEXT) or _REPEATED.match(text) else ""


def _unlisted(codes: str) -> Callable[[str], str]:
    names = code_list(codes).names
    return lambda text: "" if text in names else f"no code of the list {codes!r}"


def _by_text(values: pd.Series, rule: Callable[[str], str]) -> tuple[NDArray[np.bool_], str]:
    codes, distinct = pd.factorize(values)
    said = [rule(text) for text in distinct.tolist()]
    odd = np.array([*map(bool, said), False])[codes]
    first = next((f"{text!r}: {why}" for text, why in zip(distinct.tolist(), said, strict=True) if why), "")
    return odd, first


def _by_scheme(frame: pd.DataFrame, column: Column, scheme: Scheme, known: Reference) -> tuple[NDArray[np.bool_], str]:
    values, beside = frame[column.name], scheme.beside(column.name) if scheme.beside else ""
    codes, distinct = pd.factorize(values)
    others, texts = (
        pd.factorize(frame[beside]) if beside in frame else (np.full(len(frame), -1), pd.Index([], dtype="str"))
    )
    joint, pairs = pd.factorize((codes.astype(np.int64) + 1) * (len(texts) + 1) + others + 1)
    said = []
    for pair in pairs.tolist():
        first, other = divmod(pair, len(texts) + 1)
        parts = str(distinct[first - 1]).split(";") if first else []
        context = str(texts[other - 1]) if other else None
        doubts = (f"{part!r}: {why}" for part in parts if (why := scheme.doubt(part, context, known)))
        said.append(next(doubts, ""))
    odd = np.array(list(map(bool, said)), dtype=bool)[joint] if said else np.zeros(len(frame), dtype=bool)
    return odd, next(filter(None, said), "")


def _by_column(frame: pd.DataFrame, column: Column, known: Reference) -> tuple[NDArray[np.bool_], str]:
    if column.scheme:
        return _by_scheme(frame, column, SCHEMES[column.scheme], known)
    if column.codes and column.on_unknown == "keep":
        return _by_text(frame[column.name], _unlisted(column.codes))
    if column.name in _WORDED:
        return _by_text(frame[column.name], _words)
    return np.zeros(len(frame), dtype=bool), ""


def _suspicious(frame: pd.DataFrame, name: str, known: Reference) -> dict[str, tuple[int, str]]:
    told: dict[str, tuple[int, str]] = {}

    def tell(column: str, odd: Any, example: str) -> None:
        count = int(np.asarray(odd, dtype=bool).sum())
        if count:
            before, first = told.get(column, (0, example))
            told[column] = (before + count, first)

    for column in table(name).columns.values():
        if column.name in frame:
            tell(column.name, *_by_column(frame, column, known))
    for column_name in _WEIGHTS:
        if column_name in frame:
            tell(column_name, frame[column_name] == 0, "0")
    if {"gross_weight_kg", "net_weight_kg"} <= set(frame.columns):
        tell("net_weight_kg", frame["net_weight_kg"] > frame["gross_weight_kg"] * 1.001, "more than the gross weight")
    for first, second, words in _SPANS:
        if {first, second} <= set(frame.columns):
            tell(second, frame[second] < frame[first], words)
    return told


def quality_summary(result: ReadResult, tables: str | Path | None = None) -> pd.DataFrame:
    """Return the quality of a file by column, as `ReadResult.summary` says it."""
    rows = len(result.accepted) + len(result.rejected)
    invalid: dict[str, int] = {}
    for reason in result.rejected["reason"].tolist():
        for column in dict.fromkeys(_REASON.findall(reason)):
            invalid[column] = invalid.get(column, 0) + 1
    odd = _suspicious(result.accepted, result.table, reference(tables))
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


def write_quality_html(result: ReadResult, path: str | Path, tables: str | Path | None = None) -> Path:
    """Write the quality of a file as a web page that needs no network; `tables` is as in `ReadResult.summary`.

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
        columns=result.summary(tables).astype({"example": "object"}).fillna({"example": ""}).to_dict("records"),
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
