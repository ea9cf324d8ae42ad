"""Files as they come: each fault is one clear line, and the rows that are good go on."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.records import read_cases, read_shipments, write_rejects

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "shipment_id,filed_at,gross_weight_kg,consignee_country,hs_code\nA1,2023-04-01T08:00:00Z,12.5,VN,440710\n"


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def one_line(error: pytest.ExceptionInfo[InputError], *words: str) -> None:
    text = str(error.value)
    assert "\n" not in text
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("B2,31/02/2023,1,VN,440710", ["filed_at", "'31/02/2023'", "no date"]),
        ("B2,2023-02-30,1,VN,440710", ["filed_at", "'2023-02-30'", "no date"]),
        ("B2,,1,VN,440710", ["filed_at", "empty"]),
        (",2023-04-01,1,VN,440710", ["shipment_id", "empty"]),
        ("B2,2023-04-01,-3,VN,440710", ["gross_weight_kg", "'-3'", "negative"]),
        ("B2,2023-04-01,heavy,VN,440710", ["gross_weight_kg", "'heavy'", "no number"]),
        ("B2,2023-04-01,inf,VN,440710", ["gross_weight_kg", "'inf'", "no number"]),
        ("B2,2023-04-01,1,XQ,440710", ["consignee_country", "'XQ'", "no country"]),
        ("A1,2023-04-01,1,VN,440710", ["shipment_id", "'A1'", "row 2"]),
        ("B2,2023-04-01,1,VN,timber", ["hs_code", "'timber'", "4 to 10 digits"]),
        ("B2,2023-04-01,1,VN,123456789012", ["hs_code", "4 to 10 digits"]),
        ("B2,2023-04-01,1,VN", ["4 cells", "header 5"]),
        ("B2,2023-04-01,1,VN,440710,more", ["6 cells", "header 5"]),
        ("B2,1023-04-01,1,VN,440710", ["filed_at", "no date"]),
    ],
)
def test_a_bad_row_is_told_and_good_rows_go_on(tmp_path, cells, words):
    read = read_shipments(write(tmp_path / "m.csv", GOOD + cells + "\nC3,2023-04-02,7,VN,1211\n"))
    assert read.accepted["shipment_id"].tolist() == ["A1", "C3"]
    assert read.rejected[["file", "row"]].to_numpy().tolist() == [[str(tmp_path / "m.csv"), 3]]
    for word in words:
        assert word in read.rejected["reason"][0]


def test_every_reason_of_a_row_is_told(tmp_path):
    read = read_shipments(write(tmp_path / "m.csv", GOOD + "B2,soon,-3,XQ,timber\n"))
    reason = read.rejected["reason"][0]
    assert reason.count(";") >= 3
    assert all(column in reason for column in ("filed_at", "gross_weight_kg", "consignee_country", "hs_code"))


def test_rejects_keep_their_cells_and_can_be_mended_and_read_again(tmp_path):
    read = read_shipments(write(tmp_path / "m.csv", GOOD + "0012,2023-04-01,1,XQ,0101\n"))
    path = write_rejects(read, tmp_path / "rejects.csv")
    text = path.read_text(encoding="utf-8-sig")
    assert "0012,2023-04-01,1,XQ,0101" in text
    mended = read_shipments(write(path, text.replace("XQ", "VN")))
    assert mended.accepted["shipment_id"].tolist() == ["0012"]
    assert mended.accepted["hs_code"].tolist() == ["0101"]
    assert list(mended.accepted.columns) == list(read.accepted.columns)


def test_a_bad_row_does_not_stand_in_the_way_of_a_good_one_with_its_id(tmp_path):
    read = read_shipments(write(tmp_path / "m.csv", "shipment_id,filed_at\n1,never\n1,2023-01-01\n1,2023-01-02\n"))
    assert read.accepted["shipment_id"].tolist() == ["1"]
    assert read.rejected["row"].tolist() == [2, 4]
    assert "row 3" in read.rejected["reason"][1]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", ["empty.csv", "is empty"]),
        ("blank.csv", b"\n\n  \n", ["is empty"]),
        ("noise.csv", bytes(range(256)) * 40, ["noise.csv", "binary"]),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, ["picture"]),
        ("book.csv", b"PK\x03\x04" + b"\0" * 50, ["binary", ".xlsx"]),
        ("text.xlsx", b"shipment_id,filed_at\n1,2\n", ["text.xlsx", "named as a workbook"]),
        ("broken.xlsx", b"PK\x03\x04garbage", ["broken.xlsx", "damaged workbook"]),
        ("broken.parquet", b"PAR1garbagePAR1", ["damaged Parquet"]),
        ("not.parquet", b"hello", ["named as Parquet"]),
        ("broken.csv.gz", b"\x1f\x8b\x08garbage", ["damaged gzip"]),
        ("lacks.csv", b"filed_at,office\n2023-04-01,A\n", ["'shipment_id' is missing", "'office'"]),
        ("other.csv", b"just a line of words\nand another\n", ["'shipment_id' is missing"]),
        ("paper.csv", b"%PDF-1.7 etc", ["a PDF"]),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_line(tmp_path, name, content, words):
    with pytest.raises(InputError) as error:
        read_shipments(write(tmp_path / name, content))
    one_line(error, *words)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError) as error:
        read_shipments(tmp_path / "none.csv")
    one_line(error, "none.csv", "no such file")
    with pytest.raises(InputError) as error:
        read_shipments(tmp_path)
    one_line(error, "is a folder")
    with pytest.raises(InputError):
        read_shipments([])


def test_only_a_header_gives_an_empty_table(tmp_path):
    read = read_shipments(write(tmp_path / "m.csv", GOOD.splitlines()[0]))
    assert len(read.accepted) == len(read.rejected) == 0
    assert read.accepted["gross_weight_kg"].dtype == "float64"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path, delimiter, newline):
    text = (GOOD + "B2,bad,1,VN,440710\n").replace(",", delimiter).replace("\n", newline)
    read = read_shipments(write(tmp_path / "m.csv", text))
    assert read.accepted["shipment_id"].tolist() == ["A1"]
    assert read.rejected["row"].tolist() == [3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_unicode_encodings(tmp_path, encoding):
    text = "shipment_id,filed_at,consignee_name\nA1,2023-04-01,Công ty Đại Phát\n"
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    read = read_shipments(write(tmp_path / "m.csv", data))
    assert read.accepted["consignee_name"].tolist() == ["Công ty Đại Phát"]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1258", "Công ty TNHH Đại Phát"), ("gb18030", "广州南沙贸易有限公司"), ("cp1252", "Société Générale")],
)
def test_older_encodings_come_from_the_format_map(tmp_path, encoding, name):
    form = write(
        tmp_path / "mine.toml", f'[file]\nencodings = ["utf-8", "{encoding}"]\ncanonical_names = true\n[shipments]\n'
    )
    # Windows-1258 writes tones as marks of their own
    spelled = name.replace("ạ", "a\u0323") if encoding == "cp1258" else name
    data = f"shipment_id,filed_at,consignee_name\nA1,2023-04-01,{spelled}\n".encode(encoding)
    read = read_shipments(write(tmp_path / "m.csv", data), format=form)
    assert read.accepted["consignee_name"].tolist() == [name]
    assert f"encoding {encoding}" in read.repairs["rule"].tolist()


def test_one_line_in_another_encoding_does_not_spoil_the_others(tmp_path):
    head = "shipment_id,filed_at,consignee_name\n"
    lines = [f"A{n},2023-04-01,Đại Phát\n".encode() for n in range(9)] + ["B1,2023-04-01,Société\n".encode("cp1252")]
    read = read_shipments(write(tmp_path / "m.csv", head.encode() + b"".join(lines)))
    assert read.accepted["consignee_name"].tolist() == ["Đại Phát"] * 9 + ["Société"]
    assert read.repairs["count"].tolist() == [1]


def test_mojibake_is_brought_back_and_counted(tmp_path):
    scrambled = "Công ty TNHH Thủy sản Đại Phát".encode().decode("latin-1")
    text = f"shipment_id,filed_at,consignee_name\nA1,2023-04-01,{scrambled}\nA2,2023-04-01,Công ty\n"
    read = read_shipments(write(tmp_path / "m.csv", text))
    assert read.accepted["consignee_name"].tolist() == ["Công ty TNHH Thủy sản Đại Phát", "Công ty"]
    assert read.repairs[["rule", "column", "count"]].to_numpy().tolist() == [["mojibake", "consignee_name", 1]]


def test_quotes_over_lines_blank_lines_and_row_numbers(tmp_path):
    text = (
        "shipment_id,filed_at,goods_description\n"
        '1,2023-04-01,"two\nlines, one cell"\n'
        "\n"
        '2,never,pipes 5" wide\n'
        ",,\n"
        '3,2023-04-01,pipe 5" wide\n'
        '4,2023-04-01,"never closed\n'
        "5,2023-04-01,good\n"
    )
    read = read_shipments(write(tmp_path / "m.csv", text))
    assert read.accepted["shipment_id"].tolist() == ["1", "3", "5"]
    assert read.accepted["goods_description"].tolist() == ["two\nlines, one cell", 'pipe 5" wide', "good"]
    assert read.rejected["row"].tolist() == [5, 8]
    assert "never closed" in read.rejected["reason"][1]


def test_a_gzipped_file(tmp_path):
    read = read_shipments(write(tmp_path / "m.csv.gz", gzip.compress(GOOD.encode())))
    assert len(read.accepted) == 1


def test_several_files_and_an_id_that_is_in_both(tmp_path):
    first = write(tmp_path / "a.csv", GOOD)
    second = write(
        tmp_path / "b.csv", GOOD.replace("shipment_id", "shipment_id").replace("A1", "B1") + "A1,2023-04-01,1,VN,0101\n"
    )
    read = read_shipments([first, second])
    assert read.accepted["shipment_id"].tolist() == ["A1", "B1"]
    assert read.rejected[["file", "row"]].to_numpy().tolist() == [[str(second), 3]]
    assert "row 2 of " + str(first) in read.rejected["reason"][0]


def test_files_with_different_columns(tmp_path):
    first = write(tmp_path / "a.csv", "shipment_id,filed_at,x_a\n1,2023-01-01,5\n")
    second = write(tmp_path / "b.csv", "shipment_id,filed_at,x_a,x_b\n2,2023-01-01,p,q\n")
    read = read_shipments([first, second]).accepted
    assert read["x_a"].tolist() == ["5", "p"]
    assert read["x_b"].isna().tolist() == [True, False]


def workbook(path: Path, rows: list[list[object]], *, before: list[list[object]] | None = None) -> Path:
    book = openpyxl.Workbook()
    if before is not None:
        for row in before:
            book.active.append(row)
        book.create_sheet("data")
        for row in rows:
            book["data"].append(row)
    else:
        for row in rows:
            book.active.append(row)
    book.save(path)
    return path


def test_a_wide_sheet_with_title_rows(tmp_path):
    wide = [f"Extra {n}" for n in range(58)]
    rows = [
        ["CARGO DECLARATION", "printed 2023"],
        [],
        ["shipment_id", "filed_at", *wide],
        [1001, pd.Timestamp("2023-04-01 08:30").to_pydatetime(), *range(58)],
        ["A2", "tomorrow", *range(58)],
    ]
    read = read_shipments(workbook(tmp_path / "m.xlsx", rows))
    assert read.accepted["shipment_id"].tolist() == ["1001"]
    assert read.accepted["filed_at"][0] == pd.Timestamp("2023-04-01 08:30", tz="UTC")
    assert read.accepted["x_extra_57"].tolist() == [57.0]
    assert read.rejected["row"].tolist() == [5]
    assert read.rejected["Extra 3"].tolist() == ["3"]


def test_the_sheet_with_the_header_is_found(tmp_path):
    path = workbook(tmp_path / "m.xlsx", [["shipment_id", "filed_at"], ["007", "2023-04-01"]], before=[["Read me"]])
    assert read_shipments(path).accepted["shipment_id"].tolist() == ["007"]


def test_an_empty_workbook(tmp_path):
    with pytest.raises(InputError, match="no filled sheet"):
        read_shipments(workbook(tmp_path / "m.xlsx", []))


def test_a_case_may_come_again_when_it_is_corrected(tmp_path):
    text = (
        "case_id,occurred_on,known_at,class,case_status\n"
        "c1,2023-04-01,2023-04-02,drug,reported\n"
        "c1,2023-04-01,2023-05-02,drugs,withdrawn\n"
        "c1,2023-04-01,2023-05-02,drug,withdrawn\n"
        "c2,2023-04-01,2023-05-02,guns,reported\n"
    )
    read = read_cases(write(tmp_path / "c.csv", text))
    assert read.accepted["class"].tolist() == ["drug", "drug"]
    assert read.rejected["row"].tolist() == [4, 5]
    assert "row 3" in read.rejected["reason"][0]
    assert "class: 'guns'" in read.rejected["reason"][1]


def test_two_columns_of_one_name_are_told_apart(tmp_path):
    read = read_shipments(write(tmp_path / "m.csv", "shipment_id,filed_at,note,note,\n1,2023-01-01,a,b,c\n"))
    extras = read.accepted.filter(like="x_").iloc[0].tolist()
    assert extras == ["a", "b", "c"]


def test_a_column_called_reason_is_not_lost_in_rejects(tmp_path):
    read = read_shipments(write(tmp_path / "m.csv", "shipment_id,filed_at,reason,row\n1,bad,because,9\n"))
    assert read.rejected["reason (cell)"].tolist() == ["because"]
    assert read.rejected["row (cell)"].tolist() == ["9"]
