"""Airports by their IATA code: which country they are in, and where."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

Place = tuple[float, float]


@cache
def _airports() -> dict[str, tuple[str, str, str]]:
    # the table of airportsdata has four times as many rows without such a code, and its own reader makes all of them
    with resources.files("airportsdata").joinpath("airports.csv").open(encoding="utf-8") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        code, *told = (header.index(name) for name in ("iata", "country", "lat", "lon"))
        country, lat, lon = told
        return {row[code]: (row[country], row[lat], row[lon]) for row in rows if row[code]}


def airport(code: str) -> tuple[str, Place | None]:
    """Return the country of an airport, and its latitude and longitude in degrees; nothing for an unknown code.

    Examples
    --------
    >>> airport("HAN")[0], airport("???")
    ('VN', ('', None))

    Notes
    -----
    The airports of the package airportsdata, by their IATA codes.
    """
    found = _airports().get(code)
    return ("", None) if found is None else (found[0], (float(found[1]), float(found[2])))
