"""Drug and wildlife networks: fronts that are born, tested, used and given up, and what the networks learn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY, Clock
from omdrisk.simulation.control import FOUND, Officers
from omdrisk.simulation.facts import COVERS, EXPRESS, MAIL, MODES, SEA, Facts
from omdrisk.simulation.licit import NEIGHBOURS, Relations
from omdrisk.simulation.pool import FIRM, FORWARDER, PERSON, Pool
from omdrisk.simulation.rows import (
    BIT,
    DUMMY,
    EXPORT,
    IMPORT,
    LOAD,
    TELLS,
    TRANSIT,
    Rows,
    blank,
    from_records,
    joined,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Record = dict[str, Any]


@dataclass
class Front:
    """A company or a chain of hired receivers that a network ships through."""

    fields: Record
    goods: list[int]
    persons: bool
    loads_left: int
    made: int = 0
    burnt: int | None = None


@dataclass
class Network:
    """Who sends what from where, and what the network has learnt so far."""

    number: int
    target: str
    corridor: Mapping[str, Any]
    start: int
    end: int
    weight: float
    offices: list[int]
    countries: list[int]
    direction: int
    tells: set[str]
    forwarder: int | None = None
    fronts: dict[int, Front] = field(default_factory=dict)
    past: dict[int, list[Front]] = field(default_factory=dict)
    covers: dict[int, list[int]] = field(default_factory=dict)
    seized_tells: set[str] = field(default_factory=set)
    seized_goods: set[int] = field(default_factory=set)
    period: int = -1


class Underworld:
    """All networks of a world, played week by week against the officers."""

    def __init__(
        self,
        rng: np.random.Generator,
        facts: Facts,
        clock: Clock,
        parameters: Mapping[str, Any],
        pool: Pool,
        known: Relations,
        first_relation: int,
    ) -> None:
        self.rng, self.facts, self.clock, self.parameters, self.pool = rng, facts, clock, parameters, pool
        self.codes = list(parameters["administrations"])
        self.known = known
        self.next_relation = first_relation
        self.next_split = 0
        self.networks: list[Network] = []
        self.dummies: list[Record] = []
        self.borrowed: list[tuple[int, int]] = []
        kinds = known.fields["administration"]
        self._agents = [np.unique(known.fields["forwarder"][(kinds == n) & (known.fields["forwarder"] >= 0)])
                        for n in range(len(self.codes))]  # fmt: skip
        imports = np.where(known.fields["direction"] == IMPORT, known.cell, -1)
        self._members = [np.flatnonzero(imports == n) for n in range(len(self.codes) * len(MODES))]

    def _chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def _one(self, weights: Mapping[Any, float] | Sequence[Any]) -> Any:
        if not hasattr(weights, "keys"):
            return weights[int(self.rng.integers(0, len(weights)))]
        keys = list(weights)
        share = np.array([float(weights[key]) for key in keys])
        return keys[int(np.searchsorted(np.cumsum(share) / share.sum(), self.rng.random(), side="right"))]

    # ------------------------------------------------------------------ birth

    def found(self, target: str, count: int) -> list[Network]:
        """Found `count` networks of a target over the years of the world."""
        settings = self.parameters["networks"]
        corridors = [corridor for corridor in self.parameters["corridors"] if corridor["target"] == target]
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
                weight=float(self.rng.lognormal(0.0, 0.7)),
                offices=[],
                countries=[],
                direction=IMPORT,
                tells={name for name in TELLS if self._chance(self.parameters["tells"][name]["share"])},
            )
            self._settle(network, corridors[int(self._one({n: c["weight"] for n, c in enumerate(corridors)}))])
            self.networks.append(network)
            born.append(network)
        return born

    def _settle(self, network: Network, corridor: Mapping[str, Any]) -> None:
        """Choose lanes and covers on a corridor."""
        settings, strength = self.parameters["networks"], self.parameters["administrations"]
        network.corridor = corridor
        network.covers, network.fronts = {}, {}
        sources = dict(corridor["from"])
        here = {code: weight for code, weight in sources.items() if code in self.codes}
        if here and self._chance(settings["exports"]):
            own = self._one(here)
            network.direction = EXPORT
            network.offices, network.countries = [self.codes.index(own)], [self.facts.country(own)]
            return
        targets = {
            self.codes.index(code): weight * strength[code][network.target]
            for code, weight in corridor["to"].items()
            if code in self.codes
        }
        if not targets:
            targets = dict.fromkeys(range(len(self.codes)), 1.0)
        network.direction = TRANSIT if self._chance(settings["transit"]) else IMPORT
        network.offices = []
        for _ in range(1 + int(self.rng.poisson(max(settings["administrations"] - 1.0, 0.0)))):
            network.offices.append(self._one(targets))
        network.countries = [self.facts.country(self._one(sources)) for _ in range(1 + int(self._chance(0.4)))]

    def _cover_goods(self, network: Network, mode: int, country: int) -> list[int]:
        if mode not in network.covers:
            letters = [COVERS.index(letter) for letter in network.corridor["covers"]]
            goods = self.facts.goods
            fits = goods.covers[:, letters].any(axis=1) & goods.modes[:, mode]
            if mode == MAIL:
                fits &= goods.kg_per_package < 40
            made = fits & (goods.origins[:, country] > 0)
            choice = np.flatnonzero(made if made.sum() >= 2 else fits)
            weight = goods.share[choice] ** 0.6
            size = min(3, len(choice))
            network.covers[mode] = [
                int(x) for x in self.rng.choice(choice, size=size, replace=False, p=weight / weight.sum())
            ]
        return network.covers[mode]

    # ----------------------------------------------------------------- fronts

    def _front(self, network: Network, office: int, moment: int) -> Front:
        settings = self.parameters["networks"]
        front = network.fronts.get(office)
        if front is not None and front.loads_left > 0 and not (
            front.burnt is not None and moment > front.burnt + settings["reaction_days"] * DAY
        ):  # fmt: skip
            return front
        new = self._new_front(network, office, moment)
        if front is not None:
            network.past.setdefault(office, []).append(front)
        network.fronts[office] = new
        return new

    def _new_front(self, network: Network, office: int, moment: int) -> Front:
        settings = self.parameters["networks"]
        own = self.facts.country(self.codes[office])
        modes = {MODES.index(name): share for name, share in network.corridor["modes"].items()}
        mode = int(self._one(modes))
        source = own if network.direction == EXPORT else int(self._one(network.countries))
        end = own
        if network.direction == EXPORT:
            away = {code: weight for code, weight in network.corridor["to"].items() if self.facts.country(code) != own}
            end = self.facts.country(self._one(away))
        onward = -1
        if network.direction == TRANSIT and mode in (SEA, 1):
            onward = self.facts.country(self._one(NEIGHBOURS.get(self.codes[office], ("SG",))))
        goods = self._cover_goods(network, mode, source)
        persons = mode >= EXPRESS and self._chance(settings["persons"])
        pick = self.facts.pick_places
        loading, discharge = (int(pick(self.rng, np.array([mode]), np.array([x]))[0]) for x in (source, end))
        fields: Record = {
            "administration": office,
            "mode": mode,
            "direction": network.direction if onward >= 0 or network.direction != TRANSIT else IMPORT,
            "origin": source if self._chance(0.92) else int(self.rng.integers(0, len(self.facts.countries))),
            "loading": loading,
            "discharge": discharge,
            "onward": onward,
            "relation": self.next_relation,
            "private": persons,
            "network": network.number,
        }
        if self.facts.places.kilometres(np.array([loading]), np.array([discharge]))[0] > 6000 and self._chance(0.4):
            fields["via"] = self._hub(network, mode, loading, discharge)
        self.next_relation += 1
        front = Front(
            fields=fields,
            goods=[int(self._one(goods)) for _ in range(1 + int(self._chance(0.3)))],
            persons=persons,
            loads_left=int(self.rng.geometric(1.0 / settings["front_loads"])),
        )
        self._people(network, front, office, moment, onward if onward >= 0 else own, source, end)
        self._rehearse(network, front, moment)
        return front

    def _hub(self, network: Network, mode: int, loading: int, discharge: int) -> int:
        length = 5 if mode == SEA else 3
        hubs = [self.facts.place(code) for code in network.corridor["hubs"] if len(code) == length]
        hubs = [hub for hub in hubs if hub not in (loading, discharge)]
        return int(self._one(hubs)) if hubs else -1

    def _people(
        self, network: Network, front: Front, office: int, moment: int, own: int, source: int, end: int
    ) -> None:
        """Name the parties of a front, some of them kept from older fronts of the network."""
        settings, pool = self.parameters["networks"], self.pool
        local_country = own
        foreign_country = end if network.direction == EXPORT else source
        kind = PERSON if front.persons else FIRM
        older = network.past.get(office, []) + ([network.fronts[office]] if office in network.fronts else [])
        last = older[-1].fields if older else None
        anywhere = [old.fields for fronts in network.past.values() for old in fronts]
        dormant = self._dormant(office, front.fields["mode"], moment) if not front.persons else None
        if dormant is not None and self._chance(settings["shelf_company"]):
            local = dormant
        else:
            local = pool.add_one(local_country, kind)
            if last is not None and self._chance(settings["share_address"]):
                pool.share_one("address", local, last["local"])
            if last is not None and self._chance(settings["share_phone"]):
                pool.share_one("phone", local, last["local"])
            if "bad_number" in network.tells and self._chance(self.parameters["tells"]["bad_number"]["load"]):
                pool.spoil(local)
        keep = last or (self._one(anywhere) if anywhere else None)
        if keep is not None and self._chance(settings["share_shipper"]):
            foreign = keep["foreign"]
        else:
            foreign = pool.add_one(foreign_country, PERSON if front.persons and self._chance(0.6) else FIRM)
            if keep is not None and self._chance(settings["share_phone"] * 0.6):
                pool.share_one("phone", foreign, keep["foreign"])
        notify = local if self._chance(0.5) else -1
        if last is not None and last.get("notify", -1) >= 0 and self._chance(settings["share_notify"]):
            notify = last["notify"]
        elif not front.persons and self._chance(0.3):
            notify = pool.add_one(own, FIRM)
        front.fields.update(local=local, foreign=foreign, notify=-1 if front.persons else notify)
        front.fields["forwarder"] = self._agent(network, office, last)

    def _agent(self, network: Network, office: int, last: Record | None) -> int:
        settings = self.parameters["networks"]
        if last is not None and self._chance(settings["share_forwarder"]):
            return int(last["forwarder"])
        if network.forwarder is None and self._chance(settings["own_forwarder"]):
            network.forwarder = self.pool.add_one(self.facts.country(self.codes[office]), FORWARDER)
            mine = np.flatnonzero(self.known.fields["administration"] == office)
            for relation in self.rng.choice(mine, size=min(8, len(mine)), replace=False):
                self.borrowed.append((int(relation), network.forwarder))
        if network.forwarder is not None and self._chance(0.7):
            return network.forwarder
        agents = self._agents[office]
        return int(self._one(agents)) if len(agents) else -1

    def _dormant(self, office: int, mode: int, moment: int) -> int | None:
        """Return an importer whose last relation ended long ago, if there is one."""
        members = self._members[office * len(MODES) + mode]
        for _ in range(20 if len(members) else 0):
            relation = int(self._one(members))
            if self.known.death[relation] < moment - 200 * DAY:
                return int(self.known.fields["local"][relation])
        return None

    def _rehearse(self, network: Network, front: Front, moment: int) -> None:
        """Send clean shipments before the first load, so that the front has a past."""
        for _ in range(int(self.rng.poisson(self.parameters["networks"]["dummies"] * (0.25 if front.persons else 1)))):
            when = moment - int(self.rng.uniform(6, 130) * DAY)
            if when > self.clock.start:
                self.dummies.append(self._shipment(network, front, when, DUMMY, []))

    # ------------------------------------------------------------------ loads

    def _shipment(self, network: Network, front: Front, moment: int, role: int, tells: Sequence[str]) -> Record:
        record = dict(front.fields)
        quality = float(self.parameters["administrations"][self.codes[record["administration"]]]["quality"])
        bits = 0
        for name in TELLS:
            usual = self.parameters["tells"][name]["licit"] * (0.4 + 0.6 * quality)
            if name in tells or self._chance(usual):
                bits |= BIT[name]
        if record["mode"] != SEA:
            bits &= ~BIT["unsealed"]
        record["good"] = front.goods[int(self.rng.integers(0, len(front.goods)))]
        record.update(words=record["good"], moment=self._time_of_day(moment, record), role=role, tells=bits)
        if bits & BIT["detour"]:
            record["via"] = self._hub(network, record["mode"], record["loading"], record["discharge"])
        if front.persons and front.made:
            first = record["local"]
            record["local"] = self.pool.add_one(self.facts.country(self.codes[record["administration"]]), PERSON)
            for what in ("address", "phone"):
                if self._chance(self.parameters["networks"][f"share_{what}"]):
                    self.pool.share_one(what, record["local"], first)
        front.made += 1
        return record

    def _time_of_day(self, moment: int, record: Record) -> int:
        zone = float(self.parameters["administrations"][self.codes[record["administration"]]]["zone"])
        hours = self.clock.draw_hours(self.rng, np.array([zone]), np.array([4.5]))
        return moment // DAY * DAY + int(hours[0])

    def _load(self, network: Network, moment: int) -> list[Record]:
        settings, found = self.parameters["networks"], self.parameters["found"]
        office = int(self._one(network.offices))
        front = self._front(network, office, moment)
        parts = int(self.rng.integers(2, 4)) if self._chance(settings["split"]) else 1
        tells = [name for name in TELLS if name in network.tells and self._chance(self.parameters["tells"][name]["load"])]
        mode = MODES[front.fields["mode"]]
        kg = found["wildlife_kg" if network.target == "wildlife" else "kg"][mode]
        records = []
        for part in range(parts):
            seen = 0 if front.persons else front.made
            when = min(moment + part * int(self.rng.uniform(0, 1.5) * DAY), self.clock.end - DAY)
            record = self._shipment(network, front, when, LOAD, tells)
            record["seen"] = seen
            record["kg"] = round(float(kg * self.rng.lognormal(0, found["spread"])) / parts, 2)
            record[network.target] = True
            record["split"] = self.next_split if parts > 1 else -1
            if network.target == "wildlife" and self._chance(self.parameters["totals"]["mixed"]):
                record["drug"] = True
            chemicals = "p" in network.corridor["covers"]
            if network.target == "drug" and (chemicals or self._chance(self.parameters["totals"]["precursor"] * 0.3)):
                record["precursor"] = True
            records.append(record)
        self.next_split += parts > 1
        front.loads_left -= 1
        if not front.persons and self._chance(settings["cover_traffic"]):
            later = moment + int(self.rng.uniform(5, 60) * DAY)
            if later < self.clock.end - DAY:
                dummy = self._shipment(network, front, later, DUMMY, [])
                self.dummies.append({**dummy, "of": front})
        return records

    # ------------------------------------------------------------- adaptation

    def _adapt(self, network: Network, period: int) -> None:
        """Between periods, learn from what was seized in the last one."""
        learn = self.parameters["adaptation"]
        strength = float(learn["strength"])
        if network.period >= 0 and network.seized_tells and strength > 0:
            for name in sorted(network.seized_tells & network.tells):
                if self._chance(learn["drop_tell"] * strength):
                    network.tells.discard(name)
                    if self._chance(learn["take_tell"] * strength):
                        network.tells.add(self._one([tell for tell in TELLS if tell != name]))
            if network.seized_goods and self._chance(learn["change_cover"] * strength):
                network.covers, network.fronts = {}, {}
            if self._chance(self.parameters["networks"]["new_corridor"] * strength):
                corridors = [c for c in self.parameters["corridors"] if c["target"] == network.target]
                for office, front in network.fronts.items():
                    network.past.setdefault(office, []).append(front)
                self._settle(network, corridors[int(self._one({n: c["weight"] for n, c in enumerate(corridors)}))])
        if period != network.period:
            network.seized_tells, network.seized_goods = set(), set()
            network.period = period

    def _notice(self, network: Network, front: Front, record: Record) -> None:
        network.seized_tells |= {name for name in TELLS if record["tells"] & BIT[name] and name in network.tells}
        network.seized_goods.add(int(record["good"]))
        if not self._chance(self.parameters["networks"]["stubborn"]):
            front.burnt = int(record["moment"]) if front.burnt is None else front.burnt

    # ------------------------------------------------------------------- play

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
        kept = [d for d in self.dummies if not self._abandoned(d)]
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
