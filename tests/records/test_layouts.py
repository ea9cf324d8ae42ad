"""What is written from the one declaration, and what is proposed for a file that no format knows."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import omdrisk
from omdrisk.cli.app import app
from omdrisk.errors import InputError
from omdrisk.records import read_cases, read_inspections, read_shipments
from omdrisk.records.dictionary import data_dictionary
from omdrisk.records.proposing import propose_map
from omdrisk.records.proposing.guess import LANGUAGES
from omdrisk.records.schema import table
from omdrisk.records.templates import write_template
from tests.conftest import published

CLI = CliRunner()
COLUMNS = [
    "shipment_id",
    "filed_at",
    "consignee_name",
    "goods_description",
    "hs_code",
    "gross_weight_kg",
    "country_of_origin",
]
HEADERS = {
    "en": ["Declaration No", "Filing date", "Importer", "Description of goods", "HS Code", "Gross Weight",
           "Country of Origin"],
    "vi": ["Số tờ khai", "Ngày khai báo", "Người nhập khẩu", "Tên hàng", "Mã HS", "Trọng lượng", "Xuất xứ"],
    "zh": ["报关单号", "申报日期", "收货人", "货物名称", "商品编码", "毛重", "原产国"],
    "th": ["เลขที่ใบขนสินค้า", "วันที่ยื่น", "ผู้นำเข้า", "ชื่อสินค้า", "พิกัด", "น้ำหนักรวม", "ประเทศกำเนิด"],
    "id": ["Nomor Aju", "Tanggal Pengajuan", "Importir", "Uraian Barang", "Kode HS", "Berat Kotor", "Negara Asal"],
    "fr": ["Numéro de déclaration", "Date de déclaration", "Importateur", "Désignation des marchandises", "Code SH",
           "Poids brut", "Pays d'origine"],
    "es": ["Número de declaración", "Fecha de declaración", "Importador", "Descripción de la mercancía",
           "Código arancelario", "Peso bruto", "País de origen"],
}  # fmt: skip


@pytest.mark.parametrize("language", HEADERS)
def test_a_map_is_proposed_and_reads_the_file(tmp_path, language):
    rows = [["D1", "17/04/2023", "Đại Phát", "fish", "030461", "1.155,5", "CN"],
            ["D2", "05/04/2023", "Maju", "rice", "100630", "12,25", "TH"]]  # fmt: skip
    path = tmp_path / "unknown.csv"
    pd.DataFrame(rows, columns=HEADERS[language]).to_csv(path, index=False, sep=";")
    made = propose_map(path)
    assert made.table == "shipments"
    assert made.guesses["column"].tolist() == COLUMNS
    assert made.lacking == []
    (tmp_path / "map.toml").write_text(made.text, encoding="utf-8")
    read = read_shipments(path, format=tmp_path / "map.toml")
    assert read.rejected.empty
    assert read.accepted["gross_weight_kg"].tolist() == [1155.5, 12.25]
    assert str(read.accepted["filed_at"][1])[:10] == "2023-04-05"


RECORDS = {
    "cases": {"case_id": "C1", "occurred_on": "17/04/2023", "known_at": "18/04/2023", "class": "drug",
              "species": "Manis", "commodity": "heroin", "country_of_report": "VN",
              "concealment_code": "floor", "quantity": "1"},
    "inspections": {"inspection_id": "I1", "shipment_id": "S1", "known_at": "17/04/2023", "outcome": "clear",
                    "method": "x-ray", "lane": "red"},
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_cases_and_inspections_in_each_language(tmp_path, language, name):
    lines = (Path(omdrisk.__file__).parent / "records/proposing/words.csv").read_text(encoding="utf-8").splitlines()
    words = {row["column"]: row for row in csv.DictReader(line for line in lines if not line.startswith("#"))}
    headers = [words[column][language].split("|")[0] for column in RECORDS[name]]
    path = tmp_path / "m.csv"
    pd.DataFrame([list(RECORDS[name].values())], columns=headers).to_csv(path, index=False)
    made = propose_map(path)
    assert made.table == name
    assert made.guesses["column"].tolist() == list(RECORDS[name])
    (tmp_path / "map.toml").write_text(made.text, encoding="utf-8")
    reader = {"cases": read_cases, "inspections": read_inspections}[name]
    assert len(reader(path, format=tmp_path / "map.toml").accepted) == 1


def test_contents_speak_where_headers_do_not(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text(
        "Ref,Date,Q1,Q2,Q3\nA,2023-04-01,MSCU1234565,EUR,x\nB,2023-04-02,CSQU3054383,USD,y\n", encoding="utf-8"
    )
    made = propose_map(path)
    told = dict(zip(made.guesses["header"], made.guesses["column"], strict=True))
    assert told["Q1"] == "container_no"
    assert told["Q2"] == "currency"
    assert "Q3" in made.text
    assert pd.isna(told["Q3"])


PUBLISHED = [
    (("kcs", "df_syn_train_eng.csv"), 37_000),
    (("kcs", "df_syn_valid_eng.csv"), 8_000),
    (("kcs", "df_syn_test_eng.csv"), 8_000),
    (("lemis", "amphibian_LEMIS_1999_and_2015.csv"), 6_000),
]
SENSIBLE = {
    "kcs": {
        "Declaration ID": "shipment_id", "Date": "filed_at", "Office ID": "office",
        "Mode of Transport": "transport_mode",
        "Declarant ID": "declarant_tax_id", "Importer ID": "consignee_tax_id", "Seller ID": "shipper_tax_id",
        "HS6 Code": "hs_code", "Country of Departure": "country_of_departure", "Net Mass": "net_weight_kg",
        "Country of Origin": "country_of_origin", "Item Price": "invoice_value", "Tax Rate": None, "Fraud": None,
    },
    "lemis": {
        "shipment_date": "filed_at", "country_origin": "country_of_origin", "country_imp_exp": "country_of_departure",
        "quantity": "quantity", "unit": "unit", "value": "invoice_value", "us_co": "consignee_name",
        "foreign_co": "shipper_name", "generic_name": "goods_description", "import_export": "direction",
        "disposition_date": None, "taxa": None,
    },
}  # fmt: skip


@pytest.mark.parametrize(("parts", "least"), PUBLISHED, ids=str)
def test_published_files(tmp_path, parts, least):
    source = published(*parts)
    result = CLI.invoke(app, ["map", str(source), "--out", str(tmp_path / "map.toml"), "--json", str(tmp_path / "j")])
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "j").read_text(encoding="utf-8"))
    guessed = {row["header"]: row["column"] for row in told["guesses"]}
    assert {header: guessed[header] for header in SENSIBLE[parts[0]]} == SENSIBLE[parts[0]]
    assert all(row["samples"] for row in told["guesses"] if row["column"])
    assert told["note"] == ""
    read = read_shipments(source, format=tmp_path / "map.toml")
    assert len(read.accepted) > least


def test_codes_of_the_files_own_are_offered_for_translation(tmp_path):
    source = published("kcs", "df_syn_test_eng.csv")
    made = propose_map(source)
    assert '# transport_mode = { "40" = "", "10" = "", ' in made.text
    why = made.guesses.set_index("header").loc["Mode of Transport", "why"]
    assert "no cell is a code of transport_modes" in why


@pytest.mark.parametrize(("parts", "kind"), [(("unlocode-2025.csv.gz",), "unlocode"), (("hs2022.csv",), "hs")])
def test_a_published_list_is_no_file_of_records(parts, kind):
    made = propose_map(published("reference", *parts))
    assert f"omdrisk tables import {kind}" in made.note
    assert "filed_at" in made.lacking


def test_a_file_of_something_else(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(",".join("abcdefgh") + "\n" + ",".join("12345678") + "\n", encoding="utf-8")
    assert "of 8 headers are known" in propose_map(path).note


def test_commands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("new.csv").write_text("Ref,Office\n1,2\n", encoding="utf-8")
    first = CLI.invoke(app, ["map", "new.csv", "--json", "new.json"])
    assert first.exit_code == 0, first.output
    assert Path("new.toml").is_file()
    assert '"lacking"' in Path("new.json").read_text(encoding="utf-8")
    assert isinstance(CLI.invoke(app, ["map", "new.csv"]).exception, InputError)
    assert CLI.invoke(app, ["template", "cases", "cases.xlsx"]).exit_code == 0
    assert CLI.invoke(app, ["dictionary", "--out", "d.md"]).exit_code == 0
    assert CLI.invoke(app, ["dictionary"]).output.startswith("# Data dictionary")
    with pytest.raises(InputError, match="no table 'ships'"):
        propose_map("new.csv", "ships")


def test_the_dictionary_is_current():
    written = Path(__file__).parents[2] / "docs" / "data-dictionary.md"
    assert written.read_text(encoding="utf-8") == data_dictionary(), (
        "run `omdrisk dictionary --out docs/data-dictionary.md`"
    )


@pytest.mark.filterwarnings("ignore:Data Validation extension")
@pytest.mark.parametrize("name", ["shipments", "cases", "inspections"])
def test_a_template_is_filled_and_read(tmp_path, name):
    path = write_template(name, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book[name]
    assert [cell.value for cell in sheet[1]] == list(table(name).columns)
    assert all(cell.comment is not None for cell in sheet[1])
    listed = sum(spec.codes not in (None, "hs") or spec.type == "flag" for spec in table(name).columns.values())
    lists = [check for check in sheet.data_validations.dataValidation if check.type == "list"]
    assert sum(len(str(check.sqref).split()) for check in lists) >= min(listed, 1)
    if name == "shipments":
        for column, text in {"shipment_id": "007", "filed_at": "2023-04-01", "hs_code": "010129"}.items():
            sheet.cell(2, list(table(name).columns).index(column) + 1, text)
        book.save(path)
        read = read_shipments(path)
        assert read.accepted[["shipment_id", "hs_code"]].to_numpy().tolist() == [["007", "010129"]]
        assert read.missing == []


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="no table"):
        write_template("ships", tmp_path / "t.xlsx")
    with pytest.raises(InputError, match=r"\.xlsx"):
        write_template("cases", tmp_path / "t.csv")
    with pytest.raises(InputError, match="cannot be written"):
        write_template("cases", tmp_path / "none" / "t.xlsx")
