"""Finished phases are kept: read back as they were made, and never mixed with what was made of something else."""

from __future__ import annotations

import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.evaluation import backtest, baselines, phased, selection
from omdrisk.evaluation.keeping import Kept
from tests.training.world import catalog, recipe, tables

PHASES = {"B": ("2022-10-01", "2023-01-31"), "C": ("2023-03-01", "2023-07-31")}


@pytest.fixture(scope="module")
def world():
    return tables(2500)


def test_kept_phases_are_what_they_were_and_nothing_is_trained_again(world, tmp_path, monkeypatch):
    shipments, outcomes, truth = world
    named = {"phases": PHASES, "truth": truth, "catalog": catalog()}
    calm = [baselines(recipe(), shipments, outcomes, **named), selection(recipe(), shipments, outcomes, **named)]
    first = baselines(recipe(), shipments, outcomes, folder=tmp_path, **named)
    selection(recipe(), shipments, outcomes, folder=tmp_path, heads=first.heads, **named)
    monkeypatch.setattr(phased, "train", None)
    kept = [each(recipe(), shipments, outcomes, folder=tmp_path, **named) for each in (baselines, selection)]
    for name in ("table", "leads", "groups"):
        pd.testing.assert_frame_equal(getattr(kept[0], name), getattr(calm[0], name), check_exact=True)
    pd.testing.assert_frame_equal(kept[1].table, calm[1].table, check_exact=True)
    assert not kept[0].heads


@pytest.mark.parametrize("changed", ["recipe", "outcomes", "truth", "seed", "phase", "weighted"])
def test_what_was_made_of_something_else_is_made_anew(world, tmp_path, changed):
    shipments, outcomes, truth = world
    settings = {"phases": {"C": PHASES["C"]}, "truth": truth, "catalog": catalog(), "seed": 0, "weighted": False}
    backtest(recipe(), shipments, outcomes, folder=tmp_path, **settings)
    assert len(list(tmp_path.iterdir())) == 1
    mine = recipe(rounds={"most": 30, "patience": 0}) if changed == "recipe" else recipe()
    told = outcomes.iloc[:-1] if changed == "outcomes" else outcomes
    settings |= {
        "truth": {"truth": truth.assign(drug=truth["drug"].iloc[::-1].to_numpy())},
        "seed": {"seed": 1},
        "phase": {"phases": {"C": ("2023-03-01", "2023-06-30")}},
        "weighted": {"weighted": True},
    }.get(changed, {})
    again = backtest(mine, shipments, told, folder=tmp_path, **settings)
    assert len(list(tmp_path.iterdir())) == 2
    pd.testing.assert_frame_equal(again.table, backtest(mine, shipments, told, **settings).table)


def test_a_part_that_was_not_finished_is_no_part(tmp_path):
    kept = Kept.of(tmp_path, "recipe")

    def killed():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.tables("V", killed)
    half = tmp_path / f".{kept.place('V').name}.partial"
    half.mkdir()
    (half / "table.parquet").write_bytes(b"half")
    made = kept.tables("V", lambda: {"other": pd.DataFrame({"value": [0.1]})})
    assert list(made) == ["other"]
    assert not half.exists()


def test_a_file_in_the_place_of_the_folder_and_a_damaged_part_are_said_with_the_way_out(tmp_path):
    file = tmp_path / "phases.txt"
    file.touch()
    with pytest.raises(InputError, match=r"phases\.txt is a file\. Name a folder"):
        Kept.of(file, "recipe")
    kept = Kept.of(tmp_path, "recipe")
    kept.tables("V", lambda: {"finds": pd.DataFrame({"found": [3]})})
    (kept.place("V") / "finds.parquet").write_bytes(b"torn")
    with pytest.raises(InputError, match=r"V-\w+ is damaged .* Delete this folder"):
        kept.tables("V", dict)
