"""Cases: totals near the published ones, late and incomplete reports, wrong ones that are withdrawn."""

from __future__ import annotations

import pandas as pd
import pytest

from omdrisk.simulation import World, simulate


@pytest.fixture(scope="module")
def wide() -> World:
    return simulate(seed=6, shipments=40_000)


def seizures(world: World) -> pd.DataFrame:
    cases = world.cases
    return cases[(cases["case_type"] == "seizure") & (cases["case_status"] == "reported")]


def test_totals_have_the_published_proportions(wide: World) -> None:
    scale = wide.parameters["totals"]["case_share"] * 40_000 / 240_000
    counted = seizures(wide).groupby(["phase", seizures(wide)["class"] == "wildlife"]).size()
    for phase in wide.parameters["phases"]:
        for wildlife, name in ((False, "drug_cases"), (True, "wildlife_cases")):
            published = phase[name] * scale
            assert abs(counted.get((phase["name"], wildlife), 0) - published) <= max(4, 0.25 * published)


def test_phase_one_has_no_wildlife(wide: World) -> None:
    assert not ((wide.cases["phase"] == "I") & (wide.cases["class"] == "wildlife")).any()


def test_a_case_that_changes_keeps_its_reference(wide: World) -> None:
    later = wide.cases[wide.cases["case_status"] != "reported"]
    assert len(later) > 0
    first = seizures(wide).set_index("case_id")["known_at"]
    assert (later["known_at"] > later["case_id"].map(first)).all()
    assert not wide.cases.duplicated(["case_id", "known_at"]).any()


def test_links(wide: World) -> None:
    shipments, cases = wide.shipments, seizures(wide)
    known = {
        key: set(shipments[key].dropna()) for key in ("shipment_id", "house_doc_no", "container_no", "master_doc_no")
    }
    hits = pd.DataFrame({key: cases[key].isin(values) for key, values in known.items()})
    assert hits["shipment_id"].sum() > 5
    assert (hits["house_doc_no"] & ~hits["shipment_id"]).sum() > 5
    linked = hits.any(axis=1)
    assert (~linked).mean() > 0.4  # cases of others, which no manifest here holds
    assert cases.loc[cases["shipment_id"].notna(), "shipment_id"].isin(known["shipment_id"]).all()


def test_reports_take_days_and_some_months(wide: World) -> None:
    cases = seizures(wide)
    days = (cases["known_at"] - cases["occurred_on"]).dt.total_seconds() / 86_400
    assert 5 < days.median() < 30
    assert (days > 60).mean() > 0.02


def test_inspections_name_their_case(wide: World) -> None:
    named = wide.inspections.dropna(subset=["case_id"])
    assert len(named) > 20
    assert set(named["case_id"]) <= set(wide.cases["case_id"])
    assert named["finding_kg"].notna().all()


def test_wildlife_cases_name_species(wide: World) -> None:
    wildlife = seizures(wide)[seizures(wide)["class"] == "wildlife"]
    assert wildlife["cites_appendix"].isin(["I", "II", "III"]).mean() > 0.9
    assert wildlife["species"].str.match(r"[A-Z][a-z]+ [a-z]+").fillna(False).mean() > 0.9
