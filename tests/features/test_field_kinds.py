"""Each kind that reads one shipment, against a loop that reads one cell at a time."""

from __future__ import annotations

import math
from datetime import UTC
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import stdnum.imo
import stdnum.iso6346
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from omdrisk.features import View
from omdrisk.features.geography import Gazetteer, great_circle_km
from omdrisk.features.kinds import kinds
from omdrisk.features.kinds.checks import imo_valid, iso6346_valid

NAN = float("nan")


def cells(shipments, *names):
    for _, row in shipments.iterrows():
        yield [None if name not in row or pd.isna(row[name]) else row[name] for name in names]


def make(word, **arguments):
    return kinds()[word].read(arguments)


def check(kind, shipments, expected, tables=None):
    np.testing.assert_allclose(kind.compute(View(shipments, tables)), np.array(expected, dtype=float), rtol=1e-12)


def test_number(shipments):
    weights = [NAN if weight is None else weight for (weight,) in cells(shipments, "gross_weight_kg")]
    check(make("number", value="gross_weight_kg"), shipments, weights)
    check(
        make("number", value="gross_weight_kg", log=True),
        shipments,
        [math.log1p(weight) for weight in weights],
    )


def test_logarithm_of_a_negative_number_is_missing():
    frame = pd.DataFrame({"reefer_temp_c": [-18.0, 0.0, 4.0]})
    assert np.isnan(make("number", value="reefer_temp_c", log=True).compute(View(frame))).tolist() == [
        True,
        False,
        False,
    ]


def test_ratio(shipments):
    expected = [
        NAN if top is None or not bottom else top / bottom
        for top, bottom in cells(shipments, "freight_charge", "invoice_value")
    ]
    check(make("ratio", top="freight_charge", bottom="invoice_value"), shipments, expected)


def test_missing_counts_absent_columns(shipments):
    names = ["seal_nos", "hs_code", "vessel_name"]
    expected = [sum(cell is None for cell in row) for row in cells(shipments, *names)]
    check(make("missing", columns=names), shipments, expected)


def test_agree(shipments):
    expected = [
        NAN if None in (left, right) else float(left == right)
        for left, right in cells(shipments, "shipper_country", "consignee_country")
    ]
    check(make("agree", left="shipper_country", right="consignee_country"), shipments, expected)


def test_agree_where_one_side_is_always_missing(shipments):
    assert np.isnan(make("agree", left="shipper_country", right="payer_country").compute(View(shipments))).all()


def test_similarity(shipments):
    expected = [
        NAN if None in (left, right) else fuzz.token_sort_ratio(left.casefold(), right.casefold())
        for left, right in cells(shipments, "shipper_name", "consignee_name")
    ]
    check(make("similarity", left="shipper_name", right="consignee_name"), shipments, expected)


def slow_power(value):
    if value is None or value == 0:
        return NAN
    exact = Decimal(str(value)).quantize(Decimal("0.001"))
    power = Decimal("0.001")
    if exact == 0:
        return NAN
    while exact % (power * 10) == 0:
        power *= 10
    return float(power)


def test_round_number(shipments):
    expected = [slow_power(value) for (value,) in cells(shipments, "gross_weight_kg")]
    check(make("round_number", value="gross_weight_kg"), shipments, expected)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20), st.integers(0, 3))
def test_round_number_of_any_decimal(numbers, places):
    values = [float(Decimal(number).scaleb(-places)) for number in numbers]
    frame = pd.DataFrame({"gross_weight_kg": values})
    check(make("round_number", value="gross_weight_kg"), frame, [slow_power(abs(value)) for value in values])


def test_listed_count(shipments):
    expected = [
        NAN if cell is None else len([part for part in cell.split(";") if part.strip()])
        for (cell,) in cells(shipments, "seal_nos")
    ]
    check(make("listed_count", column="seal_nos"), shipments, expected)


def test_hours_between(shipments):
    expected = [
        NAN if end is None else (end - start).total_seconds() / 3600
        for start, end in cells(shipments, "filed_at", "eta")
    ]
    check(make("hours_between", start="filed_at", end="eta"), shipments, expected)
    assert np.isnan(make("hours_between", start="filed_at", end="etd").compute(View(shipments))).all()


@pytest.mark.parametrize(
    ("part", "slow"),
    [("hour", lambda t: t.hour), ("weekday", lambda t: t.weekday()), ("month", lambda t: t.month)],
)
def test_calendar(shipments, part, slow):
    expected = [NAN if moment is None else slow(moment) for (moment,) in cells(shipments, "eta")]
    check(make("calendar", column="eta", part=part), shipments, expected)


