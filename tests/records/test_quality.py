"""The quality of a file: each cell that is missing, invalid or odd is counted under its column."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from omdrisk.cli.app import app
from omdrisk.errors import InputError
from omdrisk.records import read_cases, read_shipments, write_quality_html

TEXT = (
    "shipment_id,filed_at,container_no,house_doc_no,gross_weight_kg,net_weight_kg,etd,eta,goods_description,Note\n"
    "1,2023-04-01,CSQU3054383,RA473124829GB,10,9,2023-04-01,2023-04-05,frozen fish,<script>alert(1)</script>\n"
    "2,2023-04-01,CSQU3054384,RA473124828GB,0,9,2023-04-05,2023-04-01,xx,b\n"
    "3,2023-04-01,,160-12345676,,,,,,\n"
    '4,soon,,,-1,,,,"a <b>bold</b> reason",\n'
)


def test_a_summary_by_column(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(TEXT, encoding="utf-8")
    made = read_shipments(path).summary().set_index("column")
    assert made.loc["container_no", ["missing", "invalid", "suspicious"]].tolist() == [1, 0, 1]
    assert "check digit" in made.loc["container_no", "example"]
    assert made.loc["house_doc_no", "suspicious"] == 2
    assert made.loc["gross_weight_kg", ["missing", "invalid", "suspicious"]].tolist() == [1, 1, 1]
    assert made.loc["net_weight_kg", "suspicious"] == 1
    assert made.loc["eta", "suspicious"] == 1
    assert made.loc["goods_description", "suspicious"] == 1
    assert made.loc["filed_at", "invalid"] == 1
    assert "x_note" in made.index
    assert set(made["rows"]) == {4}


def test_a_page_that_runs_nothing_and_asks_nobody(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(TEXT.replace("fish", "<img src=x>").replace("2023-04-01,CSQU3054384", "<u>never</u>,Q"), "utf-8")
    page = write_quality_html(read_shipments(path), tmp_path / "q.html").read_text(encoding="utf-8")
    assert "&lt;u&gt;never" in page
    assert "<u>never" not in page
    assert "http" not in page
    assert "<script" not in page
    with pytest.raises(InputError, match="cannot be written"):
        write_quality_html(read_shipments(path), tmp_path / "none" / "q.html")


def test_the_command(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(TEXT, encoding="utf-8")
    options = ["--quality", str(tmp_path / "q.html"), "--json", str(tmp_path / "q.json")]
    result = CliRunner().invoke(app, ["read", str(path), *options])
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "q.json").read_text(encoding="utf-8"))
    assert next(row for row in told["quality"] if row["column"] == "container_no")["suspicious"] == 1
    assert "Quality of a file" in (tmp_path / "q.html").read_text(encoding="utf-8")


def test_other_tables(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(
        "case_id,occurred_on,known_at,class\n1,2023-04-01,2023-04-02,drug\n2,never,x,fog\n", encoding="utf-8"
    )
    read = read_cases(path)
    assert read.table == "cases"
    assert read.summary().set_index("column")["invalid"].to_dict() == {
        "case_id": 0, "occurred_on": 1, "known_at": 1, "class": 1,
    }  # fmt: skip
