"""Networks that answer to what is seized from them, week by week, and the parties that they can call upon."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from omdrisk.simulation.clock import DAY
from omdrisk.simulation.facts import MODES
from omdrisk.simulation.identifiers import wrong_digit
from omdrisk.simulation.networks import Underworld
from omdrisk.simulation.pool import FIRM, PERSON
from omdrisk.simulation.rows import COMPLICIT, IMPORT, LICIT, Rows, from_records
from omdrisk.simulation.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from omdrisk.simulation.fronts import Front, Network, Record
    from omdrisk.simulation.names import Words
    from omdrisk.simulation.pool import Pool

PREPARED = 136 * DAY
"""How long before it is needed a network sets up its next front, so that it can send clean shipments first."""
MINUTE = 60_000_000
MOVES = "moves"
SHARED = {"address": ("addresses", "cities", "postcodes"), "phone": ("phones",)}


@dataclass
class Reserve:
    """Parties that have words already and wait to be called upon; it stands in for the `Pool` once words are put.

    Attributes
    ----------
    words
        The words of all parties; the reserve changes those of its own.
    waiting
        Numbers of the parties that nobody is yet, by country and kind.
    """

    words: Words
    waiting: dict[tuple[int, int], list[int]] = field(repr=False)
    _used: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)

    @classmethod
    def add_to(cls, pool: Pool, countries: Mapping[int, int]) -> dict[tuple[int, int], list[int]]:
        """Add as many firms and as many persons of each country as said to a pool, and return their numbers."""
        return {
            (country, kind): pool.add(np.full(size, country), kind).tolist()
            for country, size in countries.items()
            for kind in (FIRM, PERSON)
        }

    def branch(self) -> Reserve:
        """Return a reserve that can be changed without changing this one."""
        copies = {name: getattr(self.words, name).copy() for name in self.words.__dataclass_fields__}
        return Reserve(replace(self.words, **copies), self.waiting, dict(self._used))

    def add_one(self, country: int, kind: int) -> int:
        """Return the number of a party that nobody was before; of the first again when all have been called upon."""
        key = (country, FIRM if kind not in (FIRM, PERSON) else kind)
        waiting = self.waiting[key]
        used = self._used[key] = self._used.get(key, -1) + 1
        return waiting[used % len(waiting)]

    def share_one(self, what: Literal["address", "phone"], party: int, like: int) -> None:
        """Let one party have the address or telephone of another."""
        for name in SHARED[what]:
            cells = getattr(self.words, name)
            cells[party] = cells[like]

    def spoil(self, party: int) -> None:
        """Give the party an official number that fails its check."""
        if self.words.numbers[party] is not None:
            self.words.numbers[party] = wrong_digit(self.words.numbers[party])


class Adversary(Underworld):
    """The networks of a world from a moment on, played week by week.

    A network sets up its next front while it uses the last. With `adapts` it answers to seizures as
    ``[networks]`` and ``[adaptation]`` of ``world.toml`` say, after `reaction_days` and not only between phases: the
    front is given up, tells that were seized are dropped, covers are changed, a corridor is left; a trader who
    carried for it stops. Without, nothing that is seized changes anything. With ``answers = "moves"`` a network that
    leaves its corridor takes the lane and the goods that the policy selects least, of those that it has watched.
    """

    adapts = True

    def __init__(self, underworld: Underworld) -> None:
        super().__init__(underworld.recruiter)
        self.networks = underworld.networks
        self.spares: dict[tuple[int, int], Front] = {}
        self.behind: dict[str, tuple[Network, Front, Record]] = {}
        self.seized_at: dict[int, int] = {}
        self.stopped: dict[int, int] = {}
        self.watch = Watch(self.recruiter.facts, self.parameters)

    def prepare(self, moment: int) -> None:
        """Learn what there was to learn before `moment`, and set up the next front of every network that is alive."""
        period = int(self.clock.period(np.array([moment]))[0])
        for network in self.networks:
            self._adapt(network, period)
            if network.start <= moment < network.end:
                for office in list(network.fronts):
                    self._spare(network, office, moment)

    def _spare(self, network: Network, office: int, moment: int) -> None:
        self.spares[network.number, office] = self.recruiter.new_front(network, office, moment + PREPARED)

    def _front(self, network: Network, office: int, moment: int) -> Front:
        front = network.fronts.get(office)
        wait = self.parameters["networks"]["reaction_days"] * DAY
        given_up = front is not None and front.burnt is not None and moment > front.burnt + wait
        if front is not None and front.loads_left > 0 and not given_up:
            return front
        new = self.spares.pop((network.number, office), None) or self.recruiter.new_front(network, office, moment)
        if front is not None:
            network.past.setdefault(office, []).append(front)
        network.fronts[office] = new
        self._spare(network, office, moment)
        return new

    def week(self, plan: Sequence[tuple[int, Network]], start: int, end: int) -> tuple[Rows, list[str]]:
        """Return the loads of a week with the clean shipments of fronts, and a mark of each by which it is known."""
        records: list[Record] = []
        behind: list[tuple[Network, Front, Record]] = []
        for day, network in plan:
            self._answer(network, day)
            loads = self._load(network, day)
            front = network.fronts[loads[0]["administration"]]
            for load in loads:  # parts of a split load may be meant for the days after
                load["moment"] = min(load["moment"], end - MINUTE)
            records += loads
            behind += [(network, front, load) for load in loads]
        for number, entry in enumerate(behind):
            self.behind[f"{start}.{number}"] = entry
        marks = [f"{start}.{number}" for number in range(len(behind))]
        dummies = self.recruiter.dummies
        due = [dummy for dummy in dummies if start <= dummy["moment"] < end and not self._abandoned(dummy)]
        self.recruiter.dummies = [dummy for dummy in dummies if dummy["moment"] >= end]
        return from_records([*records, *due]), [*marks, *[""] * len(due)]

    def _answer(self, network: Network, day: int) -> None:
        """Learn from seizures that are long enough ago."""
        wait = self.parameters["networks"]["reaction_days"] * DAY
        seized = self.seized_at.get(network.number)
        if seized is None or day < seized + wait:
            return
        del self.seized_at[network.number]
        fronts = list(network.fronts.values())
        network.period = -1
        self._adapt(network, 0)
        if not all(front in network.fronts.values() for front in fronts):  # it has moved, and was not prepared for it
            for office in list(network.fronts) + network.offices:
                self.spares.pop((network.number, office), None)

    def _resettle(self, network: Network) -> None:
        lane = self.watch.quiet_lane(self.rng) if self.parameters["adaptation"]["answers"] == MOVES else None
        if lane is None:
            super()._resettle(network)
            return
        office, mode, country = lane
        code, source = self.recruiter.codes[office], self.recruiter.facts.countries[country]
        network.corridor = {**network.corridor, "from": {source: 1}, "to": {code: 1}, "modes": {MODES[mode]: 1}}
        network.offices, network.countries, network.direction = [office], [country], IMPORT
        goods = self.watch.quiet_goods(*lane)
        network.covers = {mode: goods} if goods else {}

    def seized(self, marks: Collection[str], complicit: Mapping[int, int]) -> None:
        """Tell the networks what was seized: loads by their marks, and established traders with the moment."""
        if not self.adapts:
            return
        for mark in marks:
            network, front, record = self.behind[mark]
            self._notice(network, front, record)
            moment = int(record["moment"])
            self.seized_at[network.number] = min(self.seized_at.get(network.number, moment), moment)
        for trader, when in complicit.items():
            self.stopped.setdefault(trader, when)

    def cleaned(self, trade: Rows) -> Rows:
        """Return established trade without the loads of those who stopped carrying."""
        if not self.stopped:
            return trade
        limit = np.array([self.stopped.get(trader, np.iinfo(np.int64).max) for trader in trade["local"].tolist()])
        wait = self.parameters["networks"]["reaction_days"] * DAY
        stops: NDArray[np.bool_] = (trade["role"] == COMPLICIT) & (trade["moment"] - wait > limit)
        made = {**trade}
        for name, value in (("drug", False), ("wildlife", False), ("role", LICIT), ("network", -1), ("kg", 0.0)):
            made[name] = np.where(stops, value, trade[name]).astype(trade[name].dtype)
        return made
