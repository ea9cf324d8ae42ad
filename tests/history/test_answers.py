"""Every answer against an implementation that reads everything each time, and the invariants."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.errors import DefinitionError, HistoryError
from omdrisk.history import Distinct, Finds, History, Mean, Quantile, Rate, Shipments, SinceFind, needs

few = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def exactly(left: np.ndarray, right: np.ndarray) -> bool:
    return left.tobytes() == right.tobytes()


def drawn(world, data):
    return data.draw(world.shipment_rows()), data.draw(world.outcome_rows())


def history_of(world, shipments, outcomes):
    return History.from_tables(
        world.shipments_frame(shipments), world.outcomes_frame(outcomes), keys=world.KEYS, values=world.VALUES
    )


@given(data=st.data())
@few
def test_equals_the_oracle(world, data):
    questions = data.draw(world.questions)
    shipments, outcomes = drawn(world, data)
    asking = shipments + data.draw(world.shipment_rows(8))
    horizon = data.draw(st.one_of(st.none(), world.moments))
    history = history_of(world, shipments, outcomes)
    if horizon is not None:
        history = history.before(pd.Timestamp(horizon, unit="us", tz="UTC"))
    answers = history.ask(questions, world.shipments_frame(asking))
    oracle = world.Oracle(shipments, outcomes)
    for question, found in answers.items():
        limit = 2**63 - 1 if horizon is None else horizon
        expected = np.array([oracle.answer(question, row, limit) for row in asking], dtype=float)
        if isinstance(question, Mean | Rate):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=question.name)
        else:
            np.testing.assert_array_equal(found, expected, err_msg=question.name)


@given(data=st.data())
@few
def test_what_is_known_later_changes_nothing(world, data):
    questions = data.draw(world.questions)
    shipments, outcomes = drawn(world, data)
    moment = data.draw(world.moments)
    asking = [row | {"filed_at": moment} for row in data.draw(world.shipment_rows())]
    later_shipments = [row for row in data.draw(world.shipment_rows()) if row["filed_at"] >= moment]
    later_outcomes = [row for row in data.draw(world.outcome_rows()) if row["known_at"] >= moment]
    past_shipments = [row for row in shipments if row["filed_at"] < moment]
    past_outcomes = [row for row in outcomes if row["known_at"] < moment]
    asked = world.shipments_frame(asking)
    with_future = history_of(world, past_shipments + later_shipments, past_outcomes + later_outcomes)
    without = history_of(world, past_shipments, past_outcomes)
    left, right = (history.ask(questions, asked) for history in (with_future, without))
    for question in questions:
        assert exactly(left[question], right[question]), question.name


@given(data=st.data())
@few
def test_neither_order_nor_pieces_matter(world, data):
    questions = data.draw(world.questions)
    shipments, outcomes = drawn(world, data)
    at_once = history_of(world, shipments, outcomes)
    moved, later = data.draw(st.permutations(shipments)), data.draw(st.permutations(outcomes))
    cut, other = (data.draw(st.integers(0, len(rows))) for rows in (moved, later))
    pieces = history_of(world, moved[:cut], later[:other])
    pieces.record(world.outcomes_frame(later[other:] + later[:1]))
    pieces.observe(world.shipments_frame(moved[cut:] + moved[:1]))
    asked = world.shipments_frame(shipments)
    left, right = at_once.ask(questions, asked), pieces.ask(questions, asked)
    for question in questions:
        assert exactly(left[question], right[question]), question.name
    assert at_once.version == pieces.version


@given(data=st.data())
@few
def test_one_by_one_is_the_batch(world, data):
    questions = data.draw(world.questions)
    shipments, outcomes = drawn(world, data)
    history = history_of(world, shipments, outcomes)
    frame = world.shipments_frame(shipments)
    batch = history.ask(questions, frame)
    order = np.array(data.draw(st.permutations(range(len(frame)))), dtype=int)
    shuffled = history.ask(questions, frame.iloc[order])
    for question in questions:
        assert exactly(batch[question][order], shuffled[question]), question.name
    for place in range(min(len(frame), 4)):
        single = history.ask(questions, frame.iloc[[place]])
        for question in questions:
            assert exactly(batch[question][[place]], single[question]), question.name


@pytest.fixture
def days():
    return [pd.Timestamp(f"2024-01-{day:02d}", tz="UTC") for day in range(1, 31)]


def shipped(*rows):
    frame = pd.DataFrame(rows, columns=["shipment_id", "x_lane", "filed_at"])
    return frame.astype({"shipment_id": "str", "x_lane": "str"})


def found(*rows):
    return pd.DataFrame(rows, columns=["shipment_id", "outcome", "known_at"]).assign(target="drug")


def test_a_withdrawn_find_leaves_the_window_it_was_in(days):
    history = History.from_tables(
        shipped(("A", "x", days[0])),
        found(("A", 1.0, days[2]), ("A", math.nan, days[20])),
        keys=["x_lane"],
    )
    asked = shipped(*[("Q", "x", day) for day in (days[2], days[3], days[20], days[21], days[25])])
    windows = [Finds(("x_lane",), "drug", width) for width in (None, 30, 10)]
    answers = history.ask([*windows, SinceFind(("x_lane",), "drug")], asked)
    assert [answers[window].tolist() for window in windows] == [
        [0, 1, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 1, 0, 0, 0],
    ]
    np.testing.assert_array_equal(list(answers.values())[-1], [np.nan, 1, 18, np.nan, np.nan])


def test_an_outcome_waits_for_its_shipment(days):
    history = History.from_tables(shipped(), keys=["x_lane"])
    assert history.record(found(("A", 1.0, days[3]))).pending == 1
    asked, finds = shipped(("Q", "x", days[9])), Finds(("x_lane",), "drug")
    assert history.ask([finds], asked)[finds].tolist() == [0]
    change = history.observe(shipped(("A", "x", days[1])))
    assert (change.added, change.pending) == (1, 0)
    assert history.ask([finds], asked)[finds].tolist() == [1]


def test_rows_that_cannot_be_used_are_counted(days):
    history = History.from_tables(shipped(), keys=["x_lane"])
    change = history.observe(shipped(("A", "x", pd.NaT), (None, "x", days[0]), ("B", "x", days[0])))
    assert (change.added, change.refused) == (1, 2)
    assert change.reasons == {"no shipment_id": 1, "no filed_at": 1}
    outcomes = found(("B", 0.5, days[1]), ("B", 1.0, pd.NaT), (None, 1.0, days[1]), ("B", 0.0, days[1]))
    outcomes.loc[3, "weight"] = -1.0
    change = history.record(outcomes.assign(target=["drug", "drug", "drug", "drug"]))
    assert (change.added, change.refused, sorted(change.reasons.values())) == (0, 4, [1, 1, 1, 1])


def test_a_frozen_history_takes_nothing_in_and_stays(days):
    history = History.from_tables(shipped(("A", "x", days[0])), keys=["x_lane"])
    frozen = history.before(days[10])
    history.observe(shipped(("B", "x", days[1])))
    count = Shipments(("x_lane",))
    assert frozen.ask([count], shipped(("Q", "x", days[9])))[count].tolist() == [1]
    assert history.ask([count], shipped(("Q", "x", days[9])))[count].tolist() == [2]
    with pytest.raises(HistoryError, match="frozen"):
        frozen.observe(shipped(("C", "x", days[1])))
    assert frozen.version != history.version


def test_what_is_not_kept_is_named(days):
    history = History.from_tables(shipped(("A", "x", days[0])), keys=["x_lane"])
    with pytest.raises(HistoryError, match=r"no entity 'x_lan'\. Did you mean 'x_lane'"):
        history.ask([Shipments(("x_lan",))], shipped())
    with pytest.raises(HistoryError, match="no number 'gross_weight_kg'"):
        history.ask([Quantile(("x_lane",), "gross_weight_kg", 0.5)], shipped())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shipments("consignee"), "tuple"),
        (lambda: Shipments(("consignee",), days=0), "above 0"),
        (lambda: Quantile(("hs4",), "value_per_kg", 1.5), "between 0 and 1"),
        (lambda: Rate(("hs4",), "drug", prior=-1), "0 or more"),
    ],
)
def test_questions_that_say_nothing_are_refused(make, message):
    with pytest.raises(DefinitionError, match=message):
        make()


def test_names_are_distinct_and_predictable(world):
    assert len({question.name for question in world.QUESTIONS}) == len(world.QUESTIONS)
    assert Rate(("shipper",), "drug", days=365).name == "shipper_drug_rate_365d"
    assert Rate(("shipper",), "drug", prior=5).name == "shipper_drug_rate_prior5"
    assert SinceFind(("container",), "drug").name == "container_days_since_drug_find"
    assert needs([Distinct(("a",), "b")]) == (("a", "b"), ())
