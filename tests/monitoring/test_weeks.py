"""Drift by weeks: no alarm where nothing moved, an alarm where something did, and what to do in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import omdrisk
from omdrisk.errors import InputError
from omdrisk.history import History
from omdrisk.monitoring import Drift, weekly
from omdrisk.monitoring.advice import advise
from omdrisk.monitoring.chance import Past, indexes, limits, tally
from omdrisk.monitoring.signals import unseen
from omdrisk.training import train
from tests.phases import world

SIGNALS, BINS, WEEKS, PER_WEEK = 25, 6, 14, 200


def made_up(rng: np.random.Generator, weeks: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return codes, weeks and days of shipments; ships come in, so that shipments of a day are alike."""
    rows = weeks * PER_WEEK
    day = rng.integers(0, 7 * weeks, rows)
    mood = rng.normal(0, 0.2, (7 * weeks, SIGNALS))
    value = rng.normal(0, 1, (rows, SIGNALS)) + mood[day]
    codes = np.digitize(value, [-1.2, -0.4, 0.3, 1.0, 1.6]).astype(np.int16)
    return codes, day // 7, day


def test_under_no_drift_few_weeks_alarm() -> None:
    """Of new weeks of the same make, about one in twenty has any of its 25 signals beyond its limit."""
    rng = np.random.default_rng(4)
    alarms = judged = 0
    for _ in range(6):
        codes, week, day = made_up(rng, WEEKS + 10)
        old = week < WEEKS
        nowhere = np.full(int(old.sum()), -1)
        past = Past(codes[old], week[old], day[old], nowhere, BINS, 0)
        limit = limits(past, PER_WEEK, alarm=0.05, draws=120, seed=1)
        for each in range(WEEKS, WEEKS + 10):
            rows = codes[week == each]
            index = indexes(past.tally(), tally(rows, np.full(len(rows), -1), BINS, 0))
            alarms += bool((index > limit).any())
            judged += 1
    assert judged == 60
    # a binomial of 60 at 5 % exceeds 8 once in some hundred times; twice the share would exceed it often
    assert alarms <= 8


def test_a_moved_signal_is_beyond_its_limit() -> None:
    rng = np.random.default_rng(5)
    codes, week, day = made_up(rng, WEEKS + 1)
    old = week < WEEKS
    past = Past(codes[old], week[old], day[old], np.full(int(old.sum()), -1), BINS, 0)
    rows = codes[~old].copy()
    rows[:, 3] = np.minimum(rows[:, 3] + 1, BINS - 1)
    index = indexes(past.tally(), tally(rows, np.full(len(rows), -1), BINS, 0))[0]
    limit = limits(past, len(rows), alarm=0.05, draws=120, seed=1)[0]
    assert (index > limit).tolist() == [at == 3 for at in range(SIGNALS)]


def test_the_index_is_that_of_a_dull_loop() -> None:
    rng = np.random.default_rng(6)
    before, now = (rng.integers(0, 2, (300, 2)).astype(np.int16) for _ in range(2))
    place = rng.integers(-1, 2, 300)
    told = indexes(tally(before, place, 2, 2), tally(now, place, 2, 2))
    for group in range(3):
        for signal in range(2):
            mine = np.ones(300, dtype=bool) if group == 0 else place == group - 1
            expected = 0.0
            shares = [[(codes[mine, signal] == at).sum() + 0.5 for at in range(2)] for codes in (before, now)]
            for one, two in zip(*shares, strict=True):
                p, q = one / sum(shares[0]), two / sum(shares[1])
                expected += (q - p) * np.log(q / p)
            assert told[group, signal] == pytest.approx(expected)


def test_few_past_weeks_are_refused() -> None:
    codes = np.zeros((10, 1), dtype=np.int16)
    week = np.arange(10) % 3
    with pytest.raises(InputError, match="at least 4 past weeks"):
        Past(codes, week, week, week, 1, 0)


def test_unseen_looks_back_ninety_days_and_no_further() -> None:
    filed = pd.to_datetime(["2023-01-01", "2023-03-31", "2023-07-01", "2023-07-02"], utc=True)
    rows = pd.DataFrame({"filed_at": filed, "x_office": pd.Series(["A", "A", "A", None], dtype="str")})
    assert unseen(rows, "x_office").tolist()[:3] == [1.0, 0.0, 1.0]
    assert np.isnan(unseen(rows, "x_office")[3])


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    return world.tables(12_000)


