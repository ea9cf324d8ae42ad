"""The simulated world: the same from the same seed, plausible, in order of time, and with its truth kept apart."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from omdrisk import records
from omdrisk.records.schema import table
from omdrisk.simulation import World, simulate

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 6_000


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(seed=8, shipments=SIZE)


def digest(world: World) -> str:
    parts = (world.shipments, world.cases, world.inspections, world.truth)
    return hashlib.sha256("".join(part.to_csv() for part in parts).encode()).hexdigest()


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    assert digest(simulate(seed=8, shipments=SIZE)) == digest(world)
    assert digest(simulate(seed=9, shipments=SIZE)) != digest(world)


@pytest.mark.parametrize("name", ["shipments", "cases", "inspections"])
def test_tables_are_canonical(world: World, name: str) -> None:
    frame, columns = getattr(world, name), table(name).columns
    assert set(frame.columns) <= set(columns)
    for column in frame.columns:
        assert frame[column].dtype == columns[column].dtype, column
    assert frame[list(table(name).required)].notna().all(axis=None)


def test_nothing_is_known_before_it_happened(world: World) -> None:
    filed = world.shipments.set_index("shipment_id")["filed_at"]
    assert filed.is_monotonic_increasing
    assert (world.cases["known_at"] >= world.cases["occurred_on"]).all()
    assert (world.inspections["known_at"].to_numpy() > filed.loc[world.inspections["shipment_id"]].to_numpy()).all()
    chance = world.inspections["selection_probability"].dropna()
    assert chance.between(0, 1).all()
    assert world.inspections.loc[world.inspections["selected_by"].eq("random"), "selection_probability"].notna().all()


def test_contraband_is_rare_and_only_partly_found(world: World) -> None:
    hidden = world.truth.set_index("shipment_id")[["drug", "wildlife"]]
    assert 0.001 < hidden["drug"].mean() < 0.02
    assert 0.0003 < hidden["wildlife"].mean() < 0.01
    examined = hidden.loc[world.inspections["shipment_id"]]
    assert 0.01 < len(examined) / SIZE < 0.1
    assert 0 < examined["drug"].sum() < hidden["drug"].sum()


def test_the_truth_stands_in_no_other_table(world: World) -> None:
    assert not {"drug", "wildlife", "network", "role", "hijacked", "kg"} & set(world.shipments.columns)
    hidden = world.truth["drug"].to_numpy() | world.truth["wildlife"].to_numpy()
    for column in world.shipments:
        values = world.shipments[column]
        marks = [values.isna().to_numpy()]
        if values.nunique() < 200:
            marks += [values.eq(value).fillna(value=False).to_numpy(dtype=bool) for value in values.dropna().unique()]
        for mark in marks:
            if mark.any():
                assert not np.array_equal(mark, hidden.astype(bool)), column
    order = np.argsort(world.shipments["shipment_id"].to_numpy(dtype=str), kind="stable")
    ranks = np.empty(SIZE)
    ranks[order] = np.arange(SIZE)
    apart = ranks[hidden > 0].mean() / SIZE
    assert abs(apart - 0.5) < 4 * 0.29 / np.sqrt(hidden.sum()), "references tell contraband"


def test_what_was_written_is_read_or_rejected(world: World, tmp_path: Path) -> None:
    files = world.write(tmp_path)
    notes = pd.DataFrame(json.loads((tmp_path / "written.json").read_text())["files"]).set_index("file")
    for kind in ("shipments", "cases", "inspections"):
        read = getattr(records, f"read_{kind}")
        for path in files[kind]:
            layout = next((name for name in ("vn-emanifest", "cencomm") if name in path.name), None)
            result = read(path, format=layout)
            note = notes.loc[path.relative_to(tmp_path).as_posix()]
            assert len(result.accepted) + len(result.rejected) == note["rows"], path
            assert len(result.rejected) == note["bad"], (path, result.rejected["reason"].tolist())


def test_levels_differ_and_unknown_ones_are_refused() -> None:
    from omdrisk.errors import OmdriskError

    easy, hard = (simulate(seed=1, shipments=3_000, parameters=level) for level in ("easy", "hard"))
    assert digest(easy) != digest(hard)
    with pytest.raises(OmdriskError, match="hadr"):
        simulate(seed=1, shipments=3_000, parameters="hadr")
