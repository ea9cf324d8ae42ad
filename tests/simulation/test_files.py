"""Files: every row written is accepted or rejected, and what is accepted is what the world held."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from omdrisk import records
from omdrisk.errors import InputError
from omdrisk.simulation import World, simulate

COMPARED = (
    *("filed_at", "eta", "gross_weight_kg", "packages", "invoice_value", "container_no", "consignee_name"),
    *("consignee_tax_id", "house_doc_no", "goods_description", "port_of_loading", "direction"),
)


@pytest.fixture(scope="module")
def small() -> World:
    return simulate(seed=8, shipments=3_000)


@pytest.fixture(scope="module")
def root(small: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    small.write(folder)
    return folder


@pytest.fixture(scope="module")
def notes(root: Path) -> dict[str, Any]:
    return json.loads((root / "written.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def read(root: Path, notes: dict[str, Any]) -> dict[str, dict[str, records.ReadResult]]:
    results: dict[str, dict[str, records.ReadResult]] = {"shipments": {}, "cases": {}, "inspections": {}}
    for kind, by_layout in results.items():
        for layout in ("canonical", "vn-emanifest", "cencomm"):
            files = [root / n["file"] for n in notes["files"] if n["table"] == kind and n["format"] == layout]
            if files:
                by_layout[layout] = getattr(records, f"read_{kind}")(files, format=layout)
    return results


def test_accepted_and_rejected_are_what_was_written(
    notes: dict[str, Any], read: dict[str, dict[str, records.ReadResult]]
) -> None:
    for kind, by_layout in read.items():
        for layout, result in by_layout.items():
            mine = [n for n in notes["files"] if n["table"] == kind and n["format"] == layout]
            assert len(result.rejected) == sum(n["bad"] for n in mine), (kind, layout)
            assert len(result.accepted) + len(result.rejected) == sum(n["rows"] for n in mine)
    assert notes["bad"] >= 6
    assert notes["rows"] == sum(n["rows"] for n in notes["files"])


def test_each_kind_of_fault_is_told(read: dict[str, dict[str, records.ReadResult]]) -> None:
    reasons = " | ".join(
        reason for by_layout in read.values() for result in by_layout.values() for reason in result.rejected["reason"]
    )
    for words in ("is no date", "is negative", "is no country", "is there already", "is more than 1"):
        assert words in reasons


def test_what_comes_back_is_what_was_there(small: World, read: dict[str, dict[str, records.ReadResult]]) -> None:
    there = small.shipments.set_index("shipment_id")
    seen = 0
    for result in read["shipments"].values():
        back = result.accepted.set_index("shipment_id")
        seen += len(back)
        for column in COMPARED:
            expected = there.loc[back.index, column]
            same = (back[column] == expected) | (back[column].isna() & expected.isna())
            assert same.all(), column
    assert seen == len(there)


def test_cases_and_inspections_come_back(small: World, read: dict[str, dict[str, records.ReadResult]]) -> None:
    cases = read["cases"]["cencomm"].accepted
    for column in ("case_id", "occurred_on", "known_at", "class", "case_status", "house_doc_no", "kg_equivalent"):
        same = (cases[column] == small.cases[column]) | (cases[column].isna() & small.cases[column].isna())
        assert same.all(), column
    back = read["inspections"]["canonical"].accepted.sort_values(["known_at", "inspection_id"], ignore_index=True)
    pd.testing.assert_frame_equal(
        back[["inspection_id", "outcome", "known_at"]], small.inspections[["inspection_id", "outcome", "known_at"]]
    )
    lost = read["inspections"]["canonical"].repairs
    assert not lost["rule"].str.contains("unknown|left out", case=False).any()


def test_the_truth_lies_apart(root: Path, small: World) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(root / "truth" / "truth.parquet"), small.truth)
    for path in root.rglob("*.csv"):
        head = path.read_text(encoding="utf-8").splitlines()[0]
        assert "hijacked" not in head
        assert "network" not in head


def test_a_sheet_is_among_them(root: Path) -> None:
    assert list(root.glob("shipments/VN-*.vn-emanifest.xlsx"))


def test_the_same_world_writes_the_same_bytes(small: World, root: Path, tmp_path: Path) -> None:
    small.write(tmp_path)
    for path in sorted(root.rglob("*.*")):
        if path.suffix in (".csv", ".json"):
            assert path.read_bytes() == (tmp_path / path.relative_to(root)).read_bytes(), path.name


def test_a_folder_that_is_a_file_is_refused(small: World, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        small.write(tmp_path / "taken")
