"""Links are made with what was known at the time: nothing filed, reported or examined later changes an earlier one."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk.linking import link, link_records

BOX = "MSCU1234565"


def shipments(*rows: tuple[str, str], **columns: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["shipment_id", "filed_at"]).assign(container_no=BOX)
    return table.assign(**columns)


def case(known_at: str, **more: object) -> dict[str, object]:
    return {"case_id": "c", "class": "drug", "known_at": known_at, "occurred_on": "2023-01-05", **more}


def drug(outcomes: pd.DataFrame) -> list[tuple[str, str, float]]:
    rows = outcomes[outcomes["target"] == "drug"]
    return [
        (row.shipment_id, str(row.known_at.date()), row.outcome) for row in rows.fillna({"outcome": -1.0}).itertuples()
    ]


S1, S2 = ("s1", "2023-01-03"), ("s2", "2023-01-08")


@pytest.mark.parametrize("key", ["container_no", "house_doc_no", "master_doc_no"])
def test_a_shipment_filed_later_leaves_a_link_as_it_was(key):
    cases = pd.DataFrame([case("2023-01-06", **{key: BOX})])
    for rows in ((S1,), (S1, S2)):
        table = shipments(*rows).rename(columns={"container_no": key})
        assert drug(link(table, cases)) == [("s1", "2023-01-06", 1.0)]
    # a word on the case later on goes with the link that it has
    again = pd.concat([cases, pd.DataFrame([case("2023-01-20", occurred_on=None)])])
    assert drug(link(shipments(S1, S2).rename(columns={"container_no": key}), again)) == [("s1", "2023-01-06", 1.0)]


def test_a_case_that_fits_none_yet_goes_to_the_first_filed_after():
    cases = pd.DataFrame([case("2023-01-06", container_no=BOX)])
    later = ("s3", "2023-01-09")
    result = link_records(shipments(S2, later), cases)
    assert drug(result.outcomes) == [("s2", "2023-01-08", 1.0)]
    assert result.unlinked.empty
    both = link_records(shipments(S2, ("s3", "2023-01-08")), cases)
    assert both.outcomes.empty
    assert both.ambiguous["candidates"].tolist() == ["s2;s3"]
    assert link_records(shipments(("s9", "2023-02-20")), cases).outcomes.empty


def test_what_was_ambiguous_stays_so_whatever_is_filed():
    cases = pd.DataFrame([case("2023-01-06", container_no=BOX)])
    result = link_records(shipments(S1, ("s0", "2023-01-04"), S2), cases)
    assert result.ambiguous["candidates"].tolist() == ["s1;s0"]


def test_an_inspection_links_a_case_from_when_both_are_known():
    inspections = pd.DataFrame(
        [{"inspection_id": "i", "shipment_id": "s1", "case_id": "c", "outcome": None, "known_at": "2023-01-20"}]
    )
    result = link_records(shipments(S1, S2), pd.DataFrame([case("2023-01-06")]), inspections)
    assert drug(result.outcomes) == [("s1", "2023-01-20", 1.0)]
    assert result.unlinked["source"].tolist() == ["inspection"]
    known_first = inspections.assign(known_at="2023-01-04")
    assert drug(link(shipments(S1, S2), pd.DataFrame([case("2023-01-06")]), known_first)) == [("s1", "2023-01-06", 1.0)]
    withdrawn = pd.DataFrame([case("2023-01-06"), case("2023-01-10", case_status="withdrawn")])
    assert link(shipments(S1, S2), withdrawn, inspections).empty
    settled = pd.DataFrame([case("2023-01-09", container_no=BOX)])
    result = link_records(shipments(S1, S2), settled, inspections)
    assert drug(result.outcomes) == [("s1", "2023-01-20", 1.0)]
    assert result.ambiguous.empty


def test_a_shipment_that_is_named_and_filed_later_takes_the_link_from_then_on():
    cases = pd.DataFrame([case("2023-01-06", container_no=BOX, shipment_id="s2")])
    assert drug(link(shipments(S1), cases)) == [("s1", "2023-01-06", 1.0)]
    assert drug(link(shipments(S1, S2), cases)) == [
        ("s1", "2023-01-06", 1.0),
        ("s1", "2023-01-08", -1.0),
        ("s2", "2023-01-08", 1.0),
    ]


def test_only_shipments_of_then_are_listed_as_near():
    cases = pd.DataFrame([case("2023-01-06", house_doc_no="HBLX0012")])
    table = shipments(S1, S2, house_doc_no=["HBLX0013", "HBLX0015"])
    assert link_records(table, cases).near["shipment_id"].tolist() == ["s1"]
    assert link_records(table.iloc[1:], cases).near["shipment_id"].tolist() == ["s2"]


def test_an_arrival_that_is_entered_later_moves_no_link():
    cases = pd.DataFrame([case("2023-03-20", container_no=BOX, occurred_on="2023-03-19")])
    # the goods were expected on 1 January; the find lies 77 days later
    expected = shipments(("s1", "2023-01-01"), eta="2023-01-01")
    assert link(expected, cases).empty
    # that they came on 25 March was not known on 20 March, whatever the table says today
    pd.testing.assert_frame_equal(link(expected.assign(ata="2023-03-25"), cases), link(expected, cases))
    # that they came on 1 March was
    assert drug(link(expected.assign(ata="2023-03-01"), cases)) == [("s1", "2023-03-20", 1.0)]
    # and an early arrival entered later does not take a link away
    late = shipments(("s1", "2023-01-01"), eta="2023-03-18")
    early = [case("2023-03-20", container_no=BOX, occurred_on="2023-03-19")]
    for ata in (None, "2023-03-25"):
        assert drug(link(late.assign(ata=ata), pd.DataFrame(early))) == [("s1", "2023-03-20", 1.0)]


def test_a_case_that_names_several_containers():
    other = "CSQU3054383"
    cases = pd.DataFrame([case("2023-01-06", container_no=f"{other}; mscu 123456-5")])
    # both containers of one shipment, or one of them
    for boxes in (f"{BOX};{other}", BOX):
        assert drug(link(shipments(S1, container_no=boxes), cases)) == [("s1", "2023-01-06", 1.0)]
    # one container each of two shipments: not to be guessed
    two = shipments(S1, ("s0", "2023-01-04"), container_no=[BOX, other])
    result = link_records(two, cases)
    assert result.outcomes.empty
    assert set(result.ambiguous["candidates"][0].split(";")) == {"s0", "s1"}


def test_a_find_of_a_shipment_filed_later_is_judged_as_it_stood_at_its_filing():
    cases = pd.DataFrame([case("2023-01-06", container_no=BOX)])
    filed_later = shipments(("s2", "2023-01-08"), eta="2023-01-09")
    held = link(filed_later, cases)
    assert drug(held) == [("s2", "2023-01-08", 1.0)]
    pd.testing.assert_frame_equal(link(filed_later.assign(ata="2023-06-01"), cases), held)


DAYS = st.integers(1, 6)
BOXES = st.sampled_from([None, "A1", "A2"])
NAMES = st.sampled_from(["s0", "s1", "s2", "s3"])


def day(number: int) -> str:
    return f"2023-01-{number:02}"


@settings(max_examples=30, deadline=None)
@given(
    filed=st.lists(st.tuples(NAMES, DAYS, BOXES, BOXES), min_size=1, max_size=5),
    reported=st.lists(
        st.tuples(
            st.sampled_from(["c0", "c1"]),
            DAYS,
            st.sampled_from([None, "s0", "s3"]),
            BOXES,
            BOXES,
            st.sampled_from([None, "reported", "withdrawn"]),
            st.sampled_from(["drug", "fraud", "precursor"]),
        ),
        max_size=5,
    ),
    looks=st.lists(
        st.tuples(
            NAMES,
            DAYS,
            st.sampled_from([None, "c0", "c1"]),
            st.sampled_from(["clear", "drug", "fraud;wildlife", "inconclusive"]),
            st.sampled_from(["devan", "x-ray"]),
        ),
        max_size=4,
    ),
)
def test_what_was_known_on_a_day_is_what_is_linked_on_that_day(filed, reported, looks):
    columns = {
        "shipments": ["shipment_id", "filed_at", "house_doc_no", "container_no"],
        "cases": ["case_id", "known_at", "shipment_id", "house_doc_no", "container_no", "case_status", "class"],
        "inspections": ["shipment_id", "known_at", "case_id", "outcome", "method"],
    }

    def linked(before: int) -> pd.DataFrame:
        tables = []
        for name, rows in zip(columns, (filed, reported, looks), strict=True):
            kept = [(row[0], day(row[1]), *row[2:]) for row in rows if row[1] < before]
            tables.append(pd.DataFrame(kept, columns=columns[name], dtype="str"))
        tables[1]["occurred_on"] = day(3)
        tables[2]["inspection_id"] = [f"i{n}" for n in range(len(tables[2]))]
        return link(*tables)

    whole = linked(99)
    for before in range(2, 7):
        held = whole[whole["known_at"] < pd.Timestamp(day(before), tz="UTC")].reset_index(drop=True)
        pd.testing.assert_frame_equal(linked(before), held, check_exact=True)
