"""Official lists are imported as they are published, and the checks then use them."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from omdrisk.cli.app import app
from omdrisk.errors import InputError
from omdrisk.features import Catalog
from omdrisk.records import read_cases, read_shipments
from omdrisk.records.importing import read_cites, read_hs, read_unlocode, with_sea_ports, write_reference
from omdrisk.records.reference import reference
from omdrisk.resources import definitions
from tests.conftest import published

CLI = CliRunner()
PLACES = [
    ',"VN",,".VIET NAM",,,,,,,,',
    ',"VN","HPH","Hải Phòng","Hai Phong",,"12345---","AF","0401",,"2052N 10641E",',
    '"+","VN","XYZ","Cảng Mới","Cang Moi",,"1-------","RQ","2301",,,',
    '"X","VN","OLD","Old Port","Old Port",,"1-------","RQ","9601",,,',
    '"=","VN",,"Haiphong = Hai Phong","Haiphong = Hai Phong",,,,,,,',
    ',"CI","ABJ","Côte Port","Cote Port",,"--34----","AI","0001","ABJ","0515S 00401W",',
]
HEADER = "Change,Country,Location,Name,NameWoDiacritics,Subdivision,Status,Function,Date,IATA,Coordinates,Remarks"


def swapped(line: str) -> str:
    cells = line.split(",")
    return ",".join([*cells[:6], cells[7], cells[6], *cells[8:]])


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("header", [True, False])
def test_places_as_published(tmp_path, encoding, header):
    lines = [HEADER, *map(swapped, PLACES)] if header else PLACES
    made = read_unlocode([write(tmp_path / "a.csv", "\r\n".join(lines), encoding)])
    assert made.table["locode"].tolist() == ["CIABJ", "VNHPH", "VNXYZ"]
    assert made.table["name"].tolist() == ["Cote Port", "Hai Phong", "Cang Moi"]
    assert made.table["function"].tolist() == ["--34----", "12345---", "1-------"]
    assert made.table["lat"].tolist() == ["-5.2500", "20.8667", ""]
    assert made.table["lon"].tolist() == ["-4.0167", "106.6833", ""]
    assert made.left_out.empty


def test_places_in_latin_letters_zipped_and_in_parts(tmp_path):
    path = tmp_path / "loc242csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("2024-2 UNLOCODE CodeListPart1.csv", "\r\n".join([PLACES[0], PLACES[5]]).encode("latin-1"))
        archive.writestr("2024-2 UNLOCODE CodeListPart2.csv", PLACES[1])
        archive.writestr("2024-2 SubdivisionCodes.csv", '"VN","01","Lai Chau","Province"')
    assert read_unlocode([path]).table["locode"].tolist() == ["CIABJ", "VNHPH"]
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(PLACES[2].encode()))
    assert read_unlocode([tmp_path / "b.csv.gz"]).table["locode"].tolist() == ["VNXYZ"]


def test_rows_that_are_no_place_are_told(tmp_path):
    good = [f",VN,{letter}{second}A,Name,Name,,AI,1-------,0401,,," for letter in "ABCDE" for second in "ABCDEF"]
    bad = [
        ",QX,AAA,Nowhere,Nowhere,,AI,1-------,,,,",
        ",VN,long one,Name,Name,,AI,1-------,,,,",
        ",LA,Lae,Province,,,,,,,,",
    ]
    made = read_unlocode([write(tmp_path / "a.csv", "\n".join([HEADER, *good, *bad]))])
    assert len(made.table) == 30
    assert made.left_out["row"].tolist() == [32, 33, 34]
    assert "'QX' is no code" in made.left_out["reason"][0]
    with pytest.raises(InputError, match=r"a\.csv: 0 rows of UN/LOCODE can be used and 1 cannot.*row 2"):
        read_unlocode([write(tmp_path / "a.csv", "\n".join([HEADER, bad[0]]))])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02" * 50, "binary"),
        (b"a,b\n1,2\n", "0 rows of UN/LOCODE"),
        (b"country,town\nVN,Hue\n", r"row 1: no column of UN/LOCODE is called location or"),
        (b"PK\x03\x04broken", "damaged"),
        (b"\x1f\x8bbroken", "damaged"),
        (None, "no such file"),
    ],
)
def test_what_is_no_such_list(tmp_path, content, words):
    path = tmp_path / "list.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words) as told:
        read_unlocode([path])
    assert "list.csv" in str(told.value)


@pytest.mark.parametrize(
    ("name", "text", "version", "edition"),
    [
        (
            "hs2022.csv",
            "section,hscode,description,parent,level\nI,01,Animals,TOTAL,2\nI,0101,Horses,01,4\n",
            None,
            "2022",
        ),
        ("list.csv", "Classification;Code;Description\nH5;TOTAL;All\nH5;1;Animals\nH5;101;Horses\n", None, "2017"),
        ("mine.csv", "HS Code\tText\n01\tAnimals\n01.01\tHorses\n", "2012", "2012"),
    ],
)
def test_commodity_codes(tmp_path, name, text, version, edition):
    made, told = read_hs([write(tmp_path / name, text)], version)
    assert (told, made.table["code"].tolist()) == (edition, ["01", "0101"])
    assert made.table["description"].tolist() == ["Animals", "Horses"]


def test_commodity_codes_of_no_or_several_editions(tmp_path):
    path = write(tmp_path / "list.csv", "code,description\n01,Animals\n")
    with pytest.raises(InputError, match=r"list\.csv: of which edition .* --version 2022"):
        read_hs([path])
    with pytest.raises(InputError, match="'2020' is no edition"):
        read_hs([path], "2020")
    several = write(tmp_path / "both.csv", "version,code,description\nH5,01,Animals\nH6,01,Animals\n")
    with pytest.raises(InputError, match="several editions, 2017, 2022"):
        read_hs([several])
    with pytest.raises(InputError, match=r"row 2: code 'x' is not digits"):
        read_hs([write(tmp_path / "x.csv", "code,description\nx,Animals\n")], "2022")


INDEX = """TaxonId,Kingdom,Class,Genus,Species,FullName,RankName,CurrentListing,EnglishNames,FullAnnotationEnglish
1,Animalia,Mammalia,Manis,javanica,Manis javanica,SPECIES,I,"Sunda Pangolin,Malayan Pangolin",
2,Animalia,Mammalia,Loxodonta,africana,Loxodonta africana,SPECIES,I/II,African Elephant,"<p>Populations of BW, NA</p>"
3,Animalia,Aves,Gallus,gallus,Gallus gallus,SPECIES,NC,Fowl,
"""
LISTINGS = """Genus,Species,Rank,Listing,Effective at,Is current,Party,Full note
Manis,javanica,SPECIES,II,01/07/1975,false,,
Manis,javanica,SPECIES,I,02/01/2017,true,,
Dalbergia,cochinchinensis,SPECIES,II,12/06/2013,true,,note
Loxodonta,africana,SPECIES,I,18/01/1990,true,,
Loxodonta,africana,SPECIES,II,18/09/1997,true,,some populations
"""


@pytest.mark.parametrize(
    ("text", "names", "appendices"),
    [
        (INDEX, ["Loxodonta africana", "Manis javanica"], ["I/II", "I"]),
        (LISTINGS, ["Dalbergia cochinchinensis", "Loxodonta africana", "Manis javanica"], ["II", "I/II", "I"]),
    ],
)
def test_species(tmp_path, text, names, appendices):
    made = read_cites([write(tmp_path / "cites.csv", text)])
    assert made.table["scientific_name"].tolist() == names
    assert made.table["appendix"].tolist() == appendices
    shipped = pd.read_csv(definitions("features") / "tables" / "cites_taxa.csv", comment="#")
    assert made.table.columns.tolist() == shipped.columns.tolist()
    if text == LISTINGS:
        assert made.table["listed"].tolist() == ["2013", "1990", "2017"]
    else:
        assert made.table["note"].tolist() == ["Populations of BW, NA", ""]
        assert made.table["common_name"].tolist() == ["African Elephant", "Sunda Pangolin"]


def test_species_of_another_list(tmp_path):
    with pytest.raises(InputError, match=r"row 1: no column of the CITES listings is called"):
        read_cites([write(tmp_path / "cites.csv", "Genus,Species\nManis,javanica\n")])
    with pytest.raises(InputError, match=r"row 2: listing 'IV' names no appendix"):
        read_cites([write(tmp_path / "cites.csv", "FullName,CurrentListing\nManis javanica,IV\n")])


def test_sea_ports_stand_behind_those_that_are_there(tmp_path):
    made = read_unlocode([write(tmp_path / "a.csv", "\n".join(PLACES))]).table
    held = pd.DataFrame({"locode": ["VNSGN"], "name": ["Saigon"], "lat": ["10.77"], "lon": ["106.71"]})
    assert with_sea_ports(held, made)["locode"].tolist() == ["VNSGN", "VNHPH"]
    known = held.assign(locode="VNHPH")
    assert with_sea_ports(known, made)["lat"].tolist() == ["10.77"]


def test_the_whole_way_by_command(tmp_path, monkeypatch):
    monkeypatch.delenv("OMDRISK_TABLES", raising=False)
    monkeypatch.chdir(tmp_path)
    source = write(tmp_path / "unlocode.csv", "\n".join(PLACES))
    refused = CLI.invoke(app, ["tables", "import", "unlocode", str(source)])
    assert isinstance(refused.exception, InputError)
    assert "omdrisk init" in str(refused.exception)
    assert isinstance(CLI.invoke(app, ["tables", "import", "unlocod", str(source)]).exception, InputError)
    assert CLI.invoke(app, ["init", "phase"]).exit_code == 0
    monkeypatch.chdir(tmp_path / "phase")
    write(tmp_path / "hs2022.csv", "code,description\n0306,Crustaceans\n030617,Shrimps\n")
    write(tmp_path / "cites.csv", INDEX)
    for kind, name in (("unlocode", "unlocode.csv"), ("hs", "hs2022.csv"), ("cites", "cites.csv")):
        more = ["--ports"] if kind == "unlocode" else []
        done = CLI.invoke(app, ["tables", "import", kind, str(tmp_path / name), "--json", "-", *more])
        assert done.exit_code == 0, done.output
        assert '"left_out": []' in done.output
    shown = CLI.invoke(app, ["tables", "show", "--json", "-"])
    assert '"places": 3' in shown.output
    assert '"2022": 2' in shown.output
    assert (tmp_path / "phase/features/tables/cites_taxa.before").is_file()
    assert len(Catalog.read("features").tables["unlocode"]) == 3
    manifest = pd.DataFrame(
        {
            "shipment_id": list("abc"),
            "filed_at": "2023-04-01",
            "port_of_loading": ["VNHPH", "VNQQQ", "SGN"],
            "hs_code": ["030617", "010121", "98000000"],
            "hs_version": ["HS 2022", None, None],
        }
    )
    odd = read_shipments(manifest).summary().set_index("column")
    assert odd.loc["port_of_loading", "suspicious"] == 1
    assert "'VNQQQ': not in UN/LOCODE" in odd.loc["port_of_loading", "example"]
    assert odd.loc["hs_code", "suspicious"] == 1
    assert "'010121': not in the Harmonized System 2022" in odd.loc["hs_code", "example"]
    monkeypatch.chdir(tmp_path)
    assert read_shipments(manifest).summary().set_index("column").loc["port_of_loading", "suspicious"] == 0
    monkeypatch.setenv("OMDRISK_TABLES", str(tmp_path / "phase/features/tables"))
    assert read_shipments(manifest).summary().set_index("column").loc["port_of_loading", "suspicious"] == 1
    monkeypatch.setenv("OMDRISK_TABLES", "nowhere")
    with pytest.raises(InputError, match="OMDRISK_TABLES"):
        read_shipments(manifest).summary()


def test_an_appendix_in_which_the_species_is_not_listed():
    cases = pd.DataFrame(
        {
            "case_id": list("abcd"),
            "occurred_on": "2023-04-01",
            "known_at": "2023-04-02",
            "class": "wildlife",
            "species": ["Manis javanica", "manis  javanica", "Loxodonta africana", "Homo sapiens"],
            "cites_appendix": ["II", "I", "II", "I"],
        }
    )
    odd = read_cases(cases).summary(definitions("features") / "tables").set_index("column")
    assert odd.loc["cites_appendix", "suspicious"] == 1
    assert "Manis javanica is listed in I" in odd.loc["cites_appendix", "example"]


def test_a_damaged_table_is_named(tmp_path):
    table = pd.DataFrame({"code": ["01"], "description": ["Animals"]})
    path = write_reference(table, tmp_path / "hs_2022.csv", title="HS", source="x", on=date(2026, 1, 2))
    assert path.read_text(encoding="utf-8").startswith("# HS\n# source: x\n# date: imported 2026-01-02\n")
    assert reference(tmp_path).headings(None) == ("2022", frozenset({"01"}))
    path.write_text("# HS\nnothing\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"hs_2022\.csv is no table with the columns code"):
        reference(tmp_path).headings(None)
    with pytest.raises(InputError, match="no folder of tables"):
        reference(tmp_path / "none")
    with pytest.raises(InputError, match="cannot be written"):
        write_reference(table, tmp_path / "none" / "hs_2022.csv", title="HS", source="x", on=date(2026, 1, 2))


def test_the_published_lists():
    places = read_unlocode([published("reference", "unlocode-2025.csv.gz")])
    assert len(places.table) > 115_000
    assert {"VNHPH", "VNSGN", "SGSIN", "CNSHA"} <= set(places.table["locode"])
    made, edition = read_hs([published("reference", "hs2022.csv")])
    assert (edition, len(made.table) > 6_500) == ("2022", True)
