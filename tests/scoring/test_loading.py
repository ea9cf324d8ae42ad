from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from omdrisk import scoring
from omdrisk.errors import BundleError, HistoryError
from omdrisk.history import History
from tests.scoring.tiny import SECRET, shipments

if TYPE_CHECKING:
    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny


def test_a_bundle_and_a_history_by_their_folders(world: Tiny, scorer: Scorer, folder: Path, tmp_path: Path) -> None:
    with_store = History.create(
        tmp_path / "history", keys=world.history.keys, values=world.history.values, secret=SECRET
    )
    with_store.observe(world.shipments)
    with_store.record(world.outcomes)
    opened = scoring.load(folder, history=tmp_path / "history", secret=SECRET)
    rows = world.incoming
    expected = scorer.score(rows).drop(columns="scored_at")
    pd.testing.assert_frame_equal(opened.score(rows).drop(columns="scored_at"), expected)
    one_line = scoring.score(rows, model=str(folder), history=str(tmp_path / "history"), secret=SECRET)
    pd.testing.assert_frame_equal(one_line.drop(columns="scored_at"), expected)
    assert "drug" in repr(opened)


def test_no_bundle() -> None:
    with pytest.raises(BundleError, match="nowhere"):
        scoring.load("nowhere")


def test_a_history_that_cannot_answer_is_refused_at_once(folder: Path) -> None:
    poor = History.from_tables(shipments(5), keys=["hs4"], secret=SECRET)
    with pytest.raises(HistoryError, match="consignee"):
        scoring.load(folder, history=poor)


def test_an_address_in_a_registry_is_fetched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(uri: str) -> Path:
        asked.append(uri)
        return folder

    monkeypatch.setitem(sys.modules, "omdrisk.registry", SimpleNamespace(fetch=fetch))
    assert set(scoring.load("models:/omdrisk@champion").heads) == {"drug", "wildlife"}
    assert asked == ["models:/omdrisk@champion"]


def test_a_drive_is_no_registry() -> None:
    with pytest.raises(BundleError, match="C:/nowhere"):
        scoring.load("C:/nowhere")


def test_observing_and_recording_keep_the_history_current(world: Tiny, folder: Path) -> None:
    past = world.shipments.loc[world.shipments["filed_at"] < "2023-05-01"]
    history = History.from_tables(
        past,
        world.outcomes.loc[world.outcomes["shipment_id"].isin(past["shipment_id"])],
        keys=world.history.keys,
        values=world.history.values,
        secret=SECRET,
    )
    scorer = scoring.load(folder, history=history)
    rows = world.incoming
    before = scorer.score(rows.iloc[100:])["drug_raw"]
    assert scorer.observe(rows.head(100)).added == 100
    assert scorer.observe(rows.head(100)).already == 100
    inspections = pd.DataFrame(
        {
            "inspection_id": ["i1", "i2"],
            "shipment_id": rows["shipment_id"].iloc[:2].tolist(),
            "method": ["physical", "physical"],
            "outcome": ["drug", "clear"],
            "known_at": pd.to_datetime(["2023-05-10", "2023-05-11"], utc=True),
        }
    )
    change = scorer.record(inspections)
    assert change.added >= 3
    assert change.pending == 0
    assert scorer.record(inspections).added == 0
    after = scorer.score(rows.iloc[100:])["drug_raw"]
    assert (before != after).any()


def test_no_history_to_add_to(alone: Scorer, world: Tiny) -> None:
    with pytest.raises(HistoryError, match="history='history/'"):
        alone.observe(world.incoming)
    with pytest.raises(HistoryError, match="no history"):
        alone.record(pd.DataFrame())
