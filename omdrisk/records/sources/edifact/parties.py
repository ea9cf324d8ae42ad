"""Segments about parties: names, addresses, numbers and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omdrisk.records.sources.edifact.report import codes
from omdrisk.records.sources.edifact.segments import part, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.records.sources.edifact.report import Report
    from omdrisk.records.sources.edifact.segments import Elements

_IN_ONE_CELL: Final = "#"
_CHANNELS: Final = {"TE": "phone", "AL": "phone", "EM": "email"}


def _joined(texts: list[str]) -> str:
    return ", ".join(text for text in texts if text)


def _nad(report: Report, elements: Elements) -> bool:
    kind = part(elements, 0)
    report.party = codes()["parties"].get(kind, "")
    if kind == "CA":
        report.now.set("carrier_code", part(elements, 1))
        return bool(part(elements, 1))
    if not report.party:
        return False
    name, street = " ".join(whole(elements, 3)), _joined(whole(elements, 4))
    free = whole(elements, 2)
    if not name.strip() and free:
        name, street = free[0], _joined([*free[1:], street])
    if name.count(_IN_ONE_CELL) >= 2:
        tax_id, name, more = name.split(_IN_ONE_CELL, 2)
        report.now.set(f"{report.party}_tax_id", tax_id)
        street = _joined([more, street])
    fields = {"name": name, "address": street, "tax_id": part(elements, 1), "city": part(elements, 5)}
    fields |= {"postcode": part(elements, 7), "country": part(elements, 8)}
    for column, text in fields.items():
        report.now.set(f"{report.party}_{column}", text)
    return True


def _cta(_: Report, elements: Elements) -> bool:
    return not any(whole(elements, 1))


def _com(report: Report, elements: Elements) -> bool:
    column = _CHANNELS.get(part(elements, 0, 1))
    if column is None or not report.party:
        return False
    report.now.set(f"{report.party}_{column}", part(elements, 0))
    return True


READERS: Final[dict[str, Callable[[Report, Elements], bool]]] = {"NAD": _nad, "CTA": _cta, "COM": _com}
"""What reads a segment, by its tag; it answers whether anything of the segment was taken."""
