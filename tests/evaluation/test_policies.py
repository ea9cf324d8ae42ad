"""Policies in planted worlds: what only exploration can find, and shares that mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.evaluation import Policy, policies, policy_of
from omdrisk.evaluation.policies_choices import Bandit, Chooser
from omdrisk.features import Catalog
from omdrisk.training import Recipe

START = pd.Timestamp("2023-01-02", tz="UTC")
WEEK = pd.Timedelta(days=7)
CAPACITY = 0.2
TEXT = {"targets": ["drug"], "why": "Planted.", "family": "planted", "reason": {"en": "{value}"}}
CATALOG = Catalog.from_dict(
    {
        "format": 1,
        "tables": {},
        "definitions": [
            {**TEXT, "name": "packages", "id": "T1", "kind": "number", "value": "packages"},
            {**TEXT, "name": "lane_rate", "id": "T2", "kind": "rate", "by": ["lane"], "target": "drug", "prior": 1.0},
        ],
    }
)
RECIPE = Recipe.from_dict(
    {
        "target": "drug",
        "features": {"families": ["planted"]},
        "lightgbm": {"num_leaves": 4, "min_data_in_leaf": 3, "min_sum_hessian_in_leaf": 0.01, "lambda_l2": 0.1,
                     "feature_fraction": 1.0, "learning_rate": 0.2},
    }
)  # fmt: skip


@dataclass(frozen=True)
class Past:
    shipments: pd.DataFrame
    cases: None
    inspections: pd.DataFrame


@dataclass(frozen=True)
class Week:
    start: pd.Timestamp
    shipments: pd.DataFrame
    inspections: pd.DataFrame
    truth: pd.DataFrame


def filed(rng: np.random.Generator, start: pd.Timestamp, kinds: list[str], name: str) -> Week:
    """Return a week: `heavy` shows its contraband by its packages, `hidden` by its lane alone, `plain` is honest."""
    rows = len(kinds)
    kind = np.array(kinds)
    lane = np.where(kind == "hidden", "TZDAR", rng.choice(["CNSHA", "KRPUS", "JPTYO"], rows))
    contraband = np.where(kind == "heavy", rng.random(rows) < 0.5, kind == "hidden")
    moments = pd.Series(start + pd.to_timedelta(np.sort(rng.uniform(0, 6.5, rows)), unit="D")).dt.floor("s")
    shipments = pd.DataFrame(
        {
            "shipment_id": [f"{name}{number}" for number in range(rows)],
            "filed_at": moments.astype("datetime64[us, UTC]"),
            "port_of_loading": pd.Series(lane, dtype="str"),
            "port_of_discharge": pd.Series("VNSGN", index=range(rows), dtype="str"),
            "packages": np.where(kind == "heavy", rng.uniform(50, 99, rows), rng.uniform(1, 49, rows)),
        }
    )
    inspections = pd.DataFrame(
        {
            "inspection_id": shipments["shipment_id"],
            "shipment_id": shipments["shipment_id"],
            "selected_by": "rule",
            "selection_probability": np.nan,
            "method": "devan",
            "outcome": np.where(contraband, "drug", "clear"),
            "known_at": shipments["filed_at"] + pd.Timedelta(hours=6),
        }
    )
    truth = pd.DataFrame({"shipment_id": shipments["shipment_id"], "drug": contraband.astype(int)})
    return Week(start, shipments, inspections, truth)


class World:
    """A past without the hidden lane, and weeks with it."""

    def __init__(self, seed: int, weeks: int = 12, hidden: int = 12) -> None:
        rng = np.random.default_rng(seed)
        before = filed(rng, START - 20 * WEEK, ["heavy"] * 60 + ["plain"] * 140, "p")
        self.past = Past(before.shipments, None, before.inspections)
        self.start = START
        kinds = ["heavy"] * 30 + ["hidden"] * hidden + ["plain"] * (60 - hidden)
        self.weeks = [filed(rng, START + n * WEEK, rng.permutation(kinds).tolist(), f"w{n}.") for n in range(weeks)]
        self.told: list[list[str]] = []

    def branch(self, *, adapts: bool) -> Branch:
        del adapts
        return Branch(self)


class Branch:
    def __init__(self, world: World) -> None:
        self.world, self.number = world, 0

    def next_week(self, seized: list[str] = (), selected: list[str] = ()) -> Week | None:
        assert set(seized) <= set(selected)
        self.world.told.append(list(seized))
        self.number += 1
        return self.world.weeks[self.number - 1] if self.number <= len(self.world.weeks) else None


def played(names: list[str], worlds: int = 3, weeks: int = 12, **more: object):
    made = [World(seed, weeks) for seed in range(worlds)]
    return policies(RECIPE, made, choose=names, capacity=CAPACITY, rounds=15, heads=2, catalog=CATALOG, **more)


@pytest.fixture(scope="module")
def result():
    return played(["explore 40%"], adapts=(False,))


def value(result, policy, metric):
    table = result.table
    return table[(table["policy"] == policy) & (table["metric"] == metric)]["value"].item()


def test_exploitation_never_finds_a_hidden_lane_and_exploration_does(result):
    weeks = result.weeks.set_index("policy")
    heavy = 0.5  # of what it looks at, and it looks at nothing else
    exploit = weeks.loc["exploit"]
    assert abs(exploit["hits"].sum() / exploit["picked"].sum() - heavy) < 0.1
    late = weeks.loc["explore 40%"].query("week >= 6")
    assert late["hits"].sum() > 1.2 * exploit.query("week >= 6")["hits"].sum()
    assert late["explored_hits"].sum() < late["hits"].sum()


def test_the_gain_is_told_against_exploitation_in_the_same_world(result):
    table = result.table.set_index(["policy", "metric"])
    late = table.loc[("explore 40%", "change_late")]
    assert late["low"] < late["value"] < late["high"]
    assert late["value"] > 0.2
    assert (table.loc[("exploit", "change")][["value", "low", "high"]] == 0).all()
    gain = result.change("explore 40%").set_index("week")["value"]
    assert gain[11] > gain[0]


def test_weeks_give_an_interval_where_worlds_are_few(result):
    told = result.paired("explore 40%").iloc[0]
    assert told["weeks"] == 36
    assert told["low"] < told["value"] < told["high"]
    assert told["value"] == pytest.approx(told["hits"] / told["against"] - 1)
    part = result.paired("explore 40%", metric="norm_precision").iloc[0]
    assert part["value"] == pytest.approx(told["value"])  # what there was to find is the same, as nothing answers
    same = result.paired("exploit").iloc[0]
    assert same["low"] == same["high"] == 0


def test_a_share_of_all_is_random():
    made = played(["explore 100%", "random", "thompson", "bandit"], worlds=1, weeks=6, adapts=(False,))
    one, other = (made.weeks[made.weeks["policy"] == name] for name in ("explore 100%", "random"))
    assert one["hits"].tolist() == other["hits"].tolist()
    assert abs(value(made, "random", "hit_rate") - 27 / 90) < 0.12  # as much as there is contraband
    assert (one["explored"] == one["picked"]).all()


def test_random_picks_are_drawn_evenly_and_say_with_what_chance():
    chooser, counts = Chooser(policy_of("explore 50%"), 1), np.zeros(40)
    for _ in range(2_000):
        picked = chooser.choose(np.arange(40.0), np.empty((0, 40)), 8)
        counts[picked.rows] += 1
    assert (counts[36:] == 2_000).all()
    assert np.abs(counts[:36] / 2_000 - picked.probability[-1]).max() < 0.04
    assert picked.selected_by == ["model"] * 4 + ["random"] * 4


def test_small_shares_come_true_in_the_long_run():
    chooser = Chooser(policy_of("explore 5%"), 2)
    explored = [chooser.choose(np.zeros(30), np.empty((0, 30)), 6).selected_by.count("random") for _ in range(2_000)]
    assert abs(np.mean(explored) - 0.3) < 0.04


def test_uncertainty_selects_where_heads_disagree():
    committee = np.array([[0.0, 5.0, 1.0, 0.0], [0.0, 5.0, -1.0, 0.1]])
    picked = Chooser(policy_of("uncertain 50%"), 0).choose(committee[0], committee, 2)
    assert picked.rows.tolist() == [1, 2]


def test_thompson_takes_each_place_from_a_head_and_no_row_twice():
    committee = np.array([[3.0, 2.0, 1.0, 0.0], [0.0, 1.0, 2.0, 3.0]])
    seen = {tuple(sorted(Chooser(Policy("t", thompson=True), seed).choose(committee[0], committee, 2).rows))
            for seed in range(40)}  # fmt: skip
    assert seen == {(0, 1), (2, 3), (0, 3)}


def test_a_bandit_comes_to_the_share_that_pays():
    bandit = Bandit((0.0, 0.1, 0.2), np.random.default_rng(0))
    for _ in range(300):
        bandit.learn(0.9 if bandit.draw() == 0.1 else 0.1)
    assert bandit.chances.argmax() == 1
    for _ in range(300):  # and forgets, when another one pays
        bandit.learn(0.9 if bandit.draw() == 0.2 else 0.1)
    assert bandit.chances.argmax() == 2


def test_one_world_alone_has_no_interval_and_the_same_seed_plays_the_same():
    one, other = (played(["explore 20%"], worlds=1, weeks=3, adapts=(True,)) for _ in range(2))
    pd.testing.assert_frame_equal(one.weeks, other.weeks)
    assert one.table["low"].isna().all()


def test_a_world_that_answers_is_told_what_was_seized_under_this_policy():
    world = World(0, weeks=3)
    made = policies(RECIPE, [world], choose=["exploit"], adapts=(True,), capacity=CAPACITY, rounds=10, catalog=CATALOG)
    assert [len(seized) for seized in world.told] == [0, *made.weeks["hits"].tolist()]
    assert not world.told[0]


def test_the_oracle_finds_all_that_capacity_and_luck_allow(result):
    weeks = result.weeks
    assert (weeks["hits"] <= weeks["oracle_hits"]).all()
    assert (weeks["oracle_hits"] <= weeks["picked"]).all()
    assert (weeks["hidden_picked"] >= weeks["hits"]).all()
    told = played(["told all"], worlds=1, weeks=6, adapts=(False,))
    assert value(told, "told all", "norm_precision") > value(told, "exploit", "norm_precision")


def test_pictures_are_drawn(result):
    assert len(result.plot().lines) == 2
    axes = result.plot_change("explore 40%")
    assert "explore 40%" in axes.get_title()
    with pytest.raises(InputError, match="was not played"):
        result.plot_change("explore 10%")


def test_what_is_not_there_is_refused():
    with pytest.raises(InputError, match="policy 'exploid' is unknown"):
        played(["exploid"])
    with pytest.raises(InputError, match="capacity is 3"):
        policies(RECIPE, [], capacity=3, catalog=CATALOG)
    with pytest.raises(InputError, match="no world was given"):
        policies(RECIPE, [], catalog=CATALOG)
