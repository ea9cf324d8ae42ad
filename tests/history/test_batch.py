"""One pass over time gives the very bytes that the indexes give."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.history import History

few = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@given(data=st.data())
@few
def test_a_pass_over_time_is_the_index(world, data):
    questions = data.draw(world.questions)
    shipments, outcomes = data.draw(world.shipment_rows()), data.draw(world.outcome_rows())
    asking = data.draw(st.permutations(shipments + data.draw(world.shipment_rows(8))))
    history = History.from_tables(
        world.shipments_frame(shipments), world.outcomes_frame(outcomes), keys=world.KEYS, values=world.VALUES
    )
    if (horizon := data.draw(st.one_of(st.none(), world.moments))) is not None:
        history = history.before(pd.Timestamp(horizon, unit="us", tz="UTC"))
    asked = world.shipments_frame(asking)
    if asking:
        asked.loc[data.draw(st.lists(st.integers(0, len(asked) - 1), max_size=2)), "filed_at"] = pd.NaT
    by_index = history.ask(questions, asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omdrisk.history.lookups.LARGE", 0)
        by_pass = history.ask(questions, asked)
    for question in questions:
        assert by_index[question].tobytes() == by_pass[question].tobytes(), question.name
