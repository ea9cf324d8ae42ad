"""Each kind that asks the history, against a loop over all earlier shipments."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from omdrisk.entities import entity, number
from omdrisk.features import View
from omdrisk.features.kinds import kinds
from omdrisk.features.kinds.norm import LEAST_SPREAD, QUARTILES
from omdrisk.history import History

NAN = float("nan")
DAY = pd.Timedelta(days=1)
KEYS = ("consignee", "shipper", "container", "hs2", "origin")


@pytest.fixture(scope="module")
def outcomes(shipments):
    rng = np.random.default_rng(11)
    chosen = shipments.sample(150, random_state=3)
    return pd.DataFrame(
        {
            "shipment_id": chosen["shipment_id"].to_numpy(),
            "target": pd.array(["drug"] * len(chosen), dtype="str"),
            "outcome": (rng.random(len(chosen)) < 0.3).astype(float),
            "known_at": pd.DatetimeIndex(chosen["filed_at"]) + pd.to_timedelta(rng.integers(1, 20, len(chosen)), "D"),
            "source": pd.array(["inspection"] * len(chosen), dtype="str"),
            "weight": 1.0,
            "rip_off": False,
        }
    ).assign(known_at=lambda table: table["known_at"].astype("datetime64[us, UTC]"))


@pytest.fixture(scope="module")
def history(shipments, outcomes):
    values = ("gross_weight_kg", "weight_per_package")
    return History.from_tables(shipments, outcomes, keys=KEYS, values=values, secret=b"0123456789abcdef")


class Past:
    """The same answers from a loop over rows."""

    def __init__(self, shipments, outcomes):
        self.filed = list(shipments["filed_at"])
        self.ids = list(shipments["shipment_id"])
        self.entities = {name: [None if pd.isna(v) else v for v in entity(shipments, name)] for name in KEYS}
        self.weights = number(shipments, "weight_per_package").tolist()
        self.outcomes = {row.shipment_id: row for row in outcomes.itertuples()}

    def key(self, row, by):
        parts = tuple(self.entities[name][row] for name in by)
        return None if None in parts else parts

    def earlier(self, row, by, days=None):
        key = self.key(row, by)
        start = None if days is None else self.filed[row] - days * DAY
        return [
            other
            for other in range(len(self.filed))
            if self.key(other, by) == key
            and self.filed[other] < self.filed[row]
            and (start is None or self.filed[other] >= start)
        ]

    def finds(self, row, by, days=None):
        key, start = self.key(row, by), None if days is None else self.filed[row] - days * DAY
        found = [
            self.outcomes[self.ids[other]]
            for other in range(len(self.filed))
            if self.ids[other] in self.outcomes and (not by or self.key(other, by) == key)
        ]
        known = [outcome for outcome in found if outcome.known_at < self.filed[row]]
        return [outcome for outcome in known if start is None or outcome.known_at >= start]

    def each(self, by, answer):
        return [NAN if self.key(row, by) is None else answer(row) for row in range(len(self.filed))]


@pytest.fixture(scope="module")
def past(shipments, outcomes):
    return Past(shipments, outcomes)


@pytest.fixture(scope="module")
def compute(shipments, history):
    view = View(shipments, history=history)

    def run(word, **arguments):
        return kinds()[word].read(arguments).compute(view)

    return run


@pytest.mark.parametrize("by", [["consignee"], ["consignee", "shipper"]])
@pytest.mark.parametrize("days", [None, 30])
def test_count(compute, past, by, days):
    expected = past.each(by, lambda row: len(past.earlier(row, by, days)))
    arguments = {} if days is None else {"days": days}
    np.testing.assert_array_equal(compute("count", by=by, **arguments), expected)


@pytest.mark.parametrize(("word", "which"), [("days_since_first", min), ("days_since_last", max)])
def test_days_since(compute, past, word, which):
    def slow(row):
        earlier = [past.filed[other] for other in past.earlier(row, ["container"])]
        return (past.filed[row] - which(earlier)) / DAY if earlier else NAN

    np.testing.assert_allclose(compute(word, by=["container"]), past.each(["container"], slow), rtol=1e-12)


def test_distinct(compute, past):
    def slow(row):
        return len({past.entities["shipper"][other] for other in past.earlier(row, ["consignee"], 90)} - {None})

    found = compute("distinct", by=["consignee"], of="shipper", days=90)
    np.testing.assert_array_equal(found, past.each(["consignee"], slow))


def test_burst(compute, past):
    def slow(row):
        recent, long = (len(past.earlier(row, ["consignee"], days)) for days in (7, 180))
        return (recent + 1) / (long * 7 / 180 + 1)

    found = compute("burst", by=["consignee"], days=7, against_days=180)
    np.testing.assert_allclose(found, past.each(["consignee"], slow), rtol=1e-12)


def test_share(compute, past):
    def slow(row):
        whole = past.earlier(row, ["consignee"])
        if past.key(row, ["hs2"]) is None or not whole:
            return NAN
        return len(past.earlier(row, ["consignee", "hs2"])) / len(whole)

    found = compute("share", by=["consignee"], of="hs2")
    np.testing.assert_allclose(found, past.each(["consignee"], slow), rtol=1e-12)


@pytest.mark.parametrize("days", [None, 60])
def test_finds(compute, past, days):
    def slow(row):
        return sum(outcome.outcome == 1 for outcome in past.finds(row, ["consignee"], days))

    arguments = {} if days is None else {"days": days}
    found = compute("finds", by=["consignee"], target="drug", **arguments)
    np.testing.assert_array_equal(found, past.each(["consignee"], slow))


def test_rate(compute, past):
    def slow(row):
        everything = past.finds(row, [])
        if not everything:
            return NAN
        own = past.finds(row, ["consignee"])
        base = sum(outcome.outcome for outcome in everything) / len(everything)
        return (sum(outcome.outcome for outcome in own) + 5 * base) / (len(own) + 5)

    found = compute("rate", by=["consignee"], target="drug", prior=5)
    np.testing.assert_allclose(found, past.each(["consignee"], slow), rtol=1e-12)


def test_days_since_find(compute, past):
    def slow(row):
        finds = [outcome.known_at for outcome in past.finds(row, ["consignee"]) if outcome.outcome == 1]
        return (past.filed[row] - max(finds)) / DAY if finds else NAN

    found = compute("days_since_find", by=["consignee"], target="drug")
    np.testing.assert_allclose(found, past.each(["consignee"], slow), rtol=1e-12)


def test_near_case(compute, past):
    names = ["consignee", "container", "shipper"]
    expected = []
    for row in range(len(past.filed)):
        given = [name for name in names if past.key(row, [name]) is not None]
        near = [name for name in given if any(o.outcome == 1 for o in past.finds(row, [name]))]
        expected.append(len(near) if given else NAN)
    np.testing.assert_array_equal(compute("near_case", entities=names, target="drug"), expected)


def test_norm_backs_off_and_states_what_is_usual(shipments, history, past):
    kind = kinds()["norm"].read({"value": "weight_per_package", "by": [["hs2", "origin"], ["hs2"]], "min_cell": 12})
    scores, norms = [], []
    for row, value in enumerate(past.weights):
        score, usual = NAN, NAN
        for by in (["hs2", "origin"], ["hs2"]):
            earlier = [past.weights[other] for other in past.earlier(row, by)] if past.key(row, by) else []
            known = [weight for weight in earlier if not math.isnan(weight)]
            if len(known) >= 12:
                low, usual, high = (float(np.quantile(known, q, method="lower")) for q in (0.25, 0.5, 0.75))
                usual = usual if usual > 0 else NAN
                if value > 0 and usual > 0 and low > 0:
                    spread = max((math.log(high) - math.log(low)) / QUARTILES, LEAST_SPREAD)
                    score = (math.log(value) - math.log(usual)) / spread
                break
        scores.append(score)
        norms.append(usual)
    view = View(shipments, history=history)
    assert np.isfinite(scores).sum() > 50
    np.testing.assert_allclose(kind.compute(view), scores, rtol=1e-9)
    np.testing.assert_array_equal(kind.norms(view), norms)
    np.testing.assert_array_equal(kind.shown(view), past.weights)


def test_burst_states_what_was_expected(shipments, history):
    kind = kinds()["burst"].read({"by": ["consignee"], "days": 7, "against_days": 70})
    view = View(shipments, history=history)
    count = kinds()["count"].read({"by": ["consignee"], "days": 70}).compute(view)
    np.testing.assert_allclose(kind.norms(view), count / 10)
    np.testing.assert_array_equal(
        kind.shown(view), kinds()["count"].read({"by": ["consignee"], "days": 7}).compute(view)
    )


EVERY = [
    ("count", {"by": ["consignee"]}),
    ("days_since_first", {"by": ["consignee"]}),
    ("days_since_last", {"by": ["consignee"]}),
    ("distinct", {"by": ["consignee"], "of": "shipper"}),
    ("burst", {"by": ["consignee"], "days": 7, "against_days": 70}),
    ("share", {"by": ["consignee"], "of": ["hs2"]}),
    ("finds", {"by": ["consignee"], "target": "drug"}),
    ("rate", {"by": ["consignee"], "target": "drug"}),
    ("days_since_find", {"by": ["consignee"], "target": "drug"}),
    ("near_case", {"entities": ["consignee"], "target": "drug"}),
    ("norm", {"value": "weight_per_package", "by": [["hs2"]]}),
]


@pytest.mark.parametrize(("word", "arguments"), EVERY)
def test_without_a_history_everything_is_missing(shipments, word, arguments):
    kind = kinds()[word].read(arguments)
    assert kind.questions()
    assert np.isnan(kind.compute(View(shipments))).all()


def test_the_history_is_asked_once(shipments):
    asked = []

    class Counting:
        def ask(self, questions, table):
            asked.append(list(questions))
            return {question: np.zeros(len(table)) for question in questions}

    chosen = [kinds()[word].read(arguments) for word, arguments in EVERY]
    questions = [question for kind in chosen for question in kind.questions()]
    view = View(shipments, history=Counting(), questions=questions)
    for kind in chosen:
        kind.compute(view)
    assert asked == [list(dict.fromkeys(questions))]
