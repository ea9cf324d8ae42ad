"""The shipments as numbers, before words are put to them: one array per field, one element per shipment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Rows = dict[str, "NDArray[Any]"]

LICIT, DUMMY, LOAD, COMPLICIT, HIJACKED = range(5)
ROLES = ("licit", "dummy", "front", "complicit", "hijacked")
IMPORT, EXPORT, TRANSIT, TRANSHIPMENT = range(4)
DIRECTIONS = ("import", "export", "transit", "transhipment")

TELLS = (
    "weight",
    "value",
    "vague",
    "anonymous",
    "detour",
    "late",
    "amended",
    "unsealed",
    "cash",
    "round",
    "mismatch",
    "bad_number",
    "notify",
    "light",
)
BIT = {name: 1 << number for number, name in enumerate(TELLS)}

FIELDS: dict[str, tuple[str, int | float]] = {
    "serial": ("int64", 0),  # shuffled, so that no reference tells when or by whom a row was made
    "moment": ("int64", 0),  # filed, microseconds since the epoch
    "administration": ("int8", 0),
    "mode": ("int8", 0),
    "direction": ("int8", 0),
    "local": ("int32", -1),  # party inside the administration's country
    "foreign": ("int32", -1),
    "notify": ("int32", -1),
    "forwarder": ("int32", -1),
    "good": ("int16", 0),
    "words": ("int16", 0),  # goods that the description speaks of
    "origin": ("int16", 0),
    "loading": ("int16", 0),
    "discharge": ("int16", 0),
    "via": ("int16", -1),
    "onward": ("int16", -1),  # country that goods in transit go to
    "relation": ("int32", 0),
    "private": ("bool", 0),
    "tells": ("int32", 0),
    "network": ("int32", -1),
    "role": ("int8", LICIT),
    "drug": ("bool", 0),
    "wildlife": ("bool", 0),
    "precursor": ("bool", 0),
    "kg": ("float64", 0.0),
    "selector": ("int8", -1),
    "probability": ("float64", np.nan),
    "score": ("float64", np.nan),
    "method": ("int8", -1),
    "result": ("int8", -1),
    "decided": ("bool", 0),
}


def blank(count: int) -> Rows:
    """Return `count` rows in which every field has its default."""
    return {name: np.full(count, default, dtype=kind) for name, (kind, default) in FIELDS.items()}


def joined(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts, one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in FIELDS}


def taken(rows: Rows, index: NDArray[Any]) -> Rows:
    """Return the rows at `index` (numbers or a mask)."""
    return {name: values[index] for name, values in rows.items()}


def from_records(records: Sequence[Mapping[str, Any]]) -> Rows:
    """Return rows from mappings that hold only what differs from the default."""
    rows = blank(len(records))
    for name in FIELDS:
        values = rows[name]
        for number, record in enumerate(records):
            if name in record:
                values[number] = record[name]
    return rows


def has(rows: Rows, tell: str) -> NDArray[np.bool_]:
    """Whether each row shows the tell."""
    shown: NDArray[np.bool_] = (rows["tells"] & BIT[tell]) != 0
    return shown


def earlier(moment: NDArray[np.int64], *keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return for each row how many earlier rows have the same keys.

    Examples
    --------
    >>> earlier(np.array([3, 1, 2]), np.array([7, 7, 8])).tolist()
    [1, 0, 0]
    """
    order = np.lexsort((moment, *keys))
    new = np.ones(len(order), dtype=bool)
    if len(order):
        new[1:] = False
        for key in keys:
            new[1:] |= key[order][1:] != key[order][:-1]
    position = np.arange(len(order))
    start = np.maximum.accumulate(np.where(new, position, 0))
    count = np.empty(len(order), dtype=np.int64)
    count[order] = position - start
    return count
