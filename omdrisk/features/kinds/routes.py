"""What the route of a shipment says."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from omdrisk.features.geography import Gazetteer, Place, great_circle_km
from omdrisk.features.kinds.base import Kind
from omdrisk.features.kinds.fields import listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View

PORTS = "ports"


@dataclass(frozen=True)
class Detour(Kind):
    """How much longer the route over its transhipment ports is than the direct one, along great circles.

    1.5 means half as long again. Ports whose place is unknown are left out, so that the detour is at least
    what is said; missing where the loading or discharge port is unknown, or no transhipment port is known.

    Examples
    --------
    >>> Detour().tables
    ('ports',)
    """

    word: ClassVar[str] = "detour"

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("port_of_loading", "transhipment_ports", "port_of_discharge")

    @property
    def tables(self) -> tuple[str, ...]:
        return (PORTS,)

    def check(self, tables: Tables) -> None:
        tables.derive("gazetteer", PORTS, Gazetteer)

    def compute(self, view: View) -> NDArray[np.float64]:
        gazetteer = view.tables.derive("gazetteer", PORTS, Gazetteer)
        routes = view.joint(*(view.column(name) for name in self.inputs))
        return routes.spread([_detour(gazetteer, *route) for route in routes.texts])


def _detour(gazetteer: Gazetteer, loading: str, transhipments: str, discharge: str) -> float:
    start, end = gazetteer.place(loading), gazetteer.place(discharge)
    over = [place for place in map(gazetteer.place, listed(transhipments)) if place is not None]
    if start is None or end is None or not over:
        return float("nan")
    direct = great_circle_km(start, end)
    stops: list[Place] = [start, *over, end]
    legs = sum(great_circle_km(one, other) for one, other in pairwise(stops))
    return legs / direct if direct > 0 else float("nan")
