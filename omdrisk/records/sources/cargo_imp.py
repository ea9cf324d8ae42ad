"""IATA Cargo-IMP messages as text: FHL house waybills, and FWB master waybills that have none.

Names and addresses stand on lines of their own, from FWB/17 and FHL/5 on behind NAM, ADR and LOC. One row for each
house waybill (HBS), or for a master waybill of which no house waybill is in the file. A house waybill has no date of
its own: it takes the day of issue (ISU) of its master's FWB. Where the file has none, say it in a format map of your
own as a constant. Rows are numbered by line; what no column holds is kept in ``x_not_read``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from omdrisk.errors import InputError
from omdrisk.records.sources.cells import Bad
from omdrisk.records.sources.consignments import NOT_READ, Consignment, consignment_cells
from omdrisk.records.sources.encodings import as_utf8

if TYPE_CHECKING:
    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.sources.cells import Cells

_MESSAGE = re.compile(r"(FWB|FHL)/(\d+)\s*$")
_WAYBILL = re.compile(
    r"(?:MBI/)?(\d{3})-?(\d{8})([A-Z]{3})([A-Z]{3})/[TP](\d+)([KL])(\d+(?:\.\d+)?)(?:(MC|CF)(\d+(?:\.\d+)?))?"
)
_HOUSE = re.compile(r"HBS/([^/]+)/([A-Z]{3})([A-Z]{3})/(\d*)/([KL])(\d+(?:\.\d+)?)(?:/(\d*))?(?:/(.*))?$")
_ISSUED = re.compile(r"ISU/(\d{2})([A-Z]{3})(\d{2})")
_ENVELOPE: Final = re.compile(r"Q[A-Z] [A-Z0-9 ]+$|\.[A-Z0-9]{7}\b.*$|UN[ABHTZ]\+.*$|[=\x01-\x04]+$")
"""Address lines of a telex or EDIFACT envelope around the messages."""
_NATURE: Final = re.compile(r"(?:\d+/)?N[GC]/(.*)$")
_PARTY_LINE: Final = re.compile(r"(?:NAM|ADR|LOC)/")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PARTIES: Final = {"SHP": "shipper", "CNE": "consignee", "NFY": "notify", "AGT": "forwarder"}
_WEIGHTS: Final = {"K": "kg", "L": "lb"}


def _day(line: str) -> str | None:
    found = _ISSUED.match(line)
    if not found or found[2] not in _MONTHS:
        return None
    return f"20{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{found[1]}"


class _Reader:
    """Reads the lines of a file one after the other."""

    def __init__(self) -> None:
        self.houses: list[Consignment] = []
        self.masters: list[Consignment] = []
        self.bad: list[Bad] = []
        self._now: Consignment | None = None
        self._kind = ""
        self._block = ""
        self._party_lines: list[str] = []

    def line(self, number: int, text: str) -> None:
        """Read one line."""
        if found := _MESSAGE.match(text):
            self._end_party()
            self._kind, self._now, self._block = found[1], None, ""
        elif _ENVELOPE.match(text):
            self._end_party()
            self._block = ""
        elif not self._kind:
            if self.bad and self.bad[-1].row == number - 1 and "before" in self.bad[-1].reason:
                self.bad.pop()
            self.bad.append(Bad(number, "the line stands before any message (FWB/.. or FHL/..)", {"line": text}))
        elif text.startswith("/") and self._block:
            self._more(text[1:])
        elif self._block in _PARTIES and _PARTY_LINE.match(text):
            self._more(text)
        else:
            self._end_party()
            self._tagged(number, text)

    def _tagged(self, number: int, text: str) -> None:
        self._block = text.split("/", 1)[0]
        waybill = _WAYBILL.match(text)
        if waybill and (self._kind == "FWB" or text.startswith("MBI/")):
            self._block = ""
            self._master(number, waybill)
        elif text.startswith("HBS/"):
            self._house(number, text)
        elif self._now is None:
            why = f"the {self._kind} has no air waybill line as 160-12345675HKGSGN/T10K250.5 before this"
            self.bad.append(Bad(number, why, {"line": text}))
        elif self._block in _PARTIES:
            self._party_lines = [text[4:]] if text[4:].strip("/") else []
        else:
            self._more(text.split("/", 1)[1] if "/" in text else "")

    def _master(self, number: int, found: re.Match[str]) -> None:
        one = Consignment(number)
        waybill = f"{found[1]}-{found[2]}"
        texts = {"shipment_id": waybill, "master_doc_no": waybill, "port_of_loading": found[3]}
        texts |= {"port_of_discharge": found[4], "master_packages": found[5]}
        for column, text in {**texts, "carrier_code": found[1]}.items():
            one.set(column, text)
        one.set("master_weight_kg", found[7] if found[6] == "K" else f"{float(found[7]) * 0.45359237:.9g}")
        if found[8] == "MC":
            one.set("volume_m3", found[9])
        if self._kind == "FWB":
            one.set("packages", found[5])
            one.set("gross_weight_kg", f"{found[7]} {_WEIGHTS[found[6]]}" if found[6] == "L" else found[7])
            one.set("house_doc_no", waybill)
        self.masters.append(one)
        self._now = one
        one.texts["_kind"] = self._kind

    def _house(self, number: int, text: str) -> None:
        found = _HOUSE.match(text)
        if not self.masters or self._kind != "FHL" or found is None:
            why = "the house waybill is not written as HBS/NUMBER/HKGSGN/5/K120/10/DESCRIPTION, or has no MBI line"
            self.bad.append(Bad(number, why, {"line": text}))
            self._block = ""
            return
        one = Consignment(number)
        master = next(held for held in reversed(self.masters) if held.texts["_kind"] == "FHL")
        kept = ("master_doc_no", "carrier_code", "master_packages", "master_weight_kg")
        one.texts |= {column: text for column, text in master.texts.items() if column in kept}
        one.set("shipment_id", f"{master.texts['master_doc_no']}/{found[1]}")
        one.set("house_doc_no", found[1])
        one.set("port_of_loading", found[2])
        one.set("port_of_discharge", found[3])
        one.set("packages", found[4])
        one.set("gross_weight_kg", f"{found[6]} lb" if found[5] == "L" else found[6])
        one.set("goods_description", found[8])
        self.houses.append(one)
        self._now = one

    def _more(self, text: str) -> None:
        now = self._now
        if now is None:
            return
        if self._block in _PARTIES:
            self._party_lines.append(text)
        elif self._block == "HBS":
            now.also("special_handling", ";".join(filter(None, text.split("/"))))
        elif self._block == "TXT" or (self._block == "RTD" and _NATURE.match(text)):
            # the house line holds 15 characters of the description, and the rest comes here
            nature = _NATURE.match(text) if self._block == "RTD" else None
            now.also("goods_description", nature[1] if nature else text, "" if self._cut(now) else " ")
        elif self._block == "HTS":
            for code in filter(None, text.split("/")):
                now.set("hs_code", code)
                now.also("item_hs_codes", code)
        elif not self._small(now, text):
            now.also(NOT_READ, f"{self._block}/{text}", " ")

    def _small(self, now: Consignment, text: str) -> bool:
        """Read a block of one line, if it is one."""
        if self._block == "OCI":
            return self._official(now, text)
        if self._block == "SPH":
            now.also("special_handling", ";".join(filter(None, text.split("/"))))
        elif self._block == "FLT":
            now.also("voyage_flight_no", text.split("/", maxsplit=1)[0], " ")
        elif self._block == "CVD":
            self._values(now, text)
        elif self._block == "ISU":
            now.set("filed_at", _day(f"ISU/{text}"))
        return self._block in ("SPH", "FLT", "CVD", "ISU")

    @staticmethod
    def _cut(now: Consignment) -> bool:
        return len(now.texts.get("goods_description", "")) == 15

    @staticmethod
    def _values(now: Consignment, text: str) -> None:
        # currency, in an FWB a charge code, prepaid or collect, and the values for carriage, customs and insurance;
        # NVD, NCV and XXX say that none is declared
        currency, *parts = text.split("/")
        values = parts[-3:] if len(parts) > 3 else parts[1:]
        payment = parts[-4] if len(parts) > 3 else parts[0] if parts else ""
        now.set("currency", currency)
        now.set("freight_payment", {"PP": "P", "CC": "CC"}.get(payment))
        for column, value in zip(("", "invoice_value", "insurance"), values, strict=False):
            if column and re.fullmatch(r"\d+(\.\d+)?", value):
                now.set(column, value)

    @staticmethod
    def _official(now: Consignment, text: str) -> bool:
        parts = text.split("/")
        column = {"T": "tax_id", "CT": "phone"}.get(parts[2]) if len(parts) > 3 else None
        if column is None or parts[1] not in _PARTIES or f"{_PARTIES[parts[1]]}_{column}" in now.texts:
            return False
        now.set(f"{_PARTIES[parts[1]]}_{column}", parts[3])
        return True

    def _end_party(self) -> None:
        if self._block in _PARTIES and self._now is not None and self._party_lines:
            party, now = _PARTIES[self._block], self._now
            lines = [re.sub(r"^(NAM|ADR|LOC)/", "", line).strip("/") for line in self._party_lines]
            now.set(f"{party}_name", lines[0].split("/")[-1] if self._block == "AGT" else lines[0])
            last = next((place for place, line in enumerate(lines) if place and re.match(r"[A-Z]{2}(/|$)", line)), None)
            middle = lines[1:last]
            now.set(f"{party}_address", middle[0] if middle else None)
            now.set(f"{party}_city", ", ".join(middle[1:]).replace("/", ", "))
            if last is not None:
                told = [*lines[last].split("/"), *(part for line in lines[last + 1 :] for part in line.split("/"))]
                now.set(f"{party}_country", told[0])
                if len(told) > 1 and told[1] not in ("TE", "FX", "TL"):
                    now.set(f"{party}_postcode", told[1])
                if "TE" in told[:-1]:
                    now.set(f"{party}_phone", told[told.index("TE") + 1])
        self._party_lines = []

    def end(self) -> list[Consignment]:
        """Return the consignments: house waybills, and master waybills that have none."""
        self._end_party()
        with_houses = {one.texts["master_doc_no"] for one in self.houses}
        days = {one.texts["master_doc_no"]: one.texts for one in self.masters if "filed_at" in one.texts}
        for one in self.houses:
            master = days.get(one.texts["master_doc_no"], {})
            for column in ("filed_at", "voyage_flight_no"):
                one.set(column, master.get(column))
        alone = []
        for one in self.masters:
            if one.texts["master_doc_no"] in with_houses:
                continue
            if one.texts.pop("_kind") == "FWB":
                alone.append(one)
            else:
                self.bad.append(Bad(one.row, "the FHL tells no house waybill (HBS)", one.texts))
        return sorted([*self.houses, *alone], key=lambda one: one.row)


def cargo_imp_cells(file: str, data: bytes, form: FormatMap) -> Cells:
    """Read a file of FWB and FHL messages.

    Raises
    ------
    InputError
        If there is no such message in it.
    """
    data, found = as_utf8(file, data, form.encodings)
    lines = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(_MESSAGE.match(line.strip()) for line in lines):
        raise InputError(f"{file} holds no FWB or FHL message; a message begins with a line as FHL/4 or FWB/16.")
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            reader.line(number, line.strip())
    told = reader.end()
    return consignment_cells(file, told, reader.bad, found)
