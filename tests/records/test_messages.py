"""Messages and sheets of carriers, posts and Parties, dirty on purpose: what is right is read, what is not is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from omdrisk.errors import DefinitionError, InputError
from omdrisk.records import read_cases, read_shipments
from omdrisk.records.format_map import parse_format

if TYPE_CHECKING:
    from pathlib import Path

CONSIGNMENT = """CNI+{n}+HBL{n}'RFF+MB:MAEU123'LOC+9+CNSHA:139:6'LOC+13+HKHKG'LOC+13+SGSIN'LOC+11+VNSGN'
NAD+CZ+++GUANGZHOU ?'STAR?' TRADING CO+12 NANSHA RD+GUANGZHOU++511400+CN'
NAD+CN+0100233488++CONG TY TNHH DAI PHAT+12 LE LOI+HO CHI MINH++700000+VN'CTA+IC+:MR AN'COM+84281234567:TE'
MOA+44:15000.50:USD'GID+1+20:CT'FTX+AAA+++FROZEN FISH:FILLET'MEA+AAE+G+KGM:1200.5'CST++030461'
GID+2+5:BX'FTX+AAA+++DRIED SHRIMP'MEA+AAE+G+TNE:0.5'MEA+AAE+AAW+MTQ:2.5'CST++030617'SGP+MSCU1234565'
"""
HEAD = """UNH+{m}+CUSCAR:D:98B:UN'BGM+785+MAN{m}+9'DTM+137:202304010830:203'
TDT+20+123E+1++MAEU:172:20+++9074729:146::EVER GIVEN:PA'DTM+132:20230405:102'
EQD+CN+MSCU1234565+22G1:102:5+++5'SEL+S1+CA'SEL+S2+SH'MEA+AAE+VGM+KGM:19000'GIS+23'
"""


def interchange(*messages: str) -> str:
    return "UNA:+.? 'UNB+UNOA:2+SENDER+VNCUS+230401:0830+1'\n" + "\n".join(messages) + "\nUNZ+1+1'\n"


def message(number: int = 1, consignments: int = 2, lost: int = 0) -> str:
    body = HEAD.format(m=number) + "".join(CONSIGNMENT.format(n=n + 1) for n in range(consignments))
    count = body.replace("?'", "").count("'") + 1 + lost
    return f"{body}UNT+{count}+{number}'"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding, newline="")
    return path


def test_a_cargo_report(tmp_path):
    read = read_shipments(write(tmp_path / "m.edi", interchange(message())), format="cuscar")
    assert read.rejected.empty
    first = read.accepted.iloc[0].dropna().to_dict()
    expected = {
        "shipment_id": "MAN1:1", "message_function": "9", "transport_mode": "1", "master_doc_no": "MAEU123",
        "house_doc_no": "HBL1", "carrier_code": "MAEU", "vessel_name": "EVER GIVEN", "imo_no": "9074729",
        "voyage_flight_no": "123E", "conveyance_nationality": "PA", "port_of_loading": "CNSHA",
        "transhipment_ports": "HKHKG;SGSIN", "port_of_discharge": "VNSGN", "packages": 25.0, "package_type": "CT",
        "gross_weight_kg": 1700.5, "volume_m3": 2.5, "vgm_kg": 19000.0, "invoice_value": 15000.5, "currency": "USD",
        "goods_description": "FROZEN FISH FILLET; DRIED SHRIMP", "hs_code": "030461",
        "item_hs_codes": "030461;030617", "container_no": "MSCU1234565", "container_type": "22G1",
        "fill_status": "full", "seal_nos": "S1;S2", "shipper_name": "GUANGZHOU 'STAR' TRADING CO",
        "shipper_address": "12 NANSHA RD", "shipper_city": "GUANGZHOU", "shipper_postcode": "511400",
        "shipper_country": "CN", "consignee_name": "CONG TY TNHH DAI PHAT", "consignee_tax_id": "0100233488",
        "consignee_phone": "84281234567", "consignee_country": "VN",
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert str(first["filed_at"]) == "2023-04-01 08:30:00+00:00"
    assert str(first["eta"])[:10] == "2023-04-05"
    assert "GIS+23" in first["x_not_read"]
    assert "MR AN" in first["x_not_read"]
    assert read.accepted["shipment_id"].tolist() == ["MAN1:1", "MAN1:2"]


def test_a_cargo_report_of_a_courier_by_air(tmp_path):
    text = """UNH+1+CUSCAR:D:98B:UN'BGM+785+M77+9'DTM+137:20230412:102'NAD+DT+9123::95++SWIFT EXPRESS'
