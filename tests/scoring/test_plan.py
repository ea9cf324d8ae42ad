from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk.errors import InputError
from omdrisk.scoring import Cap, Lot, WorklistPlan, draw_lots
from omdrisk.scoring.plan import list_parts

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny

PLAN = """
per_trader = 2
harm = { wildlife = 2.5 }
zone = "Asia/Ho_Chi_Minh"

[[lines]]
office = "VNSGN"
mode = "1"
day = "each"
capacity = 3

[[lines]]
office = "each"
mode = "4"
day = "mon"
capacity = 2

[[lines]]
capacity = 4
"""


def offices(world: Tiny) -> pd.DataFrame:
    rows = world.incoming.copy()
    rows["office"] = rows["port_of_discharge"].where(np.arange(len(rows)) % 11 != 0)
    return rows


def names(count: int) -> pd.Series:
    return pd.Series([f"s{at:03d}" for at in range(count)], dtype="str")


def test_a_plan_is_read_and_fills_each_list(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "capacity.toml"
    path.write_text(PLAN, encoding="utf-8")
    rows = offices(world)
    listed = scorer.worklist(rows, capacity=path, explore=0.2)
    sizes = listed["list"].value_counts()
    found = {name: list_parts(name) for name in sizes.index}
    assert sizes["* / * / *"] == 4
    for name, (office, mode, day) in found.items():
        own = listed.loc[listed["list"] == name]
        if mode:
            assert set(own["transport_mode"]) == {mode}
            assert set(own["office"]) == {office}
            local = own["filed_at"].dt.tz_convert("Asia/Ho_Chi_Minh")
            assert set(local.dt.strftime("%Y-%m-%d")) == {day}
            assert len(own) <= (3 if mode == "1" else 2)
            assert mode == "1" or pd.Timestamp(day).day_name() == "Monday"
        traders = own.loc[own["selected_by"] == "model"]
        assert (traders["consignee_name"].value_counts() <= 2).all()
        assert (traders["shipper_name"].value_counts() <= 2).all()
        assert traders["priority"].is_monotonic_decreasing
    assert listed["list"].is_monotonic_increasing
    assert listed["rank"].tolist() == list(range(1, len(listed) + 1))
    weighed = listed["drug_score"] + 2.5 * listed["wildlife_score"]
    np.testing.assert_allclose(listed["priority"], weighed, rtol=1e-15)


def test_the_lists_do_not_depend_on_the_order_of_rows(world: Tiny, scorer: Scorer) -> None:
    rows = offices(world)
    table = pd.DataFrame({"office": ["each", None], "mode": ["each", None], "capacity": [3, 2]})
    listed = scorer.worklist(rows, capacity=table, explore=0.3, per_lane=2)
    again = scorer.worklist(rows.sample(frac=1, random_state=5), capacity=table, explore=0.3, per_lane=2)
    pd.testing.assert_frame_equal(listed, again)
    assert scorer.worklist(rows, capacity=table, explore=0.3, per_lane=2, seed=8)["shipment_id"].tolist() != (
        listed["shipment_id"].tolist()
    )


def test_what_fits_no_line_is_said(world: Tiny, scorer: Scorer) -> None:
    rows = offices(world)
    table = pd.DataFrame({"office": ["VNHPH"], "capacity": ["5"]})
    outside = int((rows["office"] != "VNHPH").sum())
    with pytest.warns(UserWarning, match=f"{outside:,} of {len(rows):,} shipments fit no line") as caught:
        listed = scorer.worklist(rows, capacity=table)
    assert caught[0].filename == __file__
    assert set(listed["office"]) == {"VNHPH"}


def test_the_highest_head_may_decide(world: Tiny, scorer: Scorer) -> None:
    listed = scorer.worklist(world.incoming, capacity=9, explore=0, rule="highest", harm={"drug": 2})
    np.testing.assert_array_equal(listed["priority"], np.maximum(2 * listed["drug_score"], listed["wildlife_score"]))
    plan = replace(WorklistPlan.of(9), harm={"drug": 2}, rule="highest")
    pd.testing.assert_frame_equal(listed, scorer.worklist(world.incoming, capacity=plan, explore=0))
    alone = scorer.worklist(world.incoming, capacity=plan, explore=0, head="wildlife")
    assert set(alone["head"]) == {"wildlife"}


@given(data=st.data(), seed=st.integers(0, 50), explore=st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0]))
@settings(max_examples=80, deadline=None)
def test_caps_and_capacities_against_a_plain_loop(data: st.DataObject, seed: int, explore: float) -> None:
    size = data.draw(st.integers(1, 25))
    numbers = st.lists(st.integers(-1, 3), min_size=size, max_size=size)
    priority = np.array(data.draw(st.lists(st.sampled_from([0.1, 0.4, 0.9]), min_size=size, max_size=size)))
    traders, lanes, member = (np.array(data.draw(numbers)) for _ in range(3))
    capacity = data.draw(st.lists(st.integers(0, 8), min_size=4, max_size=4))
    most = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 5)))
    lots = [Lot(np.flatnonzero(member == at), capacity[at], str(at)) for at in range(4)]
    drawn = draw_lots(
        priority, names(size), lots, explore=explore, seed=seed, caps=[Cap(traders, most[0]), Cap(lanes, most[1])]
    )
    assert len(set(drawn.rows.tolist())) == len(drawn.rows)
    at_random = 0
    for at, lot in enumerate(lots):
        here = [place for place, name in enumerate(drawn.lots) if name == str(at)]
        own = [int(drawn.rows[place]) for place in here if drawn.selected_by[place] == "model"]
        chance = len(here) - len(own)
        at_random += chance
        assert len(here) <= min(lot.capacity, len(lot.rows))
        counts: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        expected = []
        for row in sorted(lot.rows.tolist(), key=lambda one: (-priority[one], one)):
            room = [
                group[row] < 0 or count[group[row]] < cap for group, count, cap in _caps(traders, lanes, counts, most)
            ]
            if len(expected) < min(lot.capacity, len(lot.rows)) - chance and all(room):
                expected.append(row)
                counts[0][traders[row]] += 1
                counts[1][lanes[row]] += 1
        assert own == expected
    places = sum(min(lot.capacity, len(lot.rows)) for lot in lots)
    assert at_random <= int(places * explore + 0.5)
    assert ((drawn.selection_probability > 0) & (drawn.selection_probability <= 1)).all()


