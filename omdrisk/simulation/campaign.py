"""A world that goes on week by week, and in which networks answer to what a policy of inspection finds."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError, did_you_mean
from omdrisk.simulation import insiders
from omdrisk.simulation.adversary import Adversary, Reserve
from omdrisk.simulation.amounts import Habits
from omdrisk.simulation.campaign_past import past_loads, past_world, truth_of
from omdrisk.simulation.clock import DAY, Clock
from omdrisk.simulation.control import SELECTORS, Officers
from omdrisk.simulation.examined import inspections
from omdrisk.simulation.facts import facts
from omdrisk.simulation.fronts import Recruiter
from omdrisk.simulation.licit import shipments as honest_trade
from omdrisk.simulation.names import Wordbook
from omdrisk.simulation.networks import Underworld, expected_rows_per_load
from omdrisk.simulation.parameters import read_parameters
from omdrisk.simulation.play import STREAMS, _chemicals, _detours, _numbers
from omdrisk.simulation.pool import Pool
from omdrisk.simulation.relations import relations
from omdrisk.simulation.render import Renderer
from omdrisk.simulation.rows import COMPLICIT, Rows, joined, taken
from omdrisk.simulation.world import FEWEST, World

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from omdrisk.simulation.fronts import Network

WEEK = 7 * DAY
FRONTS = 6_000
"""Relations of fronts that may still be set up while the campaign goes on."""


@dataclass(frozen=True)
class Week:
    """What is filed in a week.

    Attributes
    ----------
    start
        First moment of the week.
    shipments, truth
        As of `World`.
    inspections
        What an examination of each shipment would bring, one row per shipment in their order: the method that would
        be used and its outcome, drawn beforehand, so that they do not depend on who is selected.
    """

    start: pd.Timestamp
    shipments: pd.DataFrame
    inspections: pd.DataFrame
    truth: pd.DataFrame


@dataclass(frozen=True)
class Campaign:
    """A world up to a moment, and what goes on after it; made by `campaign`.

    Attributes
    ----------
    past
        The world before the campaign: what officers of the time selected and found. Cases that no manifest here
        holds are left out.
    start
        First moment of the campaign.
    weeks
        How many whole weeks are left until the world ends.
    seed
        The seed that it was made from.
    """

    past: World
    start: pd.Timestamp
    weeks: int
    seed: int
    _state: dict[str, Any] = field(repr=False)

    def branch(self, *, adapts: bool = True) -> Branch:
        """Return the weeks to come, from their beginning; what happens in one branch changes no other.

        Parameters
        ----------
        adapts
            Whether networks answer to seizures; see `omdrisk.simulation.adversary.Adversary`.
        """
        return Branch(self._state, self.seed, self.weeks, adapts=adapts)


class Branch:
    """One way in which a campaign may go on."""

    def __init__(self, state: Mapping[str, Any], seed: int, weeks: int, *, adapts: bool) -> None:
        shared = {id(state[name]): state[name] for name in ("facts", "clock", "parameters", "known", "reserve")}
        memo = {key: value for key, value in shared.items() if value is not state["reserve"]}
        memo[id(state["reserve"])] = state["reserve"].branch()
        self._under: Adversary = copy.deepcopy(state["adversary"], dict(memo))
        self._under.adapts = adapts
        by_number = {network.number: network for network in self._under.networks}
        self._plan: list[tuple[int, Network]] = [(day, by_number[number]) for day, number in state["plan"]]
        self._state, self._seed, self.weeks = state, seed, weeks
        self._renderer: Renderer = replace(state["renderer"], words=memo[id(state["reserve"])].words)
        self._next, self._serial = 0, 0
        self._last: tuple[Rows, list[str], list[str]] | None = None

    def next_week(self, seized: Collection[str] = (), selected: Collection[str] = ()) -> Week | None:
        """Return the next week, or None when the world has ended.

        Parameters
        ----------
        seized
            ``shipment_id`` of the shipments of the last week in which contraband was found.
        selected
            ``shipment_id`` of all that were selected in the last week; networks that watch the policy see it.

        Raises
        ------
        InputError
            If one of them was not among the shipments of the last week.
        """
        self._tell(seized, selected)
        if self._next >= self.weeks:
            return None
        number, state = self._next, self._state
        self._next += 1
        start = state["start"] + number * WEEK
        end = start + WEEK
        trade: Rows = self._under.cleaned(taken(state["trade"], _between(state["trade"], start, end)))
        plan = [entry for entry in self._plan if start <= entry[0] < end]
        hidden, marks = self._under.week(plan, start, end)
        rng = np.random.Generator(np.random.PCG64([self._seed, number, 1]))
        hidden["serial"] = state["serials"][self._serial : self._serial + len(marks)]
        self._serial += len(marks)
        _chemicals(rng, state["parameters"], hidden)
        rows = joined([trade, hidden])
        order = np.argsort(rows["moment"], kind="stable")
        rows = taken(rows, order)
        marks = [marks[place - len(order) + len(marks)] if place >= len(order) - len(marks) else "" for place in order]
        table = self._renderer.shipments(np.random.Generator(np.random.PCG64([self._seed, number, 2])), rows)
        self._last = rows, marks, table["shipment_id"].tolist()
        return Week(
            start=pd.Timestamp(start, unit="us", tz="UTC"),
            shipments=table,
            inspections=self._examined(number, rows, table),
            truth=truth_of(self._under.networks, rows, table["shipment_id"]),
        )

    def _tell(self, seized: Collection[str], selected: Collection[str]) -> None:
        rows, marks, ids = self._last if self._last is not None else ({}, [], [])
        place = {name: number for number, name in enumerate(ids)}
        for name in (*seized, *selected):
            if name not in place:
                raise InputError(f"shipment {name!r} is not of the last week. {did_you_mean(name, ids)}")
        numbers = [place[name] for name in seized]
        complicit = {int(rows["local"][at]): int(rows["moment"][at]) for at in numbers if rows["role"][at] == COMPLICIT}
        if rows:
            looked = np.zeros(len(ids), dtype=np.bool_)
            looked[[place[name] for name in selected]] = True
            self._under.watch.see(rows, looked)
        self._under.seized([marks[at] for at in numbers if marks[at]], complicit)

    def _examined(self, number: int, rows: Rows, table: pd.DataFrame) -> pd.DataFrame:
        """Examine every shipment, each with a luck of its own that no other shipment changes."""
        officers: Officers = self._state["officers"]
        luck = _Lucky(self._seed, number, rows["serial"])
        rows["selector"] = np.full(len(table), SELECTORS.index("model"), dtype=np.int8)
        rows["method"] = officers._methods(luck, rows["selector"])  # type: ignore[arg-type]  # noqa: SLF001
        rows["result"] = officers._results(luck, rows, rows["drug"] | rows["wildlife"])  # type: ignore[arg-type]  # noqa: SLF001
        rng = np.random.Generator(np.random.PCG64([self._seed, number, 3]))
        made = inspections(rng, self._state["parameters"], rows, table)
        made["selected_by"] = made["score_at_selection"] = made["model_version"] = None
        return made


class _Lucky:
    """Draws whose luck belongs to the shipment: the same in every branch, whatever else is filed."""

    def __init__(self, seed: int, week: int, serial: np.ndarray[Any, Any]) -> None:
        self._rng = np.random.Generator(np.random.PCG64([seed, week, 4]))
        self._serial = serial

    def random(self, count: int) -> np.ndarray[Any, Any]:
        """Return a number in [0, 1) per shipment, drawn by its serial number."""
        salt = np.uint64(self._rng.integers(1, 1 << 62))
        mixed = self._serial.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64 (Steele et al. 2014)
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
        if len(mixed) != count:
            raise ValueError(f"{count} draws asked for {len(mixed)} shipments")
        return mixed / 2.0**64


def campaign(
    seed: int = 0,
    shipments: int = 60_000,
    parameters: Any = None,
    *,
    start: str = "V",
    weeks: int | None = None,
) -> Campaign:
    """Simulate a world up to a phase, and let it go on week by week from there.

    The past is made as `simulate` makes it. After `start` no officer selects any more: whoever plays the campaign
    does, and the networks answer to that.

    Parameters
    ----------
    seed, shipments, parameters
        As for `simulate`; the size is that of the whole world, past and campaign.
    start
        Phase with whose first day the campaign begins.
    weeks
        How many weeks it lasts; None until the world ends.

    Examples
    --------
    >>> made = campaign(seed=1, shipments=2_000, start="V", weeks=2)
    >>> going_on = made.branch(adapts=True)
    >>> [len(going_on.next_week().shipments) > 0, going_on.next_week() is None, going_on.next_week() is None]
    [True, False, True]
    """
    if shipments < FEWEST:
        raise InputError(f"A world of {shipments} shipments is too small; ask for {FEWEST} or more (2000 for tests).")
    values = read_parameters(parameters)
    clock, place, pool = Clock(values["phases"]), facts(), Pool()
    if start not in clock.names:
        raise InputError(f"phase {start!r} is not in the world. {did_you_mean(start, clock.names)}")
    begin = int(clock.edges[clock.names.index(start)])
    left = (clock.end - begin) // WEEK
    weeks = left if weeks is None else min(weeks, left)
    seeds = dict(zip(STREAMS, np.random.SeedSequence(seed).spawn(len(STREAMS)), strict=True))
    rng = {name: np.random.Generator(np.random.PCG64(own)) for name, own in seeds.items()}
    known = relations(rng["trade"], place, clock, values, shipments, pool)
    trade = honest_trade(rng["trade"], place, clock, values, shipments, pool, known)
    officers = Officers(place, clock, values, trade, rng["control"])
    recruiter = Recruiter(rng["networks"], place, clock, values, pool, known, int(trade["relation"].max()) + 1)
    under = Underworld(recruiter)
    numbers = _numbers(values, shipments)
    plan = under.schedule("drug", numbers["drug"]) + under.schedule("wildlife", numbers["wildlife"])
    plan.sort(key=lambda entry: (entry[0], entry[1].number))
    before = [entry for entry in plan if entry[0] < begin]
    hidden = past_loads(under, before, officers, rng["control"], begin)
    for relation, agent in recruiter.borrowed:
        trade["forwarder"][trade["relation"] == relation] = agent
    expected = round(len(plan) * expected_rows_per_load(values))
    trade = taken(trade, np.sort(rng["order"].permutation(shipments)[: max(shipments - expected, 1)]))
    for target in ("drug", "wildlife"):
        mine = [network for network in under.networks if network.target == target]
        insiders.complicit(rng["insiders"], place, values, trade, mine, numbers[f"{target}_complicit"])
    insiders.hijacked(rng["insiders"], place, clock, values, trade, numbers["hijacked"])
    _chemicals(rng["insiders"], values, trade)
    _detours(rng["detours"], trade)
    serials = rng["order"].permutation(len(trade["moment"]) + len(hidden["moment"]) + 8 * len(plan) + FRONTS)
    trade["serial"] = serials[: len(trade["moment"])].astype(np.int64)
    hidden["serial"] = serials[len(trade["moment"]) :][: len(hidden["moment"])].astype(np.int64)
    spare = len(plan) - len(before) + 40
    waiting = Reserve.add_to(pool, dict.fromkeys(range(len(place.countries)), spare))
    parties = pool.parties()
    words = Wordbook.draw(rng["names"], parties, place.countries).of(np.arange(len(parties.kind)))
    renderer = Renderer(
        facts=place,
        parameters=values,
        clock=clock,
        parties=parties,
        words=words,
        habits=Habits.draw(rng["habits"], place, recruiter._next_relation + FRONTS),  # noqa: SLF001
    )
    rows = joined([taken(trade, trade["moment"] < begin), hidden])
    past = past_world(seed, values, clock, officers, renderer, rng, rows, under.networks)
    reserve = Reserve(words, waiting)
    # a forwarder founded now would serve nobody but its network, and stand out as none does
    later = {**values, "networks": {**values["networks"], "own_forwarder": 0.0}}
    recruiter.parameters, recruiter.pool = later, reserve  # type: ignore[assignment]
    recruiter.dummies = [dummy for dummy in recruiter.dummies if dummy["moment"] >= begin]
    adversary = Adversary(under)
    adversary.prepare(begin)
    state = {
        "facts": place, "clock": clock, "parameters": later, "known": known, "reserve": reserve, "start": begin,
        "adversary": adversary, "plan": [(day, network.number) for day, network in plan if day >= begin],
        "trade": taken(trade, trade["moment"] >= begin), "officers": officers, "renderer": renderer,
        "serials": serials[len(trade["moment"]) + len(hidden["moment"]) :].astype(np.int64),
    }  # fmt: skip
    return Campaign(past, pd.Timestamp(begin, unit="us", tz="UTC"), weeks, seed, state)


def _between(rows: Rows, start: int, end: int) -> np.ndarray[Any, Any]:
    return np.flatnonzero((rows["moment"] >= start) & (rows["moment"] < end))