def judged(
    tables: tuple[pd.DataFrame, pd.DataFrame], shipments: pd.DataFrame, folder: Path, **options: object
) -> Drift:
    outcomes = tables[1]
    if not folder.exists():
        recipe = world.recipe("drug", ["consignee_rate", "lane_rate", "weight", "packing"])
        head = train(recipe, tables[0], outcomes, as_of="2023-01-15", catalog=world.catalog())
        omdrisk.save_bundle([head], folder)
    catalog = world.catalog()
    from omdrisk.features import history_keys, history_values

    history = History.from_tables(shipments, outcomes, keys=history_keys(catalog), values=history_values(catalog))
    scorer = omdrisk.load(folder, history=history)
    return weekly(scorer, shipments, outcomes, start="2023-05-01", past_weeks=14, draws=100, seed=2, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drift") / "bundle"


def test_a_calm_world_gives_nothing_to_act_on(tables: tuple[pd.DataFrame, pd.DataFrame], folder: Path) -> None:
    found = judged(tables, tables[0], folder)
    assert len(found.weeks) >= 14
    assert (found.weeks["verdict"] == "act").mean() <= 1 / 14
    assert (found.weeks["verdict"] != "steady").mean() <= 0.25
    kinds = set(found.table["kind"])
    assert kinds == {"feature", "score", "missing", "unseen", "base_rate", "calibration"}


@pytest.mark.parametrize(
    ("plant", "kind", "name"),
    [
        (
            lambda rows, at: rows.assign(
                gross_weight_kg=rows["gross_weight_kg"].where(~at, rows["gross_weight_kg"] * 4)
            ),
            "feature",
            "weight",
        ),
        (lambda rows, at: rows.assign(package_type=rows["package_type"].where(~at)), "missing", "package_type"),
    ],
)
def test_what_is_planted_in_one_administration_is_found_there(
    tables: tuple[pd.DataFrame, pd.DataFrame], folder: Path, plant: object, kind: str, name: str
) -> None:
    shipments = tables[0]
    at = (shipments["filed_at"] >= "2023-06-05") & shipments["country_of_report"].eq("TH")
    found = judged(tables, plant(shipments, at), folder)
    assert found.verdict == "act"
    advice = next(one for one in found.advice if one.code == kind)
    assert name in advice.names
    assert "TH" in advice.where
    # the fifth week is the first with whole weeks of it
    assert "2023-06-05" <= advice.since <= "2023-06-19"
    early = found.table[(found.table["week"] < "2023-06-05") & (found.table["name"] == name)]
    assert (early["verdict"] != "act").all()


def test_a_doubled_base_rate_is_seen_in_random_picks(tables: tuple[pd.DataFrame, pd.DataFrame], folder: Path) -> None:
    shipments, outcomes = tables
    filed = shipments.set_index("shipment_id")["filed_at"].reindex(outcomes["shipment_id"])
    late = (filed >= "2023-05-01").to_numpy() & outcomes["target"].eq("drug").to_numpy()
    rng = np.random.default_rng(3)
    more = outcomes.assign(outcome=np.where(late & (rng.random(len(outcomes)) < 0.5), 1.0, outcomes["outcome"]))
    found = judged((shipments, more), shipments, folder)
    rates = found.table[found.table["kind"] == "base_rate"]
    assert (rates["now"] > 2 * rates["before"]).all()
    assert "base_rate" in {one.code for one in found.advice}


def test_nothing_moved_says_so() -> None:
    week = pd.Timestamp("2023-05-01", tz="UTC")
    steady = {"week": week, "kind": "score", "name": "drug", "ratio": 0.4, "where": "", "verdict": "steady"}
    assert [one.code for one in advise(pd.DataFrame([steady]))] == ["nothing"]


def test_the_picture_is_drawn_in_greys(tables: tuple[pd.DataFrame, pd.DataFrame], folder: Path) -> None:
    axes = judged(tables, tables[0], folder).plot(most=5)
    assert axes.images[0].get_cmap().name == "Greys"
    assert len(axes.get_yticklabels()) == 5
