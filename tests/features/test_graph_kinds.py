"""Steps and links to earlier cases against a search through all earlier shipments; species by the day of listing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import DefinitionError
from omdrisk.features import Tables, View
from omdrisk.features.kinds import HopsToCase, LinksToCase, ListedTaxa
from omdrisk.history import History

ENTITIES = ("consignee_phone", "shipper_phone", "container")
COLUMNS = {"consignee_phone": "consignee_phone", "shipper_phone": "shipper_phone", "container": "container_no"}


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(8)
    size = 160
    frame = pd.DataFrame(
        {
            "shipment_id": pd.array([f"S{place}" for place in range(size)], dtype="str"),
            "filed_at": pd.date_range("2023-01-01", periods=size, freq="7h", tz="UTC").as_unit("us"),
        }
    )
    for name, prefix in (("consignee_phone", "+8490000"), ("shipper_phone", "+8520000"), ("container_no", "CSQU00000")):
        values = np.array([f"{prefix}{number:02d}" for number in rng.integers(0, 60, size)], dtype=object)
        frame[name] = pd.array(np.where(rng.random(size) < 0.3, None, values), dtype="str")
    found = frame.iloc[[5, 40, 77]]
    outcomes = pd.DataFrame({"shipment_id": found["shipment_id"], "target": "drug", "outcome": 1.0})
    outcomes["known_at"] = found["filed_at"] + pd.Timedelta(days=2)
    return frame, outcomes, History.from_tables(frame, outcomes, keys=ENTITIES)


def near(frame: pd.DataFrame, outcomes: pd.DataFrame, row: pd.Series, entity: str, at_most: int) -> float:
    """Fewest hops from one entity of a row, by widening the circle one shipment at a time."""
    earlier = frame[frame["filed_at"] < row["filed_at"]]

    def nodes(shipment: pd.Series) -> set[tuple[str, str]]:
        return {(name, shipment[column]) for name, column in COLUMNS.items() if isinstance(shipment[column], str)}

    known = set(outcomes.loc[outcomes["known_at"] < row["filed_at"], "shipment_id"])
    marked = set().union(*(nodes(other) for _, other in earlier.iterrows() if other["shipment_id"] in known))
    reached = {node for node in nodes(row) if node[0] == entity}
    shared = [nodes(other) for _, other in earlier.iterrows()]
    for hops in range(at_most + 1):
        if reached & marked:
            return hops
        reached = reached.union(*(group for group in shared if group & reached))
    return float("nan")


def test_hops_and_links_equal_a_search(world):
    frame, outcomes, history = world
    view = View(frame, history=history)
    hops = HopsToCase(entities=ENTITIES, target="drug", at_most=2).compute(view)
    links = LinksToCase(entities=ENTITIES, target="drug", at_most=1).compute(view)
    for place in range(0, len(frame), 3):
        row = frame.iloc[place]
        given = [name for name, column in COLUMNS.items() if isinstance(row[column], str)]
        steps = [near(frame, outcomes, row, name, 2) for name in given]
        if not given:
            assert np.isnan(hops[place])
            assert np.isnan(links[place])
            continue
        assert hops[place] == (3 if np.isnan(steps).all() else np.nanmin(steps))
        assert links[place] == sum(step <= 1 for step in steps)
    assert {0.0, 1.0, 3.0} <= set(hops[~np.isnan(hops)])
    assert np.nanmax(links) >= 2


def test_without_a_history_or_a_moment_nothing_is_known(world):
    frame, _, history = world
    for kind in (HopsToCase(entities=ENTITIES, target="drug"), LinksToCase(entities=ENTITIES, target="drug")):
        assert np.isnan(kind.compute(View(frame))).all()
        undated = frame.assign(filed_at=frame["filed_at"].where(frame["filed_at"].isna()))
        assert np.isnan(kind.compute(View(undated, history=history))).all()
        assert np.isnan(kind.compute(View(frame[["shipment_id", "filed_at"]], history=history))).all()


def taxa(**columns: list[str]) -> Tables:
    usual = {"scientific_name": ["Manis javanica", "Dalbergia spp."], "common_name": ["Sunda pangolin", "rosewood"]}
    usual |= {"appendix": ["I", "I/II"], "listed": ["2017", "2019-11-26"]}
    return Tables({"cites": pd.DataFrame(usual | columns)})


def test_a_species_counts_from_the_day_that_it_was_listed():
    texts = [
        "Manis javanica, dried",
        "sunda pangolins",
        "DALBERGIA logs",
        "rosewood",
        "dalbergia + manis javanica",
        None,
    ]
    days = ["2017-12-31", "2018-01-01", "2019-11-25", "2023-01-01", "2019-11-26", "2023-01-01"]
    frame = pd.DataFrame({"goods_description": texts, "filed_at": pd.to_datetime(days, utc=True)})
    view = View(frame, taxa())
    first = ListedTaxa(table="cites", appendix=("I",)).compute(view)
    np.testing.assert_array_equal(first, [0.0, 1.0, 0.0, 0.0, 2.0, np.nan])
    np.testing.assert_array_equal(ListedTaxa(table="cites", appendix=("II",)).compute(view), [0, 0, 0, 0, 1, np.nan])
    undated = View(frame.drop(columns="filed_at"), taxa())
    np.testing.assert_array_equal(ListedTaxa(table="cites").compute(undated)[[0, 3, 5]], [np.nan, 0.0, np.nan])


def test_a_list_without_years_counts_as_it_stands():
    frame = pd.DataFrame(
        {"goods_description": ["manis javanica"], "filed_at": pd.to_datetime(["2001-01-01"], utc=True)}
    )
    assert ListedTaxa(table="cites").compute(View(frame, taxa(listed=["", ""])))[0] == 1.0


def test_lists_of_taxa_that_are_none_are_refused():
    with pytest.raises(DefinitionError, match="no list of taxa: it lacks appendix"):
        ListedTaxa(table="cites").check(Tables({"cites": taxa()["cites"].drop(columns="appendix")}))
    with pytest.raises(DefinitionError, match="is no year and no date"):
        ListedTaxa(table="cites").check(taxa(listed=["soon", "2017"]))
    with pytest.raises(DefinitionError, match="appendix: 'IV' is unknown"):
        ListedTaxa(table="cites", appendix=("IV",)).check(taxa())
