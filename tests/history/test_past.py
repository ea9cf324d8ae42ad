"""A past in many parts answers as one in one part, byte for byte."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.history import History, Hops, Links
from omdrisk.history.answers import answer
from omdrisk.history.batches import hashed, moments
from omdrisk.history.past import LARGEST, SMALL, Past, _begin_of_equals

few = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@given(data=st.data())
@few
def test_parts_add_up(world, data):
    hops = [kind(world.KEYS, "drug", data.draw(st.integers(0, 3))) for kind in (Hops, Links)]
    questions = [*data.draw(world.questions), *hops]
    shipments, outcomes = data.draw(world.shipment_rows()), data.draw(world.outcome_rows())
    nothing = world.shipments_frame([])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omdrisk.history.past.SMALL", 0)
        patch.setattr("omdrisk.history.past.TOGETHER", data.draw(st.sampled_from([2, 4, 99])))
        pieces = History.from_tables(nothing, keys=world.KEYS, values=world.VALUES)
        while shipments or outcomes:
            cut = data.draw(st.integers(1, 8))
            if shipments and data.draw(st.booleans()):
                pieces.observe(world.shipments_frame(shipments[:cut]))
                shipments = shipments[cut:]
            else:
                pieces.record(world.outcomes_frame(outcomes[:cut]))
                outcomes = outcomes[cut:]
    past = pieces._current()
    asked = world.shipments_frame(data.draw(world.shipment_rows()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omdrisk.history.lookups.FEW", data.draw(st.sampled_from([0, 64])))
        found = pieces.ask(questions, asked)
    keys = hashed(pieces._keyring, asked, world.KEYS)
    alone = answer(past, questions, keys, moments(asked, "filed_at"))
    for question in questions:
        assert found[question].tobytes() == alone[question].tobytes(), question.name
    assert past.pending == int(np.count_nonzero(past.whole.facts.log_rows < 0))
    assert past.digest == past.whole.facts.digest
    assert (len(past), past.outcomes) == (len(past.whole.facts.shipments), len(past.whole.facts.log))


def test_no_change_gathers_much_and_parts_stay_few():
    sizes, moved = [100 * SMALL], 0
    for _ in range(1000):
        begin, size = len(sizes), SMALL
        while (least := _begin_of_equals(sizes[:begin], size)) < begin:
            size += sum(sizes[least:begin])
            begin = least
        assert size <= LARGEST
        sizes = [*sizes[:begin], size]
        moved += size
    assert sum(sizes) == 1100 * SMALL
    assert sizes[0] == 100 * SMALL
    assert moved < 4 * 1000 * SMALL
    assert len(sizes) < 8 + 4 * 1000 * SMALL / LARGEST


def test_what_is_new_is_seen_before_parts_are_gathered(tmp_path, monkeypatch):
    monkeypatch.setattr("omdrisk.history.past.SMALL", 1)
    moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(range(9), unit="D")
    shipments = pd.DataFrame({"shipment_id": list("abcdefghi"), "filed_at": moments, "x_lane": "x"})
    secret = "a secret of the agency"  # noqa: S105
    History.create(tmp_path / "history", keys=["x_lane"], secret=secret)
    writer, reader = (History.open(tmp_path / "history", secret) for _ in range(2))
    gather, seen = Past.gathered, []

    def gathered(past):
        seen.append((len(reader), len(past.parts)))
        return gather(past)

    monkeypatch.setattr(Past, "gathered", gathered)
    for place in range(9):
        writer.observe(shipments.iloc[[place]])
    assert [known for known, _ in seen] == list(range(1, 10))
    assert max(parts for _, parts in seen) <= 5
    assert len(writer._current().parts) < 5
    assert writer.version == reader.version


WITHOUT = """
import sys
sys.modules["numba"] = None
import pandas as pd
from omdrisk.history import Finds, History, Hops, Quantile, Shipments
moments = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(range(9), unit="D")
shipments = pd.DataFrame({"shipment_id": list("abcdefghi"), "filed_at": moments, "x_lane": list("xyz") * 3})
shipments["gross_weight_kg"] = range(9)
outcomes = pd.DataFrame({"shipment_id": ["a"], "target": "drug", "outcome": 1.0, "known_at": moments[2:3]})
history = History.from_tables(shipments, outcomes, keys=["x_lane"], values=["gross_weight_kg"])
by = ("x_lane",)
questions = [Shipments(by), Finds(by, "drug"), Hops(by, "drug"), Quantile(by, "gross_weight_kg", 1.0)]
print(*(answers[-3] for answers in history.ask(questions, shipments).values()))
"""


def test_answers_without_a_compiler():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2.0", "1.0", "0.0", "3.0"]
