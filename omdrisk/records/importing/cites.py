"""Species listed by CITES: the index of the Checklist, or the listings of Species+, both as CSV.

Sources: https://checklist.cites.org (Download, Index, CSV) and https://speciesplus.net (Downloads, CITES listings). One
row is written for each taxon that is listed, in the form of ``features/tables/cites_taxa.csv``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omdrisk.records.importing.download import Imported, Line, columns_of, imported, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES: Final = {
    "scientific_name": ("fullname", "full_name", "scientific_name", "taxon_name", "taxon", "species_name", "name"),
    "genus": ("genus",),
    "species": ("species",),
    "appendix": ("currentlisting", "current_listing", "cites_listing", "listing", "cites_appendix", "appendix"),
    "common_name": (
        "englishnames", "english_names", "english_common_names", "common_names_english", "common_names_en",
        "common_names", "common_name", "english",
    ),
    "listed": ("effective_at", "listed_on", "listing_date", "date", "listed_in", "change_date", "effective_date"),
    "note": (
        "fullannotationenglish", "annotationenglish", "annotation", "full_note", "full_annotation", "note", "notes",
        "shortannotationenglish", "auto_note",
    ),
    "current": ("is_current", "current"),
    "rank": ("rankname", "rank", "rank_name"),
}  # fmt: skip
_APPENDIX: Final = re.compile(r"\b(III|II|I)\b")
_YEAR: Final = re.compile(r"(19|20)\d\d")
_LONGEST_NOTE: Final = 200
_NOT_LISTED: Final = frozenset({"", "NC", "-"})
COLUMNS: Final = ("scientific_name", "common_name", "appendix", "listed", "note")


def _name(cells: dict[str, str]) -> str:
    full = cells.get("scientific_name", "")
    genus, species = cells.get("genus", ""), cells.get("species", "")
    return " ".join((full or f"{genus} {species}").split())


def _read(line: Line, places: dict[str, int]) -> dict[str, str] | str | None:
    """Return a listed taxon, or why the row is none, or nothing for one that is not listed (any more)."""
    cells = {name: line.cells[at] if at < len(line.cells) else "" for name, at in places.items()}
    listing = cells.get("appendix", "").strip().upper()
    if listing in _NOT_LISTED or cells.get("current", "").casefold() in ("false", "f", "no", "0"):
        return None
    appendices = sorted(set(_APPENDIX.findall(listing)))
    name = _name(cells)
    if not appendices:
        return f"listing {cells['appendix']!r} names no appendix"
    if not name:
        return "the row names no taxon"
    year = _YEAR.search(cells.get("listed", ""))
    note = " ".join(re.sub(r"<[^>]+>", " ", cells.get("note", "")).split())[:_LONGEST_NOTE]
    common = cells.get("common_name", "").split(",")[0].strip()
    texts = (name, common, "/".join(appendices), year[0] if year else "", note)
    return dict(zip(COLUMNS, texts, strict=True))


def _together(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Return one row of two of a taxon: its populations may be listed apart."""
    appendices = sorted({*one["appendix"].split("/"), *other["appendix"].split("/")})
    years = sorted(filter(None, (one["listed"], other["listed"])))
    first = {name: one[name] or other[name] for name in ("scientific_name", "common_name", "note")}
    return {**first, "appendix": "/".join(appendices), "listed": years[0] if years else ""}


def read_cites(paths: Iterable[str | Path]) -> Imported:
    """Read the species that CITES lists.

    Parameters
    ----------
    paths
        CSV files (also gzipped or zipped) with a header.

    Returns
    -------
    Imported
        Table with the columns ``scientific_name``, ``common_name``, ``appendix`` (several joined by ``/``), ``listed``
        (the year, where told) and ``note``. Taxa that are not listed (NC) or whose listing is no longer current are
        left away.

    Raises
    ------
    InputError
        If a file cannot be read, or is no such list; the message names file and row.
    """
    files = [Path(path) for path in paths]
    told: dict[str, dict[str, str]] = {}
    left_out: list[tuple[str, int, str]] = []
    for path in files:
        for lines in lines_of(path):
            places = columns_of(lines[0], _NAMES, ("appendix",), "the CITES listings")
            if "scientific_name" not in places and "genus" not in places:
                columns_of(lines[0], _NAMES, ("scientific_name",), "the CITES listings")
            for line in lines[1:]:
                read = _read(line, places)
                if isinstance(read, str):
                    left_out.append((line.file, line.row, read))
                elif read is not None:
                    key = read["scientific_name"].casefold()
                    told[key] = _together(told[key], read) if key in told else read
    rows = sorted(told.values(), key=lambda row: row["scientific_name"])
    return imported(rows, left_out, ", ".join(map(str, files)) or "no file", "the CITES listings")
