"""To which shipment a row of a case is linked, from when on: with what was known at each moment, and nothing later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omdrisk.entities import NO_TIME, micros
from omdrisk.linking.inspections import found_targets
from omdrisk.linking.matching import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from omdrisk.linking.matching import Shipments


@dataclass(frozen=True)
class Row:
    """One row of a case: what it says, its link keys, when the find was, and from when until when the row holds."""

    case: dict[str, Any]
    keys: dict[str, str | None]
    occurred: int
    since: int
    until: int


@dataclass(frozen=True)
class Named:
    """An inspection that names a case: its evidence number, shipment, targets found, and when it was known."""

    number: int
    shipment_id: str
    found: tuple[str, ...]
    known: int


@dataclass(frozen=True)
class Inspected:
    """Inspections by the case that they name."""

    by_case: dict[str, list[Named]]

    @classmethod
    def of(cls, inspections: pd.DataFrame) -> Inspected:
        """Return the inspections that name a case and a shipment, and of which it is told when they were known."""
        moments = micros(inspections["known_at"])
        told = inspections["case_id"].notna() & inspections["shipment_id"].notna() & (moments != NO_TIME)
        named = inspections[told]
        by_case: dict[str, list[Named]] = {}
        columns = (named.index, named["case_id"], named["shipment_id"], named["outcome"], moments[told.to_numpy()])
        for number, case_id, shipment_id, outcome, known in zip(*columns, strict=True):
            found = found_targets(outcome) if isinstance(outcome, str) else ()
            by_case.setdefault(case_id, []).append(Named(int(number), shipment_id, found, int(known)))
        return cls(by_case)

    def of_case(self, case_id: str) -> list[Named]:
        """Return the inspections that name the case."""
        return self.by_case.get(case_id, [])


def _told(row: Row, moment: int, shipments: Shipments, inspected: Inspected) -> Match | None:
    """Return the shipment that the row names, or an inspection of it, as known at the moment."""
    named = row.keys["shipment_id"]
    if named is not None and shipments.is_filed(named, moment):
        return Match(named, "shipment_id", named)
    entries = inspected.of_case(row.case["case_id"])
    known = [entry.shipment_id for entry in entries if entry.known <= moment]
    through = tuple(one for one in dict.fromkeys(known) if shipments.is_filed(one, moment))
    if not through:
        return None
    return Match(through[0] if len(through) == 1 else None, "inspection", row.case["case_id"], through)


def _better(link: Match | None, told: Match | None) -> Match | None:
    """Return the link that holds: what is told plainly moves a link, an ambiguity does not."""
    if told is None or (told.shipment_id is None and link is not None and link.shipment_id is not None):
        return link
    return told


def _moments(row: Row, shipments: Shipments, inspected: Inspected) -> set[int]:
    """Return the moments at which a shipment that is named for the row becomes known."""
    named = row.keys["shipment_id"]
    told = {} if named is None else {(named, row.since)}
    told = {*told, *((one.shipment_id, one.known) for one in inspected.of_case(row.case["case_id"]))}
    filed = ((shipments.filed_at(name), known) for name, known in told)
    return {max(known, at) for at, known in filed if at is not None}


def follow(
    row: Row, inherited: Match | None, shipments: Shipments, inspected: Inspected
) -> Iterator[tuple[int, Match | None]]:
    """Yield to what a row is linked when it becomes known, and each later moment at which that changes.

    `inherited` is the link of the row before, if that had the same keys: no shipment filed since then changes it.
    """
    link = _better(inherited, _told(row, row.since, shipments, inspected))
    link = link or shipments.by_keys(row.keys, row.occurred, row.since)
    later = None if link is not None else shipments.next_by_keys(row.keys, row.occurred, row.since)
    if later is not None and later[0] <= row.since:
        link, later = later[1], None
    yield row.since, link
    moments = _moments(row, shipments, inspected) | (set() if later is None else {later[0]})
    for moment in sorted(one for one in moments if row.since < one < row.until):
        moved = _better(link, _told(row, moment, shipments, inspected))
        if moved is None and later is not None and moment == later[0]:
            moved = later[1]
        if moved != link:
            link = moved
            yield moment, link
