from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk.errors import InputError
from omdrisk.scoring import draw

if TYPE_CHECKING:
    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny


def test_the_list_is_what_priority_and_chance_say(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=20, explore=0.1, seed=7)
    scores = scorer.score(rows)
    priority = scores["drug_score"] + scores["wildlife_score"]
    best = priority.sort_values(ascending=False).index[:18]
    assert listed.index[:18].tolist() == best.tolist()
    assert listed["rank"].tolist() == list(range(1, 21))
    assert listed["selected_by"].tolist() == ["model"] * 18 + ["random"] * 2
    np.testing.assert_array_equal(listed["selection_probability"], [1.0] * 18 + [2 / (len(rows) - 18)] * 2)
    assert not set(listed.index[18:]) & set(best)
    np.testing.assert_array_equal(listed["priority"], priority.loc[listed.index])
    assert listed["shipment_id"].tolist() == rows.loc[listed.index, "shipment_id"].tolist()
    for name in ("drug_score", "wildlife_band", "data_quality", "scored_at"):
        assert listed[name].tolist() == scores.loc[listed.index, name].tolist()
    assert listed["goods_description"].tolist() == rows.loc[listed.index, "goods_description"].tolist()
    assert listed["reasons"].str.len().gt(0).all()


def test_reasons_are_the_first_three_of_the_leading_head(world: Tiny, scorer: Scorer) -> None:
    listed = scorer.worklist(world.incoming, capacity=5, language="vi")
    why = scorer.explain(world.incoming.loc[listed.index], top=3, language="vi")
    for row in listed.itertuples():
        own = why.loc[(why["shipment_id"] == row.shipment_id) & (why["head"] == row.head), "text"]
        assert row.reasons == "; ".join(own)
        assert row.head == ("drug" if row.drug_score >= row.wildlife_score else "wildlife")


def test_the_order_of_rows_does_not_matter(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=15, explore=0.4, seed=2)
    shuffled = scorer.worklist(rows.sample(frac=1, random_state=9), capacity=15, explore=0.4, seed=2)
    pd.testing.assert_frame_equal(listed, shuffled)
    other = scorer.worklist(rows, capacity=15, explore=0.4, seed=3)
    assert set(other["shipment_id"]) != set(listed["shipment_id"])


def test_harm_and_head_set_the_priority(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming
    scores = scorer.score(rows)
    by_drug = scorer.worklist(rows, capacity=4, explore=0, head="drug")
    assert by_drug.index[0] == scores["drug_score"].idxmax()
    assert set(by_drug["head"]) == {"drug"}
    weighed = scorer.worklist(rows, capacity=4, explore=0, harm={"wildlife": 10})
    priority = scores["drug_score"] + 10 * scores["wildlife_score"]
    np.testing.assert_allclose(weighed["priority"], priority.nlargest(4), rtol=1e-15)


def test_one_row_per_shipment_and_no_rejects(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(10)
    amended = rows.head(3).assign(port_of_loading="NGAPP")
    lost = rows.tail(2).assign(shipment_id=["x", "y"], filed_at=pd.NaT)
    listed = scorer.worklist(pd.concat([rows, amended, lost], ignore_index=True), capacity=40, explore=0.2)
    assert sorted(listed["shipment_id"]) == sorted(rows["shipment_id"])
    assert (listed["selection_probability"] == 1).all()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"explore": 1.5}, "from 0 to 1"),
        ({"explore": float("nan")}, "from 0 to 1"),
        ({"capacity": -1}, "capacity is -1"),
        ({"capacity": 2.5}, "capacity is 2.5"),
        ({"capacity": float("nan")}, "capacity is nan"),
        ({"capacity": float("inf")}, "capacity is inf"),
        ({"capacity": None}, "capacity is None"),
        ({"explore": None}, "explore is None"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"seed": None}, "seed must be 0 or more"),
        ({"harm": {"drug": None}}, "at least 0"),
        ({"head": "drugs"}, "Did you mean 'drug'"),
        ({"harm": {"wildlfe": 2}}, "Did you mean 'wildlife'"),
        ({"harm": {"drug": -1}}, "at least 0"),
        ({"harm": {"drug": 1}, "head": "drug"}, "both"),
        ({"language": "fr"}, "en, vi, zh"),
    ],
)
def test_what_cannot_be_is_said(world: Tiny, scorer: Scorer, wrong: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        scorer.worklist(world.incoming.head(3), **wrong)


def test_a_list_needs_names(world: Tiny, scorer: Scorer) -> None:
    with pytest.raises(InputError, match="lacks the column shipment_id"):
        scorer.worklist(world.incoming.drop(columns="shipment_id"))


@given(
    scores=st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.7, 1.0]), max_size=30),
    capacity=st.integers(0, 40),
    explore=st.floats(0, 1),
    seed=st.integers(0, 5),
    data=st.data(),
)
@settings(max_examples=120, deadline=None)
def test_a_draw_against_a_plain_one(
    scores: list[float], capacity: int, explore: float, seed: int, data: st.DataObject
) -> None:
    names = [f"s{at:03d}" for at in range(len(scores))]
    drawn = draw(
        np.array(scores, dtype=float), pd.Series(names, dtype="str"), capacity=capacity, explore=explore, seed=seed
    )
    size = min(capacity, len(scores))
    chance = int(size * explore + 0.5)
    ranked = sorted(zip(scores, names, strict=True), key=lambda pair: (-pair[0], pair[1]))
    picked = [names[at] for at in drawn.rows]
    assert len(set(picked)) == size
    assert picked[: size - chance] == [name for _, name in ranked[: size - chance]]
    assert drawn.selected_by == ["model"] * (size - chance) + ["random"] * chance
    rest = len(scores) - (size - chance)
    assert drawn.selection_probability.tolist() == [1.0] * (size - chance) + [chance / rest if rest else 0.0] * chance
    order = data.draw(st.permutations(range(len(scores))))
    again = draw(
        np.array([scores[at] for at in order], dtype=float),
        pd.Series([names[at] for at in order], dtype="str"),
        capacity=capacity,
        explore=explore,
        seed=seed,
    )
    assert [names[order[at]] for at in again.rows] == picked


def test_every_left_out_row_is_as_likely_as_another() -> None:
    names = pd.Series([f"s{at:02d}" for at in range(12)], dtype="str")
    drawn = [
        row for seed in range(800) for row in draw(np.arange(12.0), names, capacity=4, explore=0.5, seed=seed).rows[2:]
    ]
    share = np.bincount(drawn, minlength=12)[:10] / 800
    np.testing.assert_allclose(share, 0.2, atol=0.06)
    assert not set(drawn) & {10, 11}
