"""Fronts: the companies and hired receivers that a network ships through, and the shipments that go through them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import DAY, Clock
from omdrisk.simulation.facts import AIR, COVERS, EXPRESS, MAIL, MODES, SEA, Facts
from omdrisk.simulation.pool import FIRM, FORWARDER, PERSON, Pool
from omdrisk.simulation.relations import NEIGHBOURS, Relations
from omdrisk.simulation.rows import BIT, DUMMY, EXPORT, IMPORT, TELLS, TRANSIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


class Recruiter:
    """Sets up lanes, covers and fronts for networks, out of the same towns and trades as everybody else.

    Attributes
    ----------
    dummies
        Clean shipments of fronts, sent to give them a past or to cover loads.
    borrowed
        Honest relations (by number) that ship through the forwarder of a network.
    """

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
        self.dummies: list[Record] = []
        self.borrowed: list[tuple[int, int]] = []
        self._next_relation = first_relation
        office, agent = known.fields["administration"], known.fields["forwarder"]
        self._agents = [np.unique(agent[(office == n) & (agent >= 0)]).tolist() for n in range(len(self.codes))]
        imports = np.where(known.fields["direction"] == IMPORT, known.cell, -1)
        self._members = [np.flatnonzero(imports == n).tolist() for n in range(len(self.codes) * len(MODES))]

    def chance(self, probability: float) -> bool:
        """Throw a coin."""
        return bool(self.rng.random() < probability)

    def one(self, weights: Mapping[Any, float] | Sequence[Any]) -> Any:
        """Draw one of the things given, by weight where they have one."""
        if not hasattr(weights, "keys"):
            return weights[int(self.rng.integers(0, len(weights)))]
        keys = list(weights)
        share = np.array([float(weights[key]) for key in keys])
        return keys[int(np.searchsorted(np.cumsum(share) / share.sum(), self.rng.random(), side="right"))]

    def settle(self, network: Network, corridor: Mapping[str, Any]) -> None:
        """Choose lanes and covers on a corridor."""
        settings, strength = self.parameters["networks"], self.parameters["administrations"]
        network.corridor = corridor
        network.covers, network.fronts = {}, {}
        sources = dict(corridor["from"])
        here = {code: weight for code, weight in sources.items() if code in self.codes}
        if here and self.chance(settings["exports"]):
            own = self.one(here)
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
        network.direction = TRANSIT if self.chance(settings["transit"]) else IMPORT
        network.offices = []
        for _ in range(1 + int(self.rng.poisson(max(settings["administrations"] - 1.0, 0.0)))):
            network.offices.append(self.one(targets))
        network.countries = [self.facts.country(self.one(sources)) for _ in range(1 + int(self.chance(0.4)))]

    def _cover_goods(self, network: Network, mode: int, country: int) -> list[int]:
        if mode not in network.covers:
            letters = [COVERS.index(letter) for letter in network.corridor["covers"]]
            goods = self.facts.goods
            fits = goods.modes[:, mode].copy()
            if not self.chance(self.parameters["networks"]["any_goods"]):
                fits &= goods.covers[:, letters].any(axis=1)
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

    def new_front(self, network: Network, office: int, moment: int) -> Front:
        """Set up a front of a network towards one administration, clean shipments before `moment` included."""
        settings = self.parameters["networks"]
        own = self.facts.country(self.codes[office])
        modes = {MODES.index(name): share for name, share in network.corridor["modes"].items()}
        mode = int(self.one(modes))
        source = own if network.direction == EXPORT else int(self.one(network.countries))
        end = own
        if network.direction == EXPORT:
            away = {code: weight for code, weight in network.corridor["to"].items() if self.facts.country(code) != own}
            end = self.facts.country(self.one(away))
        onward = -1
        if network.direction == TRANSIT and mode in (SEA, AIR):
            onward = self.facts.country(self.one(NEIGHBOURS.get(self.codes[office], ("SG",))))
        goods = self._cover_goods(network, mode, source)
        persons = mode >= EXPRESS and self.chance(settings["persons"])
        pick = self.facts.pick_places
        loading, discharge = (int(pick(self.rng, np.array([mode]), np.array([x]))[0]) for x in (source, end))
        fields: Record = {
            "administration": office,
            "mode": mode,
            "direction": network.direction if onward >= 0 or network.direction != TRANSIT else IMPORT,
            "origin": source if self.chance(0.92) else int(self.rng.integers(0, len(self.facts.countries))),
            "loading": loading,
            "discharge": discharge,
            "onward": onward,
            "relation": self._next_relation,
            "private": persons,
            "network": network.number,
        }
        if self.facts.places.kilometres(np.array([loading]), np.array([discharge]))[0] > 6000 and self.chance(0.4):
            fields["via"] = self._hub(network, mode, loading, discharge)
        self._next_relation += 1
        front = Front(
            fields=fields,
            goods=[int(self.one(goods)) for _ in range(1 + int(self.chance(0.3)))],
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
        return int(self.one(hubs)) if hubs else -1

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
        if dormant is not None and self.chance(settings["shelf_company"]):
            local = dormant
        else:
            local = pool.add_one(local_country, kind)
            if last is not None and self.chance(settings["share_address"]):
                pool.share_one("address", local, last["local"])
            if last is not None and self.chance(settings["share_phone"]):
                pool.share_one("phone", local, last["local"])
            if "bad_number" in network.tells and self.chance(self.parameters["tells"]["bad_number"]["load"]):
                pool.spoil(local)
        keep = last or (self.one(anywhere) if anywhere else None)
        if keep is not None and self.chance(settings["share_shipper"]):
            foreign = keep["foreign"]
        else:
            foreign = pool.add_one(foreign_country, PERSON if front.persons and self.chance(0.6) else FIRM)
            if keep is not None and self.chance(settings["share_phone"] * 0.6):
                pool.share_one("phone", foreign, keep["foreign"])
        notify = local if self.chance(0.5) else -1
        if last is not None and last.get("notify", -1) >= 0 and self.chance(settings["share_notify"]):
            notify = last["notify"]
        elif not front.persons and self.chance(0.3):
            notify = pool.add_one(own, FIRM)
        front.fields.update(local=local, foreign=foreign, notify=-1 if front.persons else notify)
        front.fields["forwarder"] = self._agent(network, office, last)

    def _agent(self, network: Network, office: int, last: Record | None) -> int:
        settings = self.parameters["networks"]
        if last is not None and self.chance(settings["share_forwarder"]):
            return int(last["forwarder"])
        if network.forwarder is None and self.chance(settings["own_forwarder"]):
            network.forwarder = self.pool.add_one(self.facts.country(self.codes[office]), FORWARDER)
            mine = np.flatnonzero(self.known.fields["administration"] == office)
            for relation in self.rng.choice(mine, size=min(8, len(mine)), replace=False):
                self.borrowed.append((int(relation), network.forwarder))
        if network.forwarder is not None and self.chance(0.7):
            return network.forwarder
        agents = self._agents[office]
        return int(self.one(agents)) if agents else -1

    def _dormant(self, office: int, mode: int, moment: int) -> int | None:
        """Return an importer whose last relation ended long ago, if there is one."""
        members = self._members[office * len(MODES) + mode]
        for _ in range(20 if members else 0):
            relation = int(self.one(members))
            if self.known.death[relation] < moment - 200 * DAY:
                return int(self.known.fields["local"][relation])
        return None

    def _rehearse(self, network: Network, front: Front, moment: int) -> None:
        """Send clean shipments before the first load, so that the front has a past."""
        for _ in range(int(self.rng.poisson(self.parameters["networks"]["dummies"] * (0.25 if front.persons else 1)))):
            when = moment - int(self.rng.uniform(6, 130) * DAY)
            if when > self.clock.start:
                self.dummies.append(self.shipment(network, front, when, DUMMY, []))

    def shipment(self, network: Network, front: Front, moment: int, role: int, tells: Sequence[str]) -> Record:
        """Send one shipment through a front; it shows `tells`, and others as honest trade does."""
        record = dict(front.fields)
        quality = float(self.parameters["administrations"][self.codes[record["administration"]]]["quality"])
        bits = 0
        for name in TELLS:
            usual = self.parameters["tells"][name]["licit"] * (0.4 + 0.6 * quality)
            if name in tells or self.chance(usual):
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
                if self.chance(self.parameters["networks"][f"share_{what}"]):
                    self.pool.share_one(what, record["local"], first)
        front.made += 1
        return record

    def _time_of_day(self, moment: int, record: Record) -> int:
        zone = float(self.parameters["administrations"][self.codes[record["administration"]]]["zone"])
        hours = self.clock.draw_hours(self.rng, np.array([zone]), np.array([4.5]))
        return moment // DAY * DAY + int(hours[0])
