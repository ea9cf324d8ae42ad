"""A format map proposed for an unknown file: from the words of its headers in seven languages, and from its cells."""

from __future__ import annotations

import csv
import json
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
from omdrisk.records.proposing.contents import BY_LOOKS, date_order, decimal_sign, looks
from omdrisk.records.schema import table
from omdrisk.records.sources import read_parts

if TYPE_CHECKING:
    from omdrisk.records.sources import Cells

LANGUAGES: Final = ("en", "vi", "zh", "th", "id", "fr", "es")
_SAMPLES: Final = 3
_LOOKED_AT: Final = 500
_NOTHING: Final = ("NA", "N.A.", "nil", "NIL", "Unknown", "UNKNOWN", "unknown", "none", "NONE", "?", "无")
_WORDLIKE: Final = 0.86


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
    """

    table: str
    guesses: pd.DataFrame
    text: str
    lacking: list[str]


@cache
def _words() -> dict[str, tuple[str, str]]:
    """Return for each header key the column and the language; the first of two columns that claim a word has it."""
    text = resources.files("omdrisk.records.proposing").joinpath("words.csv").read_text(encoding="utf-8")
    told: dict[str, tuple[str, str]] = {}
    for entry in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        column = entry["column"]
        told.setdefault(column, (column, "canonical"))
        for language in LANGUAGES:
            for word in entry[language].split("|"):
                told.setdefault(header_key(word), (column, language))
    for name in TABLES:
        for column in table(name).columns:
            told.setdefault(column, (column, "canonical"))
    return told


def _by_words(header: str) -> tuple[str, str, float] | None:
    from rapidfuzz import fuzz, process

    known = _words()
    for key in keys_of(header):
        if key in known:
            column, language = known[key]
            return column, f"header ({language})", 1.0
    key = header_key(header)
    found = process.extractOne(key, list(known), scorer=fuzz.ratio, score_cutoff=100 * _WORDLIKE) if key else None
    if found is None:
        return None
    column, language = known[found[0]]
    return column, f"header like {found[0]!r} ({language})", found[1] / 100 - 0.5


def _samples(cells: Cells) -> dict[str, list[str]]:
    told = {}
    for header, column in zip(cells.headers, cells.columns, strict=True):
        texts = dict.fromkeys(column.drop_null().slice(0, _LOOKED_AT).to_pylist())
        told[header] = [text for text in texts if text not in ALWAYS_MISSING]
    return told


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
    chosen = name or _choose_table({guess[0] for guess in found.values() if guess})
    guesses: dict[str, tuple[str, str]] = {}
    ranked = sorted(found.items(), key=lambda entry: -(entry[1][2] if entry[1] else 0.0))
    for header, guess in ranked:
        told = _fitting(guess, looks(samples[header]), chosen)
        if told and told[0] not in {column for column, _ in guesses.values()}:
            guesses[header] = told
    for header in cells.headers:
        seen = BY_LOOKS.get(looks(samples[header]), "")
        if header not in guesses and seen in table(chosen).columns and seen not in {c for c, _ in guesses.values()}:
            guesses[header] = (seen, f"contents ({looks(samples[header])})")
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
    return Proposal(chosen, made, _toml(path.stem, chosen, guesses, samples, lacking), lacking)


def _fitting(guess: tuple[str, str, float] | None, seen: str, name: str) -> tuple[str, str] | None:
    """Take a guess by words only if the column is in the table and the cells do not speak against it."""
    if guess is None:
        return None
    column, why, _ = guess
    if name == "inspections" and column == "filed_at":
        column = "known_at"
    if name == "cases" and column == "filed_at":
        column = "occurred_on"
    spec = table(name).columns.get(column)
    if spec is None or (spec.type == "time" and seen not in ("date", "number", "")):
        return None
    if column.endswith("_name") and seen == "number":
        column = column.removesuffix("name") + "tax_id"
    if spec.type in ("number", "count") and seen == "date":
        return None
    return column, f"{why}, contents look like {seen}" if seen else why


def _missing(name: str, guesses: dict[str, tuple[str, str]], texts: list[str]) -> list[str]:
    """Return the lines on words that stand for nothing; NA stays Namibia where a country stands."""
    words = [word for word in _NOTHING if word in texts]
    countries = [header for header, (column, _) in guesses.items() if table(name).columns[column].codes == "countries"]
    if not words:
        return []
    lines = [f"missing = {json.dumps(words)}"]
    if "NA" in words and countries:
        kept = ", ".join(f'{json.dumps(header, ensure_ascii=False)} = ["NA"]' for header in countries)
        lines.append(f"missing_kept = {{ {kept} }}")
    return lines


def _toml(
    stem: str, name: str, guesses: dict[str, tuple[str, str]], samples: dict[str, list[str]], lacking: list[str]
) -> str:
    columns = table(name).columns

    def cells(*kinds: str) -> list[str]:
        headers = [header for header, (column, _) in guesses.items() if columns[column].type in kinds]
        return [text for header in headers for text in samples[header]]

    decimal, thousands = decimal_sign(cells("number", "count"))

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    lines = [
        f"# Proposed from the headers and first {_LOOKED_AT} cells of a file. Look through it, and mend it.",
        f"name = {quoted(header_key(stem) or 'mine')}",
        "",
        "[file]",
        'encodings = ["utf-8", "gb18030", "cp1258", "cp874", "cp1252"]',
        f"dates = {quoted(date_order(cells('time')))}",
        'zone = "UTC"  # the zone of moments that name none, as "Asia/Bangkok"',
        f"decimal = {quoted(decimal)}",
        f"thousands = {quoted(thousands)}",
        *_missing(name, guesses, cells("number", "count", "time")),
        "canonical_names = true",
        "",
        f"[{name}]",
        "",
        f"[{name}.columns]",
    ]
    by_column = {column: (header, why) for header, (column, why) in guesses.items()}
    for column in columns:
        if column in by_column:
            header, why = by_column[column]
            lines.append(f"{column} = {quoted(header)}  # {why}; as {quoted(' | '.join(samples[header][:2])[:60])}")
    if table(name).key in lacking:
        pattern = quoted(f"{header_key(stem)}:{{row}}")
        lines += ["", f"[{name}.rows]", f"{table(name).key} = {pattern}  # no header is known to name a row"]
        lacking = [column for column in lacking if column != table(name).key]
    lines += [f"# {column} is needed, and no header of the file is known to hold it" for column in lacking]
    rest = [header for header in samples if header not in guesses]
    if rest:
        lines += ["", "# Kept as x_ columns; name them above if the canonical table has a place for them:"]
        lines += [f"#   {header} (as {quoted(' | '.join(samples[header][:2])[:60])})" for header in rest]
    return "\n".join(lines) + "\n"
