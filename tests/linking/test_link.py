"""Outcomes: what became of a shipment, by exact keys, and from when on it was known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk.errors import InputError
from omdrisk.linking import OUTCOME_COLUMNS, link, link_records, outcomes_as_of

SHIPMENTS = pd.DataFrame(
    {
        "shipment_id": ["s1", "s2", "s3", "s4"],
        "filed_at": ["2023-04-01", "2023-04-02", "2023-04-03", "2023-09-01"],
        "house_doc_no": ["HBL-1", "HBL 2", "HBL3", None],
        "container_no": ["MSCU1234565", "TGHU7654321", "TGHU7654321", "MSCU1234565"],
    }
)


def inspection(shipment: str, outcome: str | None, method: str | None = "devan", **more: object) -> dict[str, object]:
    return {
        "inspection_id": f"i-{shipment}-{outcome}",
        "shipment_id": shipment,
        "outcome": outcome,
        "method": method,
        "known_at": "2023-04-05",
        **more,
    }


def case(ident: str, found: str = "drug", known_at: str | None = "2023-04-10", **more: object) -> dict[str, object]:
    return {"case_id": ident, "class": found, "known_at": known_at, "occurred_on": "2023-04-06", **more}


def states(outcomes: pd.DataFrame, shipment: str, target: str) -> list[tuple[str, float]]:
    rows = outcomes[(outcomes["shipment_id"] == shipment) & (outcomes["target"] == target)]
    return [(str(row.known_at.date()), row.outcome) for row in rows.itertuples()]


def same(left: list[tuple[str, float]], right: list[tuple[str, float]]) -> bool:
    return [day for day, _ in left] == [day for day, _ in right] and np.array_equal(
        [value for _, value in left], [value for _, value in right], equal_nan=True
    )


@pytest.mark.parametrize(
    ("method", "weight"),
    [
        ("devan", 1.0),
        ("physical", 1.0),
        ("Full devan", 1.0),
        ("x-ray", 0.3),
        ("X-ray;canine", 0.3),
        ("x-ray;devan", 1.0),
        ("documentary", None),
        (None, 1.0),
        ("crystal ball", 0.3),
    ],
)
def test_a_clear_is_worth_as_much_as_its_method(method, weight):
    made = link(SHIPMENTS, inspections=pd.DataFrame([inspection("s1", "clear", method)]))
    if weight is None:
        assert made.empty
    else:
        assert sorted(made["target"]) == ["drug", "wildlife"]
        assert made["outcome"].tolist() == [0.0, 0.0]
        assert made["weight"].tolist() == [weight] * 2


def test_the_table_has_its_columns_in_their_types():
    for made in (link(SHIPMENTS), link(SHIPMENTS, inspections=pd.DataFrame([inspection("s1", "clear")]))):
        assert tuple(made.columns) == OUTCOME_COLUMNS
        assert [str(dtype) for dtype in made.dtypes] == [
            "str", "str", "float64", "datetime64[us, UTC]", "str", "float64", "str", "float64", "bool",
        ]  # fmt: skip


def test_a_find_speaks_of_other_targets_only_after_a_thorough_look():
    inspections = pd.DataFrame(
        [inspection("s1", "drug", "devan"), inspection("s2", "drug", "x-ray"), inspection("s3", "drug", None)]
    )
    made = link(SHIPMENTS, inspections=inspections)
    assert same(states(made, "s1", "wildlife"), [("2023-04-05", 0.0)])
    assert states(made, "s2", "wildlife") == []
    assert states(made, "s3", "wildlife") == []
    assert made.loc[made["target"] == "drug", "outcome"].tolist() == [1.0] * 3


def test_both_targets_precursors_other_labels_and_no_outcome():
    inspections = pd.DataFrame(
        [
            inspection("s1", "drug;wildlife"),
            inspection("s2", "Precursor"),
            inspection("s3", "fraud"),
            inspection("s4", "not_performed"),
        ]
    )
    result = link_records(SHIPMENTS, inspections=inspections)
    made = outcomes_as_of(result.outcomes, "2030-01-01")
    told = {name: dict(zip(rows["target"], rows["outcome"], strict=True)) for name, rows in made.groupby("shipment_id")}
    assert told == {
        "s1": {"drug": 1.0, "wildlife": 1.0},
        "s2": {"drug": 1.0, "wildlife": 0.0},
        "s3": {"drug": 0.0, "fraud": 1.0, "wildlife": 0.0},
    }
    assert result.unlinked["reason"].str.contains("says nothing").tolist() == [True]


def test_targets_that_are_asked_for():
    inspections = pd.DataFrame([inspection("s1", "precursor"), inspection("s2", "clear")])
    made = link(SHIPMENTS, inspections=inspections, targets=["precursor"])
    assert set(made["target"]) == {"precursor"}
    assert made["outcome"].tolist() == [1.0, 0.0]


def test_a_label_told_elsewhere_changes_no_other_row():
    clear = pd.DataFrame([inspection("s1", "clear")])
    alone = link(SHIPMENTS, inspections=clear)
    with_others = link(SHIPMENTS, pd.DataFrame([case("c", "fraud", shipment_id="s3")]), clear)
    pd.testing.assert_frame_equal(
        with_others[with_others["shipment_id"] == "s1"].reset_index(drop=True), alone, check_exact=True
    )
    assert with_others.loc[with_others["target"] == "fraud", ["shipment_id", "outcome"]].to_numpy().tolist() == [
        ["s3", 1.0]
    ]
    asked = link(SHIPMENTS, inspections=clear, targets=["fraud"])
    assert asked[["target", "outcome"]].to_numpy().tolist() == [["fraud", 0.0]]


def test_cases_are_linked_by_exact_keys_in_order():
    cases = pd.DataFrame(
        [
            case("by id", shipment_id="s2", house_doc_no="HBL1"),
            case("by house", house_doc_no="hbl1"),
            case("by container", container_no="mscu 123456-5"),
            case("many", container_no="TGHU7654321"),
            case("too late", container_no="MSCU1234565", occurred_on="2023-07-01"),
            case("none", house_doc_no="HBL99"),
            case("nothing"),
            case("unknown id, known house", shipment_id="s99", house_doc_no="HBL3"),
        ]
    )
    result = link_records(SHIPMENTS, cases)
    linked = dict(
        zip(
            result.evidence["reference"],
            zip(result.evidence["shipment_id"], result.evidence["key"], strict=True),
            strict=True,
        )
    )
    assert linked == {
        "by id": ("s2", "shipment_id"),
        "by house": ("s1", "house_doc_no"),
        "by container": ("s1", "container_no"),
        "unknown id, known house": ("s3", "house_doc_no"),
    }
    assert result.ambiguous[["reference", "key", "candidates"]].to_numpy().tolist() == [
        ["many", "container_no", "s2;s3"]
    ]
    reasons = dict(zip(result.unlinked["reference"], result.unlinked["reason"], strict=True))
    assert set(reasons) == {"too late", "none", "nothing"}
    assert "names no shipment" in reasons["nothing"]
    assert set(result.outcomes["shipment_id"]) == {"s1", "s2", "s3"}
    assert "4 linked, 1 ambiguous, 3 unlinked" in repr(result)


def test_an_inspection_that_names_the_case_links_it():
    inspections = pd.DataFrame([inspection("s2", "clear", case_id="c1")])
    result = link_records(SHIPMENTS, pd.DataFrame([case("c1")]), inspections)
    assert same(states(result.outcomes, "s2", "drug"), [("2023-04-05", 0.0), ("2023-04-10", 1.0)])


def test_a_case_is_corrected_and_withdrawn_from_the_moment_that_is_known():
    cases = pd.DataFrame(
        [
            case("c1", shipment_id="s1", case_status="reported"),
            case("c1", "wildlife", "2023-05-01", shipment_id="s1", case_status="corrected"),
            case("c1", "wildlife", "2023-06-01", case_status="withdrawn"),
        ]
    )
    made = link(SHIPMENTS, cases.sample(frac=1, random_state=1))
    assert same(states(made, "s1", "drug"), [("2023-04-10", 1.0), ("2023-05-01", np.nan)])
    assert same(states(made, "s1", "wildlife"), [("2023-05-01", 1.0), ("2023-06-01", np.nan)])
    for day, expected in (
        ("2023-04-10", {}),
        ("2023-04-11", {"drug": 1.0}),
        ("2023-05-02", {"wildlife": 1.0}),
        ("2024-01-01", {}),
    ):
        known = outcomes_as_of(made, day)
        assert dict(zip(known["target"], known["outcome"], strict=True)) == expected


def test_other_evidence_stands_when_a_case_is_withdrawn():
    cases = pd.DataFrame(
        [
            case("c1", shipment_id="s1"),
            case("c2", shipment_id="s1", known_at="2023-04-20"),
            case("c1", shipment_id="s1", known_at="2023-05-01", case_status="withdrawn"),
            case("c3", shipment_id="s2"),
            case("c3", shipment_id="s2", known_at="2023-05-01", case_status="withdrawn"),
        ]
    )
    inspections = pd.DataFrame([inspection("s2", "clear", "x-ray", selected_by="random", selection_probability=0.1)])
    made = link(SHIPMENTS, cases, inspections)
    assert [value for _, value in states(made, "s1", "drug")] == [1.0]
    assert same(states(made, "s2", "drug"), [("2023-04-05", 0.0), ("2023-04-10", 1.0), ("2023-05-01", 0.0)])
    rows = made[(made["shipment_id"] == "s2") & (made["target"] == "drug")]
    assert rows["selected_by"].tolist() == ["random"] * 3
    assert rows["selection_probability"].tolist() == [0.1] * 3
    assert rows["weight"].tolist() == [0.3, 1.0, 0.3]


def test_an_inspection_goes_with_the_case_that_it_names():
    cases = pd.DataFrame([case("c1", shipment_id="s1"), case("c1", known_at="2023-05-01", case_status="withdrawn")])
    inspections = pd.DataFrame([inspection("s1", "drug", case_id="c1")])
    made = link(SHIPMENTS, cases, inspections)
    assert same(states(made, "s1", "drug"), [("2023-04-05", 1.0), ("2023-05-01", np.nan)])
    assert same(states(made, "s1", "wildlife"), [("2023-04-05", 0.0)])


def test_warnings_and_feedbacks_without_a_find_are_no_outcome():
    cases = pd.DataFrame(
        [
            case("w", shipment_id="s1", case_type="warning"),
            case("f0", shipment_id="s2", case_type="feedback"),
            case("f1", shipment_id="s3", case_type="feedback", quantity=2.0),
        ]
    )
    result = link_records(SHIPMENTS, cases)
    assert result.outcomes["shipment_id"].tolist() == ["s3"]
    assert sorted(result.unlinked["reference"]) == ["f0", "w"]


def test_rip_off_marks_the_find_unless_another_find_accuses():
    cases = pd.DataFrame(
        [
            case("c1", shipment_id="s1", concealment_code="Rip-on/rip-off"),
            case("c2", shipment_id="s2", concealment_code="rip_off"),
            case("c3", shipment_id="s2", concealment_code="false bottom", known_at="2023-04-12"),
        ]
    )
    made = link(SHIPMENTS, cases, pd.DataFrame([inspection("s3", "drug", concealment_code="rip_off")]))
    drug = made[made["target"] == "drug"]
    assert drug.loc[drug["shipment_id"] == "s1", "rip_off"].tolist() == [True]
    assert drug.loc[drug["shipment_id"] == "s2", "rip_off"].tolist() == [True, False]
    assert drug.loc[drug["shipment_id"] == "s3", "rip_off"].tolist() == [True]
    assert not made.loc[made["target"] == "wildlife", "rip_off"].any()


def test_nothing_is_known_before_the_filing():
    made = link(SHIPMENTS, inspections=pd.DataFrame([inspection("s4", "drug", known_at="2023-01-01")]))
    assert set(made["known_at"]) == {pd.Timestamp("2023-09-01", tz="UTC")}


def test_records_that_cannot_be_used_are_listed():
    cases = pd.DataFrame([case("late", known_at=None, shipment_id="s1")])
    inspections = pd.DataFrame(
        [
            inspection("s99", "drug"),
            inspection("s1", "clear", known_at=None),
            inspection("s2", None),
            inspection("s3", "clear", "documentary"),
        ]
    )
    result = link_records(SHIPMENTS, cases, inspections)
    assert result.outcomes.empty
    assert len(result.unlinked) == 5


def test_empty_tables_and_other_types():
    import polars as pl

    assert link(SHIPMENTS.iloc[:0]).empty
    inspections = [inspection("s1", "drug")]
    expected = link(SHIPMENTS, inspections=pd.DataFrame(inspections))
    pd.testing.assert_frame_equal(
        link(pl.DataFrame(SHIPMENTS[["shipment_id", "filed_at"]].to_dict("list")), None, pl.DataFrame(inspections)),
        expected,
    )


def test_what_cannot_be_asked():
    made = link(SHIPMENTS, inspections=pd.DataFrame([inspection("s1", "drug")]))
    with pytest.raises(InputError, match="no moment"):
        outcomes_as_of(made, "someday")
    with pytest.raises(InputError, match="'known_at'"):
        outcomes_as_of(made.drop(columns="known_at"), "2023-01-01")
    assert len(outcomes_as_of(made, pd.Timestamp("2023-04-05T07:00:01+07:00"))) == 2


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", "c3"]),
        st.sampled_from(["s1", "s2"]),
        st.sampled_from(["drug", "wildlife"]),
        st.integers(1, 8),
        st.booleans(),
    ),
    max_size=10,
    unique_by=lambda event: (event[0], event[3]),
)
LOOKS = st.lists(
    st.tuples(st.sampled_from(["s1", "s2"]), st.sampled_from(["drug", "wildlife", "clear"]), st.integers(1, 8)),
    max_size=5,
)


@settings(max_examples=30, deadline=None)
@given(events=EVENTS, looks=LOOKS)
def test_the_log_against_asking_every_day_anew(events, looks):
    """The duller way: on each day, look at the last row of each case and at each inspection known before."""
    cases = pd.DataFrame(
        [
            case(
                ident, found, f"2023-05-{day:02}", shipment_id=shipment, case_status="withdrawn" if gone else "reported"
            )
            for ident, shipment, found, day, gone in events
        ]
    )
    inspections = pd.DataFrame(
        [
            inspection(shipment, found, "x-ray", known_at=f"2023-05-{day:02}") | {"inspection_id": f"i{n}"}
            for n, (shipment, found, day) in enumerate(looks)
        ]
    )
    made = link(SHIPMENTS, cases if events else None, inspections if looks else None)
    assert not made.duplicated(["shipment_id", "target", "known_at"]).any()
    for day in range(1, 10):
        held: dict[tuple[str, str], float] = {}
        for shipment, found, when in looks:
            if when < day and found == "clear":
                for target in ("drug", "wildlife"):
                    held[shipment, target] = max(held.get((shipment, target), 0.0), 0.0)
        for shipment, found, when in looks:
            if when < day and found != "clear":
                held[shipment, found] = 1.0
        for ident in ("c1", "c2", "c3"):
            rows = sorted(event[3:] + event[1:3] for event in events if event[0] == ident and event[3] < day)
            if rows and not rows[-1][1]:
                held[rows[-1][2], rows[-1][3]] = 1.0
        known = outcomes_as_of(made, f"2023-05-{day:02}")
        assert dict(zip(zip(known["shipment_id"], known["target"], strict=True), known["outcome"], strict=True)) == held
