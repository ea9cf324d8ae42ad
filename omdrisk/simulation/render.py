"""Shipments as an agency receives them: the canonical table, with what is missing, misspelt or cut in each mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.amounts import Amounts, Habits, amounts
from omdrisk.simulation.columns import coded_column, frame, moment_column, number_column, text_column
from omdrisk.simulation.draws import draw_shares
from omdrisk.simulation.facts import AIR, EXPRESS, MAIL, SEA, Facts
from omdrisk.simulation.pool import PERSON, Parties
from omdrisk.simulation.roles import PartyWriter
from omdrisk.simulation.rows import DIRECTIONS, EXPORT, LOAD, TRANSHIPMENT, Rows, has
from omdrisk.simulation.texts import commodity_codes, descriptions
from omdrisk.simulation.transport import Transport, transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from omdrisk.simulation.clock import Clock
    from omdrisk.simulation.names import Wordbook, Words

MODE_CODES = ("1", "4", "4", "5")
INCOTERMS = ("FOB", "CIF", "CFR", "EXW", "FCA", "DAP", "DDP", "CIP")
INCOTERM_SHARES = np.cumsum([0.34, 0.27, 0.14, 0.10, 0.06, 0.05, 0.02, 0.02])
COLLECT = frozenset({"FOB", "EXW", "FCA"})
NATURES = ("gift", "sale", "documents", "sample", "returned", "other")
DANGEROUS = {
    "solvents": "UN1090",
    "acids": "UN1789",
    "toluene": "UN1294",
    "acetic_anhydride": "UN1715",
    "paints": "UN1263",
}
HANDLING = {
    "ornamental_fish": "AVI", "live_crab": "AVI", "chilled_fish": "PES", "shrimp": "PES", "flowers": "PEF",
    "grapes": "PEP", "avocado": "PEP", "cherry": "PEP", "durian": "PEP", "electronics": "VAL", "phones": "VAL",
    "fish_maw": "PES",
}  # fmt: skip
RATES = {"USD": 1.0, "EUR": 0.92, "CNY": 6.9, "VND": 23_400.0, "THB": 34.0, "JPY": 132.0, "MYR": 4.5, "SGD": 1.35,
         "HKD": 7.83, "AUD": 1.48, "INR": 81.0}  # fmt: skip
AMENDED = ("consignee_name;consignee_address", "goods_description", "consignee_name", "place_of_delivery",
           "goods_description;hs_code", "shipper_name")  # fmt: skip
HARMLESS = ("gross_weight_kg", "packages", "seal_nos", "voyage_flight_no", "gross_weight_kg;packages")


@dataclass(frozen=True)
class Renderer:
    """Everything that is the same for all blocks of a world."""

    facts: Facts
    parameters: Mapping[str, Any]
    clock: Clock
    parties: Parties
    words: Wordbook | Words
    habits: Habits

    @property
    def writer(self) -> PartyWriter:
        """Who writes the parties' columns."""
        return PartyWriter(self.facts, self.parameters, self.parties, self.words, self.habits)

    def shipments(self, rng: np.random.Generator, rows: Rows) -> pd.DataFrame:
        """Return the canonical shipments of a block of rows."""
        sizes = amounts(rng, self.facts, self.habits, rows)
        travel = transport(rng, self.facts, self.habits, rows, sizes)
        columns: dict[str, Any] = {}
        columns.update(self._filing(rng, rows, sizes))
        columns.update(self._route(rng, rows, travel))
        columns.update(self._goods(rng, rows, sizes))
        columns.update(self._money(rng, rows, sizes))
        columns.update(self._equipment(rng, rows, sizes, travel))
        columns.update(self.writer.columns(rng, rows))
        table = frame("shipments", columns, len(rows["mode"]))
        return self._with_gaps(rng, rows, table)

    def _quality(self, rows: Rows) -> NDArray[np.float64]:
        offices = self.parameters["administrations"].values()
        return np.array([float(office["quality"]) for office in offices])[rows["administration"]]

    def _habit(self, number: int, rows: Rows) -> NDArray[np.float64]:
        habit: NDArray[np.float64] = self.habits.uniform[number][rows["relation"]]
        return habit

    def _filing(self, rng: np.random.Generator, rows: Rows, sizes: Amounts) -> dict[str, Any]:
        count = len(rows["mode"])
        codes = list(self.parameters["administrations"])
        year = rows["moment"].astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64) + 1970
        ids = [
            f"{codes[a]}{y % 100:02d}{s:08d}"
            for a, y, s in zip(rows["administration"].tolist(), year.tolist(), rows["serial"].tolist(), strict=True)
        ]
        told = has(rows, "amended")
        harmless = ~told & (rng.random(count) < 0.05)
        amended = told | harmless
        fields = np.full(count, None, dtype=object)
        fields[told] = np.array(AMENDED, dtype=object)[rng.integers(0, len(AMENDED), size=int(told.sum()))]
        fields[harmless] = np.array(HARMLESS, dtype=object)[rng.integers(0, len(HARMLESS), size=int(harmless.sum()))]
        times = np.where(amended, rng.geometric(0.7, size=count), 0)
        places = self.facts.places
        own = np.where(rows["direction"] == EXPORT, rows["loading"], rows["discharge"])
        own = np.where(rows["direction"] == TRANSHIPMENT, rows["via"], own)
        offices = [
            f"{self.facts.countries[c]}-{code}" for c, code in zip(places.country.tolist(), places.code, strict=True)
        ]
        return {
            "shipment_id": text_column(ids),
            "filed_at": moment_column(rows["moment"]),
            "message_function": coded_column(("9", "4", "5"), np.where(amended, rng.integers(1, 3, size=count), 0)),
            "amendment_no": number_column(times),
            "amended_fields": text_column(fields),
            "amended_at": moment_column(rows["moment"], amended),
            "country_of_report": coded_column(codes, rows["administration"]),
            "office": coded_column(offices, own),
            "direction": coded_column(DIRECTIONS, rows["direction"]),
            "transport_mode": coded_column(MODE_CODES, rows["mode"]),
            "express": rows["mode"] == EXPRESS,
            "eta": moment_column(sizes.eta),
            "etd": moment_column(sizes.etd),
            "ata": moment_column(sizes.ata),
        }

    def _route(self, rng: np.random.Generator, rows: Rows, travel: Transport) -> dict[str, Any]:
        places, mode = self.facts.places, rows["mode"]
        countries = list(self.facts.countries)
        start, end = places.country[rows["loading"]], places.country[rows["discharge"]]
        end = np.where(rows["onward"] >= 0, rows["onward"], end)
        inland = self.facts.pick_places(rng, mode, end)
        by_post = mode == MAIL
        posting = [f"{countries[c]}{code[-3:]}A" for c, code in zip(places.country.tolist(), places.code, strict=True)]
        seaborne = mode == SEA
        return {
            "master_doc_no": text_column(travel.master),
            "house_doc_no": text_column(travel.house),
            "carrier_code": text_column(travel.carrier),
            "vessel_name": text_column(travel.vessel),
            "imo_no": text_column(travel.imo),
            "voyage_flight_no": text_column(travel.voyage),
            "conveyance_nationality": text_column(travel.flag),
            "place_of_receipt": coded_column(places.code, rows["loading"], seaborne),
            "port_of_loading": coded_column(places.code, rows["loading"]),
            "transhipment_ports": coded_column(places.code, rows["via"]),
            "port_of_discharge": coded_column(places.code, rows["discharge"]),
            "place_of_delivery": coded_column(places.code, inland, ~by_post),
            "country_of_departure": coded_column(countries, start, by_post | (rng.random(len(mode)) < 0.3)),
            "country_of_destination": coded_column(
                countries, end, (rows["onward"] >= 0) | (rng.random(len(mode)) < 0.3)
            ),
            "posting_office": coded_column(posting, rows["loading"], by_post),
        }

    def _goods(self, rng: np.random.Generator, rows: Rows, sizes: Amounts) -> dict[str, Any]:
        goods, count = self.facts.goods, len(rows["mode"])
        codes = commodity_codes(rng, self.facts, self.parameters, rows)
        several = np.flatnonzero((rng.random(count) < 0.07) & (rows["mode"] != MAIL))
        items = np.full(count, None, dtype=object)
        other = rng.integers(0, len(goods.hs), size=(len(several), 3))
        size = rng.integers(1, 4, size=len(several)).tolist()
        for row, numbers, length in zip(several.tolist(), other.tolist(), size, strict=True):
            if codes[row] is not None:
                items[row] = ";".join([codes[row], *(goods.hs[number] for number in numbers[:length])])
        new_edition = rows["moment"] >= np.datetime64("2022-01-01", "us").astype(np.int64)
        danger = np.array([DANGEROUS.get(name) for name in goods.name], dtype=object)
        care = np.array([HANDLING.get(name) for name in goods.name], dtype=object)
        pieces = np.maximum(1, np.round(sizes.packages * rng.integers(1, 13, size=count)))
        return {
            "goods_description": text_column(descriptions(rng, self.facts, self.parameters, self.habits, rows)),
            "hs_code": text_column(codes),
            "hs_version": coded_column(("2017", "2022"), new_edition.astype(np.int64)),
            "item_hs_codes": text_column(items),
            "country_of_origin": coded_column(list(self.facts.countries), rows["origin"]),
            "packages": number_column(sizes.packages),
            "package_type": text_column(
                np.where(rows["mode"] >= EXPRESS, "PK", np.array(goods.package, dtype=object)[rows["good"]])
            ),
            "gross_weight_kg": number_column(sizes.gross),
            "net_weight_kg": number_column(sizes.net),
            "volume_m3": number_column(sizes.volume),
            "quantity": number_column(pieces),
            "unit": coded_column(("C62",), np.zeros(count, dtype=np.int64)),
            "un_dg_no": text_column(danger[rows["good"]], rng.random(count) < 0.8),
            "special_handling": text_column(care[rows["good"]], rows["mode"] == AIR),
            "documents": text_column(self._documents(rng, rows)),
            "nature_of_item": self._nature(rng, rows),
            "master_packages": number_column(sizes.master_packages, rows["mode"] != MAIL),
            "master_weight_kg": number_column(sizes.master_weight, rows["mode"] != MAIL),
        }

    def _documents(self, rng: np.random.Generator, rows: Rows) -> NDArray[np.object_]:
        count = len(rows["mode"])
        kind = np.array(self.facts.goods.document, dtype=object)[rows["good"]]
        codes = list(self.parameters["administrations"])
        chance = np.array([0.85, 0.7, 0.4, 0.15])[rows["mode"]]
        chance = np.where((rows["role"] == LOAD) & rows["wildlife"], chance * 0.6, chance)
        given = np.flatnonzero((kind != "") & (rng.random(count) < chance))
        serial = rng.integers(10_000, 9_999_999, size=len(given))
        again = (rows["network"][given] >= 0) & (rng.random(len(given)) < 0.3)
        serial = np.where(again, 100_003 + rows["network"][given] * 7_919, serial)
        made = np.full(count, None, dtype=object)
        made[given] = [
            f"{name}:{codes[office]}{number:07d}"
            for name, office, number in zip(
                kind[given], rows["administration"][given].tolist(), serial.tolist(), strict=True
            )
        ]
        return made

    def _nature(self, rng: np.random.Generator, rows: Rows) -> Any:
        count = len(rows["mode"])
        sender_is_person = self.parties.kind[np.maximum(rows["foreign"], 0)] == PERSON
        private = draw_shares(rng, {"gift": 0.62, "sale": 0.12, "documents": 0.06, "sample": 0.04, "returned": 0.03,
                                    "other": 0.13}, NATURES, count)  # fmt: skip
        trade = draw_shares(rng, {"gift": 0.12, "sale": 0.62, "documents": 0.06, "sample": 0.08, "returned": 0.04,
                                  "other": 0.08}, NATURES, count)  # fmt: skip
        nature = np.where(sender_is_person & rows["private"], private, trade)
        return coded_column(NATURES, nature, rows["mode"] == MAIL)

    def _money(self, rng: np.random.Generator, rows: Rows, sizes: Amounts) -> dict[str, Any]:
        count = len(rows["mode"])
        names = tuple(RATES)
        currency = np.zeros(count, dtype=np.int64)
        habit = np.where(rng.random(count) < 0.9, self._habit(5, rows), rng.random(count))
        for number, office in enumerate(self.parameters["administrations"].values()):
            mine = rows["administration"] == number
            shares = np.array([float(office["currencies"].get(name, 0.0)) for name in names])
            currency[mine] = np.searchsorted(np.cumsum(shares) / shares.sum(), habit[mine] * 0.9999, side="right")
        rate = np.array([RATES[name] for name in names])[currency]
        usual = np.where(rng.random(count) < 0.92, self._habit(6, rows), rng.random(count))
        incoterm = np.minimum(np.searchsorted(INCOTERM_SHARES, usual, side="right"), len(INCOTERMS) - 1)
        collect = np.array([name in COLLECT for name in INCOTERMS])[incoterm]
        collect ^= rng.random(count) < 0.06
        account = self._habit(7, rows)
        payment = np.where(collect, 1, np.where(account < 0.35, 2, np.where(account < 0.45, 3, 0)))
        payment = np.where(has(rows, "cash"), 4, payment)
        return {
            "invoice_value": number_column(np.round(sizes.value * rate, 2)),
            "currency": coded_column(names, currency),
            "freight_charge": number_column(np.round(sizes.freight * rate, 2)),
            "insurance": number_column(np.round(sizes.insurance * rate, 2)),
            "incoterm": coded_column(INCOTERMS, incoterm),
            "freight_payment": coded_column(("P", "CC", "Y", "H", "A"), payment),
        }

    def _equipment(self, rng: np.random.Generator, rows: Rows, sizes: Amounts, travel: Transport) -> dict[str, Any]:
        seaborne = rows["mode"] == SEA
        reefer = travel.container_type == "45R1"
        cold = np.array(["FROZEN" in words[0] for words in self.facts.goods.words["en"]])[rows["good"]]
        degrees = np.where(cold, -18.0, rng.choice([0.0, 2.0, 5.0, 13.0], size=len(seaborne)))
        set_point = reefer & (rng.random(len(seaborne)) < 0.93)
        return {
            "container_no": text_column(travel.container),
            "container_type": text_column(travel.container_type),
            "shipper_owned": travel.shipper_owned,
            "fill_status": coded_column(("full",), np.zeros(len(seaborne), dtype=np.int64), seaborne),
            "seal_nos": text_column(travel.seals),
            "reefer_temp_c": number_column(degrees, set_point & seaborne),
            "vgm_kg": number_column(sizes.vgm, seaborne),
        }

    def _with_gaps(self, rng: np.random.Generator, rows: Rows, table: pd.DataFrame) -> pd.DataFrame:
        """Take out what the agency did not get."""
        quality, mode = self._quality(rows), rows["mode"]
        count = len(mode)
        for column, chances in self.parameters["missing"].items():
            chance = np.array(chances, dtype=np.float64)[mode]
            lost = rng.random(count) < np.where(chance >= 1, 1.0, np.minimum(chance * (0.4 + 0.6 * quality), 0.98))
            table[column] = table[column].mask(lost)
        offices = self.parameters["administrations"].values()
        share = np.array([float(office["prealert"]) for office in offices])[rows["administration"]]
        share = np.where(mode == SEA, 0.0, np.where(mode == MAIL, share * 1.6, share))
        early = rng.random(count) < share
        for column in table.columns:
            if column not in self.parameters["prealert"]["columns"]:
                table[column] = table[column].mask(early)
        return table
