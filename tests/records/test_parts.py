"""A large file is read in parts, and what comes of it is what a reading in one piece gives."""

from __future__ import annotations

import pandas as pd
import pytest

from omdrisk.records import read_shipments
from omdrisk.records.sources import delimited, tables

HEAD = "shipment_id,filed_at,goods_description,consignee_country,Rate,Note\n"
LINES = [
    f'{n},2023-04-{n % 28 + 1:02},"fish, frozen",{"XQ" if n % 13 == 0 else "VN"},{n / 4},{"a" if n > 60 else n}'
    for n in range(90)
]
LINES[20] = '20,2023-04-01,"over\ntwo\nlines",VN,1,2'
LINES[40] = "40,2023-04-01,ragged"
LINES[55] = '55,2023-04-01,pipe 5" wide,VN,1,2'
LINES[70] = LINES[3]
LINES[80] = "81,2023-04-01,first,VN,1,2"


@pytest.mark.parametrize("size", [1, 100, 700])
def test_parts_of_any_size_give_the_same(tmp_path, monkeypatch, size):
    path = tmp_path / "m.csv"
    path.write_text(HEAD + "\n".join(LINES) + "\n", encoding="utf-8")
    whole = read_shipments(path)
    monkeypatch.setattr(delimited, "PART_BYTES", size)
    told: list[tuple[int, float]] = []
    parts = read_shipments(path, progress=lambda rows, share: told.append((rows, share)))
    pd.testing.assert_frame_equal(parts.accepted, whole.accepted)
    pd.testing.assert_frame_equal(parts.rejected, whole.rejected)
    pd.testing.assert_frame_equal(parts.repairs, whole.repairs)
    assert parts.missing == whole.missing
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1][1] == pytest.approx(1.0, abs=0.01)
    assert len(whole.accepted) + len(whole.rejected) == len(LINES)


@pytest.mark.filterwarnings("ignore:Series.values")
def test_parts_of_tables(tmp_path, monkeypatch):
    frame = pd.DataFrame({"shipment_id": list("abcdcba"), "filed_at": ["2023-04-01"] * 7, "x_rate": range(7)})
    frame.to_parquet(tmp_path / "m.parquet")
    for source in (frame, tmp_path / "m.parquet"):
        whole = read_shipments(source)
        monkeypatch.setattr(tables, "PART_ROWS", 2)
        parts = read_shipments(source)
        monkeypatch.undo()
        pd.testing.assert_frame_equal(parts.accepted, whole.accepted)
        pd.testing.assert_frame_equal(parts.rejected, whole.rejected)
        assert parts.rejected["row"].tolist() == [5, 6, 7]


def test_files_with_different_columns_are_read_as_one(tmp_path):
    """A column of any type that one file lacks is missing there, and kept from the others."""
    import pandas as pd

    from omdrisk import records

    full = {"gross_weight_kg": [1.5], "eta": ["2023-05-03T00:00:00Z"], "express": ["Y"], "hs_code": ["010129"]}
    (tmp_path / "a.csv").write_text("shipment_id,filed_at\nA,2023-05-01\n", encoding="utf-8")
    with_more = pd.DataFrame({"shipment_id": ["B"], "filed_at": ["2023-05-02"], **full})
    with_more.to_csv(tmp_path / "b.csv", index=False)
    read = records.read_shipments([tmp_path / "a.csv", tmp_path / "b.csv"]).accepted.set_index("shipment_id")
    assert read.loc["A", list(full)].isna().all()
    assert read.loc["B", list(full)].notna().all()
    assert read["gross_weight_kg"].dtype == "float64"
