"""Compiled look-ups against numpy alone: many rows in several blocks, few rows, one row, over several parts."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from omdrisk.entities import Keyring
from omdrisk.history import Distinct, History, Hops, Links, Quantile, Shipments
from omdrisk.history.answers import answer
from omdrisk.history.arrays import NEVER, NO_TIME
from omdrisk.history.batches import hashed, moments
from omdrisk.history.kernels import joint_keys
from omdrisk.history.lookups import KEPT, lookups
from omdrisk.history.opened import Opened
from omdrisk.history.rowwise import BLOCK


def drawn(world, rng, count, first=0):
    """Shipments of few keys, some of them missing, and outcomes of a third of them, many withdrawn later."""
    pick = lambda *names: rng.choice(np.array(names, dtype=object), count)  # noqa: E731
    rows = {
        "shipment_id": [f"s{number}" for number in range(first, first + count)],
        "filed_at": rng.integers(0, 60 * world.DAY // world.HOUR, count) * world.HOUR,
        world.VALUES[0]: np.round(rng.lognormal(3, 2, count), 1),
        world.PARTY: pick("a", "b", "c", None),
        "x_lane": pick(*"defghijkl", None),
        "x_goods": pick("m", "n", "o"),
    }
    told = np.flatnonzero(rng.random(count) < 0.3)
    twice = np.repeat(told, 2)
    outcomes = {
        "shipment_id": [f"s{first + number}" for number in twice],
        "target": "drug",
        "outcome": np.tile([1.0, np.nan], told.size) * (rng.random(twice.size) < 0.8),
        "known_at": rows["filed_at"][twice] + rng.integers(0, 20 * world.DAY, twice.size),
        "weight": rng.choice([1.0, 0.3], twice.size),
        "rip_off": rng.random(twice.size) < 0.1,
    }
    return tuple(
        pd.DataFrame(each).to_dict("records")
        for each in ({name: list(column) for name, column in rows.items()}, outcomes)
    )


@pytest.fixture(scope="module")
def scene(world):
    """A past in four parts; questions; rows that ask: their keys and their moments, three of them missing."""
    rng = np.random.default_rng(11)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omdrisk.history.past.SMALL", 0)
        patch.setattr("omdrisk.history.past.TOGETHER", 99)
        history = History.from_tables(world.shipments_frame([]), keys=world.KEYS, values=world.VALUES)
        for part in range(2):
            shipments, outcomes = drawn(world, rng, 300, first=300 * part)
            history.observe(world.shipments_frame(shipments))
            history.record(world.outcomes_frame(outcomes))
    asking = world.shipments_frame(drawn(world, rng, 3 * BLOCK)[0])
    asking.loc[[5, 6, 2000], "filed_at"] = pd.NaT
    hops = [
        kind(entities, "drug", far)
        for kind in (Hops, Links)
        for entities in (("x_lane",), world.KEYS)
        for far in (0, 2)
    ]
    past, questions = history._current(), (*world.QUESTIONS, *hops)
    assert len(past.parts) == 4
    return past, questions, hashed(history._keyring, asking, world.KEYS), moments(asking, "filed_at")


@pytest.mark.parametrize("horizon", [NEVER, 40 * 86_400_000_000])
def test_look_ups_are_numpy(scene, horizon):
    past, questions, keys, asked = scene
    assert (asked == NO_TIME).sum() == 3
    expected = answer(past, questions, keys, asked, horizon)
    many = lookups(past, questions, keys, asked, horizon)
    for question, found in zip(questions, many, strict=True):
        assert found.tobytes() == expected[question].tobytes(), question.name
    for rows in (slice(0, 60), slice(7, 8), slice(0, 0)):
        few = lookups(past, questions, {name: column[rows] for name, column in keys.items()}, asked[rows], horizon)
        assert few.tobytes() == many[:, rows].tobytes()


def test_each_question_alone_is_the_question_among_others(scene):
    past, questions, keys, asked = scene
    every = lookups(past, questions, keys, asked, NEVER)
    for place in range(0, len(questions), 7):
        assert lookups(past, questions[place : place + 1], keys, asked, NEVER).tobytes() == every[place].tobytes()


def test_a_past_is_opened_once_for_its_questions_and_not_for_ever(scene, monkeypatch):
    past, _, keys, asked = scene
    opened = []
    monkeypatch.setattr("omdrisk.history.lookups.Opened", lambda *given: opened.append(given) or Opened(*given))
    lists = [(Shipments(("x_lane",), days),) for days in range(1, KEPT + 3)]
    for questions in (*lists, lists[-1]):
        lookups(past, questions, keys, asked, NEVER)
    assert len(opened) == len(lists)
    assert len(past.opened) <= KEPT


def test_joint_keys_are_the_keyrings():
    ring, rng = Keyring(b"a secret of the agency"), np.random.default_rng(3)
    entities = rng.integers(-(2**63), 2**63 - 1, (3, 500))
    entities[rng.random(entities.shape) < 0.1] = 0
    rows = rng.permutation(500)
    for columns in ([0], [1, 0], [2, 0, 1]):
        expected = ring.joint(*entities[columns])[rows]
        assert joint_keys(entities, np.array(columns), rows).tolist() == expected.tolist()
    assert joint_keys(entities, np.array([], dtype=np.int64), rows).tolist() == [1] * 500


def test_equal_questions_are_one_object():
    question = Quantile(("hs4",), "value_per_kg", 0.25)
    assert Quantile(by=("hs4",), value="value_per_kg", q=0.25, days=None) is question
    assert pickle.loads(pickle.dumps(question)) is copy.deepcopy(question) is question  # noqa: S301
    assert (
        len({Shipments(("hs4",), 30), Shipments(("hs4",), 30.0), Shipments(("hs4",)), Distinct(("hs4",), "hs4")}) == 3
    )
