"""Numbers, moments and codes as people write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omdrisk.records.codes import code_list, hs_code
from omdrisk.records.mojibake import unscramble
from omdrisk.records.moments import iso_text, moments
from omdrisk.records.numerals import number_of, numbers

YEARS = dt.datetime(1980, 1, 1), dt.datetime(2090, 1, 1)  # noqa: DTZ001 - clocks on a wall


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "expected"),
    [
        ("1.155", ",", ".", 1155),
        ("1.155.000", ",", ".", 1_155_000),
        ("1.155,50", ",", ".", 1155.5),
        ("0,5", ",", ".", 0.5),
        ("12.5", ",", ".", 12.5),
        ("1,155", ".", ",", 1155),
        ("1,155.50", ".", "", 1155.5),
        ("1.155,50", ".", "", 1155.5),
        ("1,155", ".", "", None),
        ("12,5", ".", "", None),
        ("1 155", ".", "", 1155),
        ("1\u00a0155", ".", "", 1155),
        ("１２３", ".", "", 123),
        ("(5)", ".", "", -5),
        ("$ 5", ".", "", 5),
        ("1e3", ".", "", 1000),
        ("1e999", ".", "", None),
        ("--5", ".", "", None),
        ("0x10", ".", "", None),
        ("five", ".", "", None),
        ("1-2", ".", "", None),
    ],
)
def test_numbers_as_written(text, decimal, thousands, expected):
    assert number_of(text, decimal, thousands) == expected


@pytest.mark.parametrize(
    ("text", "kilograms"),
    [("5 kg", 5), ("5KGS.", 5), ("2 T", 2000), ("500g", 0.5), ("10 lbs", 4.5359237), ("5 m3", None)],
)
def test_weights_with_their_unit(text, kilograms):
    assert number_of(text, unit="kg") == (None if kilograms is None else pytest.approx(kilograms))


@given(st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False)))
def test_plain_numbers_are_read_exactly(values):
    column = pa.array([None if value is None else repr(value) for value in values], type=pa.string())
    read, wrong, _, _ = numbers(column, ".", "", None)
    assert not wrong.any()
    np.testing.assert_array_equal(read, np.array([np.nan if value is None else value for value in values], dtype=float))


@given(st.lists(st.sampled_from(["1.155", "7", "12,5", "abc", None, "1.000.000,25"])))
def test_a_column_is_read_as_its_cells_are(texts):
    read, wrong, _, _ = numbers(pa.array(texts, type=pa.string()), ",", ".", None)
    told = [None if text is None else number_of(text, ",", ".") for text in texts]
    np.testing.assert_array_equal(read, np.array([np.nan if value is None else value for value in told], dtype=float))
    assert wrong.tolist() == [text is not None and value is None for text, value in zip(texts, told, strict=True)]


def read(texts: list[str | None], order: str = "ymd", zone: str = "UTC") -> list[pd.Timestamp]:
    series, wrong, _, _ = moments(pa.array(texts, type=pa.string()), order, zone)
    assert wrong.tolist() == [text is not None and pd.isna(value) for text, value in zip(texts, series, strict=True)]
    return series.tolist()


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2023-04-05", "ymd", "2023-04-05"),
        ("2023-04-05 08:30", "dmy", "2023-04-05T08:30"),
        ("2023-04-05T08:30:15.250Z", "ymd", "2023-04-05T08:30:15.250"),
        ("2023-04-05T08:30:00+07:00", "ymd", "2023-04-05T01:30"),
        ("2023-04-05T08:30:00+0700", "ymd", "2023-04-05T01:30"),
        ("2023/4/5", "ymd", "2023-04-05"),
        ("20230405", "ymd", "2023-04-05"),
        ("20230405T0830", "ymd", "2023-04-05T08:30"),
        ("5/4/2023", "dmy", "2023-04-05"),
        ("05.04.2023 8:30", "dmy", "2023-04-05T08:30"),
        ("5-4-2023 08:30 PM", "dmy", "2023-04-05T20:30"),
        ("08:30 05/04/2023", "dmy", "2023-04-05T08:30"),
        ("04/05/2023", "mdy", "2023-04-05"),
        ("05-Apr-2023", "ymd", "2023-04-05"),
        ("45021", "ymd", "2023-04-05"),
        ("45021.5", "ymd", "2023-04-05T12:00"),
        ("5/4/2023", "ymd", None),
        ("5/4/23", "dmy", None),
        ("2023-13-01", "ymd", None),
        ("2023-04-31", "ymd", None),
        ("31/04/2023", "dmy", None),
        ("2023-04-05 25:00", "ymd", None),
        ("13:00 pm 1/1/2023", "dmy", None),
        ("2023", "ymd", None),
        ("0001-01-01", "ymd", None),
        ("9999-12-31", "ymd", None),
        ("today", "ymd", None),
    ],
)
def test_moments_as_written(text, order, expected):
    alone = read([text], order)
    among = read(["2023-01-01", text, None], order)
    told = pd.NaT if expected is None else pd.Timestamp(expected, tz="UTC")
    assert alone[0] is told or alone[0] == told
    assert among[1] is told or among[1] == told


@given(
    st.datetimes(*YEARS),
    st.sampled_from(["Asia/Ho_Chi_Minh", "Australia/Sydney", "UTC"]),
)
def test_local_times_against_the_standard_library(moment, zone):
    moment = moment.replace(microsecond=0)
    local = moment.replace(tzinfo=ZoneInfo(zone))
    there_and_back = local.astimezone(dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if there_and_back != moment:
        return  # an hour that clocks leave out
    for text in (moment.isoformat(), moment.strftime("%d/%m/%Y %H:%M:%S")):
        assert read([text], "dmy", zone) == [pd.Timestamp(local.astimezone(dt.UTC))]


def test_an_iso_text_says_its_own_order():
    assert iso_text("2023-04-05", "mdy") == "2023-04-05"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("countries", "vn", "VN"),
        ("countries", "VIET NAM", "VN"),
        ("countries", "NA", "NA"),
        ("countries", "Lào", "LA"),
        ("countries", "Atlantis", None),
        ("transport_modes", "Sea", "1"),
        ("transport_modes", "air", "4"),
        ("transport_modes", "4", "4"),
        ("incoterms", "c&f", "CFR"),
        ("classes", "Narcotics", "drug"),
        ("selectors", "Random", "random"),
    ],
)
def test_codes_and_words(name, text, code):
    assert code_list(name).code(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0101", "0101"),
        ("101", "0101"),
        ("4407.10.12", "44071012"),
        ("12", None),
        ("44071012345", None),
        ("４４０７", None),
    ],
)
def test_commodity_codes(text, code):
    assert hs_code(text) == code


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_unscrambling_undoes_scrambling(text):
    scrambled = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in text.encode())
    if scrambled != text:
        assert unscramble(scrambled) == text
