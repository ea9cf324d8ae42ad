"""The Harmonized System of one edition: codes and their descriptions, as lists of them are published.

Sources: UN Comtrade and the UN Statistics Division publish lists of each edition; a national tariff serves as well.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omdrisk.errors import InputError
from omdrisk.records.codes import code_list
from omdrisk.records.importing.download import Imported, columns_of, imported, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES: Final = {
    "code": (
        "code", "hscode", "hs_code", "hs", "hs6", "hs_6", "commodity_code", "product_code", "tariff_code", "heading",
        "cmdcode", "id",
    ),
    "description": (
        "description", "desc", "text", "name", "commodity", "product_description", "commodity_description", "title",
        "cmddesc", "description_en", "english",
    ),
    "version": ("version", "classification", "edition", "hs_version", "nomenclature", "classification_code"),
}  # fmt: skip
_SIGNS: Final = re.compile(r"[.\s\-']")
_YEAR: Final = re.compile(r"(?<!\d)(19\d\d|20\d\d)(?!\d)")
_LONGEST: Final = 10
COLUMNS: Final = ("code", "description")


def _edition(told: str) -> str | None:
    return code_list("hs_versions").code(told) if told else None


def read_hs(paths: Iterable[str | Path], version: str | None = None) -> tuple[Imported, str]:
    """Read the Harmonized System of one edition.

    Parameters
    ----------
    paths
        CSV files (also gzipped or zipped) with a header, a column of codes and one of descriptions.
    version
        The edition (2012, 2017, 2022 ...). None takes it from a column of the list or from the name of the file.

    Returns
    -------
    tuple of Imported and str
        Table with the columns ``code`` (2 to 10 digits) and ``description``; and the edition.

    Raises
    ------
    InputError
        If a file cannot be read or is no such list, or the edition is not known; the message names file and row.
    """
    files = [Path(path) for path in paths]
    edition = _edition(version) if version is not None else None
    if version is not None and edition is None:
        known = ", ".join(code_list("hs_versions").names)
        raise InputError(f"{version!r} is no edition of the Harmonized System. Name one of {known}.")
    told: dict[str, dict[str, str]] = {}
    left_out: list[tuple[str, int, str]] = []
    seen: set[str] = set()
    for path in files:
        for lines in lines_of(path):
            places = columns_of(lines[0], _NAMES, ("code", "description"), "the Harmonized System")
            for line in lines[1:]:
                cells = {name: line.cells[at] if at < len(line.cells) else "" for name, at in places.items()}
                digits = _SIGNS.sub("", cells["code"])
                if not digits.isdigit():
                    if digits.upper() not in ("TOTAL", "ALL", ""):
                        left_out.append((line.file, line.row, f"code {cells['code']!r} is not digits"))
                    continue
                code = digits.zfill(len(digits) + len(digits) % 2)
                if len(code) > _LONGEST:
                    left_out.append((line.file, line.row, f"code {cells['code']!r} has more than {_LONGEST} digits"))
                    continue
                seen.add(cells.get("version", ""))
                told.setdefault(code, {"code": code, "description": " ".join(cells["description"].split())})
    edition = edition or _from_list(seen) or _from_name(files)
    if edition is None:
        raise InputError(
            f"{', '.join(map(str, files))}: of which edition of the Harmonized System is this? Say --version 2022."
        )
    return imported(sorted(told.values(), key=lambda row: row["code"]), left_out, _all(files), "HS"), edition


def _from_list(seen: set[str]) -> str | None:
    editions = {edition for text in seen if (edition := _edition(text)) is not None}
    if len(editions) > 1:
        raise InputError(f"the list holds several editions, {', '.join(sorted(editions))}. Give one file for each.")
    return next(iter(editions), None)


def _from_name(files: list[Path]) -> str | None:
    found = {year for path in files for year in _YEAR.findall(path.name)} & set(code_list("hs_versions").names)
    return found.pop() if len(found) == 1 else None


def _all(files: list[Path]) -> str:
    return ", ".join(map(str, files)) or "no file"
