"""Where ports and airports are, and how far apart along a great circle."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING

from omdrisk.entities import airport
from omdrisk.errors import DefinitionError

if TYPE_CHECKING:
    import pandas as pd

Place = tuple[float, float]

#: Mean radius of the Earth in kilometres (IUGG R1).
EARTH_KM = 6371.0088


def great_circle_km(one: Place, other: Place) -> float:
    """Return the distance of two places (latitude, longitude in degrees) by the haversine formula.

    Examples
    --------
    >>> round(great_circle_km((10.8188, 106.652), (22.308, 113.918)))
    1493
    """
    lat1, lat2 = radians(one[0]), radians(other[0])
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(radians(other[1] - one[1]) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


class Gazetteer:
    """Coordinates of ports by UN/LOCODE and of airports by IATA code.

    A LOCODE that the table of ports does not have is looked up among the airports of its country, because its
    last three letters are the IATA code wherever the place has one (UN/LOCODE manual, 1.2).

    Parameters
    ----------
    ports
        Table with the columns `locode`, `lat` and `lon`.

    Examples
    --------
    >>> import pandas as pd
    >>> gazetteer = Gazetteer(pd.DataFrame({"locode": ["VNHPH"], "lat": ["20.86"], "lon": ["106.68"]}))
    >>> gazetteer.place("VNHPH"), gazetteer.place("XXXXX")
    ((20.86, 106.68), None)
    >>> gazetteer.place("SGN") == gazetteer.place("VNSGN")
    True
    """

    def __init__(self, ports: pd.DataFrame) -> None:
        lacking = [column for column in ("locode", "lat", "lon") if column not in ports.columns]
        if lacking:
            raise DefinitionError(f"the table of ports lacks {', '.join(lacking)}")
        try:
            self._ports = {
                code.upper(): (float(lat), float(lon))
                for code, lat, lon in zip(*(ports[column].tolist() for column in ("locode", "lat", "lon")), strict=True)
            }
        except ValueError as error:
            raise DefinitionError(f"the table of ports has a coordinate that is no number: {error}") from None

    def place(self, code: str) -> Place | None:
        """Return latitude and longitude of a LOCODE or IATA code, or None."""
        code = code.strip().upper().replace(" ", "")
        if code in self._ports:
            return self._ports[code]
        if len(code) == 3:
            return airport(code)[1]
        country, place = airport(code[2:]) if len(code) == 5 else ("", None)
        return place if country == code[:2] else None
