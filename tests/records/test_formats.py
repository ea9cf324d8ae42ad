"""Format maps: each that is shipped, and one of a user's own."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from omdrisk.errors import DefinitionError, InputError
from omdrisk.records import format_names, read_cases, read_format, read_inspections, read_shipments
from omdrisk.records.format_map import parse_format
from omdrisk.records.schema import table

DATA = Path(os.environ.get("OMDRISK_DATA", Path(__file__).parents[3] / "shared" / "data"))
VN_HEADERS = [
    "STT",
    "Số khai báo",
    "Ngày khai báo",
    "Số vận đơn gốc / Master B/L",
    "Số vận đơn",
    "Người gửi hàng (Shipper)",
    "Người nhận hàng (Consignee)",
    "Tên hàng",
    "Mã HS",
    "Số kiện",
    "Tổng trọng lượng (kg)",
    "Cảng xếp hàng",
    "Cảng trung chuyển",
    "Số container",
    "Ghi chú",
]


def vn_row(
    number: str, filed: object, weight: object, consignee: str = "0100233488#CÔNG TY TNHH ĐẠI PHÁT#12 Lê Lợi, Q.1"
) -> list[object]:
    return [
        1,
        number,
        filed,
        "M1",
        "H1",
        "MAJU JAYA SDN BHD#Klang",
        consignee,
        "Gỗ xẻ",
        44071012,
        20,
        weight,
        "MYPKG",
        "SGSIN, HKHKG",
        "MSCU1234565",
        "x",
    ]


@pytest.fixture
def manifest(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["BẢN KHAI HÀNG HÓA / CARGO DECLARATION"])
    sheet.append(["Tên tàu: EVER GIVEN", None, "Ngày đến: 05/04/2023"])
    sheet.append([])
    sheet.append(VN_HEADERS)
    sheet.append(vn_row("S1", "03/04/2023 23:30", "1.155"))
    sheet.append(vn_row("S2", dt.datetime(2023, 4, 3, 6, 0), "1.155,5", "CÔNG TY A#Hà Nội"))  # noqa: DTZ001
    sheet.append(vn_row("S3", "04/25/2023", "12,5", "CÔNG TY B"))
    sheet.append(vn_row("S4", "25/04/2023", 12.5, "0100233488#C#x#y"))
    path = tmp_path / "manifest.xlsx"
    book.save(path)
    return path


def test_vn_emanifest(manifest):
    read = read_shipments(manifest, format="vn-emanifest")
    rows = read.accepted
    assert rows["shipment_id"].tolist() == ["S1", "S2", "S4"]
    assert rows["filed_at"].tolist() == [
        pd.Timestamp("2023-04-03 16:30", tz="UTC"),
        pd.Timestamp("2023-04-02 23:00", tz="UTC"),
        pd.Timestamp("2023-04-24 17:00", tz="UTC"),
    ]
    assert rows["gross_weight_kg"].tolist() == [1155.0, 1155.5, 12.5]
    assert rows["consignee_tax_id"].tolist()[0] == "0100233488"
    assert rows["consignee_name"].tolist() == ["CÔNG TY TNHH ĐẠI PHÁT", "CÔNG TY A", "C"]
    assert rows["consignee_address"].tolist() == ["12 Lê Lợi, Q.1", "Hà Nội", "x#y"]
    assert rows["shipper_name"].tolist()[0] == "MAJU JAYA SDN BHD"
    assert rows["master_doc_no"].tolist()[0] == "M1"
    assert rows["house_doc_no"].tolist()[0] == "H1"
    assert rows["hs_code"].tolist()[0] == "44071012"
    assert rows["transhipment_ports"].tolist()[0] == "SGSIN;HKHKG"
    assert rows["country_of_report"].tolist() == ["VN"] * 3
    assert rows["x_ghi_chu"].tolist()[0] == "x"
    assert "x_stt" not in rows
    assert read.rejected["row"].tolist() == [7]
    assert "'04/25/2023' is no date; write it as 31/01/2023" in read.rejected["reason"][0]
    rules = set(zip(read.repairs["rule"], read.repairs["column"], strict=True))
    assert ("date order dmy", "filed_at") in rules
    assert ("number as written", "gross_weight_kg") in rules


def test_vn_emanifest_as_text_in_an_older_encoding(tmp_path):
    lines = [
        "So khai bao;Ngay khai bao;Nguoi nhan hang;Trong luong",
        "S1;03/04/2023;0100233488#Công ty Hà#Hu\u00ea\u0301;1.155",
    ]
    (tmp_path / "m.csv").write_bytes("\n".join(lines).encode("cp1258"))
    read = read_shipments(tmp_path / "m.csv", format="vn-emanifest")
    assert read.accepted[["consignee_name", "gross_weight_kg"]].to_numpy().tolist() == [["Công ty Hà", 1155.0]]


def test_cencomm(tmp_path):
    text = (
        "Case ID,Message Type,Date of Seizure,Date Reported,Category,Country,House B/L,Conveyance,"
        "Concealment,Quantity,Unit,Transit\n"
        'C1,Seizure,03/04/2023,05/04/2023,Drugs,Viet Nam,H1,Vessel,Rip-on/rip-off,"1,250.5",kg,"MY, SG"\n'
        "C2,Seizure,03/04/2023,,Wildlife,VN,H2,Air,In luggage,3,pieces,\n"
        "C3,Seizure,03/04/2023,,Stolen cars,VN,H2,Air,,3,pieces,\n"
    )
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    read = read_cases(tmp_path / "c.csv", format="cencomm")
    rows = read.accepted
    assert rows["class"].tolist() == ["drug", "wildlife"]
    assert rows["country_of_report"].tolist() == ["VN", "VN"]
    assert rows["transport_mode"].tolist() == ["1", "4"]
    assert rows["concealment_code"].tolist() == ["rip_off", "In luggage"]
    assert rows["quantity"].tolist() == [1250.5, 3.0]
    assert rows["transit_countries"].tolist()[0] == "MY;SG"
    assert rows["known_at"].tolist() == [pd.Timestamp("2023-04-05", tz="UTC"), pd.Timestamp("2023-04-17", tz="UTC")]
    assert "reckoned from occurred_on + 14 days" in read.repairs["rule"].tolist()
    assert read.rejected["row"].tolist() == [4]


def test_a_users_own_map_with_units_codes_and_labels(tmp_path):
    (tmp_path / "mine.toml").write_text(
        """
        name = "mine"
        [file]
        dates = "mdy"
        zone = "Asia/Manila"
        [shipments]
        drop = ["Secret"]
        [shipments.columns]
        shipment_id = "Ref"
        filed_at = "When"
        gross_weight_kg = "Weight"
        vgm_kg = "VGM tonnes"
        [shipments.units]
        vgm_kg = 1000
        gross_weight_kg = { header = "Unit", factors = { KGM = 1, TNE = 1000 } }
        [shipments.join]
        goods_description = { headers = ["First", "Second"], by = " / " }
        [inspections]
        unknown = "drop"
        [inspections.rows]
        inspection_id = "mine:{file}:{row}"
        [inspections.columns]
        shipment_id = "Ref"
        known_at = "When"
        [inspections.labels.outcome]
        otherwise = "clear"
        when = [{ header = "Drug", is = ["Y"], label = "drug" }, { header = "Ivory", is = ["Y"], label = "wildlife" }]
        """,
        encoding="utf-8",
    )
    (tmp_path / "m.csv").write_text(
        "Ref,When,Weight,Unit,VGM tonnes,First,Second,Drug,Ivory,Secret\n"
        "1,04/25/2023 08:00,2,TNE,2.2,a,b,Y,Y,s\n"
        "2,04/25/2023,2,KGM,,a,,N,N,s\n"
        "3,04/25/2023,2,BAG,,,,,,s\n",
        encoding="utf-8",
    )
    read = read_shipments(tmp_path / "m.csv", format=tmp_path / "mine.toml")
    assert read.accepted["gross_weight_kg"].tolist() == [2000.0, 2.0]
    assert read.accepted["vgm_kg"][0] == 2200.0
    assert read.accepted["goods_description"].tolist() == ["a / b", "a"]
    assert read.accepted["filed_at"][0] == pd.Timestamp("2023-04-25", tz="UTC")
    assert "x_secret" not in read.accepted
    assert "the unit 'BAG'" in read.rejected["reason"][0]
    assert {"unit"} <= set(read.repairs["rule"])
    inspections = read_inspections(tmp_path / "m.csv", format=str(tmp_path / "mine.toml"))
    assert inspections.accepted["outcome"].tolist() == ["drug;wildlife", "clear"]
    assert inspections.accepted["inspection_id"].tolist() == ["mine:m:2", "mine:m:3"]
    assert inspections.rejected["row"].tolist() == [4]


@pytest.mark.parametrize("name", format_names())
def test_shipped_maps_are_sound(name):
    form = read_format(name)
    assert form.title
    for section in form.tables.values():
        for column, headers in section.columns.items():
            assert headers, column


def test_headers_of_a_map_name_one_column_each():
    from omdrisk.records.format_map import header_key

    for name in ("vn-emanifest", "cencomm"):
        for section in read_format(name).tables.values():
            keys = [header_key(header) for headers in section.columns.values() for header in headers]
            keys += [header_key(header) for split in section.split for header in split.headers]
            assert not [key for key in keys if keys.count(key) > 1 and key not in {"container", "unit"}]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[shipments.columns]\nshipmentid = 'A'", "Did you mean 'shipment_id'?"),
        ("[shipment]\n", "[shipment] is unknown"),
        ("[file]\nencoding = 'x'\n", "'encoding' is unknown"),
        ("[file]\ndates = 'ydm'\n", "dates = 'ydm'"),
        ("[file]\nzone = 'Mars/Base'\n", "no time zone"),
        ("[shipments]\nunknown = 'hide'\n", "'keep' or 'drop'"),
        ("[shipments]\ncolumn = {}\n", "'column' is unknown"),
        ("[shipments.join]\ngoods_description = 'a'\n", "is not written as a format map"),
        ("not toml", "is not TOML"),
    ],
)
def test_a_wrong_map_is_told(text, word):
    with pytest.raises(DefinitionError) as error:
        parse_format("maps/mine.toml", text)
    assert word in str(error.value)
    assert "maps/mine.toml" in str(error.value)


def test_an_unknown_format_and_a_table_that_it_does_not_yield(tmp_path):
    with pytest.raises(DefinitionError, match="Did you mean 'cencomm'"):
        read_shipments(tmp_path / "x.csv", format="cencom")
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_shipments(tmp_path / "x.csv", format=tmp_path / "none.toml")
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DefinitionError, match="yields cases, not shipments"):
        read_shipments(tmp_path / "x.csv", format="cencomm")
    with pytest.raises(InputError, match="'Declaration ID'"):
        read_shipments(tmp_path / "x.csv", format="kcs")


def needs(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is absent; set OMDRISK_DATA to the folder of the published data")
    return path


def test_kcs():
    files = [needs(DATA / "kcs" / f"df_syn_{part}_eng.csv") for part in ("train", "valid", "test")]
    read = read_shipments(files, format="kcs")
    assert (len(read.accepted), len(read.rejected)) == (54_000, 0)
    assert not {"x_fraud", "x_critical_fraud"} & set(read.accepted)
    first = read.accepted.iloc[0]
    assert (first["shipment_id"], first["hs_code"], first["consignee_tax_id"]) == ("97061800", "440890", "QLRUBN9")
    assert first["filed_at"] == pd.Timestamp("2020-01-01", tz="UTC")
    assert read.accepted["x_tax_rate"].dtype == "float64"
    assert read.accepted["hs_code"].str.fullmatch(r"\d{6}").all()
    inspections = read_inspections(files, format="kcs").accepted
    assert inspections["shipment_id"].tolist() == read.accepted["shipment_id"].tolist()
    plain = pd.concat([pd.read_csv(file) for file in files])
    assert inspections["outcome"].str.contains("fraud").sum() == (plain["Fraud"] == 1).sum()
    assert inspections["outcome"].str.contains("critical").sum() == (plain["Critical Fraud"] == 2).sum()
    assert (inspections["outcome"] == "clear").sum() == ((plain["Fraud"] != 1) & (plain["Critical Fraud"] != 2)).sum()


def test_lemis():
    path = needs(DATA / "lemis" / "amphibian_LEMIS_1999_and_2015.csv")
    read = read_shipments(path, format="lemis")
    plain = pd.read_csv(path, dtype="str", keep_default_na=False)
    assert (len(read.accepted), len(read.rejected)) == (len(plain), 0)
    assert read.accepted["shipment_id"].is_unique
    assert (read.accepted["country_of_origin"] == "NA").sum() == (plain["country_origin"] == "NA").sum()
    assert (read.accepted["country_of_departure"] == "NA").sum() == (plain["country_imp_exp"] == "NA").sum()
    assert not {"x_disposition", "x_disposition_date", "x_action", "x_disposition_year"} & set(read.accepted)
    assert {"x_source", "x_purpose", "x_unit", "x_species_code", "x_genus"} <= set(read.accepted)
    parts = plain[["generic_name", "specific_name"]].replace("NA", "")
    joined = (parts["generic_name"] + " " + parts["specific_name"]).str.strip()
    assert read.accepted["goods_description"].fillna("").tolist() == joined.tolist()
    assert read.accepted["x_genus"].fillna("NA").tolist() == plain["genus"].tolist()
    inspections = read_inspections(path, format="lemis").accepted
    assert inspections["shipment_id"].tolist() == read.accepted["shipment_id"].tolist()
    assert (inspections["outcome"] == "refused").sum() == 89


def test_every_code_list_that_the_tables_name_is_there():
    from omdrisk.records.codes import code_list

    lists = {spec.codes for name in ("shipments", "cases", "inspections") for spec in table(name).columns.values()}
    for name in lists - {None, "hs"}:
        known = code_list(name)
        assert all(known.code(code) == code for code in known.names)
