"""Segments about goods: items, packages, descriptions, commodity codes, measures, amounts, documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omdrisk.records.sources.edifact.report import codes
from omdrisk.records.sources.edifact.segments import number, part, times, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.records.sources.edifact.report import Report
    from omdrisk.records.sources.edifact.segments import Elements

_DESCRIPTION: Final = "AAA"
_WEIGHTS: Final = "WT"
_HARMONIZED: Final = ("HS", "TSP")


def _packages(report: Report, count: str, kind: str) -> None:
    if count:
        report.now.add("packages", number(count))
    report.now.set("package_type", kind)


def _gid(report: Report, elements: Elements) -> bool:
    count = part(elements, 1)
    report.counted = bool(count)
    _packages(report, count, part(elements, 1, 1))
    return True


def _pac(report: Report, elements: Elements) -> bool:
    count, kind = part(elements, 0), part(elements, 2)
    if not (count or kind):
        return False
    _packages(report, "" if report.counted else count, kind)
    return True


def _ftx(report: Report, elements: Elements) -> bool:
    if part(elements, 0) != _DESCRIPTION:
        return False
    report.now.also("goods_description", " ".join(whole(elements, 3)), "; ")
    return True


def _commodity(report: Report, code: str) -> bool:
    report.now.set("hs_code", code)
    report.now.also("item_hs_codes", code)
    return bool(code)


def _pia(report: Report, elements: Elements) -> bool:
    return part(elements, 1, 1) in _HARMONIZED and _commodity(report, part(elements, 1))


def _cst(report: Report, elements: Elements) -> bool:
    return _commodity(report, part(elements, 1))


def _mea(report: Report, elements: Elements) -> bool:
    unit, value = part(elements, 2), part(elements, 2, 1)
    measured = codes()["measured"].get(part(elements, 1), "")
    if not measured and part(elements, 0) == _WEIGHTS:
        measured = "gross_weight_kg"
    if unit in codes()["cubic_metres"]:
        measured = "volume_m3"
    factors = codes()["cubic_metres" if measured == "volume_m3" else "kilograms"] | {"": 1.0}
    if not value or not measured or unit not in factors:
        return False
    said = times(value, factors[unit])
    if measured == "vgm_kg":
        report.of_container(measured, said)
        return True
    if not report.told:
        return False
    report.now.add(measured, said)
    return True


def _moa(report: Report, elements: Elements) -> bool:
    column = codes()["amounts"].get(part(elements, 0))
    if column is None:
        return False
    report.now.set(column, number(part(elements, 0, 1)))
    report.now.set("currency", part(elements, 0, 2))
    return True


def _cpi(report: Report, elements: Elements) -> bool:
    words = codes()["payments"]
    said = (text for place in range(len(elements)) for text in whole(elements, place))
    told = next((words[text] for text in said if text in words), "")
    report.now.set("freight_payment", told)
    return bool(told)


def _tod(report: Report, elements: Elements) -> bool:
    report.now.set("incoterm", part(elements, 2))
    return bool(part(elements, 2))


def _dgs(report: Report, elements: Elements) -> bool:
    report.now.set("un_dg_no", part(elements, 2))
    return bool(part(elements, 2))


def _doc(report: Report, elements: Elements) -> bool:
    report.now.also("documents", f"{part(elements, 0, 3) or part(elements, 0)}:{part(elements, 1)}")
    return True


READERS: Final[dict[str, Callable[[Report, Elements], bool]]] = {
    "GID": _gid, "PAC": _pac, "FTX": _ftx, "PIA": _pia, "CST": _cst, "MEA": _mea, "MOA": _moa, "CPI": _cpi,
    "TOD": _tod, "DGS": _dgs, "DOC": _doc,
}  # fmt: skip
"""What reads a segment, by its tag; it answers whether anything of the segment was taken."""
