"""Codes are brought to one spelling, and what cannot be right is suspicious and never rejected."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omdrisk.records import read_shipments
from omdrisk.records.codes import code_list
from omdrisk.records.format_map import TABLES
from omdrisk.records.reference import Reference
from omdrisk.records.schema import table
from omdrisk.records.schemes import SCHEMES

NOTHING = Reference(Path("nowhere"))


def manifest(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"shipment_id": ["1"], "filed_at": ["2023-04-01"]} | {k: [v] for k, v in columns.items()})


SPELLINGS = [
    ("container_no", "mscu 123456-6", "MSCU1234566"),
    ("container_no", "csqu3054383; MSCU 123456 6", "CSQU3054383;MSCU1234566"),
    ("container_no", "ake 12345 cx", "AKE12345CX"),
    ("imo_no", "IMO 9074729", "9074729"),
    ("port_of_loading", "vn hph", "VNHPH"),
    ("port_of_loading", "VN-SGN", "VNSGN"),
    ("port_of_loading", "han", "HAN"),
    ("transhipment_ports", "sgsin; hk hkg", "SGSIN;HKHKG"),
    ("container_type", "40'HC", "45G1"),
    ("container_type", "20gp", "22G1"),
    ("un_dg_no", "UN 1203", "1203"),
    ("item_hs_codes", "4407.10;101.29", "440710;010129"),
    ("package_type", "Cartons", "CT"),
    ("package_type", "thùng carton", "CT"),
    ("unit", "kgs", "KGM"),
    ("unit", "tấn", "TNE"),
    ("unit", "件", "H87"),
    ("hs_version", "HS2017", "2017"),
]


@pytest.mark.parametrize(("column", "written", "read"), SPELLINGS)
def test_one_spelling(column, written, read):
    made = read_shipments(manifest(**{column: written}))
    assert made.accepted[column].tolist() == [read]
    assert made.repairs["count"].sum() >= 1
    assert made.summary().set_index("column").loc[column, "suspicious"] == 0
    again = read_shipments(made.accepted)
    assert again.accepted[column].tolist() == [read]
    assert again.repairs.empty


DOUBTS = [
    ("container_no", "CSQU3054384", "check digit is wrong (ISO 6346)"),
    ("container_no", "CSQU3054383;CSQU3054384", "'CSQU3054384': its check digit is wrong"),
    ("container_no", "BOX 7", "neither a container"),
    ("imo_no", "9074728", "check digit is wrong (IMO)"),
    ("imo_no", "SEA STAR", "no seven digits"),
    ("house_doc_no", "RA473124828GB", "check digit is wrong (S10)"),
    ("house_doc_no", "160-12345676", "check digit is wrong (air waybill)"),
    ("master_doc_no", "16012345676", "check digit is wrong (air waybill)"),
    ("house_doc_no", "00000", "one sign only"),
    ("port_of_loading", "Hai Phong", "neither UN/LOCODE nor IATA"),
    ("port_of_loading", "QXHPH", "no country of ISO 3166"),
    ("port_of_loading", "QQQ", "no airport"),
    ("container_type", "BIG", "no size and type"),
    ("un_dg_no", "12", "no four digits"),
    ("hs_code", "7701", "no chapter 77"),
    ("package_type", "Q?", "no code of the list 'package_types'"),
    ("unit", "handful", "no code of the list 'units'"),
    ("hs_version", "1999", "no code of the list 'hs_versions'"),
]


@pytest.mark.parametrize(("column", "written", "said"), DOUBTS)
def test_what_is_odd_is_kept_and_told(column, written, said):
    made = read_shipments(manifest(**{column: written}))
    assert made.rejected.empty
    assert made.accepted[column].tolist() == [written]
    row = made.summary().set_index("column").loc[column]
    assert row["suspicious"] == 1
    assert said in row["example"]


@pytest.mark.parametrize("number", ["MAEU090032222", "HBL1", "160-12345675", "RA473124829GB"])
def test_documents_that_are_not_odd(number):
    made = read_shipments(manifest(house_doc_no=number))
    assert made.summary().set_index("column").loc["house_doc_no", "suspicious"] == 0


@pytest.mark.parametrize(
    ("country", "number", "odd"),
    [("VN", "0100233488", 0), ("VN", "0100233489", 1), ("CN", "91110000600037341L", 0), ("CN", "91110000600037341M", 1),
     ("LA", "anything1", 0), (None, "1", 0), ("SG", "1", 1)],
)  # fmt: skip
def test_tax_numbers_by_the_country_of_their_party(country, number, odd):
    made = read_shipments(manifest(consignee_tax_id=number, consignee_country=country))
    assert made.rejected.empty
    assert made.summary().set_index("column").loc["consignee_tax_id", "suspicious"] == odd


def test_every_declared_scheme_and_list_is_there():
    for name in TABLES:
        for column in table(name).columns.values():
            if column.scheme:
                assert column.scheme in SCHEMES
                beside = SCHEMES[column.scheme].beside
                assert beside is None or beside(column.name) in table(name).columns or column.name == "declared_hs"
            if column.codes and column.codes != "hs":
                assert code_list(column.codes).names


@pytest.mark.parametrize("name", SCHEMES)
@given(text=st.text(max_size=14))
def test_a_tidy_code_stays_as_it_is(name, text):
    scheme = SCHEMES[name]
    tidy = scheme.tidy(text) if scheme.tidy else text
    assert (scheme.tidy(tidy) if scheme.tidy else tidy) == tidy
    if tidy.strip():
        assert isinstance(scheme.doubt(tidy, None, NOTHING), str)


@pytest.mark.parametrize("name", ["package_types", "units", "container_types", "hs_versions", "metropolitan_areas"])
def test_a_word_stands_for_one_code(name):
    told = code_list(name)
    for word, code in told.spellings.items():
        assert told.code(word) == code or word.upper() in told.names
        assert code in told.names
