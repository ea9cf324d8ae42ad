"""Whatever a file holds, each of its rows comes out once: accepted or rejected."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.records import read_shipments
from omdrisk.records.schema import table

COLUMNS = ["shipment_id", "filed_at", "gross_weight_kg", "consignee_country", "hs_code", "consignee_name", "Note"]
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff"), max_size=12)
CELLS = st.one_of(
    TEXT,
    st.sampled_from(
        ["", "A1", "2023-04-01", "31/12/2022", "-5", "1e400", "VN", "XQ", "0101", "nan", '"', "a\nb", ",", "#N/A"]
    ),
)
ROWS = st.lists(st.lists(CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=12)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def filled(rows: list[list[str]]) -> int:
    return sum(any(cell.strip() for cell in row) for row in rows)


@SLOW
@given(rows=ROWS)
def test_rows_of_a_csv(tmp_path, rows):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([COLUMNS, *rows])
    path = tmp_path / "m.csv"
    path.write_bytes(text.getvalue().encode("utf-8"))
    read = read_shipments(path)
    assert len(read.accepted) + len(read.rejected) == filled(rows)
    assert read.accepted["shipment_id"].is_unique
    assert read.accepted[["shipment_id", "filed_at"]].notna().all(axis=None)
    numbers = text.getvalue().split("\n")
    for row, ident in zip(read.rejected["row"], read.rejected.get("shipment_id", []), strict=False):
        if isinstance(ident, str) and "\n" not in ident:
            assert f'"{ident}' in numbers[row - 1].replace('""', '"') or ident in numbers[row - 1].replace('""', '"')


@SLOW
@given(lines=st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30), max_size=12))
def test_lines_of_any_text(tmp_path, lines):
    path = tmp_path / "m.csv"
    path.write_text("\n".join(["shipment_id,filed_at,note", *lines]), encoding="utf-8", newline="")
    read = read_shipments(path)
    # a quote may join lines into one row, so there are at most as many rows as filled lines, and some if any is filled
    told = len(read.accepted) + len(read.rejected)
    assert told <= sum(bool(line.strip(" ,")) for line in lines) + sum('"' in line for line in lines)
    if not any('"' in line for line in lines):
        assert told == sum(any(cell.strip() for cell in line.split(",")) for line in lines)


@SLOW
@given(rows=ROWS)
def test_rows_of_a_table_in_memory(rows):
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    read = read_shipments(frame)
    assert len(read.accepted) + len(read.rejected) == filled(rows)


def canonical(rows: int = 7) -> pd.DataFrame:
    made = {}
    for place, (name, spec) in enumerate(table("shipments").columns.items()):
        if spec.type == "time":
            made[name] = pd.date_range("2023-01-01 01:02:03.000456", periods=rows, freq="h", tz="UTC").as_unit("us")
        elif spec.type in ("number", "count"):
            made[name] = [0.1 + 0.2 + place + row for row in range(rows)]
        elif spec.type == "flag":
            made[name] = pd.array([True, False, None] + [True] * (rows - 3), dtype="boolean")
        elif spec.codes == "hs":
            made[name] = pd.Series(["010129"] * rows, dtype="str")
        elif spec.codes:
            from omdrisk.records.codes import code_list

            made[name] = pd.Series([next(iter(code_list(spec.codes).names))] * (rows - 1) + [None], dtype="str")
        else:
            made[name] = pd.Series([f"0{row} Đại, Phát; {name}".replace("; ", ";") for row in range(rows)], dtype="str")
    made["x_number"] = [1.5, 2.0, float("nan")] + [1e-7] * (rows - 3)
    made["x_word"] = pd.Series(["a b"] * rows, dtype="str")
    frame = pd.DataFrame(made)
    frame["reefer_temp_c"] = -18.5
    return frame


@pytest.mark.filterwarnings("ignore:Series.values")
@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_canonical_table_comes_back_as_it_was(tmp_path, kind):
    frame = canonical()
    path = tmp_path / f"m.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        plain = frame.copy()
        for name in plain.select_dtypes("datetimetz").columns:
            plain[name] = plain[name].astype("str")
        plain.to_excel(path, index=False)
    read = read_shipments(path)
    assert len(read.rejected) == 0, read.rejected["reason"].tolist()
    pd.testing.assert_frame_equal(read.accepted, frame)
    assert read.repairs.empty
    assert read.missing == []
