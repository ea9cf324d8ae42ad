"""EDIFACT CUSCAR (D.98B and its neighbours): one row for each consignment (CNI) of a cargo report.

Rows are numbered by segment. The segments are those of https://service.unece.org/trade/untdid/d98b/trmd/cuscar_c.htm;
what no column holds is kept as written in ``x_not_read``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from omdrisk.errors import InputError
from omdrisk.records.sources.cells import Bad
from omdrisk.records.sources.consignments import NOT_READ, Consignment, consignment_cells
from omdrisk.records.sources.encodings import as_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.sources.cells import Cells

_PARTIES: Final = {
    "CZ": "shipper", "CN": "consignee", "NI": "notify", "N1": "notify", "BY": "buyer", "SE": "seller",
    "FW": "forwarder", "DT": "declarant", "PE": "payer",
}  # fmt: skip
_PLACES: Final = {
    "88": "place_of_receipt", "9": "port_of_loading", "11": "port_of_discharge", "7": "place_of_delivery",
    "13": "transhipment_ports", "35": "country_of_departure", "36": "country_of_destination", "27": "country_of_origin",
    "22": "office",
}  # fmt: skip
_MOMENTS: Final = {"137": "filed_at", "132": "eta", "133": "etd", "178": "ata"}
_DATES: Final = {"102": 8, "203": 12, "204": 14}
_GROSS: Final = frozenset({"G", "AAB", "AAD", "WT"})
_NET: Final = frozenset({"N", "AAC", "AAF", "AAL"})
_VOLUME: Final = frozenset({"AAW", "ABJ", "CU"})
_COUNTRIES: Final = frozenset({"country_of_departure", "country_of_destination", "country_of_origin"})
_SERVICE: Final = frozenset({"UNA", "UNB", "UNG", "UNE", "UNZ"})


def _part(elements: list[Any], place: int, component: int = 0) -> str:
    if place >= len(elements):
        return ""
    element = elements[place]
    if isinstance(element, str):
        return element if component == 0 else ""
    return str(element[component]) if component < len(element) else ""


def _whole(element: Any) -> list[str]:
    return [element] if isinstance(element, str) else [str(part) for part in element]


def _moment(text: str, form: str) -> str:
    digits = text[: _DATES.get(form, len(text))]
    if form in _DATES and len(digits) == _DATES[form]:
        day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
        return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:14] or '00'}" if len(digits) > 8 else day
    return text


@dataclass
class _Message:
    """One message: what its head says of every consignment, its consignments and its equipment."""

    head: Consignment
    told: list[Consignment] = field(default_factory=list)
    equipment: dict[str, dict[str, str]] = field(default_factory=dict)
    party: str = ""
    container: str = ""
    kind: str = ""
    segments: int = 0

    @property
    def now(self) -> Consignment:
        return self.told[-1] if self.told else self.head

    def read(self, number: int, tag: str, elements: list[Any]) -> None:
        reader = getattr(self, f"_{tag.lower()}", None)
        if tag == "CNI":
            self.told.append(Consignment(number))
            self.now.set("house_doc_no", _part(elements, 1))
            self.now.texts["_number"] = _part(elements, 0)
        elif reader is None or not reader(elements):
            written = "+".join([tag, *(":".join(_whole(element)) for element in elements)])
            self.now.also(NOT_READ, written, " ")

    def _bgm(self, elements: list[Any]) -> bool:
        self.head.texts["_reference"] = _part(elements, 1)
        self.head.set("message_function", _part(elements, 2))
        return True

    def _dtm(self, elements: list[Any]) -> bool:
        column = _MOMENTS.get(_part(elements, 0))
        if column:
            self.now.set(column, _moment(_part(elements, 0, 1), _part(elements, 0, 2)))
        return bool(column)

    def _rff(self, elements: list[Any]) -> bool:
        kind, text = _part(elements, 0), _part(elements, 0, 1)
        column = {
            "MB": "master_doc_no", "MWB": "master_doc_no", "BM": "house_doc_no", "HWB": "house_doc_no",
            "UCN": "shipment_id", "ABO": "shipment_id", "ABT": "shipment_id",
        }.get(kind)  # fmt: skip
        if kind in ("VA", "ABS") and self.party:
            column = f"{self.party}_tax_id"
        if column == "house_doc_no":
            self.now.texts.pop(column, None)
        self.now.set(column or "", text)
        return column is not None

    def _tdt(self, elements: list[Any]) -> bool:
        self.now.set("voyage_flight_no", _part(elements, 1))
        self.now.set("transport_mode", _part(elements, 2)[:1])
        self.now.set("carrier_code", _part(elements, 4))
        self.now.set("imo_no", _part(elements, 7).upper().removeprefix("IMO"))
        self.now.set("vessel_name", _part(elements, 7, 3))
        self.now.set("conveyance_nationality", _part(elements, 7, 4))
        return True

    def _loc(self, elements: list[Any]) -> bool:
        column = _PLACES.get(_part(elements, 0), "")
        place = _part(elements, 1)
        if column == "transhipment_ports":
            self.now.also(column, place)
        else:
            self.now.set(column, place[:2] if column in _COUNTRIES else place)
        return bool(column)

    def _nad(self, elements: list[Any]) -> bool:
        kind = _part(elements, 0)
        if kind == "CA":
            self.now.set("carrier_code", _part(elements, 1))
            self.party = ""
            return True
        self.party = _PARTIES.get(kind, "")
        if not self.party:
            return False
        free = _whole(elements[2]) if len(elements) > 2 else [""]
        name = " ".join(_whole(elements[3])) if len(elements) > 3 else ""
        street = ", ".join(filter(None, _whole(elements[4]))) if len(elements) > 4 else ""
        if not name.strip():
            name, street = free[0], ", ".join(filter(None, [*free[1:], street]))
        if name.count("#") >= 2:
            number, name, more = name.split("#", 2)
            self.now.set(f"{self.party}_tax_id", number)
            street = ", ".join(filter(None, [more, street]))
        fields = {"name": name, "address": street, "tax_id": _part(elements, 1), "city": _part(elements, 5)}
        fields |= {"postcode": _part(elements, 7), "country": _part(elements, 8)}
        for column, text in fields.items():
            self.now.set(f"{self.party}_{column}", text)
        return True

    def _cta(self, elements: list[Any]) -> bool:
        return len(elements) < 2 or not any(_whole(elements[1]))

    def _com(self, elements: list[Any]) -> bool:
        column = {"TE": "phone", "AL": "phone", "EM": "email"}.get(_part(elements, 0, 1))
        if column is None or not self.party:
            return False
        self.now.set(f"{self.party}_{column}", _part(elements, 0))
        return True

    def _eqd(self, elements: list[Any]) -> bool:
        self.container = _part(elements, 1)
        state = {"5": "full", "4": "empty", "7": "full", "8": "full"}.get(_part(elements, 5), "")
        self.equipment[self.container] = {"container_type": _part(elements, 2), "fill_status": state}
        return True

    def _sel(self, elements: list[Any]) -> bool:
        held = self.equipment.setdefault(self.container, {})
        held["seal_nos"] = ";".join(filter(None, [held.get("seal_nos", ""), _part(elements, 0)]))
        return True

    def _tmp(self, elements: list[Any]) -> bool:
        self.equipment.setdefault(self.container, {})["reefer_temp_c"] = _part(elements, 1)
        return _part(elements, 1, 1) in ("", "CEL")

    def _mea(self, elements: list[Any]) -> bool:
        attribute, unit, value = _part(elements, 1), _part(elements, 2), _part(elements, 2, 1)
        if not value:
            return False
        if attribute in ("AET", "VGM"):
            self.equipment.setdefault(self.container, {})["vgm_kg"] = value
            return True
        column = "gross_weight_kg" if attribute in _GROSS else "net_weight_kg" if attribute in _NET else ""
        column = "volume_m3" if attribute in _VOLUME or unit == "MTQ" else column
        if not column or not self.told:
            return False
        factor = {"KGM": 1.0, "": 1.0, "MTQ": 1.0, "TNE": 1000.0, "GRM": 0.001, "LBR": 0.45359237, "LTR": 0.001}
        if unit not in factor:
            return False
        self.now.add(column, value if factor[unit] == 1 else _times(value, factor[unit]))
        return True

    def _gid(self, elements: list[Any]) -> bool:
        if count := _part(elements, 1):
            self.now.add("packages", count)
        self.now.set("package_type", _part(elements, 1, 1))
        return True

    def _ftx(self, elements: list[Any]) -> bool:
        if _part(elements, 0) != "AAA":
            return False
        self.now.also("goods_description", " ".join(_whole(elements[3])) if len(elements) > 3 else "", "; ")
        return True

    def _pia(self, elements: list[Any]) -> bool:
        if _part(elements, 1, 1) not in ("HS", "TSP"):
            return False
        return self._commodity(_part(elements, 1))

    def _cst(self, elements: list[Any]) -> bool:
        return self._commodity(_part(elements, 1))

    def _commodity(self, code: str) -> bool:
        self.now.set("hs_code", code)
        self.now.also("item_hs_codes", code)
        return bool(code)

    def _moa(self, elements: list[Any]) -> bool:
        column = {"44": "invoice_value", "39": "invoice_value", "64": "freight_charge", "67": "insurance"}
        kind = _part(elements, 0)
        self.now.set(column.get(kind, ""), _part(elements, 0, 1))
        self.now.set("currency" if kind in column else "", _part(elements, 0, 2))
        return kind in column

    def _cpi(self, elements: list[Any]) -> bool:
        words = {"P": "P", "PP": "P", "C": "CC", "CC": "CC", **{letter: letter for letter in "ABDHYZ"}}
        told = next((words[text] for element in elements for text in _whole(element) if text in words), "")
        self.now.set("freight_payment", told)
        return bool(told)

    def _tod(self, elements: list[Any]) -> bool:
        self.now.set("incoterm", _part(elements, 2))
        return bool(_part(elements, 2))

    def _dgs(self, elements: list[Any]) -> bool:
        self.now.set("un_dg_no", _part(elements, 2))
        return bool(_part(elements, 2))

    def _doc(self, elements: list[Any]) -> bool:
        self.now.also("documents", f"{_part(elements, 0, 3) or _part(elements, 0)}:{_part(elements, 1)}")
        return True

    def _sgp(self, elements: list[Any]) -> bool:
        self.now.also("_containers", _part(elements, 0))
        return True

    def _unh(self, elements: list[Any]) -> bool:
        self.kind = _part(elements, 1)
        self.head.texts["_message"] = _part(elements, 0)
        return True

    def _cnt(self, _: list[Any]) -> bool:
        return True

    def consignments(self) -> Iterator[Consignment]:
        """Yield the consignments with what the head and the equipment say of them."""
        reference = self.head.texts.get("_reference") or self.head.texts.get("_message", "")
        for one in self.told:
            texts = {**{name: said for name, said in self.head.texts.items() if name != NOT_READ}, **one.texts}
            containers = texts.pop("_containers", "").split(";")
            if containers == [""] and len(self.equipment) == 1:
                containers = list(self.equipment)
            texts["container_no"] = ";".join(containers)
            for column, text in self.equipment.get(containers[0], {}).items():
                texts.setdefault(column, text)
            seals = [self.equipment.get(name, {}).get("seal_nos", "") for name in containers]
            texts["seal_nos"] = ";".join(filter(None, seals))
            if self.head.texts.get(NOT_READ):
                texts[NOT_READ] = " ".join(filter(None, [self.head.texts[NOT_READ], one.texts.get(NOT_READ, "")]))
            texts.setdefault("shipment_id", f"{reference}:{texts.get('_number', '')}")
            yield Consignment(one.row, {name: text for name, text in texts.items() if text and name[0] != "_"})


def _times(value: str, factor: float) -> str:
    try:
        return f"{float(value.replace(',', '.')) * factor:.12g}"
    except ValueError:
        return value


def _segments(file: str, text: str) -> list[list[Any]]:
    """Return each segment as its tag and elements, without the tests of pydifact: a faulty one is told, not refused."""
    from pydifact import Characters
    from pydifact.exceptions import EDISyntaxError
    from pydifact.parser import Parser, TokenIterator
    from pydifact.tokenizer import Tokenizer

    characters = Characters.from_str(text[:9]) if text.startswith("UNA") else Characters()
    body = text[9:].lstrip() if text.startswith("UNA") else text
    try:
        tokens = TokenIterator(Tokenizer().get_tokens(body, characters))
        return list(Parser().convert_tokens_to_raw_segments(tokens))
    except (EDISyntaxError, ValueError, IndexError, RuntimeError, TypeError) as error:
        raise InputError(
            f"{file} is no EDIFACT interchange ({error}). It should begin with UNA or UNB and end every segment with '."
        ) from error


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
    message: _Message | None = None
    number = 0
    for number, (tag, *elements) in enumerate(_segments(file, text), start=1):
        if tag == "UNH":
            _close(message, told, bad, "the message has no end (UNT): it is cut off")
            message = _Message(Consignment(number))
        if message is None:
            if tag not in _SERVICE:
                bad.append(Bad(number, "the segment stands outside of a message (UNH to UNT)", {"segment": tag}))
            continue
        message.segments += 1
        if tag == "UNT":
            wrong = _part(elements, 0) != str(message.segments)
            said = f"UNT says {_part(elements, 0)} segments and there are {message.segments}: some are lost"
            _close(message, told, bad, said if wrong else "")
            message = None
        else:
            message.read(number, tag, elements)
    _close(message, told, bad, "the message has no end (UNT): it is cut off")
    return consignment_cells(file, told, bad, found)


def _close(message: _Message | None, told: list[Consignment], bad: list[Bad], wrong: str) -> None:
    """Take the consignments of a message; those of a damaged one are told apart, for segments of them are lost."""
    if message is None:
        return
    if message.kind != "CUSCAR":
        bad.append(Bad(message.head.row, f"the message is a {message.kind or 'nameless one'}, not a CUSCAR", {}))
        return
    if not message.told:
        bad.append(Bad(message.head.row, wrong or "the message has no consignment (CNI)", {}))
    for one in message.consignments():
        if wrong:
            bad.append(Bad(one.row, wrong, one.texts))
        else:
            told.append(one)