TDT+20+++6+QF::3+++:::QF253'LOC+22+NZAKL'DTM+132:20230413:102'
CNI+1'RFF+BH:HOUSE1'RFF+BM:08112345675'LOC+9+USLAX'LOC+11+NZAKL'LOC+27+US'
NAD+CN++IMPORTER ONE:1 MAIN ROAD:AUCKLAND'RFF+VA:NZ123'NAD+AG++SOMEBODY'COM+5551234:TE'
GID+1'PAC+3++CT'FTX+AAA+++TOY CARS'MEA+WT+AAG+KGM:15,2'MEA+VOL++LTR:40'GID+2+1:BX'PAC+9++BX'
MEA+WT+AAG+GRM:800'MOA+44:45,54:NZD'PCI+28+MARK'
CNI+2+HOUSE2'NAD+CN++IMPORTER TWO'GID+1+4:PK'SGP+MSCU1234566'RFF+AAQ:CSQU3054383'
UNT+33+1'"""
    read = read_shipments(write(tmp_path / "m.edi", text), format="cuscar")
    assert read.rejected.empty, read.rejected["reason"].tolist()
    first, second = (read.accepted.iloc[place].dropna().to_dict() for place in (0, 1))
    expected = {
        "transport_mode": "4", "voyage_flight_no": "QF253", "carrier_code": "QF", "house_doc_no": "HOUSE1",
        "master_doc_no": "08112345675", "office": "NZAKL", "country_of_origin": "US", "packages": 4.0,
        "package_type": "CT", "gross_weight_kg": 16.0, "volume_m3": 0.04, "invoice_value": 45.54, "currency": "NZD",
        "consignee_name": "IMPORTER ONE", "consignee_address": "1 MAIN ROAD, AUCKLAND", "consignee_tax_id": "NZ123",
        "declarant_name": "SWIFT EXPRESS", "declarant_tax_id": "9123",
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert "vessel_name" not in first
    # what belongs to a party that no column holds is not given to the party before
    assert "consignee_phone" not in first
    assert first["x_not_read"] == "NAD+AG++SOMEBODY COM+5551234:TE PCI+28+MARK"
    assert second["container_no"] == "MSCU1234566;CSQU3054383"
    assert second["house_doc_no"] == "HOUSE2"


def test_a_cargo_report_that_is_damaged(tmp_path):
    cut = message(3).split("UNT+")[0]
    text = interchange(
        message(1),
        message(2, lost=1),
        cut,
        message(4, consignments=0),
        "UNH+5+IFTMCS:D:98B:UN'BGM+705'UNT+3+5'",
        "XYZ+1'",
        message(6, 1).replace("KGM:1200.5", "KGM:heavy"),
        message(7, 1).replace("DTM+137:202304010830:203", "DTM+137:20231301:102"),
    )
    read = read_shipments(write(tmp_path / "m.edi", text), format="cuscar")
    assert read.accepted["shipment_id"].tolist() == ["MAN1:1", "MAN1:2"]
    reasons = read.rejected["reason"].tolist()
    for words, times in (("some are lost", 2), ("cut off", 2), ("no consignment", 1), ("IFTMCS", 1), ("outside", 1)):
        assert sum(words in reason for reason in reasons) == times, words
    assert sum("no number" in reason for reason in reasons) == 1
    assert sum("no date" in reason for reason in reasons) == 1
    assert len(read.accepted) + len(read.rejected) == 11
    assert read.rejected["row"].is_monotonic_increasing


@pytest.mark.parametrize("text", ["hello", "a,b\n1,2\n", "UN"])
def test_what_is_no_interchange(tmp_path, text):
    with pytest.raises(InputError, match=r"m\.edi.*EDIFACT"):
        read_shipments(write(tmp_path / "m.edi", text), format="cuscar")


def test_a_consignee_in_one_cell(tmp_path):
    text = interchange(message(1, 1).replace("CONG TY TNHH DAI PHAT+12 LE LOI", "0100233488#DAI PHAT#12 LE LOI+Q1"))
    row = read_shipments(write(tmp_path / "m.edi", text), format="cuscar").accepted.iloc[0]
    assert row[["consignee_tax_id", "consignee_name", "consignee_address"]].tolist() == [
        "0100233488", "DAI PHAT", "12 LE LOI, Q1",
    ]  # fmt: skip


FWB = """FWB/16
160-12345675HKGSGN/T10K250.5MC1.2
FLT/CX767/12
SHP
/FAR EAST FORWARDING LTD
/1 QUEENS ROAD
/HONG KONG
/HK/00000/TE/85212345678
CNE
/SAIGON CARGO JSC
/TAN SON NHAT
/HO CHI MINH
/VN
CVD/USD/PP/NVD/NCV/XXX
RTD/1/P10/K250.5/CQ/W250
/NG/CONSOLIDATION
ISU/12APR23/HKG
"""
FHL = """FHL/4
MBI/160-12345675HKGSGN/T10K250.5
HBS/HAWB1/HKGSGN/5/K120/10/ELECTRONIC PART
TXT/S AND ACCESSORIES
HTS/851712/852990
OCI/VN/CNE/T/0100233488
SHP/SHENZHEN MOBILE CO LTD
/88 FUTIAN ROAD
/SHENZHEN
/CN/518000/TE/8675512345678
CNE/CONG TY DAI PHAT
/12 LE LOI
/HO CHI MINH
/VN/700000
CVD/USD/CC/NVD/1500.00/XXX
SPH/PER/ELI
FHL/4
MBI/160-12345675HKGSGN/T10K250.5
HBS/HAWB2/HKGSGN/5/L100/5/GIFTS
"""


def test_air_waybills(tmp_path):
    direct = FWB.replace("160-12345675", "618-00000011")
    read = read_shipments(write(tmp_path / "m.txt", FWB + FHL + direct), format="cargo-imp")
    assert read.rejected.empty
    assert read.accepted["shipment_id"].tolist() == ["160-12345675/HAWB1", "160-12345675/HAWB2", "618-00000011"]
    first = read.accepted.iloc[0].dropna().to_dict()
    expected = {
        "transport_mode": "4", "master_doc_no": "160-12345675", "house_doc_no": "HAWB1", "packages": 5.0,
        "gross_weight_kg": 120.0, "master_weight_kg": 250.5, "port_of_loading": "HKG", "port_of_discharge": "SGN",
        "goods_description": "ELECTRONIC PARTS AND ACCESSORIES", "hs_code": "851712",
        "item_hs_codes": "851712;852990", "consignee_tax_id": "0100233488", "consignee_name": "CONG TY DAI PHAT",
        "consignee_address": "12 LE LOI", "consignee_city": "HO CHI MINH", "consignee_country": "VN",
        "consignee_postcode": "700000", "shipper_phone": "8675512345678", "currency": "USD", "invoice_value": 1500.0,
        "freight_payment": "CC", "special_handling": "PER;ELI", "voyage_flight_no": "CX767",
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert str(first["filed_at"])[:10] == "2023-04-12"
    assert read.accepted["gross_weight_kg"].tolist()[1] == pytest.approx(45.359237)
    assert read.accepted["goods_description"].tolist()[2] == "CONSOLIDATION"


FHL_5 = """QK SGNFFVN
.HKGFMCX 120830
FHL/5
MBI/160-12345675HKGSGN/T6K90
HBS/HAWB7/HKGSGN/6/K90/6/LIVE TURTLES
/AVI/PER
TXT/IN WOODEN BOXES
/WITH AIR HOLES
HTS/010620
/010690
OCI/VN/CNE/CT/84912345678
/VN/CNE/T/0100233488
/HK/ISS/RA/00012
SHP
NAM/REPTILE EXPORT LTD
ADR/7 KWAI FUK ROAD
LOC/KWAI CHUNG/NT
/HK/00000/TE/85212345678
CNE
NAM/CONG TY DAI PHAT
ADR/12 LE LOI
LOC/HO CHI MINH
/VN/700000
CVD/USD/PP/NVD/900.50/XXX
"""


def test_air_waybills_of_the_later_versions(tmp_path):
    master = FWB.replace("FWB/16", "FWB/17").replace("CVD/USD/PP/NVD/NCV/XXX", "CVD/USD/PX/CC/NVD/700/50")
    master = master.replace("/NG/CONSOLIDATION", "/2/NC/CONSOLIDATION\n/3/NG/AS PER LIST")
    direct = master.replace("160-12345675", "618-00000011")
    read = read_shipments(write(tmp_path / "m.txt", FHL_5 + master + direct), format="cargo-imp")
    assert read.rejected.empty
    first = read.accepted.iloc[0].dropna().to_dict()
    expected = {
        "special_handling": "AVI;PER", "goods_description": "LIVE TURTLES IN WOODEN BOXES WITH AIR HOLES",
        "item_hs_codes": "010620;010690", "consignee_phone": "84912345678", "consignee_tax_id": "0100233488",
        "shipper_name": "REPTILE EXPORT LTD", "shipper_address": "7 KWAI FUK ROAD", "shipper_city": "KWAI CHUNG, NT",
        "shipper_country": "HK", "shipper_phone": "85212345678", "consignee_name": "CONG TY DAI PHAT",
        "consignee_city": "HO CHI MINH", "consignee_postcode": "700000", "invoice_value": 900.5,
        "freight_payment": "P", "x_not_read": "OCI/HK/ISS/RA/00012",
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    second = read.accepted.iloc[1]
    assert second["goods_description"] == "CONSOLIDATION AS PER LIST"
    assert second[["freight_payment", "invoice_value", "insurance"]].tolist() == ["CC", 700.0, 50.0]


def test_air_waybills_that_are_damaged(tmp_path):
    text = "PLEASE FIND BELOW\n" + FWB + "FHL/4\nMBI/160-12345675HKGSGN/T10K250.5\nHBS/HAWB9/nonsense\nFHL/4\n"
    text += "MBI/999-00000000HKGSGN/T1K5\nFHL/4\nHBS/H8/HKGSGN/1/K1/1/X\n"
    read = read_shipments(write(tmp_path / "m.txt", text), format="cargo-imp")
    assert read.accepted["shipment_id"].tolist() == ["160-12345675"]
    reasons = " | ".join(read.rejected["reason"])
    assert "before any message" in reasons
    assert "not written as HBS" in reasons
    assert "tells no house waybill" in reasons
    with pytest.raises(InputError, match="no FWB or FHL"):
        read_shipments(write(tmp_path / "n.txt", "hello\n"), format="cargo-imp")
    with pytest.raises(InputError, match="'filed_at' is missing"):
        read_shipments(write(tmp_path / "o.txt", FHL), format="cargo-imp")


def test_postal_items(tmp_path):
    text = (
        "CUSTOMS DECLARATION CN23,,,,,,,\n"
        "Item ID,Date of posting,Sender name,Addressee name,Addressee country,Detailed description of contents,"
        'Weight (g),Value,Currency,Category of item,"HS tariff number",Remark\n'
        "RA473124829GB,05/04/2023,J SMITH,NGUYỄN VĂN AN,Viet Nam,gift,350,20.00,GBP,gift,,x\n"
        'LX123456785CN,06/04/2023 14:30,寄件人,TRAN THI B,VN,"cases, 3 pcs","1,250",45,USD,Sale of goods,3926.90,\n'
        "LX123456785CN,06/04/2023,again,B,VN,x,1,1,USD,other,,\n"
        "EE1,31/02/2023,a,b,VN,x,1,1,USD,other,,\n"
        "EE2,01/02/2023,a,b,VN,x,light,1,USD,other,,\n"
    )
    read = read_shipments(write(tmp_path / "post.csv", text), format="postal")
    made = read.accepted
    assert made["shipment_id"].tolist() == ["RA473124829GB", "LX123456785CN"]
    assert made["house_doc_no"].tolist() == made["shipment_id"].tolist()
    assert made["gross_weight_kg"].tolist() == pytest.approx([0.35, 1.25])
    assert made["nature_of_item"].tolist() == ["gift", "sale"]
    assert made["consignee_country"].tolist() == ["VN", "VN"]
    assert made["transport_mode"].tolist() == ["5", "5"]
    assert made["hs_code"].tolist()[1] == "392690"
    assert "x_remark" in made
    assert read.rejected["row"].tolist() == [5, 6, 7]


CITES = [
    "Seizure identification number", "Date of seizure", "Species", "Description of specimen", "Quantity", "Unit",
    "Location of incident", "Detecting agency", "Reason for seizure", "Method of detection", "Mode of transport",
    "Method of concealment", "Alleged country of origin", "Country(ies) of transit", "Alleged final destination",
    "Nationality of offenders", "Law under which charges were brought", "Disposal of confiscated specimens",
    "Estimated value in country (amount and currency)", "Additional information",
]  # fmt: skip


def test_an_illegal_trade_report(tmp_path):
    good = ["S1", "05/04/2023", "Manis javanica", "scales", "1,155", "kg", "Hai Phong", "Customs", "x", "x-ray",
            "Maritime transport", "Rip-on/rip-off", "Nigeria", "MY, SG", "CN", "NG", "Law 1", "stored", "10 USD",
            "-"]  # fmt: skip
    rows = [
        good,
        ["S2", "31/02/2023", *good[2:]],
        ["S3", good[1], *good[2:4], "many", *good[5:]],
        ["S4", good[1], *good[2:12], "Atlantis", *good[13:]],
    ]
    frame = pd.DataFrame([["ANNUAL ILLEGAL TRADE REPORT", *[""] * 19], CITES, *rows])
    frame.to_excel(tmp_path / "aitr.xlsx", header=False, index=False)
    read = read_cases(tmp_path / "aitr.xlsx", format="cites-illegal-trade")
    row = read.accepted.iloc[0]
    assert row[["case_id", "class", "transport_mode", "concealment_code", "country_of_origin"]].tolist() == [
        "S1", "wildlife", "1", "rip_off", "NG",
    ]  # fmt: skip
    assert row["quantity"] == 1155
    assert row["transit_countries"] == "MY;SG"
    assert str(row["known_at"])[:10] == "2024-04-04"
    assert {"x_detecting_agency", "x_nationality_of_offenders"} <= set(read.accepted.columns)
    assert read.rejected["row"].tolist() == [4, 5, 6]
    without = frame.drop(columns=[0])
    without.to_excel(tmp_path / "aitr2.xlsx", header=False, index=False)
    again = read_cases(tmp_path / "aitr2.xlsx", format="cites-illegal-trade")
    assert again.accepted["case_id"].tolist() == ["cites:aitr2:3"]


def test_a_syntax_that_is_not_known():
    with pytest.raises(DefinitionError, match="syntax = 'paper'"):
        parse_format("mine.toml", '[file]\nsyntax = "paper"\n[shipments]\n')
