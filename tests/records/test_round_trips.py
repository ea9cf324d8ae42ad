"""A canonical table, written and read again, is itself, whatever stands in it."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk.records import as_table, read_cases, read_inspections, read_shipments
from omdrisk.records.codes import code_list
from omdrisk.records.format_map import ALWAYS_MISSING
from omdrisk.records.mojibake import unscramble
from omdrisk.records.schema import Column, table
from omdrisk.records.schemes import SCHEMES

READERS = {"shipments": read_shipments, "cases": read_cases, "inspections": read_inspections}
SIGNS = st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Zs", "Zl", "Zp", "Cf"), exclude_characters=";|")
WORDS = (
    st.lists(st.text(SIGNS, min_size=1, max_size=8), min_size=1, max_size=3)
    .map(" ".join)
    .filter(lambda text: text == text.strip() and text not in ALWAYS_MISSING and unscramble(text) == text)
)
CODES = {
    "place": ["VNHPH", "HAN", "JKT", "XZ123"],
    "iso6346": ["CSQU3054383", "CSQU3054384", "AKE12345CX"],
    "iso6346_type": ["22G1", "45R1"],
    "imo": ["9074729", "9074728"],
    "un_number": ["1203"],
    "hs": ["0101", "010129"],
    "country": ["VN", "CN"],
}
MOMENTS = st.datetimes(pd.Timestamp("1971-01-01").to_pydatetime(), pd.Timestamp("2099-12-31").to_pydatetime())


def cells(spec: Column) -> st.SearchStrategy[object]:
    if spec.type == "time":
        return MOMENTS.map(lambda moment: pd.Timestamp(moment, tz="UTC"))
    if spec.type in ("number", "count"):
        low = 0.0 if spec.minimum is None else spec.minimum
        return st.floats(low, spec.maximum or 1e12, allow_nan=False, allow_subnormal=False)
    if spec.type == "flag":
        return st.booleans()
    if spec.codes:
        hs = ["0101", "010129", "01012900", "9705000000"]
        return st.sampled_from(hs if spec.codes == "hs" else sorted(code_list(spec.codes).names))
    words = WORDS
    if spec.scheme and (tidy := SCHEMES[spec.scheme].tidy):
        # a code that is spelled otherwise is repaired, and so does not come back as it was
        words = st.sampled_from(CODES[spec.scheme]) | WORDS.filter(lambda text: tidy(text) == text)
    return st.lists(words, min_size=1, max_size=3).map(";".join) if spec.many else words


@st.composite
def tables(draw: st.DrawFn, name: str) -> pd.DataFrame:
    spec = table(name)
    chosen = draw(st.sets(st.sampled_from([one for one in spec.columns if one not in spec.required]), max_size=6))
    size = draw(st.integers(0, 4))
    made = {}
    for column in spec.columns.values():
        if column.name in spec.required or column.name in chosen:
            values = cells(column) if column.required else st.none() | cells(column)
            unique = column.name == spec.key
            made[column.name] = draw(st.lists(values, min_size=size, max_size=size, unique=unique))
    frame = pd.DataFrame({one: pd.Series(cell, dtype=spec.columns[one].dtype) for one, cell in made.items()})
    return frame.assign(x_word=pd.Series(["a b"] * size, dtype="str"))


def write(frame: pd.DataFrame, path: str, kind: str) -> None:
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        plain = frame.copy()
        for name in plain.select_dtypes("datetimetz").columns:
            plain[name] = plain[name].astype("str")
        with pd.ExcelWriter(
            path,
            engine="xlsxwriter",
            engine_kwargs={"options": {"strings_to_urls": False, "strings_to_formulas": False}},
        ) as book:
            plain.to_excel(book, index=False)


@pytest.mark.filterwarnings("ignore:Series.values")
@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("name", list(READERS))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_table_comes_back_as_it_was(tmp_path, name, kind, data):
    frame = data.draw(tables(name))
    path = tmp_path / f"m.{kind}"
    write(frame, str(path), kind)
    read = READERS[name](path)
    assert len(read.rejected) == 0, read.rejected["reason"].tolist()
    if frame.empty:
        assert read.accepted.empty
        return
    pd.testing.assert_frame_equal(read.accepted, frame)
    pd.testing.assert_frame_equal(as_table(frame, name), frame)
    assert read.repairs.empty, read.repairs
