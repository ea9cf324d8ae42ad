"""Which shipment a case is about: by exact keys in order of their worth, and never by a guess."""

from __future__ import annotations

import re
import unicodedata
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
"""How long before its filing, or its arrival if that is earlier, a shipment's container may have been opened."""
AFTER_DAYS = 60
"""How long after its arrival (or its filing, where no arrival is told, or an earlier one)."""
SEVERAL = ";"
"""Between several values in one cell."""
DOCUMENTS = ("house_doc_no", "master_doc_no")
_WAYBILL = re.compile(r"(?:[HM]?AWB|AIRWAYBILL|WAYBILL|LTA)(?:NO|NUMBER)?(\d{11})$")
_POSTAL = re.compile(r"(?:S10|ITEM|ITEMNO|ITEMID|POSTALITEM|EMS|MAIL)?([A-Z]{2}\d{9}[A-Z]{2})$")


@dataclass(frozen=True)
class Match:
    """Where a search ended: the shipment, or the several that it could be, and the key by which."""

    shipment_id: str | None
    key: str
    value: str
    candidates: tuple[str, ...] = ()


def squeezed(values: pd.Series) -> pd.Series:
    """Return container numbers as capitals and digits alone; several stay joined by ``;``."""

    def alone(text: str) -> str:
        parts = ("".join(letter for letter in part.upper() if letter.isalnum()) for part in text.split(SEVERAL))
        return SEVERAL.join(filter(None, parts))

    return by_unique(values, alone)


def document_key(text: str) -> str:
    """Return a document number as it is compared: an air waybill or postal item without the word in front of it.

    Examples
    --------
    >>> document_key("AWB No. 160-1234 5675"), document_key("ra 473 124 829 gb"), document_key("HBL-1")
    ('16012345675', 'RA473124829GB', 'HBL1')
    """
    bare = "".join(letter for letter in unicodedata.normalize("NFKC", text).upper() if letter.isalnum())
    found = _WAYBILL.match(bare) or _POSTAL.match(bare)
    return found[1] if found else bare


def link_key(values: pd.Series, key: str) -> pd.Series:
    """Return the values of a link key as they are compared."""
    return by_unique(values, document_key) if key in DOCUMENTS else squeezed(values)


