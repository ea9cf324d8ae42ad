"""Segments about the message, the voyage, places, times and equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omdrisk.records.sources.edifact.report import HIDDEN, codes
from omdrisk.records.sources.edifact.segments import moment, number, part

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.records.sources.edifact.report import Report
    from omdrisk.records.sources.edifact.segments import Elements

_COUNTRIES: Final = frozenset({"country_of_departure", "country_of_destination", "country_of_origin"})
_AIR: Final = "4"
_ANY_BILL: Final = "BM"
"""A bill of lading of any level: the house bill, unless one is told as such."""
_HOUSE: Final = f"{HIDDEN}house"


def _unh(report: Report, elements: Elements) -> bool:
    report.kind = part(elements, 1)
    report.head.texts[f"{HIDDEN}message"] = part(elements, 0)
    return True


def _bgm(report: Report, elements: Elements) -> bool:
    report.head.texts[f"{HIDDEN}reference"] = part(elements, 1)
    report.head.set("message_function", part(elements, 2))
    return True


def _dtm(report: Report, elements: Elements) -> bool:
    column = codes()["moments"].get(part(elements, 0))
    if column:
        report.now.set(column, moment(part(elements, 0, 1), part(elements, 0, 2)))
    return bool(column)


def _rff(report: Report, elements: Elements) -> bool:
    kind, text = part(elements, 0), part(elements, 0, 1)
    column = codes()["references"].get(kind, "")
    if column == "tax_id":
        column = f"{report.party}_tax_id" if report.party else ""
    if column == "container":
        report.now.also(f"{HIDDEN}containers", text)
        return True
    now = report.now
    if column == "house_doc_no":
        if kind == _ANY_BILL and now.texts.get(_HOUSE):
            column = "master_doc_no"
        else:
            # the reference says more surely than the consignment's own number what the house document is
            now.texts.pop(column, None)
            now.texts[_HOUSE] = "" if kind == _ANY_BILL else text
    now.set(column, text)
    return bool(column)


def _tdt(report: Report, elements: Elements) -> bool:
    now = report.now
    now.set("transport_mode", part(elements, 2)[:1] or codes()["modes_by_means"].get(part(elements, 3), ""))
    by_air = now.texts.get("transport_mode") == _AIR
    now.set("voyage_flight_no", part(elements, 1))
    now.set("carrier_code", part(elements, 4))
    now.set("conveyance_nationality", part(elements, 7, 4))
    if by_air:
        # an aircraft is named by its flight
        now.set("voyage_flight_no", part(elements, 7, 3))
    else:
        now.set("imo_no", part(elements, 7).upper().removeprefix("IMO"))
        now.set("vessel_name", part(elements, 7, 3))
    return True


def _loc(report: Report, elements: Elements) -> bool:
    column, place = codes()["places"].get(part(elements, 0), ""), part(elements, 1)
    if column == "transhipment_ports":
        report.now.also(column, place)
    else:
        report.now.set(column, place[:2] if column in _COUNTRIES else place)
    return bool(column)


def _eqd(report: Report, elements: Elements) -> bool:
    report.container = part(elements, 1)
    state = codes()["fill_statuses"].get(part(elements, 5), "")
    report.equipment.setdefault(report.container, {}).update(container_type=part(elements, 2), fill_status=state)
    return True


def _sel(report: Report, elements: Elements) -> bool:
    before = report.equipment.get(report.container, {}).get("seal_nos", "")
    report.of_container("seal_nos", ";".join(filter(None, [before, part(elements, 0)])))
    return True


def _tmp(report: Report, elements: Elements) -> bool:
    if part(elements, 1, 1) not in ("", "CEL"):
        return False
    report.of_container("reefer_temp_c", number(part(elements, 1)))
    return True


def _sgp(report: Report, elements: Elements) -> bool:
    report.now.also(f"{HIDDEN}containers", part(elements, 0))
    return True


def _cnt(_: Report, __: Elements) -> bool:
    return True


READERS: Final[dict[str, Callable[[Report, Elements], bool]]] = {
    "UNH": _unh, "BGM": _bgm, "DTM": _dtm, "RFF": _rff, "TDT": _tdt, "LOC": _loc, "EQD": _eqd, "SEL": _sel,
    "TMP": _tmp, "SGP": _sgp, "CNT": _cnt,
}  # fmt: skip
"""What reads a segment, by its tag; it answers whether anything of the segment was taken."""
