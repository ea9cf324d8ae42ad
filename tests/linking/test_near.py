"""Keys as they are written, the window of arrival, and what is only nearly alike."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk.linking import link_records
from omdrisk.linking.matching import document_key


def shipments(**columns: list[object]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    base = {"shipment_id": [f"s{n}" for n in range(size)], "filed_at": ["2023-04-01"] * size}
    return pd.DataFrame(base | columns)


def case(**more: object) -> pd.DataFrame:
    told = {
        "case_id": "c",
        "class": "drug",
        "known_at": "2024-01-01",
        "occurred_on": "2023-04-10",
        "case_type": "seizure",
    }
    return pd.DataFrame([told | more])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("160-12345675", "AWB No. 160 1234 5675"),
        ("160-12345675", "MAWB:16012345675"),
        ("RA473124829GB", "ra 473 124 829 gb"),
        ("RA473124829GB", "Item ID RA473124829GB"),
        ("HBL-0012", "hbl 0012"),
        ("ＨＢＬ１２", "HBL12"),
    ],
)
@pytest.mark.parametrize("column", ["house_doc_no", "master_doc_no"])
def test_documents_in_several_spellings(ours, theirs, column):
    result = link_records(shipments(**{column: [ours, "OTHER1"]}), case(**{column: theirs}))
    assert result.evidence[["shipment_id", "key"]].to_numpy().tolist() == [["s0", column]]


def test_a_master_bill_of_several_is_for_a_person():
    result = link_records(shipments(master_doc_no=["M1", "M1", "M2"]), case(master_doc_no="M1"))
    assert result.ambiguous["candidates"].tolist() == ["s0;s1"]
    assert result.outcomes.empty


def test_one_of_several_containers():
    result = link_records(
        shipments(container_no=["CSQU3054383;MSCU1234565", "TGHU7654321"]), case(container_no="MSCU1234565")
    )
    assert result.evidence["shipment_id"].tolist() == ["s0"]


@pytest.mark.parametrize(
    ("occurred", "linked"),
    [
        ("2023-03-28", False),
        ("2023-03-30", True),
        ("2023-05-15", True),
        ("2023-07-15", True),
        ("2023-08-01", False),
    ],
)
def test_a_container_within_the_window_of_arrival(occurred, linked):
    table = shipments(container_no=["MSCU1234565"], eta=["2023-05-10"], ata=["2023-05-20"])
    result = link_records(table, case(container_no="MSCU1234565", occurred_on=occurred))
    assert (len(result.evidence) == 1) is linked


def test_an_arrival_tells_two_voyages_of_a_container_apart():
    table = shipments(container_no=["MSCU1234565"] * 2, eta=["2023-04-12", "2023-08-12"])
    table["filed_at"] = ["2023-04-01", "2023-08-01"]
    assert link_records(table, case(container_no="MSCU1234565")).evidence["shipment_id"].tolist() == ["s0"]


NEAR = shipments(
    container_no=["MSCU1234565", "TGHU7654321", None, "MSCU1234565"],
    house_doc_no=["HBLX0012", "HBLX0099", "HBLX5555", "Z"],
    consignee_name=["CÔNG TY TNHH ĐẠI PHÁT", "Maju", "CTY TNHH ĐẠI PHÁT", "x y z"],
    hs_code=["030461", "440710", "030461", "030461"],
).assign(filed_at=["2023-04-01", "2023-04-01", "2023-04-01", "2021-04-01"])


def test_near_matches_are_listed_with_their_evidence_and_never_linked():
    found = link_records(NEAR, case(container_no="MSCU1234566", consignee_name="DAI PHAT CO LTD", declared_hs="030461"))
    assert found.outcomes.empty
    assert len(found.unlinked) == 1
    assert found.near[["shipment_id", "score"]].to_numpy().tolist() == [["s0", 100], ["s2", 60]]
    assert found.near["evidence"][0] == ("container_no one slip away (50); same consignee_name (40); same hs_code (20)")
    turned = link_records(NEAR, case(house_doc_no="HBLX0021"))
    assert turned.near["shipment_id"].tolist() == ["s0"]
    assert link_records(NEAR, case(house_doc_no="QQQQQQQQ")).near.empty
    assert link_records(NEAR, case(house_doc_no="HBLX0012")).near.empty


NUMBERS = st.text("AB12", min_size=6, max_size=8)


@settings(max_examples=80, deadline=None)
@given(held=st.lists(NUMBERS, min_size=1, max_size=6), wanted=NUMBERS)
def test_slips_against_comparing_each_with_each(held, wanted):
    from rapidfuzz.distance import OSA

    result = link_records(shipments(house_doc_no=held), case(house_doc_no=wanted))
    if wanted in held:
        assert result.near.empty
        assert len(result.evidence) + len(result.ambiguous) == 1
        return
    close = {f"s{n}" for n, text in enumerate(held) if OSA.distance(text, wanted) == 1}
    listed = set(result.near["shipment_id"])
    assert listed <= close
    # two signs that changed place over the middle leave no half as it was
    missed = {f"s{n}" for n, text in enumerate(held) if text[:2] == wanted[:2] and len(text) == len(wanted)} & close
    assert all(name in listed or _over_the_middle(held[int(name[1:])], wanted) for name in missed)


def _over_the_middle(left: str, right: str) -> bool:
    middle = len(right) // 2
    return left[:middle] != right[:middle] and left[-(len(right) - middle) :] != right[middle:]


@given(text=st.text(max_size=20))
def test_a_key_is_the_key_of_itself(text):
    key = document_key(text)
    assert document_key(key).upper() == document_key(key)


KEYS = st.sampled_from([None, "HBLX01", "HBLX02", "160-12345675"])
BOXES = st.sampled_from([None, "MSCU1234565", "CSQU3054383"])


@settings(max_examples=50, deadline=None)
@given(
    table=st.lists(st.tuples(KEYS, KEYS, BOXES, st.integers(1, 28)), min_size=1, max_size=6),
    told=st.lists(st.tuples(KEYS, KEYS, BOXES, st.integers(1, 28)), min_size=1, max_size=5),
)
def test_every_case_is_linked_or_ambiguous_or_unlinked(table, told):
    frame = shipments(
        house_doc_no=[row[0] for row in table],
        master_doc_no=[row[1] for row in table],
        container_no=[row[2] for row in table],
    ).assign(filed_at=[f"2023-04-{row[3]:02}" for row in table])
    cases = pd.concat(
        [
            case(case_id=f"c{n}", house_doc_no=row[0], master_doc_no=row[1], container_no=row[2])
            for n, row in enumerate(told)
        ]
    )
    result = link_records(frame, cases)
    names = [*result.evidence["reference"], *result.ambiguous["reference"], *result.unlinked["reference"]]
    assert sorted(names) == sorted(cases["case_id"])
    assert set(result.outcomes["shipment_id"]) <= set(result.evidence["shipment_id"])
    shuffled = link_records(frame.sample(frac=1, random_state=1), cases)
    pd.testing.assert_frame_equal(shuffled.evidence, result.evidence)
