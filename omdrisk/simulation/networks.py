"""Drug and wildlife networks: fronts that are born, tested, used and given up, and what the networks learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY
from omdrisk.simulation.control import FOUND, Officers
from omdrisk.simulation.facts import MODES
from omdrisk.simulation.fronts import Front, Network, Record, Recruiter
from omdrisk.simulation.rows import BIT, DUMMY, IMPORT, LOAD, TELLS, Rows, blank, from_records, joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Underworld:
    """All networks of a world, played week by week against the officers."""

    def __init__(self, recruiter: Recruiter) -> None:
        self.recruiter = recruiter
        self.rng, self.clock, self.parameters = recruiter.rng, recruiter.clock, recruiter.parameters
        self.networks: list[Network] = []

    def _corridor(self, target: str) -> Mapping[str, Any]:
        corridors: list[Mapping[str, Any]] = [c for c in self.parameters["corridors"] if c["target"] == target]
        chosen = self.recruiter.one({number: corridor["weight"] for number, corridor in enumerate(corridors)})
        return corridors[int(chosen)]

    def found(self, target: str, count: int) -> list[Network]:
        """Found `count` networks of a target over the years of the world."""
        settings = self.parameters["networks"]
        born = []
        starts = np.sort(self.rng.uniform(-0.15, 0.97, size=count))
        starts[: max(2, count // 6)] = -0.05
        for start in starts:
            length = self.clock.end - self.clock.start
            moment = int(self.clock.start + start * length)
            life = int((60 + self.rng.exponential(settings["days"])) * DAY)
            network = Network(
                number=len(self.networks),
                target=target,
                corridor={},
                start=moment,
                end=moment + life,
                weight=float(self.rng.lognormal(0.0, 0.5)),
                offices=[],
                countries=[],
                direction=IMPORT,
                tells={name for name in TELLS if self.recruiter.chance(self.parameters["tells"][name]["share"])},
            )
            self.recruiter.settle(network, self._corridor(target))
            self.networks.append(network)
            born.append(network)
        return born

    def _front(self, network: Network, office: int, moment: int) -> Front:
        settings = self.parameters["networks"]
        front = network.fronts.get(office)
        if front is not None and front.loads_left > 0 and not (
            front.burnt is not None and moment > front.burnt + settings["reaction_days"] * DAY
        ):  # fmt: skip
            return front
        new = self.recruiter.new_front(network, office, moment)
        if front is not None:
            network.past.setdefault(office, []).append(front)
        network.fronts[office] = new
        return new

    def _load(self, network: Network, moment: int) -> list[Record]:
        settings, found = self.parameters["networks"], self.parameters["found"]
        office = int(self.recruiter.one(network.offices))
        front = self._front(network, office, moment)
        parts = int(self.rng.integers(2, 4)) if self.recruiter.chance(settings["split"]) else 1
        tells = [
            name
            for name in TELLS
            if name in network.tells and self.recruiter.chance(self.parameters["tells"][name]["load"])
        ]
        mode = MODES[front.fields["mode"]]
        kg = found["wildlife_kg" if network.target == "wildlife" else "kg"][mode]
        records = []
        for part in range(parts):
            seen = 0 if front.persons else front.made
            when = min(moment + part * int(self.rng.uniform(0, 1.5) * DAY), self.clock.end - DAY)
            record = self.recruiter.shipment(network, front, when, LOAD, tells)
            record["seen"] = seen
            record["kg"] = round(float(kg * self.rng.lognormal(0, found["spread"])) / parts, 2)
            record[network.target] = True
            if network.target == "wildlife" and self.recruiter.chance(self.parameters["totals"]["mixed"]):
                record["drug"] = True
            chemicals = "p" in network.corridor["covers"]
            if network.target == "drug" and (
                chemicals or self.recruiter.chance(self.parameters["totals"]["precursor"] * 0.3)
            ):
                record["precursor"] = True
            records.append(record)
        front.loads_left -= 1
        if not front.persons and self.recruiter.chance(settings["cover_traffic"]):
            later = moment + int(self.rng.uniform(5, 60) * DAY)
            if later < self.clock.end - DAY:
                dummy = self.recruiter.shipment(network, front, later, DUMMY, [])
                self.recruiter.dummies.append({**dummy, "of": front})
        return records

    def _adapt(self, network: Network, period: int) -> None:
        """When a new period begins, learn from what was seized in the last one in which the network worked."""
        if period == network.period:
            return
        learn = self.parameters["adaptation"]
        strength = float(learn["strength"])
        chance = self.recruiter.chance
        if network.seized_goods and strength > 0:
            for name in sorted(network.seized_tells & network.tells):
                if chance(learn["drop_tell"] * strength):
                    network.tells.discard(name)
                    if chance(learn["take_tell"] * strength):
                        network.tells.add(self.recruiter.one([tell for tell in TELLS if tell != name]))
            if chance(learn["change_cover"] * strength):
                self._retire(network)
                network.covers = {}
            if chance(self.parameters["networks"]["new_corridor"] * strength):
                self._retire(network)
                self._resettle(network)
        network.seized_tells, network.seized_goods = set(), set()
        network.period = period

    def _resettle(self, network: Network) -> None:
        self.recruiter.settle(network, self._corridor(network.target))

    @staticmethod
    def _retire(network: Network) -> None:
        for office, front in network.fronts.items():
            network.past.setdefault(office, []).append(front)
        network.fronts = {}

    def _notice(self, network: Network, front: Front, record: Record) -> None:
        network.seized_tells |= {name for name in TELLS if record["tells"] & BIT[name] and name in network.tells}
        network.seized_goods.add(int(record["good"]))
        if not self.recruiter.chance(self.parameters["networks"]["stubborn"]):
            front.burnt = int(record["moment"]) if front.burnt is None else front.burnt

    def schedule(self, target: str, loads: int) -> list[tuple[int, Network]]:
        """Found the networks of a target and give each of `loads` loads a day and a network that is alive."""
        settings = self.parameters["networks"]
        scale = loads / max(self.parameters["totals"][target] * 240_000, 1.0)
        networks = self.found(target, max(int(settings["least"]), round(settings[target] * scale)))
        strength = np.array(
            [float(next((p[target] for p in self.clock.phases if p["name"] == name), 1.0)) for name in self.clock.names]
        )
        days = np.sort(self.clock.draw_days(self.rng, loads, strength))
        start = np.array([network.start for network in networks])
        end = np.array([network.end for network in networks])
        weight = np.array([network.weight for network in networks])
        plan = []
        for day in days:
            alive = weight * ((start <= day) & (end > day))
            if alive.sum() <= 0:
                alive = weight / (1.0 + np.abs(start - day) / DAY) ** 2
            limits = np.cumsum(alive)
            chosen = int(np.searchsorted(limits, self.rng.random() * limits[-1], side="right"))
            plan.append((int(day), networks[min(chosen, len(networks) - 1)]))
        return plan

    def play(self, plan: list[tuple[int, Network]], officers: Officers, rng: np.random.Generator) -> Rows:
        """Play all loads in order of time; return loads (with what control made of them) and clean shipments."""
        plan = sorted(plan, key=lambda entry: (entry[0], entry[1].number))
        parts: list[Rows] = []
        weeks = [(day - self.clock.start) // (7 * DAY) for day, _ in plan]
        position = 0
        while position < len(plan):
            end = position
            while end < len(plan) and weeks[end] == weeks[position]:
                end += 1
            parts.append(self._week(plan[position:end], officers, rng))
            position = end
        kept = [d for d in self.recruiter.dummies if not self._abandoned(d)]
        parts.append(from_records(kept) if kept else blank(0))
        return joined(parts)

    @staticmethod
    def _abandoned(dummy: Record) -> bool:
        front = dummy.get("of")
        return front is not None and front.burnt is not None and dummy["moment"] > front.burnt + 7 * DAY

    def _week(self, plan: Sequence[tuple[int, Network]], officers: Officers, rng: np.random.Generator) -> Rows:
        records: list[Record] = []
        behind: list[tuple[Network, Front]] = []
        for day, network in plan:
            self._adapt(network, int(self.clock.period(np.array([day]))[0]))
            loads = self._load(network, day)
            records += loads
            front = network.fronts[loads[0]["administration"]]
            behind += [(network, front)] * len(loads)
        rows = from_records(records)
        seen = np.array([record["seen"] for record in records], dtype=np.int64)
        officers.decide(rng, rows, seen, seen)
        for number in np.flatnonzero(rows["result"] == FOUND):
            self._notice(*behind[number], records[number])
        return rows


def expected_rows_per_load(parameters: Mapping[str, Any]) -> float:
    """Mean number of shipments that one load makes, split ones included."""
    return 1.0 + 1.5 * float(parameters["networks"]["split"])
