"""Networks: fronts age before their first load, are given up after a seizure, and networks learn between periods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.simulation.clock import DAY
from omdrisk.simulation.control import FOUND
from omdrisk.simulation.parameters import read_parameters
from omdrisk.simulation.play import Play, play
from omdrisk.simulation.rows import BIT, LOAD, TELLS


def loads(played: Play) -> pd.DataFrame:
    frame = pd.DataFrame(
        {name: played.rows[name] for name in ("moment", "network", "local", "role", "result", "private", "tells")}
    )
    frame["mode"] = played.rows["mode"]
    return frame


@pytest.fixture(scope="module")
def played() -> Play:
    return play(5, 60_000, read_parameters({"networks": {"stubborn": 0.0}}))


def test_a_seized_front_is_given_up(played: Play) -> None:
    frame = loads(played)
    frame = frame[(frame["role"] == LOAD) & ~frame["private"]]
    seized = frame[frame["result"] == FOUND].groupby(["network", "local"])["moment"].min().rename("seized")
    assert len(seized) > 20
    later = frame.join(seized, on=["network", "local"], how="inner")
    reaction = played.parameters["networks"]["reaction_days"] + 7 + 3
    assert (later["moment"] <= later["seized"] + reaction * DAY).all()


def test_fronts_send_clean_goods_first(played: Play) -> None:
    frame = loads(played).sort_values("moment")
    frame = frame[(frame["network"] >= 0) & ~frame["private"]]
    first = frame.drop_duplicates(["network", "local"])
    assert 0.3 < (first["role"] != LOAD).mean() < 0.95


def test_fronts_share_telephones_and_addresses(played: Play) -> None:
    frame = loads(played)
    fronts = frame[frame["role"] == LOAD].drop_duplicates("local")
    for shared in (played.parties.phone, played.parties.address):
        of_fronts = pd.Series(shared[fronts["local"]]).duplicated(keep=False).mean()
        honest = frame[(frame["role"] == 0) & ~frame["private"]]["local"].unique()
        of_honest = pd.Series(shared[honest]).duplicated(keep=False).mean()
        assert of_fronts > of_honest + 0.2


def test_loads_show_more_tells_than_honest_trade(played: Play) -> None:
    frame = loads(played)
    for name in TELLS:
        shows = (frame["tells"] & BIT[name]) != 0
        if name == "unsealed":
            shows = shows[frame["mode"] == 0]
        load = shows[frame["role"] == LOAD].mean()
        honest = shows[frame["role"] == 0].mean()
        assert honest < load < 0.8, name


def test_networks_stand_still_when_told_so() -> None:
    values = read_parameters({"adaptation": {"strength": 0.0}})
    still, learning = play(5, 60_000, values), play(5, 60_000, read_parameters())
    assert _kept(still) > _kept(learning)


def _kept(played: Play) -> float:
    """Mean share of the tells of a network's first loads that its last loads still show."""
    frame = loads(played)
    frame = frame[frame["role"] == LOAD].sort_values("moment")
    kept = []
    for _, own in frame.groupby("network"):
        if len(own) < 10:
            continue
        bits = np.array([[(value & BIT[name]) != 0 for name in TELLS] for value in own["tells"]])
        half = len(bits) // 2
        strong = bits[:half].mean(axis=0) > 0.4
        if strong.any():
            kept.append(bits[half:][:, strong].mean())
    return float(np.mean(kept))