@given(st.datetimes(min_value=pd.Timestamp("1900-01-01").to_pydatetime(), timezones=st.just(UTC)))
def test_calendar_of_any_moment(moment):
    frame = pd.DataFrame({"eta": pd.Series([moment]).astype("datetime64[us, UTC]")})
    view = View(frame)
    found = [make("calendar", column="eta", part=part).compute(view)[0] for part in ("hour", "weekday", "month")]
    assert found == [moment.hour, moment.weekday(), moment.month]


def test_detour(shipments, tables):
    gazetteer = Gazetteer(tables["ports"])
    expected = []
    for start, over, end in cells(shipments, "port_of_loading", "transhipment_ports", "port_of_discharge"):
        stops = [gazetteer.place(stop) for stop in [start or "", *(over or "").split(";"), end or ""]]
        known = [stop for stop in stops if stop is not None]
        if None in (stops[0], stops[-1]) or len(known) < 3 or stops[0] == stops[-1]:
            expected.append(NAN)
            continue
        legs = sum(great_circle_km(known[place], known[place + 1]) for place in range(len(known) - 1))
        expected.append(legs / great_circle_km(stops[0], stops[-1]))
    assert np.isfinite(expected).sum() > 20
    check(make("detour"), shipments, expected, tables)


def test_great_circle_against_the_spherical_law_of_cosines():
    hanoi, sydney = (21.22, 105.81), (-33.95, 151.18)
    one, other = (np.radians(place) for place in (hanoi, sydney))
    angle = math.acos(
        math.sin(one[0]) * math.sin(other[0]) + math.cos(one[0]) * math.cos(other[0]) * math.cos(one[1] - other[1])
    )
    assert great_circle_km(hanoi, sydney) == pytest.approx(6371.0088 * angle, rel=1e-9)


@pytest.mark.parametrize(
    ("column", "scheme", "good", "bad"),
    [
        ("container_no", "iso6346", ["CSQU3054383", "CSQU 305438 3"], ["CSQU3054384", "AKE12345CX", ";"]),
        ("imo_no", "imo", ["9074729", "IMO 9074729"], ["9074728", "907472"]),
        (
            "master_doc_no",
            "awb",
            ["738-12345675", "73812345675"],
            ["738-12345674", "738-1234567", "MAEU12345675"],
        ),
        ("house_doc_no", "s10", ["RA473124829GB", "ra 473124829 gb"], ["RA473124828GB", "RA47312482GB", "٠"]),
    ],
)
def test_check_digit(column, scheme, good, bad):
    frame = pd.DataFrame({column: pd.array([*good, *bad, None], dtype="str")})
    found = make("check_digit", column=column, scheme=scheme).compute(View(frame))
    np.testing.assert_array_equal(found, [1.0] * len(good) + [0.0] * len(bad) + [NAN])


@given(st.from_regex(r"[A-Z]{3}[UJZ][0-9]{7}", fullmatch=True), st.from_regex(r"[0-9]{7}", fullmatch=True))
def test_containers_and_ships_against_python_stdnum(container, ship):
    assert iso6346_valid(container) == stdnum.iso6346.is_valid(container)
    assert imo_valid(ship) == stdnum.imo.is_valid(ship)


def slow_s10(digits):
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return 0 if rest == 10 else 5 if rest == 11 else rest


@given(st.text("0123456789", min_size=8, max_size=8))
def test_exactly_one_s10_check_digit_is_right(digits):
    frame = pd.DataFrame({"house_doc_no": [f"RA{digits}{last}VN" for last in range(10)]})
    found = make("check_digit", column="house_doc_no", scheme="s10").compute(View(frame))
    assert np.flatnonzero(found).tolist() == [slow_s10(digits)]


def test_tax_id_by_country_of_the_party():
    frame = pd.DataFrame(
        {
            "consignee_tax_id": ["0100233488", "0100233480", "91110000600037341L", "0100233488", "1", None],
            "consignee_country": ["VN", "VN", "CN", "CN", "LA", "VN"],
        }
    )
    kind = make("check_digit", column="consignee_tax_id", scheme="tax_id")
    assert kind.needs == ("consignee_tax_id", "consignee_country")
    np.testing.assert_array_equal(kind.compute(View(frame)), [1, 0, 1, 0, NAN, NAN])


def test_every_tax_id_scheme_accepts_a_known_number():
    from omdrisk.features.kinds.checks import TAX_IDS, tax_id_valid

    known = {
        "AU": "51 824 753 556",
        "CN": "91110000600037341L",
        "ID": "01.312.166.0-091.000",
        "IN": "27AAPFU0939F1ZV",
        "JP": "5835678256246",
        "KR": "116-82-00276",
        "NZ": "49-091-850",
        "SG": "00192200M",
        "TH": "1-2345-45678-78-1",
        "TW": "00501503",
        "VN": "0100233488",
    }
    assert set(known) == set(TAX_IDS)
    assert {country: tax_id_valid(number, country) for country, number in known.items()} == dict.fromkeys(known, 1.0)