class Shipments:
    """The shipments of a table by their identifier, documents and container."""

    def __init__(self, shipments: pd.DataFrame, wanted: Mapping[str, set[str]]) -> None:
        self._ids: NDArray[np.object_] = entity(shipments, "shipment_id").to_numpy(dtype="object")
        filed = shipments["filed_at"] if "filed_at" in shipments.columns else None
        self._filed = micros(filed) if filed is not None else np.full(len(shipments), NO_TIME, dtype=np.int64)
        # of several rows of a shipment, the one that was filed first
        order = np.lexsort((self._filed, self._filed == NO_TIME))
        self.places = pd.Series(order, index=pd.Index(self._ids[order], dtype="object"))
        self.places = self.places[~self.places.index.duplicated() & self.places.index.notna()]
        self._arrivals = {name: _moments(shipments, name) for name in ("ata", "eta")}
        columns = {key: entity(shipments, key) for key in (*DOCUMENTS, "container_no")}
        self._by = {
            key: _places(link_key(_one_each(values), key), wanted.get(key, set())) for key, values in columns.items()
        }

    def filed(self, shipment_ids: pd.Series) -> NDArray[np.int64]:
        """Return when each shipment was filed, `NO_TIME` if it is not known."""
        places = self.places.reindex(shipment_ids.to_numpy(dtype="object")).to_numpy(dtype="float64")
        known = ~np.isnan(places)
        told: NDArray[np.int64] = np.full(len(places), NO_TIME, dtype=np.int64)
        told[known] = self._filed[places[known].astype(np.int64)]
        return told

    def filed_at(self, shipment_id: str) -> int | None:
        """Return when a shipment was filed, `NO_TIME` if it is not told, nothing if there is no such shipment."""
        place = self.places.get(shipment_id)
        return None if place is None else int(self._filed[place])

    def is_filed(self, shipment_id: str, moment: int) -> bool:
        """Tell whether there is such a shipment at `moment`."""
        filed = self.filed_at(shipment_id)
        return filed is not None and filed <= moment

    def _holding(self, key: str, value: str) -> list[int]:
        held = self._by[key]
        if SEVERAL not in value:
            return held.get(value, [])
        return list(dict.fromkeys(place for part in value.split(SEVERAL) for place in held.get(part, ())))

    def by_keys(self, keys: Mapping[str, str | None], occurred: int, moment: int) -> Match | None:
        """Return the shipment that has a key, or the several, among those filed before `moment`."""
        for key in (*DOCUMENTS, "container_no"):
            value = keys.get(key)
            if value is None:
                continue
            found = [place for place in self._holding(key, value) if self._filed[place] < moment]
            near = [place for place in found if self.may_hold(place, occurred, moment)]
            if key in DOCUMENTS and len(found) == 1:
                near = found
            match = self._as_match(near, key, value)
            if match is not None:
                return match
        return None

    def next_by_keys(self, keys: Mapping[str, str | None], occurred: int, moment: int) -> tuple[int, Match] | None:
        """Return the first shipment filed from `moment` on that has a key in its time, and when it was filed."""
        first: tuple[int, Match] | None = None
        for key in (*DOCUMENTS, "container_no"):
            value = keys.get(key)
            if value is None:
                continue
            found = [place for place in self._holding(key, value) if self._filed[place] >= moment]
            near = [place for place in found if self.may_hold(place, occurred, int(self._filed[place]))]
            filed = min((int(self._filed[place]) for place in near), default=NO_TIME)
            match = self._as_match([place for place in near if self._filed[place] == filed], key, value)
            if match is not None and (first is None or filed < first[0]):
                first = filed, match
        return first

    def _as_match(self, places: list[int], key: str, value: str) -> Match | None:
        ids = tuple(dict.fromkeys(str(self._ids[place]) for place in places if isinstance(self._ids[place], str)))
        return Match(ids[0] if len(ids) == 1 else None, key, value, ids) if ids else None

    def may_hold(self, place: int, occurred: int, moment: int) -> bool:
        """Tell whether a find at `occurred` may be of the shipment at `place`, by what was known before `moment`.

        An actual arrival counts from when it was: one that is entered later moves no link that was made before it.
        """
        filed, ata, eta = (int(told[place]) for told in (self._filed, self._arrivals["ata"], self._arrivals["eta"]))
        arrived = ata if NO_TIME < ata < moment else eta if eta != NO_TIME else filed
        if NO_TIME in (arrived, occurred):
            return False
        first = arrived if filed == NO_TIME else min(filed, arrived)
        return first - BEFORE_DAYS * _DAY <= occurred <= max(filed, arrived) + AFTER_DAYS * _DAY

    def when(self, place: int) -> int:
        """Return when the shipment at `place` was filed, `NO_TIME` if it is not told."""
        return int(self._filed[place])

    def name(self, place: int) -> str:
        """Return the identifier of the shipment at `place`."""
        return str(self._ids[place])


def _moments(shipments: pd.DataFrame, name: str) -> NDArray[np.int64]:
    if name in shipments.columns:
        return micros(shipments[name])
    return np.full(len(shipments), NO_TIME, dtype=np.int64)


def _one_each(values: pd.Series) -> pd.Series:
    """Return each value of cells that hold several, one row each, under the place of its shipment."""
    bare = values.reset_index(drop=True)
    if not bare.str.contains(";", regex=False, na=False).any():
        return bare
    return bare.str.split(";").explode()


def _places(values: pd.Series, wanted: set[str]) -> dict[str, list[int]]:
    told: dict[str, list[int]] = {}
    if not wanted:
        return told
    kept = values[values.isin(list(wanted)).to_numpy()]
    for place, text in zip(kept.index.tolist(), kept.tolist(), strict=True):
        told.setdefault(str(text), []).append(int(place))
    return told
