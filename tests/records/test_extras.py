"""Columns that no canonical table knows keep their type where the format map gives one; who declares is read."""

from __future__ import annotations

import pandas as pd
import pytest

from omdrisk.errors import DefinitionError
from omdrisk.records import read_shipments
from omdrisk.records.format_map import parse_format

MAP = """
[file]
canonical_names = true
dates = "dmy"
decimal = ","

[shipments.types]
x_score = "number"
x_code = "text"
x_seen_on = "time"
x_risky = "flag"
"""


def write(path, rows):
    header = ["shipment_id", "filed_at", "Score", "Code", "Seen on", "Risky", "Other"]
    pd.DataFrame(rows, columns=header).to_csv(path, index=False)
    return path


def test_declared_types_are_the_same_for_every_file(tmp_path):
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    one = write(tmp_path / "1.csv", [["a", "01/04/2023", "1,5", "7", "02/04/2023", "yes", "5"]])
    two = write(tmp_path / "2.csv", [["b", "01/04/2023", None, "x7", None, None, "many"]])
    read = [read_shipments(path, format=tmp_path / "map.toml").accepted for path in (one, two)]
    both = read_shipments([one, two], format=tmp_path / "map.toml").accepted
    for column, dtype in {"x_score": "float64", "x_code": "str", "x_risky": "boolean"}.items():
        assert {str(frame[column].dtype) for frame in (*read, both)} == {dtype}
    assert {str(frame["x_seen_on"].dtype) for frame in (*read, both)} == {"datetime64[us, UTC]"}
    assert read[0]["x_score"].tolist() == [1.5]
    assert read[0]["x_code"].tolist() == ["7"]
    # without a declaration the type is seen from what is read
    assert [str(frame["x_other"].dtype) for frame in (*read, both)] == ["float64", "str", "str"]


def test_a_cell_that_is_not_of_its_declared_type_is_told(tmp_path):
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    path = write(tmp_path / "1.csv", [["a", "01/04/2023", "high", "7", "soon", "no", "5"]])
    read = read_shipments(path, format=tmp_path / "map.toml")
    assert read.accepted.empty
    assert "x_score: 'high' is no number" in read.rejected["reason"][0]
    assert "x_seen_on: 'soon' is no date" in read.rejected["reason"][0]


@pytest.mark.parametrize("line", ['x_score = "digits"', 'gross_weight_kg = "text"'])
def test_a_type_that_cannot_be_given(line):
    with pytest.raises(DefinitionError, match="gives an x_ column a type, one of text, number, time, flag"):
        parse_format("mine.toml", f"[shipments.types]\n{line}\n")


def test_who_declares_and_who_forwards(tmp_path):
    path = tmp_path / "m.csv"
    pd.DataFrame(
        [
            ["S1", "01/04/2023 08:00", "0100233488#Đại lý Hải Phong#1 Lê Lợi", "Sao Mai Logistics", "x", "+84 24"],
            ["S2", "01/04/2023 08:00", "Nguyễn Văn An", "Sao Mai Logistics#2 Hai Bà Trưng", "Không", None],
        ],
        columns=["Số khai báo", "Ngày khai báo", "Đại lý hải quan", "Đại lý giao nhận", "Chuyển phát nhanh",
                 "Điện thoại người khai"],
    ).to_csv(path, index=False)  # fmt: skip
    made = read_shipments(path, format="vn-emanifest").accepted
    assert made["declarant_tax_id"].tolist()[0] == "0100233488"
    assert made["declarant_name"].tolist() == ["Đại lý Hải Phong", "Nguyễn Văn An"]
    assert made["declarant_address"].tolist()[0] == "1 Lê Lợi"
    assert made["forwarder_name"].tolist() == ["Sao Mai Logistics"] * 2
    assert made["forwarder_address"].tolist()[1] == "2 Hai Bà Trưng"
    assert made["declarant_phone"].tolist()[0] == "+84 24"
    assert made["express"].tolist()[0] is True
