"""A proposed format map as TOML, with samples beside each guess, to be looked through and mended."""

from __future__ import annotations

import json
from typing import Final

from omdrisk.records.codes import code_list
from omdrisk.records.format_map import header_key
from omdrisk.records.proposing.contents import date_order, decimal_sign
from omdrisk.records.schema import table

LOOKED_AT: Final = 500
"""How many cells of a column are looked at."""
NOTHING: Final = ("NA", "N.A.", "nil", "NIL", "Unknown", "UNKNOWN", "unknown", "none", "NONE", "?", "无")
"""Words that stand for nothing in many files, and for something in a few."""
_TRANSLATED: Final = 12


def untold(column: str, name: str, texts: list[str]) -> list[str]:
    """Return the texts of a column that are no code of its list."""
    spec = table(name).columns[column]
    if not spec.codes or spec.codes == "hs":
        return []
    code = code_list(spec.codes).code
    return [text for text in texts if code(text) is None and text not in NOTHING]


def _missing(name: str, guesses: dict[str, tuple[str, str]], texts: list[str]) -> list[str]:
    """Return the lines on words that stand for nothing; NA stays Namibia where a country stands."""
    words = [word for word in NOTHING if word in texts]
    countries = [header for header, (column, _) in guesses.items() if table(name).columns[column].codes == "countries"]
    if not words:
        return []
    lines = [f"missing = {json.dumps(words)}"]
    if "NA" in words and countries:
        kept = ", ".join(f'{json.dumps(header, ensure_ascii=False)} = ["NA"]' for header in countries)
        lines.append(f"missing_kept = {{ {kept} }}")
    return lines


def _translations(name: str, by_column: dict[str, tuple[str, str]], samples: dict[str, list[str]]) -> list[str]:
    """Return the lines, still remarks, in which codes of the file's own are to be translated."""
    told = []
    for column, (header, _) in by_column.items():
        unknown = untold(column, name, samples[header])
        if unknown:
            words = ", ".join(f'{json.dumps(text, ensure_ascii=False)} = ""' for text in unknown[:_TRANSLATED])
            codes = table(name).columns[column].codes
            told.append(f"# {column} = {{ {words} }}  # codes of {codes}: `omdrisk dictionary` lists them")
    return (
        ["", "# No codes of their lists yet; fill in, and take the # away:", f"# [{name}.translate]", *told]
        if told
        else []
    )


def proposed_toml(
    stem: str, name: str, guesses: dict[str, tuple[str, str]], samples: dict[str, list[str]], lacking: list[str]
) -> str:
    """Return the format map of the table `name` from guesses by header, samples of its cells, and columns not found."""
    columns = table(name).columns

    def cells(*kinds: str) -> list[str]:
        headers = [header for header, (column, _) in guesses.items() if columns[column].type in kinds]
        return [text for header in headers for text in samples[header]]

    decimal, thousands = decimal_sign(cells("number", "count"))

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    lines = [
        f"# Proposed from the headers and first {LOOKED_AT} cells of a file. Look through it, and mend it.",
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
    lines += _translations(name, by_column, samples)
    rest = [header for header in samples if header not in guesses]
    if rest:
        lines += ["", "# Kept as x_ columns; name them above if the canonical table has a place for them:"]
        lines += [f"#   {header} (as {quoted(' | '.join(samples[header][:2])[:60])})" for header in rest]
    return "\n".join(lines) + "\n"
