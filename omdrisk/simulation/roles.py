"""Parties on a shipment: who stands in which role, in which spelling, and what is told about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.columns import coded_column, text_column
from omdrisk.simulation.facts import EXPRESS, MAIL, SEA, Facts
from omdrisk.simulation.names import FULL, LATIN, SHORT, Wordbook, Words
from omdrisk.simulation.pool import PERSON, Parties
from omdrisk.simulation.rows import EXPORT, Rows, has

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from omdrisk.simulation.amounts import Habits

NAMED_ONLY = ("forwarder", "declarant", "payer", "buyer", "seller")
AT_HOME = ("consignee", "notify", "forwarder", "declarant", "payer", "buyer")
DETAILS = ("address", "phone", "tax_id", "city", "postcode", "email", "country")


@dataclass(frozen=True)
class PartyWriter:
    """Writes the columns of all eight roles."""

    facts: Facts
    parameters: Mapping[str, Any]
    parties: Parties
    words: Wordbook | Words
    habits: Habits

    def columns(self, rng: np.random.Generator, rows: Rows) -> dict[str, Any]:
        """Return the columns of all roles."""
        made: dict[str, Any] = {}
        quality = np.array([float(office["quality"]) for office in self.parameters["administrations"].values()])
        roles = self._roles(rng, rows)
        here = np.unique(np.maximum(np.concatenate(list(roles.values())), 0))
        words = self.words.of(here)
        for role, party in roles.items():
            place = np.searchsorted(here, np.maximum(party, 0))
            made.update(self._role(rng, rows, role, party, words, place, quality[rows["administration"]]))
        self._to_order(rows, made)
        return made

    def _roles(self, rng: np.random.Generator, rows: Rows) -> dict[str, NDArray[np.int64]]:
        """Return the number of the party in each role, -1 where there is none."""
        count = len(rows["mode"])
        outward = rows["direction"] == EXPORT
        consignee = np.where(outward, rows["foreign"], rows["local"]).astype(np.int64)
        shipper = np.where(outward, rows["local"], rows["foreign"]).astype(np.int64)
        forwarder = rows["forwarder"].astype(np.int64)
        trade = rows["mode"] < EXPRESS
        stranger = shipper[rng.integers(0, max(count, 1), size=count)]
        odd = np.where(rng.random(count) < 0.6, -1, stranger)
        notify = np.where(has(rows, "notify"), odd, rows["notify"].astype(np.int64))
        habit = self.habits.uniform[8][rows["relation"]]
        buys = trade & (habit < 0.3)
        agent = np.where(habit < 0.55, forwarder, np.where(habit < 0.8, consignee, -1))
        third = np.where(rng.random(count) < 0.4, forwarder, -1)
        return {
            "shipper": shipper,
            "consignee": consignee,
            "notify": np.where(trade, notify, -1),
            "buyer": np.where(buys, consignee, -1),
            "seller": np.where(buys, shipper, -1),
            "forwarder": np.where(trade, forwarder, -1),
            "declarant": np.where(rows["mode"] != MAIL, agent, -1),
            "payer": np.where(has(rows, "cash"), third, np.where(habit < 0.1, consignee, -1)),
        }

    def _role(
        self,
        rng: np.random.Generator,
        rows: Rows,
        role: str,
        party: NDArray[np.int64],
        words: Words,
        place: NDArray[np.int64],
        quality: NDArray[np.float64],
    ) -> dict[str, Any]:
        count = len(party)
        luck = np.where(rng.random(count) < 0.88, self.habits.uniform[3][rows["relation"]], rng.random(count))
        spelling = self._spelling(rows, role, luck)
        safe = np.maximum(party, 0)
        there = party >= 0
        firm = there & (self.parties.kind[safe] != PERSON)
        names = words.names[place, spelling]
        wrong = np.flatnonzero(there & (rng.random(count) < 0.006 * quality))
        spots = rng.random(len(wrong)).tolist()
        names[wrong] = [_slip(text, spot) for text, spot in zip(names[wrong], spots, strict=True)]
        country = np.where(there, self.parties.country[safe], -1)
        made: dict[str, Any] = {
            f"{role}_name": text_column(names, there),
            f"{role}_country": coded_column(list(self.facts.countries), country),
        }
        number = words.numbers[place]
        if role in NAMED_ONLY:
            told = firm & (role in ("declarant", "payer")) & (rng.random(count) < 0.7)
            made[f"{role}_tax_id"] = text_column(number, told)
            return made
        nobody = has(rows, "anonymous")
        town_only = nobody & (rng.random(count) < 0.5)
        towns = words.cities[place]
        address = np.where(town_only, towns, words.addresses[place, (spelling != FULL).astype(np.int64)])
        slips = np.flatnonzero(firm & (rng.random(count) < 0.003 * quality))
        number[slips] = [text[:-2] + text[-1] + text[-2] for text in number[slips]]
        made[f"{role}_address"] = text_column(address, there)
        made[f"{role}_phone"] = text_column(words.phones[place, (luck > 0.7).astype(np.int64)], there & ~nobody)
        made[f"{role}_tax_id"] = text_column(number, firm & ~nobody)
        if role != "notify":
            made[f"{role}_city"] = text_column(towns, there)
            made[f"{role}_postcode"] = text_column(words.postcodes[place], there)
            made[f"{role}_email"] = text_column(words.emails[place], there & ~nobody)
        return made

    def _spelling(self, rows: Rows, role: str, luck: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return which spelling is used: that of the country, Latin letters, or a short English one."""
        offices = self.parameters["administrations"].values()
        own = np.array([1.0 - float(office["languages"].get("en", 0.0)) for office in offices])[rows["administration"]]
        native = own if role in AT_HOME else np.full(len(luck), 0.04)
        latin = native + (1 - native) * 0.84
        return np.where(luck < native, FULL, np.where(luck < latin, LATIN, SHORT))

    def _to_order(self, rows: Rows, made: dict[str, Any]) -> None:
        """Make the bills of a few relations out to order: only the notify party is real."""
        order = (rows["mode"] == SEA) & (rows["direction"] != EXPORT) & ~rows["private"]
        order &= self.habits.uniform[4][rows["relation"]] * 977 % 1 < 0.025
        made["consignee_name"][order] = "TO ORDER"
        for field in DETAILS:
            made[f"consignee_{field}"][order] = None


def _slip(text: str, spot: float) -> str:
    """Lose one letter of a name."""
    place = 1 + int(spot * max(len(text) - 2, 0))
    return text[:place] + text[place + 1 :] if len(text) > 4 else text
