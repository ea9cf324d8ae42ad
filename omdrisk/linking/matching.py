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
    """Return document and container numbers as capitals and digits alone."""
    return by_unique(values, lambda text: "".join(letter for letter in text.upper() if letter.isalnum()))


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
        self._from, self._until = self._windows(shipments)
        columns = {key: entity(shipments, key) for key in (*DOCUMENTS, "container_no")}
        self._by = {
            key: _places(link_key(_one_each(values), key), wanted.get(key, set())) for key, values in columns.items()
        }

    def _windows(self, shipments: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return from when until when goods of each shipment may have been found."""
        arrived = self._filed
        for column in ("eta", "ata"):
            if column in shipments.columns:
                told = micros(shipments[column])
                arrived = np.where(told != NO_TIME, told, arrived)
        first = np.where(self._filed == NO_TIME, arrived, np.minimum(self._filed, arrived))
        last = np.maximum(self._filed, arrived)
        unknown = last == NO_TIME
        return (
            np.where(unknown, NO_TIME, first - BEFORE_DAYS * _DAY),
            np.where(unknown, NO_TIME, last + AFTER_DAYS * _DAY),
        )

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

    def by_keys(self, keys: Mapping[str, str | None], occurred: int, moment: int) -> Match | None:
        """Return the shipment that has a key, or the several, among those filed before `moment`."""
        for key in (*DOCUMENTS, "container_no"):
            value = keys.get(key)
            if value is None:
                continue
            found = [place for place in self._by[key].get(value, []) if self._filed[place] < moment]
            near = [place for place in found if self._is_near(place, occurred)]
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
            found = [place for place in self._by[key].get(value, []) if self._filed[place] >= moment]
            near = [place for place in found if self._is_near(place, occurred)]
            filed = min((int(self._filed[place]) for place in near), default=NO_TIME)
            match = self._as_match([place for place in near if self._filed[place] == filed], key, value)
            if match is not None and (first is None or filed < first[0]):
                first = filed, match
        return first

    def _as_match(self, places: list[int], key: str, value: str) -> Match | None:
        ids = tuple(dict.fromkeys(str(self._ids[place]) for place in places if isinstance(self._ids[place], str)))
        return Match(ids[0] if len(ids) == 1 else None, key, value, ids) if ids else None

    def _is_near(self, place: int, occurred: int) -> bool:
        if NO_TIME in (int(self._until[place]), occurred):
            return False
        return int(self._from[place]) <= occurred <= int(self._until[place])

    def may_hold(self, place: int, occurred: int) -> bool:
        """Tell whether a find of that moment may be of the shipment at `place`."""
        return self._is_near(place, occurred)

    def when(self, place: int) -> int:
        """Return when the shipment at `place` was filed, `NO_TIME` if it is not told."""
        return int(self._filed[place])

    def name(self, place: int) -> str:
        """Return the identifier of the shipment at `place`."""
        return str(self._ids[place])


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
