"""In every format, for every table that it makes: accepted and rejected rows together are the rows of the file."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.errors import InputError
from omdrisk.records import format_names, read_cases, read_format, read_inspections, read_shipments, write_rejects
from omdrisk.records.format_map import TableMap
from omdrisk.records.schema import table

READERS = {"shipments": read_shipments, "cases": read_cases, "inspections": read_inspections}
SHEETS = [
    (form, name) for form in format_names() for name in read_format(form).tables if read_format(form).syntax == "table"
]
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf"), exclude_characters="\ufeff"), max_size=8)
CELLS = TEXT | st.sampled_from(
    ["", "A1", "A1", "A2", "2023-04-01", "31/12/2022", "5/4/2023", "-5", "12,5", "1.155", "VN", "XQ", "drug", "clear",
     "x", "0101", "NA", "nan", '"', ",", "#", "1#2#3", "5 kg", "MSCU 1234566"]
)  # fmt: skip
QUICK = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


def headers_of(name: str, section: TableMap, *, canonical: bool) -> list[str]:
    """Return one header for each thing that a format reads, as far as it must."""
    told = {column: headers[0] for column, headers in section.columns.items()}
    told |= {str(place): split.headers[0] for place, split in enumerate(section.split)}
    told |= {rule.header: rule.header for labels in section.labels.values() for rule in labels.when}
    if canonical:
        told |= {column: column for column in (*table(name).required, *list(table(name).columns)[:12])}
    return list(dict.fromkeys([*told.values(), *section.drop[:1], "Something else"]))


def filled(rows: list[list[str]]) -> int:
    return sum(any(cell.strip() for cell in row) for row in rows)


@pytest.mark.parametrize(("form", "name"), SHEETS, ids=lambda text: text)
@QUICK
@given(data=st.data())
def test_rows_of_a_sheet(tmp_path, form, name, data):
    read_as = read_format(form)
    headers = headers_of(name, read_as.tables[name], canonical=read_as.canonical_names)
    row = st.lists(CELLS, min_size=len(headers), max_size=len(headers))
    rows = data.draw(st.lists(row, max_size=6))
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([headers, *rows])
    path = tmp_path / "m.csv"
    path.write_bytes(text.getvalue().encode("utf-8"))
    read = READERS[name](path, format=form)
    assert len(read.accepted) + len(read.rejected) == filled(rows)
    assert read.accepted[[*table(name).required]].notna().all(axis=None)
    # what was rejected, unmended, is rejected again, and no row is more or less
    if len(read.rejected):
        again = READERS[name](write_rejects(read, tmp_path / "bad.csv"), format=form)
        assert len(again.accepted) + len(again.rejected) == len(read.rejected)
    summary = read.summary()
    assert (summary["missing"] + summary["suspicious"] >= 0).all()


@pytest.mark.parametrize("name", READERS)
@QUICK
@given(data=st.data())
def test_rows_of_a_table_in_memory(name, data):
    columns = [*table(name).required, *list(table(name).columns)[-8:]]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=6))
    read = READERS[name](pd.DataFrame(rows, columns=columns, dtype="str").loc[:, lambda t: ~t.columns.duplicated()])
    assert len(read.accepted) + len(read.rejected) == filled(rows)


SEGMENTS = st.sampled_from(
    ["CNI+1+H1", "CNI+2+H2", "CNI+", "RFF+MB:M1", "NAD+CN+++A+B", "NAD", "GID+1+5:CT", "GID+1+many:CT",
     "FTX+AAA+++FISH", "MEA+WT+G+KGM:5", "MEA+WT+G+KGM:heavy", "MOA+44:x:USD", "LOC+9+CNSHA",
     "EQD+CN+MSCU1234566", "SEL+1", "SGP+A", "XYZ+1", "DTM+137:20230401:102", "DTM+137:2023:102",
     "DTM+137:20231301:102", "CST++0306", "TDT+20+1+1", "PAC+2++CT"]
)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages=st.lists(st.tuples(st.lists(SEGMENTS, max_size=12), st.integers(0, 1)), min_size=1, max_size=3))
def test_consignments_of_cargo_reports(tmp_path, messages):
    text, expected = "UNB+UNOA:2+A+B+230401:0830+1'", 0
    for number, (segments, lost) in enumerate(messages):
        body = ["UNH+1+CUSCAR:D:98B:UN", f"BGM+785+M{number}+9", "DTM+137:20230401:102", *segments]
        text += "'".join([*body, f"UNT+{len(body) + 1 + lost}+1"]) + "'"
        count = sum(segment.startswith("CNI") for segment in segments)
        # a report without a consignment is told as one row
        expected += count or 1
    path = tmp_path / "m.edi"
    path.write_text(text + "UNZ+1+1'", encoding="utf-8")
    read = read_shipments(path, format="cuscar")
    assert len(read.accepted) + len(read.rejected) == expected


LINES = st.sampled_from(
    ["HBS/H1/HKGSGN/5/K10/5/FISH", "HBS/H2/HKGSGN/5/K10/5/RICE", "HBS/nonsense", "TXT/MORE", "SHP", "NAM/A", "/A",
     "/HK", "CNE/B", "HTS/0306", "OCI/VN/CNE/T/1", "CVD/USD/PP/NVD/5/XXX", "CVD", "SPH/PER", "XXX/1", "RTD/1/NG/FISH",
     "ISU/12APR23/X"]
)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(lists=st.lists(st.lists(LINES, max_size=8), min_size=1, max_size=3))
def test_house_waybills(tmp_path, lists):
    text = "FWB/16\n160-12345675HKGSGN/T10K250\nISU/12APR23/HKG\n"
    for number, lines in enumerate(lists):
        text += "\n".join(["FHL/4", f"MBI/160-1234567{number}HKGSGN/T10K250", *lines]) + "\n"
    path = tmp_path / "m.txt"
    path.write_text(text, encoding="utf-8")
    try:
        read = read_shipments(path, format="cargo-imp")
    except InputError as error:
        # no FWB tells the day of these masters
        assert "filed_at" in str(error)  # noqa: PT017
        return
    told = len(read.accepted) + len(read.rejected)
    houses = sum(line.startswith("HBS/") for lines in lists for line in lines)
    assert told >= houses
    kept = [
        *read.accepted["house_doc_no"].tolist(),
        *read.rejected.get("house_doc_no", pd.Series(dtype="str")).tolist(),
    ]
    good = sum(line.startswith("HBS/H") for lines in lists for line in lines)
    assert sum(text in ("H1", "H2") for text in kept) == good
