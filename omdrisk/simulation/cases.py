"""Cases: seizures as reported to the common system, late, incomplete and sometimes wrong; and those of others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.records.schema import table as canonical
from omdrisk.simulation.clock import DAY, HOUR, Clock
from omdrisk.simulation.control import FOUND, SELECTORS
from omdrisk.simulation.examined import arrivals
from omdrisk.simulation.facts import MAIL, MODES, SEA
from omdrisk.simulation.rows import DIRECTIONS, HIJACKED, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Record = dict[str, Any]
SECOND = 1_000_000
OTHER_MEMBERS = ("BD", "ID", "JP", "KR", "LA", "LK", "MM", "MN", "NP", "NZ", "PH", "SG")
PLACES = ("sea port", "airport", "airport", "mail centre")
SELECTED = {
    "random": "random",
    "intelligence": "intelligence",
    "rule": "profile",
    "model": "profile",
    "officer": "routine",
}


def _micros(moment: Any) -> int:
    return int(moment.timestamp() * 1_000_000)


def _cells(table: pd.DataFrame) -> Iterator[Mapping[str, Any]]:
    columns = [table[column].tolist() for column in table.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(table.columns, values, strict=True))


def _seizures(records: Iterable[Record]) -> Counter[tuple[str, bool]]:
    """Count reported seizures by phase, those of wildlife apart."""
    return Counter(
        (record["phase"], record["class"] == "wildlife")
        for record in records
        if record["case_type"] == "seizure" and record["case_status"] == "reported" and record["phase"]
    )


@dataclass
class Reporter:
    """Writes case records for one world."""

    rng: np.random.Generator
    clock: Clock
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.records: list[Record] = []
        self._reported: Counter[tuple[str, bool]] = Counter()
        self._last = 0
        self.codes = list(self.parameters["administrations"])
        self.offices = list(self.parameters["administrations"].values())
        scope = [str(phase["name"]) for phase in self.parameters["phases"] if phase["wildlife_cases"]]
        self.wildlife_from = int(self.clock.edges[self.clock.names.index(scope[0])]) if scope else self.clock.end * 2
        self.joined = [int(self.clock.edges[self.clock.names.index(str(office["joined"]))]) for office in self.offices]

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _pick(self, shares: Mapping[str, float]) -> str:
        weight = np.array([float(x) for x in shares.values()])
        place = int(np.searchsorted(np.cumsum(weight) / weight.sum(), self.rng.random(), side="right"))
        return list(shares)[min(place, len(weight) - 1)]

    def _phase(self, moment: int) -> str | None:
        number = int(self.clock.period(np.array([moment]))[0])
        inside = self.clock.start <= moment < self.clock.end and self.clock.is_phase[number]
        return self.clock.names[number] if inside else None

    def _known(self, occurred: int, days: float) -> int:
        delay = self.rng.gamma(1.6, days / 1.6)
        if self._chance(self.parameters["cases"]["slow"]):
            delay += self.rng.uniform(50, 220)
        return int(occurred + max(delay, 0.1) * DAY) // HOUR * HOUR + HOUR

    def report(self, rows: Rows, table: pd.DataFrame, inspected: pd.DataFrame) -> dict[str, str]:
        """Report finds; return the case of each shipment that has one.

        `rows` and `table` hold contraband and selected shipments in the same order; `inspected` the inspections.
        """
        finished = dict(zip(inspected["shipment_id"], inspected["finished_at"], strict=True))
        arrival = arrivals(table, rows)
        cases: dict[str, str] = {}
        for number, cell in enumerate(_cells(table)):
            if not (rows["drug"][number] or rows["wildlife"][number]):
                continue
            office = int(rows["administration"][number])
            found = rows["result"][number] == FOUND
            if found:
                occurred = _micros(finished[cell["shipment_id"]])
            elif self._chance(self.parameters["control"]["found_elsewhere"]):
                occurred = int(arrival[number] + self.rng.uniform(0.2, 14) * DAY) // HOUR * HOUR
            else:
                continue
            in_phase = self._phase(occurred) is not None
            chance = self.offices[office]["reporting"] * (1 if in_phase else self.parameters["cases"]["outside_phase"])
            if occurred < self.joined[office] or not self._chance(chance):
                continue
            for target in ("drug", "wildlife"):
                if rows[target][number] and (target == "drug" or occurred >= self.wildlife_from):
                    record = self._seizure(rows, number, cell, target, occurred, by_control=bool(found))
                    cases.setdefault(cell["shipment_id"], record["case_id"])
        return cases

    def _seizure(
        self, rows: Rows, number: int, cell: Mapping[str, Any], target: str, occurred: int, *, by_control: bool
    ) -> Record:
        office = int(rows["administration"][number])
        kind = "precursor" if target == "drug" and rows["precursor"][number] else target
        record = self._blank(self.codes[office], occurred, kind, int(rows["mode"][number]), float(rows["kg"][number]))
        record["known_at"] = self._known(occurred, float(self.offices[office]["report_days"]))
        record["direction"] = DIRECTIONS[rows["direction"][number]]
        record["office"] = cell["office"]
        record["country_of_departure"] = cell["shipper_country"]
        record["country_of_destination"] = cell["consignee_country"]
        record["transit_countries"] = None
        if self._chance(0.75):
            record["declared_description"], record["declared_hs"] = cell["goods_description"], cell["hs_code"]
        if self._chance(0.22):
            record["consignee_name"], record["shipper_name"] = cell["consignee_name"], cell["shipper_name"]
        if rows["role"][number] == HIJACKED and self._chance(self.parameters["cases"]["rip_off_told"]):
            record["concealment_code"] = "rip_off"
        if by_control:
            record["detection_method"] = SELECTED[SELECTORS[rows["selector"][number]]]
            record["detection_technique"] = self._pick({"x-ray": 4, "physical": 4, "dog": 2, "ion scan": 1})
        else:
            record["detection_method"] = self._pick({"intelligence": 3, "other": 4, "routine": 2})
        self._link(record, cell)
        self._perhaps_wrong(record)
        self.records.append(record)
        return record

    def _link(self, record: Record, cell: Mapping[str, Any]) -> None:
        key = self._pick(self.parameters["cases"]["links"])
        if key in ("container_no", "master_doc_no") and not isinstance(cell[key], str):
            key = "house_doc_no"
        if key == "none":
            return
        record[key] = cell[key]
        if key == "shipment_id" and self._chance(0.5):
            record["house_doc_no"] = cell["house_doc_no"]
        if key == "house_doc_no" and isinstance(cell["container_no"], str) and self._chance(0.4):
            record["container_no"] = cell["container_no"]

    def _perhaps_wrong(self, record: Record) -> None:
        """Make a few reports wrong in their class at first; the right class comes later under the same case."""
        if not self._chance(self.parameters["cases"]["wrong"] / 2):
            return
        wrong = {**record, "class": "wildlife" if record["class"] != "wildlife" else "drug", "species": None,
                 "cites_appendix": None, "specimen_term": None, "commodity": None}  # fmt: skip
        record["known_at"] = int(wrong["known_at"] + self.rng.uniform(3, 45) * DAY)
        record["case_status"] = "corrected"
        self.records.append(wrong)

    def false_reports(self, rows: Rows, table: pd.DataFrame, inspected: pd.DataFrame) -> None:
        """Report a few finds that were none, and withdraw them later."""
        seizures = len(self.records)
        count = int(self.rng.binomial(seizures, self.parameters["cases"]["wrong"] / 2)) if seizures else 0
        clear = np.flatnonzero((rows["selector"] >= 0) & ~rows["drug"] & ~rows["wildlife"])
        finished = dict(zip(inspected["shipment_id"], inspected["finished_at"], strict=True))
        for number in self.rng.permutation(clear)[: count * 3].tolist():
            cell = table.iloc[number]
            end: Any = finished[cell["shipment_id"]]
            office = int(rows["administration"][number])
            if count <= 0 or pd.isna(end) or _micros(end) < self.joined[office]:
                continue
            kind = self._pick({"drug": 6, "wildlife": 1})
            record = self._blank(self.codes[office], _micros(end), kind, int(rows["mode"][number]), 1.0)
            record["known_at"] = self._known(int(record["occurred_on"]), float(self.offices[office]["report_days"]))
            record["direction"] = DIRECTIONS[rows["direction"][number]]
            record["house_doc_no"], record["office"] = cell["house_doc_no"], cell["office"]
            withdrawn = {**record, "case_status": "withdrawn", "remarks": "Laboratory: negative"}
            withdrawn["known_at"] = int(record["known_at"] + self.rng.uniform(4, 70) * DAY)
            self.records += [record, withdrawn]
            count -= 1

    def warnings(self, rows: Rows, table: pd.DataFrame, inspected: pd.DataFrame) -> None:
        """Announce some of the shipments that intelligence named, and say afterwards what came of it."""
        tipped = np.flatnonzero(rows["selector"] == SELECTORS.index("intelligence"))
        known = dict(zip(inspected["shipment_id"], inspected["known_at"], strict=True))
        for number in tipped.tolist():
            moment = int(rows["moment"][number])
            office = int(rows["administration"][number])
            if moment < self.joined[office] or self._phase(moment) is None:
                continue
            if not self._chance(self.parameters["cases"]["warnings"]):
                continue
            cell = table.iloc[number]
            guess = (
                "wildlife" if rows["wildlife"][number] or (not rows["drug"][number] and self._chance(0.2)) else "drug"
            )
            record = self._blank(self.codes[office], moment + HOUR, guess, int(rows["mode"][number]), np.nan)
            record.update(case_type="warning", known_at=moment + int(self.rng.uniform(1.5, 5) * HOUR))
            record.update(house_doc_no=cell["house_doc_no"], quantity=np.nan, unit=None, commodity=None, species=None)
            record.update(cites_appendix=None, specimen_term=None, detection_method="intelligence", location_type=None)
            self.records.append(record)
            if self._chance(0.3):
                answer = {**record, "case_id": self._number(self.codes[office]), "case_type": "feedback"}
                answer["known_at"] = _micros(known[cell["shipment_id"]]) + int(self.rng.uniform(2, 90) * HOUR)
                answer["occurred_on"] = answer["known_at"] - HOUR
                found = rows["result"][number] == FOUND
                if found:
                    answer["quantity"] = answer["kg_equivalent"] = float(rows["kg"][number])
                    answer["unit"] = "kg"
                answer["remarks"] = f"Feedback to {record['case_id']}: {'positive' if found else 'negative'}"
                self.records.append(answer)

    def elsewhere(self, scale: float) -> None:
        """Fill each phase up to its share of the published totals with cases that no manifest here holds."""
        have = self._reported + _seizures(self.records)
        for phase in self.parameters["phases"]:
            for wildlife in (False, True):
                total = round(phase["wildlife_cases" if wildlife else "drug_cases"] * scale)
                missing = total - have[str(phase["name"]), wildlife]
                number = self.clock.names.index(str(phase["name"]))
                start, end = int(self.clock.edges[number]), int(self.clock.edges[number + 1])
                for _ in range(max(missing, 0)):
                    self._abroad(int(self.rng.integers(start, end)) // HOUR * HOUR, wildlife=wildlife)

    def _abroad(self, occurred: int, *, wildlife: bool) -> None:
        members = [code for code, start in zip(self.codes, self.joined, strict=True) if start <= occurred]
        own = self._chance(0.6)
        country = members[int(self.rng.integers(0, len(members)))] if own and members else self._other()
        mode = int(self._pick({"0": 2, "1": 4, "2": 2, "3": 4}))
        kind = "wildlife" if wildlife else ("precursor" if self._chance(0.02) else "drug")
        table = self.parameters["found"]["wildlife_kg" if wildlife else "kg"]
        kg = round(float(table[MODES[mode]] * self.rng.lognormal(0, self.parameters["found"]["spread"])), 2)
        record = self._blank(country, occurred, kind, mode, kg)
        record["known_at"] = self._known(occurred, 14)
        record["direction"] = self._pick({"import": 7, "export": 2, "transit": 1})
        record["detection_method"] = self._pick(
            {"profile": 4, "random": 1, "routine": 3, "intelligence": 3, "other": 1}
        )
        record["country_of_departure"] = self._pick(
            {"TH": 5, "MY": 3, "NL": 2, "US": 2, "NG": 2, "ID": 2, "LA": 2, "ZA": 1}
        )
        record["country_of_destination"] = country
        if mode == MAIL and self._chance(0.4):
            record["house_doc_no"] = f"RX{int(self.rng.integers(10_000_000, 99_999_999))}0XX"
        if self._chance(0.5):
            record["declared_description"] = self._pick(
                {"PERSONAL EFFECTS": 3, "GIFT": 2, "CLOTHES": 1, "FOODSTUFF": 2, "PARTS": 1}
            )
        self.records.append(record)

    def _other(self) -> str:
        return OTHER_MEMBERS[int(self.rng.integers(0, len(OTHER_MEMBERS)))]

    def _number(self, country: str) -> str:
        self._last += 1
        return f"C{self._last * 7_919 % 999_983:06d}{country}"

    def _blank(self, country: str, occurred: int, kind: str, mode: int, kg: float) -> Record:
        record: Record = {
            "case_id": self._number(country),
            "case_type": "seizure",
            "case_status": "reported",
            "occurred_on": occurred,
            "known_at": occurred,
            "class": kind,
            "source_system": "CENcomm",
            "phase": self._phase(occurred),
            "country_of_report": country,
            "location_type": PLACES[mode],
            "transport_mode": ("1", "4", "4", "5")[mode],
            "quantity": kg,
            "unit": "kg",
            "kg_equivalent": kg,
            "concealment_code": self._pick({"in_goods": 6, "in_packaging": 2, "false_bottom": 1, "among_goods": 3}),
            "confidence": self._pick({"high": 6, "medium": 3, "low": 1}),
            "sharing_level": "group",
        }
        if mode == SEA and self._chance(0.1):
            record["location_type"] = "inland"
        found = self.parameters["found"]
        if kind == "wildlife":
            species = found["species"]
            weight = {str(n): float(entry["share"]) for n, entry in enumerate(species)}
            entry = species[int(self._pick(weight))]
            record.update(commodity=entry["commodity"], species=entry["name"], specimen_term=entry["term"])
            record["cites_appendix"] = entry["appendix"]
            if entry["term"] == "LIV" and not np.isnan(kg):
                record.update(quantity=float(max(1, round(kg * 2))), unit="pieces")
        else:
            record["commodity"] = self._pick(found["precursors" if kind == "precursor" else "drugs"])
            if record["commodity"] == "MDMA" and not np.isnan(kg) and self._chance(0.6):
                record.update(quantity=float(max(1, round(kg / 0.00025))), unit="tablets")
        return record

    def new_cases(self) -> pd.DataFrame:
        """Return the canonical cases that were reported since the last call."""
        self._reported += _seizures(self.records)
        records, self.records = self.records, []
        columns: dict[str, Any] = {}
        for column in canonical("cases").columns.values():
            values = [record.get(column.name) for record in records]
            if column.type == "time":
                micros = np.array(values, dtype=np.int64) // SECOND * SECOND
                series = pd.Series(pd.to_datetime(micros, unit="us", utc=True))
                columns[column.name] = series.astype(column.dtype)
            elif column.dtype == "float64":
                columns[column.name] = pd.Series(
                    np.array([np.nan if v is None else v for v in values], dtype=np.float64)
                )
            else:
                columns[column.name] = pd.Series(values, dtype="str")
        return pd.DataFrame(columns)
