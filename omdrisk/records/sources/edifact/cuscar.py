"""EDIFACT CUSCAR (D.98B and its neighbours): one row for each consignment (CNI) of a cargo report.

Rows are numbered by segment. The segments are those of https://service.unece.org/trade/untdid/d98b/trmd/cuscar_c.htm:
the head (BGM, DTM, LOC), references, parties with their contacts (NAD, CTA, COM), transport (TDT, LOC, DTM), equipment
(EQD, MEA, SEL), and for each consignment (CNI) the same again with its items (GID, PAC, FTX, MEA, SGP, DGS, CST).
What no column holds is kept as written in ``x_not_read``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from omdrisk.errors import InputError
from omdrisk.records.sources.cells import Bad
from omdrisk.records.sources.consignments import Consignment, consignment_cells
from omdrisk.records.sources.edifact import goods, parties, transport
from omdrisk.records.sources.edifact.report import Report
from omdrisk.records.sources.edifact.segments import part, segments
from omdrisk.records.sources.encodings import as_utf8

if TYPE_CHECKING:
    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.sources.cells import Cells

_SERVICE: Final = frozenset({"UNA", "UNB", "UNG", "UNE", "UNZ"})
_READERS: Final = {**transport.READERS, **parties.READERS, **goods.READERS}
_CUT_OFF: Final = "the message has no end (UNT): it is cut off"


def cuscar_cells(file: str, data: bytes, form: FormatMap) -> Cells:
    """Read an interchange of CUSCAR messages.

    Raises
    ------
    InputError
        If the file is no EDIFACT interchange.
    """
    data, found = as_utf8(file, data, form.encodings)
    text = data.decode("utf-8").strip()
    if not text.startswith(("UNA", "UNB", "UNH")):
        raise InputError(f"{file} is no EDIFACT interchange: it should begin with UNA, UNB or UNH, not {text[:12]!r}.")
    told: list[Consignment] = []
    bad: list[Bad] = []
    report: Report | None = None
    for number, (tag, *elements) in enumerate(segments(file, text), start=1):
        if tag == "UNH":
            _close(report, told, bad, _CUT_OFF)
            report = Report(Consignment(number))
        if report is None:
            if tag not in _SERVICE:
                bad.append(Bad(number, "the segment stands outside of a message (UNH to UNT)", {"segment": tag}))
            continue
        report.segments += 1
        if tag == "UNT":
            wrong = part(elements, 0) != str(report.segments)
            said = f"UNT says {part(elements, 0)} segments and there are {report.segments}: some are lost"
            _close(report, told, bad, said if wrong else "")
            report = None
        elif tag == "CNI":
            report.begin(number, elements)
        elif tag not in _READERS or not _READERS[tag](report, elements):
            report.not_read(tag, elements)
    _close(report, told, bad, _CUT_OFF)
    return consignment_cells(file, told, bad, found)


def _close(report: Report | None, told: list[Consignment], bad: list[Bad], wrong: str) -> None:
    """Take the consignments of a message; those of a damaged one are told apart, for segments of them are lost."""
    if report is None:
        return
    if report.kind != "CUSCAR":
        bad.append(Bad(report.head.row, f"the message is a {report.kind or 'nameless one'}, not a CUSCAR", {}))
        return
    if not report.told:
        bad.append(Bad(report.head.row, wrong or "the message has no consignment (CNI)", {}))
    for one in report.consignments():
        if wrong:
            bad.append(Bad(one.row, wrong, one.texts))
        else:
            told.append(one)
