"""A format map proposed for an unknown file: from the words of its headers in seven languages, and from its cells."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records.format_map import ALWAYS_MISSING, TABLES, FormatMap, header_key
from omdrisk.records.headers import keys_of
from omdrisk.records.proposing.contents import BY_LOOKS, looks
from omdrisk.records.proposing.writing import LOOKED_AT, NOTHING, proposed_toml, untold
from omdrisk.records.schema import table
from omdrisk.records.sources import read_parts

if TYPE_CHECKING:
    from omdrisk.records.sources import Cells

LANGUAGES: Final = ("en", "vi", "zh", "th", "id", "fr", "es")
_SAMPLES: Final = 3
_FEW_KNOWN: Final = 5
_WORDLIKE: Final = 0.86
_DAY_AS_NUMBER: Final = re.compile(r"(?:19|20)\d{6}|[2-5]\d{4}(?:\.\d+)?")
"""A day written as 20230401, or as spreadsheets count days."""
_OTHER_LISTS: Final = {
    "unlocode": frozenset({"country", "location", "function", "coordinates"}),
    "hs": frozenset({"hscode", "description"}),
    "cites": frozenset({"currentlisting"}),
}
"""Headers of official lists, which are imported and not read as records."""


@dataclass(frozen=True)
class Proposal:
    """A proposed map.

    Attributes
    ----------
    table
        The canonical table the file most likely holds.
    guesses
        One row per header: ``header``, ``column`` (missing where none is known), ``why``, ``samples``.
    text
        The format map as TOML, to be looked through and mended.
    lacking
        Required columns for which no header was found.
    note
        What to think of first, or an empty text: that this is another kind of file.
    """

    table: str
    guesses: pd.DataFrame
    text: str
    lacking: list[str]
    note: str = ""


Guess = tuple[str, str, float]
"""A column, why it is guessed, and how sure that is."""


@cache
def _words() -> dict[str, dict[str, str]]:
    """Return for each header key the columns that claim it, in the order of the words, each with the language."""
    text = resources.files("omdrisk.records.proposing").joinpath("words.csv").read_text(encoding="utf-8")
    told: dict[str, dict[str, str]] = {}
    for entry in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        column = entry["column"]
        told.setdefault(column, {}).setdefault(column, "canonical")
        for language in LANGUAGES:
            for word in entry[language].split("|"):
                told.setdefault(header_key(word), {}).setdefault(column, language)
    for name in TABLES:
        for column in table(name).columns:
            told.setdefault(column, {}).setdefault(column, "canonical")
    return told


def _by_words(header: str) -> list[Guess]:
    """Return what a header may stand for: without accents, one word may be two (luồng, lượng)."""
    from rapidfuzz import fuzz, process

    known = _words()
    for key in keys_of(header):
        if key in known:
            return [(column, f"header ({language})", 1.0) for column, language in known[key].items()]
    key = header_key(header)
    found = process.extractOne(key, list(known), scorer=fuzz.ratio, score_cutoff=100 * _WORDLIKE) if key else None
    if found is None:
        return []
    sure = found[1] / 100 - 0.5
    return [(column, f"header like {found[0]!r} ({told})", sure) for column, told in known[found[0]].items()]


def _samples(cells: Cells) -> dict[str, list[str]]:
    told = {}
    for header, column in zip(cells.headers, cells.columns, strict=True):
        texts = dict.fromkeys(column.drop_null().slice(0, LOOKED_AT).to_pylist())
        told[header] = [text for text in texts if text not in ALWAYS_MISSING]
    return told


def _seen(texts: list[str]) -> str:
    """Return what cells look like, where a word that stands for nothing is no cell."""
    return looks([text for text in texts if text not in NOTHING])


def _note(cells: Cells, chosen: str, guessed: int, lacking: list[str]) -> str:
    keys = {header_key(header) for header in cells.headers}
    for kind, headers in _OTHER_LISTS.items():
        if headers <= keys and lacking == list(table(chosen).required):
            return f"this looks like an official list: `omdrisk tables import {kind} FILE` makes a table of it."
    if guessed * _FEW_KNOWN < len(cells.headers):
        return f"only {guessed} of {len(cells.headers)} headers are known: is this a file of {chosen} at all?"
    return ""


def _choose_table(columns: set[str]) -> str:
    own = {"cases": {"case_id", "occurred_on"}, "inspections": {"inspection_id"}}

    def worth(name: str) -> tuple[int, int]:
        spec = table(name)
        return len(columns & own.get(name, set())) * 10 + len(columns & set(spec.columns)), -TABLES.index(name)

    return max(TABLES, key=worth)


def propose_map(path: str | Path, name: str | None = None) -> Proposal:
    """Propose a format map for a file.

    Parameters
    ----------
    path
        CSV or other delimited text, workbook or Parquet.
    name
        ``shipments``, ``cases`` or ``inspections``; by default the one that fits the headers best.

    Raises
    ------
    InputError
        If the file cannot be read, or `name` is no table.
    """
    if name is not None and name not in TABLES:
        raise InputError(f"there is no table {name!r}. Choose shipments, cases or inspections.")
    path = Path(path)
    form = FormatMap(name="unknown", encodings=("utf-8", "gb18030", "cp1258", "cp874", "cp1252"))
    cells = next(iter(read_parts(path, form, frozenset(_words()))))
    samples = _samples(cells)
    found = {header: _by_words(header) for header in cells.headers}
    chosen = name or _choose_table({column for several in found.values() for column, _, _ in several})
    guesses: dict[str, tuple[str, str]] = {}
    ranked = sorted(found.items(), key=lambda entry: -max((sure for _, _, sure in entry[1]), default=0.0))
    for header, several in ranked:
        taken = {column for column, _ in guesses.values()}
        fitting = (_fitting(guess, samples[header], chosen) for guess in several)
        told = next((one for one in fitting if one and one[0] not in taken), None)
        if told:
            guesses[header] = told
    for header in cells.headers:
        seen = BY_LOOKS.get(_seen(samples[header]), "")
        if header not in guesses and seen in table(chosen).columns and seen not in {c for c, _ in guesses.values()}:
            guesses[header] = (seen, f"contents ({_seen(samples[header])})")
    made = pd.DataFrame(
        {
            "header": list(cells.headers),
            "column": [guesses.get(header, (None, ""))[0] for header in cells.headers],
            "why": [guesses.get(header, ("", "no column known: kept as x_"))[1] for header in cells.headers],
            "samples": [" | ".join(text[:30] for text in samples[header][:_SAMPLES]) for header in cells.headers],
        }
    ).replace({"column": {None: np.nan}})
    columns = {column for column, _ in guesses.values()}
    lacking = [column for column in table(chosen).required if column not in columns]
    text = proposed_toml(path.stem, chosen, guesses, samples, lacking)
    return Proposal(chosen, made, text, lacking, _note(cells, chosen, len(guesses), lacking))


def _fitting(guess: Guess, texts: list[str], name: str) -> tuple[str, str] | None:
    """Take a guess by words only if the column is in the table and the cells do not speak against it."""
    (column, why, _), seen = guess, _seen(texts)
    if name == "inspections" and column == "filed_at":
        column = "known_at"
    if name == "cases" and column == "filed_at":
        column = "occurred_on"
    spec = table(name).columns.get(column)
    if spec is None or (spec.type == "time" and not _may_be_moments(seen, texts)):
        return None
    if column.endswith("_name") and seen == "number":
        column = column.removesuffix("name") + "tax_id"
    if spec.type in ("number", "count") and seen == "date":
        return None
    if texts and len(untold(column, name, texts)) == len(texts):
        return column, f"{why}, but no cell is a code of {spec.codes}: translate them"
    return column, f"{why}, contents look like {seen}" if seen else why


def _may_be_moments(seen: str, texts: list[str]) -> bool:
    if seen in ("date", ""):
        return True
    return all(_DAY_AS_NUMBER.fullmatch(text) for text in texts if text not in NOTHING)
