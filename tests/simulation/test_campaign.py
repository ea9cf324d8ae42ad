"""A campaign: the past stands, the weeks to come answer to what is seized, and luck belongs to the shipment."""

from __future__ import annotations

import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.simulation import Campaign, campaign

SEED, SIZE, WEEKS = 3, 8_000, 10


@pytest.fixture(scope="module")
def made() -> Campaign:
    return campaign(SEED, SIZE, {"totals": {"drug": 0.05}}, start="V", weeks=WEEKS)


@pytest.fixture(scope="module")
def left(made: Campaign) -> list[pd.DataFrame]:
    return walked(made, adapts=True, seize=False)


@pytest.fixture(scope="module")
def seized(made: Campaign) -> list[pd.DataFrame]:
    return walked(made, adapts=True, seize=True)


def walked(made: Campaign, *, adapts: bool, seize: bool) -> list[pd.DataFrame]:
    branch, seized, weeks = made.branch(adapts=adapts), [], []
    while (week := branch.next_week(seized)) is not None:
        table = week.shipments.merge(week.truth, on="shipment_id").merge(
            week.inspections[["shipment_id", "outcome", "method"]], on="shipment_id"
        )
        weeks.append(table)
        hidden = week.truth["drug"].astype(bool) | week.truth["wildlife"].astype(bool)
        seized = week.shipments["shipment_id"][hidden.to_numpy()].tolist() if seize else []
    return weeks


def test_the_past_is_before_and_the_weeks_are_after(made: Campaign, left: list[pd.DataFrame]) -> None:
    assert (made.past.shipments["filed_at"] < made.start).all()
    assert made.past.truth["drug"].sum() > 20
    assert len(made.past.inspections) > 100
    assert len(made.past.cases) > 5
    assert len(left) == made.weeks == WEEKS
    for number, week in enumerate(left):
        start = made.start + pd.Timedelta(days=7 * number)
        assert ((week["filed_at"] >= start) & (week["filed_at"] < start + pd.Timedelta(days=7))).all()
    together = pd.concat(left)["shipment_id"]
    assert together.is_unique
    assert not together.isin(made.past.shipments["shipment_id"]).any()


def test_a_branch_changes_no_other(made: Campaign, left: list[pd.DataFrame], seized: list[pd.DataFrame]) -> None:
    again = walked(made, adapts=True, seize=False)
    assert not seized[-1].equals(left[-1])
    for one, other in zip(left, again, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_networks_that_do_not_answer_do_the_same_whatever_is_seized(made: Campaign, left: list[pd.DataFrame]) -> None:
    for one, other in zip(left, walked(made, adapts=False, seize=True), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_networks_that_answer_give_up_fronts_that_were_seized(
    left: list[pd.DataFrame], seized: list[pd.DataFrame]
) -> None:
    def loads_of_a_firm(weeks: list[pd.DataFrame]) -> float:
        table = pd.concat(weeks)
        loads = table[(table["role"] == "front") & table["transport_mode"].isin(["1", "4"]) & ~table["express"]]
        return float(loads.groupby(["network", "consignee_name"])["shipment_id"].count().mean())

    assert loads_of_a_firm(seized) < loads_of_a_firm(left)


def test_honest_trade_is_the_same_in_every_branch(left: list[pd.DataFrame], seized: list[pd.DataFrame]) -> None:
    honest = [set(table.loc[table["role"] == "licit", "shipment_id"]) for table in map(pd.concat, (left, seized))]
    stopped = honest[1] - honest[0]
    assert honest[0] <= honest[1]
    complicit = set(pd.concat(left).loc[lambda table: table["role"] == "complicit", "shipment_id"])
    assert stopped <= complicit  # traders who stopped carrying go on as honest ones


def test_luck_belongs_to_the_shipment_and_not_to_the_policy(
    left: list[pd.DataFrame], seized: list[pd.DataFrame]
) -> None:
    both = pd.concat(left).merge(pd.concat(seized), on="shipment_id", suffixes=("", "_other"))
    same = both[(both["role"] == "hijacked") | (both["role"] == "licit") & (both["role_other"] == "licit")]
    assert (same["outcome"] == "clear").sum() > 100
    carried = same["outcome"].eq("fraud") | same["outcome_other"].eq("fraud")  # the amounts are written anew
    assert (same.loc[~carried, "outcome"] == same.loc[~carried, "outcome_other"]).all()


def test_examinations_miss_as_often_as_their_methods_do(left: list[pd.DataFrame]) -> None:
    table = pd.concat(left)
    hidden = table[table["drug"].eq(1) | table["wildlife"].eq(1)]
    found = hidden["outcome"].isin(["drug", "precursor", "wildlife", "drug;wildlife", "precursor;wildlife"])
    assert 0.4 < found.mean() < 0.9
    clean = table[table["drug"].eq(0) & table["wildlife"].eq(0)]
    assert not clean["outcome"].isin(["drug", "precursor", "wildlife"]).any()


def test_what_is_not_of_the_last_week_cannot_be_seized(made: Campaign) -> None:
    branch = made.branch(adapts=True)
    branch.next_week()
    with pytest.raises(InputError, match="not of the last week"):
        branch.next_week(["nothing"])


def test_a_phase_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="'X' is not in the world"):
        campaign(0, 2_000, start="X")
    with pytest.raises(InputError, match="too small"):
        campaign(0, 10)


def test_networks_that_watch_leave_what_is_selected() -> None:
    world = {"totals": {"drug": 0.05}, "networks": {"new_corridor": 1.0}, "adaptation": {"answers": "moves"}}
    branch = campaign(SEED, SIZE, world, start="V", weeks=12).branch(adapts=True)
    seized, selected, here = [], [], []
    while (week := branch.next_week(seized, selected)) is not None:  # all that Australia gets is selected
        hidden = week.truth["drug"].astype(bool) | week.truth["wildlife"].astype(bool)
        looked = week.shipments["country_of_report"] == "AU"
        selected, seized = (week.shipments["shipment_id"][rows].tolist() for rows in (looked, looked & hidden))
        here.append(len(seized))
    assert sum(here[:3]) > 5
    assert sum(here[4:]) < 0.5 * sum(here[:4])
