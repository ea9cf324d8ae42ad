"""What networks see of a selection: the lanes and the goods that it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest

from omdrisk.errors import DefinitionError
from omdrisk.simulation.facts import facts
from omdrisk.simulation.parameters import read_parameters
from omdrisk.simulation.rows import EXPORT, blank
from omdrisk.simulation.watching import Watch


def trade(count: int) -> dict[str, np.ndarray]:
    """Return imports of all administrations by sea, from the first ports that there are."""
    rng, rows = np.random.default_rng(0), blank(count)
    rows["administration"] = rng.integers(0, 8, count).astype(np.int8)
    rows["loading"] = rng.integers(0, 10, count).astype(np.int16)
    rows["good"] = rng.integers(0, len(facts().goods.name), count).astype(np.int16)
    return rows


def lane_of(rows: dict[str, np.ndarray]) -> list[tuple[int, int, int]]:
    country = facts().places.country[rows["loading"]]
    return list(zip(rows["administration"].tolist(), rows["mode"].tolist(), country.tolist(), strict=True))


def test_nothing_is_quiet_before_anything_was_seen() -> None:
    watch = Watch(facts(), read_parameters())
    assert watch.quiet_lane(np.random.default_rng(0)) is None
    rows = trade(50)
    rows["direction"][:] = EXPORT
    watch.see(rows, np.ones(50, dtype=bool))
    assert watch.quiet_lane(np.random.default_rng(0)) is None


def test_the_quiet_lane_is_the_one_that_counting_finds() -> None:
    watch = Watch(facts(), read_parameters({"adaptation": {"watch_forgets": 1.0, "watch_quiet": 0.01}}))
    rows, rng = trade(4_000), np.random.default_rng(1)
    selected = rng.random(4_000) < 0.2 + 0.6 * (rows["administration"] != 3)
    for week in range(4):
        part = slice(week * 1_000, (week + 1) * 1_000)
        watch.see({name: values[part] for name, values in rows.items()}, selected[part])
    counted: dict[tuple[int, int, int], list[bool]] = {}
    for lane, looked in zip(lane_of(rows), selected.tolist(), strict=True):
        counted.setdefault(lane, []).append(looked)
    usual = selected.mean()
    rates = {lane: (sum(told) + 20 * usual) / (len(told) + 20) for lane, told in counted.items()}
    assert watch.quiet_lane(rng) == min(rates, key=lambda lane: rates[lane])
    goods = watch.quiet_goods(3, 0, facts().country("CN"))
    assert 0 < len(goods) <= 3
    assert all(facts().goods.modes[good, 0] and good in rows["good"][rows["administration"] == 3] for good in goods)


def test_what_is_long_ago_is_forgotten() -> None:
    watch = Watch(facts(), read_parameters({"adaptation": {"watch_forgets": 0.1, "watch_quiet": 0.01}}))
    rows = trade(2_000)
    for office in (0, 0, 5):  # selected at first is all but the first administration, then all but the sixth
        watch.see(rows, rows["administration"] != office)
    quiet = watch.quiet_lane(np.random.default_rng(0))
    assert quiet is not None
    assert quiet[0] == 5


def test_an_answer_that_is_not_there_is_refused() -> None:
    with pytest.raises(DefinitionError, match="'move' is unknown"):
        read_parameters({"adaptation": {"answers": "move"}})