def _caps(traders: Any, lanes: Any, counts: Any, most: Any) -> Any:
    return zip((traders, lanes), counts, most, strict=True)


def test_each_row_is_listed_as_often_as_its_probability_says() -> None:
    rng = np.random.default_rng(0)
    size, draws = 60, 2500
    priority = rng.random(size)
    traders = rng.integers(0, 6, size)
    member = np.repeat([0, 1, 2], [10, 20, 30])
    lots = [Lot(np.flatnonzero(member == at), capacity, str(at)) for at, capacity in enumerate((2, 5, 9))]
    listed, claimed = np.zeros(size), np.full(size, np.nan)
    weighted = 0.0
    found = rng.random(size)
    for seed in range(draws):
        drawn = draw_lots(priority, names(size), lots, explore=0.3, seed=seed, caps=[Cap(traders, 1)])
        listed[drawn.rows] += 1
        known = ~np.isnan(claimed[drawn.rows])
        np.testing.assert_allclose(drawn.selection_probability[known], claimed[drawn.rows][known], rtol=1e-12)
        claimed[drawn.rows] = drawn.selection_probability
        weighted += float((found[drawn.rows] / drawn.selection_probability).sum())
    assert not np.isnan(claimed).any(), "every shipment has a chance"
    error = np.sqrt(claimed * (1 - claimed) / draws)
    assert (np.abs(listed / draws - claimed) <= 4.5 * error + 1e-12).all()
    assert weighted / draws == pytest.approx(found.sum(), rel=0.03)
    assert ((claimed > 0) & (claimed < 1)).sum() > 0


def test_small_lists_are_explored_too() -> None:
    lots = [Lot(np.arange(at * 5, at * 5 + 5), 1, f"{at:02d}") for at in range(20)]
    priority = np.tile([0.9, 0.5, 0.4, 0.3, 0.2], 20)
    drawn = [draw_lots(priority, names(100), lots, explore=0.1, seed=seed) for seed in range(90)]
    assert {one.selected_by.count("random") for one in drawn} == {2}
    assert {name for one in drawn for name, by in zip(one.lots, one.selected_by, strict=True) if by == "random"} == {
        lot.name for lot in lots
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("per_trader = 0\n[[lines]]\ncapacity = 1", "per_trader is 0"),
        ("per_tradr = 1\n[[lines]]\ncapacity = 1", "Did you mean 'per_trader'"),
        ("[[lines]]\noffice = 'A'", "line 1 has no capacity"),
        ("[[lines]]\ncapacity = 1\nofice = 'A'", "Did you mean 'office'"),
        ("[[lines]]\ncapacity = -1", "line 1: capacity is -1"),
        ("[[lines]]\ncapacity = 1\nday = '2/5/2023'", "neither a date"),
        ("capacity = 3", "outside of a line"),
        ("per_tradr = 3", "unknown in a plan"),
        ("zone = 'UTC'", r"needs \[\[lines\]\]"),
        ("zone = 'Asia/Saigoon'\n[[lines]]\ncapacity = 1", "Asia/Ho_Chi_Minh"),
        ("rule = 'sum'\n[[lines]]\ncapacity = 1", "priority rule 'sum'"),
        ("harm = 3\n[[lines]]\ncapacity = 1", "weight for each head"),
        ("[[lines\ncapacity = 1", "capacity.toml"),
    ],
)
def test_what_is_wrong_in_a_plan_is_said_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "capacity.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as told:
        WorklistPlan.read(path)
    assert str(path) in str(told.value)


def test_a_plan_from_a_csv_table_or_nowhere(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text("\ufeffoffice,mode,capacity\neach,1,12\n,,5\n", encoding="utf-8")
    first, last = WorklistPlan.of(tmp_path / "plan.csv").lines
    assert (first.office, first.mode, first.day, first.capacity) == ("each", "1", "*", 12)
    assert (last.office, last.capacity) == ("*", 5)
    with pytest.raises(InputError, match="neither a number nor a file"):
        WorklistPlan.of("nowhere.toml")
