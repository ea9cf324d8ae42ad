"""Hops to an earlier find against a search that reads everything each time."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.errors import DefinitionError
from omdrisk.history import History, Hops, Links, needs

few = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def searched(world, oracle, question, row, horizon) -> float:
    until = min(row["filed_at"], horizon)
    earlier = [other for other in oracle.shipments if other["filed_at"] < until]

    def nodes(shipment):
        return {(name, shipment[name]) for name in question.entities if shipment[name] is not None}

    marked = set()
    for other in earlier:
        for name, value in nodes(other):
            spell = oracle._standing(other, question.target, until, party=name == world.PARTY)
            if spell and spell[1]:
                marked.add((name, value))
    reached = nodes(row)
    for count in range(question.at_most + 1):
        if reached & marked:
            return count
        reached |= {node for other in earlier if nodes(other) & reached for node in nodes(other)}
    return math.nan


def linked(world, oracle, question, row, horizon) -> float:
    given = [name for name in question.entities if row[name] is not None]
    rows = [{**row, **{other: None for other in question.entities if other != name}} for name in given]
    near = [searched(world, oracle, question, mine, horizon) for mine in rows]
    return float(sum(not math.isnan(steps) for steps in near)) if given else math.nan


@given(data=st.data())
@few
def test_hops_equal_a_search(world, data):
    shipments, outcomes = data.draw(world.shipment_rows()), data.draw(world.outcome_rows())
    asking = shipments + data.draw(world.shipment_rows(8))
    names = data.draw(st.permutations(world.KEYS))[: data.draw(st.integers(1, 3))]
    asked = [Hops(tuple(names), "drug", at_most) for at_most in (0, 1, 2, 3)]
    history = History.from_tables(
        world.shipments_frame(shipments), world.outcomes_frame(outcomes), keys=world.KEYS, values=world.VALUES
    )
    horizon = 2**63 - 1
    if data.draw(st.booleans()):
        horizon = data.draw(world.moments)
        history = history.before(pd.Timestamp(horizon, unit="us", tz="UTC"))
    oracle = world.Oracle(shipments, outcomes)
    asked += [Links(question.entities, "drug", question.at_most) for question in asked]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omdrisk.history.lookups.FEW", data.draw(st.sampled_from([0, 64])))
        answers = history.ask(asked, world.shipments_frame(asking))
    for question, found in answers.items():
        search = linked if isinstance(question, Links) else searched
        expected = [search(world, oracle, question, row, horizon) for row in asking]
        np.testing.assert_array_equal(found, np.array(expected, dtype=float), err_msg=question.name)


def test_hops_that_say_nothing_are_refused():
    with pytest.raises(DefinitionError, match="tuple"):
        Hops((), "drug")
    with pytest.raises(DefinitionError, match="0 or more"):
        Hops(("consignee",), "drug", at_most=-1)
    assert needs([Hops(("shipper", "consignee"), "drug")]) == (("consignee", "shipper"), ())
