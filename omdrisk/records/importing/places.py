"""UN/LOCODE as UNECE publishes it: places of trade and transport with their codes.

Columns, with or without a header line: change, country, location, name, name without accents, subdivision, function and
status (in either order), date, IATA, coordinates, remarks. Source: https://unece.org/trade/uncefact/unlocode (UN/ECE
Recommendation 16).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from omdrisk.records.codes import code_list
from omdrisk.records.importing.download import Imported, Line, columns_of, imported, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES: Final = {
    "change": ("change", "ch"),
    "country": ("country", "country_code"),
    "location": ("location", "location_code", "locode", "code", "un_locode", "unlocode"),
    "name": ("name", "name_of_place"),
    "plain": (
        "namewodiacritics",
        "name_wo_diacritics",
        "name_ascii",
        "namewithoutdiacritics",
        "name_without_diacritics",
    ),
    "subdivision": ("subdivision", "subdiv", "subdivision_code"),
    "function": ("function", "function_code"),
    "status": ("status",),
    "iata": ("iata", "iata_code"),
    "coordinates": ("coordinates", "coords", "geo_coordinates"),
}
_AS_PUBLISHED: Final = (
    "change", "country", "location", "name", "plain", "subdivision", "function", "status", "date", "iata",
    "coordinates", "remarks",
)  # fmt: skip
_FUNCTION: Final = re.compile(r"[0-8B\-]{8}")
_LOCATION: Final = re.compile(r"[A-Z0-9]{3}")
_ONE_FUNCTION: Final = re.compile(r"[0-8B\-]{1,8}")
_COORDINATES: Final = re.compile(r"(\d{2})(\d{2})([NS])\s*(\d{3})(\d{2})([EW])")
_SEA_PORT: Final = "1"
_REMOVED: Final = "X"
COLUMNS: Final = ("locode", "name", "subdivision", "function", "status", "iata", "lat", "lon")


def _columns(lines: list[Line]) -> tuple[dict[str, int], list[Line]]:
    header = lines[0]
    words = {cell.casefold() for cell in header.cells}
    if words & {"country", "location", "locode", "function"}:
        return columns_of(header, _NAMES, ("country", "location", "name"), "UN/LOCODE"), lines[1:]
    places = {name: place for place, name in enumerate(_AS_PUBLISHED)}
    first = next(
        (line for line in lines if len(line.cells) > places["status"] and line.cells[places["location"]]), None
    )
    if first is not None and _FUNCTION.fullmatch(first.cells[places["status"]]):
        places["function"], places["status"] = places["status"], places["function"]
    return places, lines


def _degrees(text: str) -> tuple[str, str]:
    found = _COORDINATES.fullmatch(text)
    if not found:
        return "", ""
    north = (int(found[1]) + int(found[2]) / 60) * (1 if found[3] == "N" else -1)
    east = (int(found[4]) + int(found[5]) / 60) * (1 if found[6] == "E" else -1)
    if abs(north) > 90 or abs(east) > 180:
        return "", ""
    return f"{north:.4f}", f"{east:.4f}"


def _read(line: Line, places: dict[str, int]) -> dict[str, str] | str | None:
    """Return a place, or why the row is none, or nothing for a row that names a country or another row."""

    def cell(name: str) -> str:
        place = places.get(name)
        return line.cells[place] if place is not None and place < len(line.cells) else ""

    country, location = cell("country").upper(), cell("location").upper().replace(" ", "")
    if len(location) == 5 and (not country or location[:2] == country):
        country, location = location[:2], location[2:]
    if not location or cell("change") == _REMOVED:
        return None
    if not re.fullmatch(r"[A-Z]{2}", country) or not (country in code_list("countries").names or country == "XZ"):
        return f"country {country!r} is no code of ISO 3166-1"
    if not _LOCATION.fullmatch(location):
        return f"location {location!r} is not three letters or digits"
    if "function" in places and not _ONE_FUNCTION.fullmatch(cell("function")):
        return f"function {cell('function')!r} is not written as 1-3-----: no row of places"
    if not cell("name"):
        return "the place has no name"
    lat, lon = _degrees(cell("coordinates"))
    texts = (
        country + location, cell("plain") or cell("name"), cell("subdivision"), cell("function"), cell("status"),
        cell("iata"), lat, lon,
    )  # fmt: skip
    return dict(zip(COLUMNS, texts, strict=True))


def read_unlocode(paths: Iterable[str | Path]) -> Imported:
    """Read UN/LOCODE.

    Parameters
    ----------
    paths
        CSV files (also gzipped), or the archive as published, of which the parts are taken together.

    Returns
    -------
    Imported
        Table with the columns ``locode``, ``name`` (without accents), ``subdivision``, ``function``, ``status``,
        ``iata``, ``lat`` and ``lon`` (degrees). Rows that were removed (change X), or that name a country or refer to
        another place, are no places.

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
            places, rows = _columns(lines)
            for line in rows:
                read = _read(line, places)
                if isinstance(read, str):
                    left_out.append((line.file, line.row, read))
                elif read is not None:
                    told.setdefault(read["locode"], read)
    return imported(sorted(told.values(), key=lambda row: row["locode"]), left_out, _all(files), "UN/LOCODE")


def _all(files: list[Path]) -> str:
    return ", ".join(map(str, files)) or "no file"


def with_sea_ports(ports: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return the table of ports (``locode``, ``name``, ``lat``, ``lon``) with the sea ports of UN/LOCODE behind it.

    A port that the table has already stays as it is, for UN/LOCODE tells positions to the minute, and some wrongly.
    """
    columns = ["locode", "name", "lat", "lon"]
    at_sea = places[places["function"].str.startswith(_SEA_PORT) & (places["lat"] != "")]
    new = at_sea[~at_sea["locode"].isin(ports["locode"].tolist())]
    return pd.concat([ports[columns], new[columns]], ignore_index=True)
