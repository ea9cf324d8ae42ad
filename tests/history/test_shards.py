"""Histories built in shards add up to the one built at once; an index serves all questions about its key."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.errors import HistoryError
from omdrisk.history import Finds, History, Mean, Rate, Shipments, SinceFirst
from omdrisk.history.engine import KeyIndex
from omdrisk.history.spells import Spells

few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SECRET = "a secret of the agency"  # noqa: S105


@given(data=st.data())
@few
def test_shards_add_up_in_whatever_order(world, data):
    questions = data.draw(world.questions)
    shipments, outcomes = data.draw(world.shipment_rows()), data.draw(world.outcome_rows())
    count = data.draw(st.integers(1, 4))
    of_shipment, of_outcome = (
        data.draw(st.lists(st.integers(0, count - 1), min_size=len(rows), max_size=len(rows)))
        for rows in (shipments, outcomes)
    )
    shards = [
        History.from_tables(
            world.shipments_frame([row for row, place in zip(shipments, of_shipment, strict=True) if place == shard]),
            world.outcomes_frame([row for row, place in zip(outcomes, of_outcome, strict=True) if place == shard]),
            keys=world.KEYS,
            values=world.VALUES,
        )
        for shard in range(count)
    ]
    whole = History.from_tables(
        world.shipments_frame(shipments), world.outcomes_frame(outcomes), keys=world.KEYS, values=world.VALUES
    )
    first, *others = data.draw(st.permutations(shards))
    for other in others:
        first.add(other)
    asked = world.shipments_frame(shipments)
    left, right = whole.ask(questions, asked), first.ask(questions, asked)
    for question in questions:
        assert left[question].tobytes() == right[question].tobytes(), question.name
    assert first.version == whole.version


def table(begin, end):
    moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(range(begin, end), unit="h")
    frame = pd.DataFrame({"shipment_id": [f"s{number}" for number in range(begin, end)], "filed_at": moments})
    return frame.assign(x_lane="SGSIN>VNSGN", x_goods=[f"g{number % 3}" for number in range(begin, end)])


def test_a_store_takes_in_stores(tmp_path):
    for name, begin, end in (("north", 0, 30), ("south", 30, 50), ("all", 0, 0)):
        History.create(tmp_path / name, keys=["x_lane", "x_goods"], secret=SECRET)
        History.open(tmp_path / name, SECRET).observe(table(begin, end))
    north, south, every = (History.open(tmp_path / name, SECRET) for name in ("north", "south", "all"))
    south.record(pd.DataFrame({"shipment_id": ["s31"], "target": "drug", "outcome": 1.0, "known_at": pd.Timestamp.max}))
    assert every.add(south).added == 21
    assert (every.add(north).added, every.add(north).already) == (30, 30)
    assert History.open(tmp_path / "all", SECRET).targets == ("drug",)
    assert len(every) == 50
    assert len(north) == 30


def test_only_like_histories_add_up():
    history = History.from_tables(table(0, 3), keys=["x_lane"])
    with pytest.raises(HistoryError, match="other keys"):
        history.add(History.from_tables(table(3, 5), keys=["x_goods"]))
    with pytest.raises(HistoryError, match="another secret"):
        history.add(History.from_tables(table(3, 5), keys=["x_lane"], secret=b"the secret of somebody else"))
    with pytest.raises(HistoryError, match="frozen"):
        history.add(history.before("2024-01-01"))


def counted(monkeypatch):
    """Count how often events are sorted by a key, keys are numbered and spells are laid down."""
    counts: Counter[str] = Counter()

    def watch(owner, name, label):
        made = getattr(owner, name)

        def watched(*arguments, **named):
            counts[label] += 1
            return made(*arguments, **named)

        monkeypatch.setattr(owner, name, watched)

    watch(KeyIndex, "build", "sorts")
    watch(Spells, "build", "spells")
    watch(__import__("omdrisk.history.kernels", fromlist=["kernels"]), "numbered_keys", "numbered")
    return counts


LANE, GOODS = ("x_lane",), ("x_goods",)


def test_one_sort_per_key_serves_all_its_questions_and_no_other_key_is_sorted(monkeypatch):
    frame = table(0, 40).assign(gross_weight_kg=1.5)
    history = History.from_tables(frame, keys=["x_lane", "x_goods", "origin"], values=["gross_weight_kg"])
    counts = counted(monkeypatch)
    of_lane = [
        Shipments(LANE),
        Shipments(LANE, 7),
        Shipments(LANE, 30),
        SinceFirst(LANE),
        Mean(LANE, "gross_weight_kg"),
    ]
    history.ask(of_lane, frame.head(2))
    assert (counts["sorts"], counts["spells"]) == (1, 0)
    history.ask([*of_lane, Finds(LANE, "drug"), Finds(LANE, "drug", 7), Rate(LANE, "drug")], frame.head(3))
    assert (counts["sorts"], counts["spells"]) == (1, 2)
    history.ask([*of_lane, Shipments(GOODS, 7), Shipments(GOODS)], frame)
    assert counts["sorts"] == 2
    assert {name[1] for part in history._current().parts for name in part.names if name[0] == "key"} == {LANE, GOODS}


def test_a_pass_numbers_each_key_once_and_only_the_keys_asked(monkeypatch):
    frame = table(0, 40).assign(gross_weight_kg=1.5)
    history = History.from_tables(frame, keys=["x_lane", "x_goods", "origin"], values=["gross_weight_kg"])
    counts = counted(monkeypatch)
    monkeypatch.setattr("omdrisk.history.lookups.LARGE", 0)
    history.ask([Shipments(LANE), Shipments(LANE, 7), Mean(LANE, "gross_weight_kg"), Rate(LANE, "drug")], frame)
    assert counts == {"numbered": 1}
    history.ask([Shipments(LANE), SinceFirst(GOODS)], frame)
    assert counts == {"numbered": 3}
