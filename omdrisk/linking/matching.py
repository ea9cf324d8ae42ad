"""Which shipment a case is about: by exact keys in order of their worth, and never by a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME, entity, micros
from omdrisk.parties.uniques import by_unique

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_DAY = 86_400_000_000
BEFORE_DAYS = 3
"""How long before filing goods of a container may have been found and still be of this shipment."""
AFTER_DAYS = 60
"""How long after."""


@dataclass(frozen=True)
class Match:
    """Where a search ended: the shipment, or the several that it could be, and the key by which."""

    shipment_id: str | None
    key: str
    value: str
    candidates: tuple[str, ...] = ()


def squeezed(values: pd.Series) -> pd.Series:
    """Return document and container numbers as capitals and digits alone."""
    return by_unique(values, lambda text: "".join(letter for letter in text.upper() if letter.isalnum()))


class Shipments:
    """The shipments of a table by their identifier, house document and container."""

    def __init__(self, shipments: pd.DataFrame, wanted: Mapping[str, set[str]]) -> None:
        self._ids: NDArray[np.object_] = entity(shipments, "shipment_id").to_numpy(dtype="object")
        filed = shipments["filed_at"] if "filed_at" in shipments.columns else None
        self._filed = micros(filed) if filed is not None else np.full(len(shipments), NO_TIME, dtype=np.int64)
        self.places = pd.Series(np.arange(len(self._ids)), index=pd.Index(self._ids, dtype="object"))
        self.places = self.places[~self.places.index.duplicated() & self.places.index.notna()]
        self._by = {
            "house_doc_no": _places(squeezed(entity(shipments, "house_doc_no")), wanted.get("house_doc_no", set())),
            "container_no": _places(squeezed(entity(shipments, "container_no")), wanted.get("container_no", set())),
        }

    def filed(self, shipment_ids: pd.Series) -> NDArray[np.int64]:
        """Return when each shipment was filed, `NO_TIME` if it is not known."""
        places = self.places.reindex(shipment_ids.to_numpy(dtype="object")).to_numpy(dtype="float64")
        known = ~np.isnan(places)
        told: NDArray[np.int64] = np.full(len(places), NO_TIME, dtype=np.int64)
        told[known] = self._filed[places[known].astype(np.int64)]
        return told

    def match(self, shipment_id: str | None, keys: Mapping[str, str | None], occurred: int) -> Match | None:
        """Return the shipment of a case, the candidates if there are several, or nothing."""
        if shipment_id is not None and shipment_id in self.places.index:
            return Match(shipment_id, "shipment_id", shipment_id)
        for key in ("house_doc_no", "container_no"):
            value = keys.get(key)
            if value is None:
                continue
            found = self._by[key].get(value, [])
            near = [place for place in found if self._is_near(place, occurred)]
            if key == "house_doc_no" and len(found) == 1:
                near = found
            if near:
                ids = tuple(dict.fromkeys(str(self._ids[place]) for place in near if self._ids[place] is not None))
                return Match(ids[0] if len(ids) == 1 else None, key, value, ids)
        return None

    def _is_near(self, place: int, occurred: int) -> bool:
        filed = int(self._filed[place])
        if NO_TIME in (filed, occurred):
            return False
        return filed - BEFORE_DAYS * _DAY <= occurred <= filed + AFTER_DAYS * _DAY


def _places(values: pd.Series, wanted: set[str]) -> dict[str, list[int]]:
    told: dict[str, list[int]] = {}
    places: list[int] = np.flatnonzero(values.isin(list(wanted)).to_numpy()).tolist() if wanted else []
    texts = values.to_numpy(dtype="object")
    for place in places:
        told.setdefault(str(texts[place]), []).append(place)
    return told
