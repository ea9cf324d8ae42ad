"""What must hold whatever else changes, one test each; their numbers are those of the design."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import omdrisk
from omdrisk.errors import BundleError
from omdrisk.features import Catalog, FeaturePipeline, history_keys, history_values
from omdrisk.resources import definitions
from tests.conftest import AS_OF, SECRET

if TYPE_CHECKING:
    from tests.conftest import Small

RAW = ["drug_raw", "wildlife_raw"]


@pytest.fixture(scope="module")
def scorer(small: Small) -> omdrisk.Scorer:
    return omdrisk.load(small.bundle, history=small.history)


def history(shipments: pd.DataFrame, outcomes: pd.DataFrame) -> omdrisk.History:
    catalog = Catalog.read()
    keys, values = history_keys(catalog), history_values(catalog)
    return omdrisk.History.from_tables(shipments, outcomes, keys=keys, values=values, secret=SECRET)


def test_1_nothing_known_later_moves_a_feature(small: Small) -> None:
    moment = pd.Timestamp("2022-06-01", tz="UTC")
    shipments, outcomes = small.world.shipments, small.outcomes
    early = shipments.loc[shipments["filed_at"] < moment].tail(400)
    later_filed, later_known = shipments["filed_at"] >= moment, outcomes["known_at"] >= moment
    changed_shipments = shipments.copy()
    changed_shipments.loc[later_filed, ["consignee_name", "gross_weight_kg"]] = [
        early["consignee_name"].iloc[0],
        1.0,
    ]
    changed_outcomes = outcomes.copy()
    changed_outcomes.loc[later_known, "outcome"] = 1.0 - changed_outcomes.loc[later_known, "outcome"]
    pipeline = FeaturePipeline(Catalog.read()).fit(early)
    worlds = [
        history(shipments, outcomes),
        history(shipments.loc[~later_filed], outcomes.loc[~later_known]),
        history(changed_shipments, changed_outcomes),
    ]
    tables = [pipeline.with_history(world).transform(early) for world in worlds]
    pd.testing.assert_frame_equal(tables[0], tables[1], check_exact=True)
    pd.testing.assert_frame_equal(tables[0], tables[2], check_exact=True)
    assert tables[0].notna().any(axis=None)


def test_1_nothing_known_later_moves_an_outcome(small: Small) -> None:
    world, moment = small.world, pd.Timestamp("2022-06-01", tz="UTC")
    days = pd.Timedelta(days=1)
    shipments = world.shipments.copy()
    filed = shipments["filed_at"]
    before = shipments.loc[filed.between(moment - 30 * days, moment - 5 * days)].head(60)
    # containers of finds come back after the moment
    boxes = [f"MSCU{number:07}" for number in range(len(before))]
    shipments.loc[before.index, "container_no"] = boxes
    shipments.loc[shipments.index[filed.between(moment, moment + 20 * days)][: len(boxes)], "container_no"] = boxes
    made = pd.DataFrame(
        {
            "case_id": [f"made-{box}" for box in boxes],
            "class": "drug",
            "case_type": "seizure",
            "occurred_on": before["filed_at"] + 2 * days,
            "known_at": before["filed_at"] + 3 * days,
            "container_no": boxes,
        }
    )
    # every third names nothing, until an inspection names it, and another label, after the moment
    nameless = made.index[::3]
    made.loc[nameless, "container_no"] = None
    looks = pd.DataFrame(
        {
            "inspection_id": made.loc[nameless, "case_id"],
            "case_id": made.loc[nameless, "case_id"],
            "shipment_id": before.loc[nameless, "shipment_id"],
            "outcome": "a new label",
            "method": "devan",
            "known_at": moment + days,
        }
    )
    cases = pd.concat([world.cases, made], ignore_index=True)
    inspections = pd.concat([world.inspections, looks], ignore_index=True)
    tables = (shipments, cases, inspections)
    then = tuple(
        table.loc[table[column] < moment]
        for table, column in zip(tables, ("filed_at", "known_at", "known_at"), strict=True)
    )
    assert all(0 < len(few) < len(all_of_it) for few, all_of_it in zip(then, tables, strict=True))
    whole, known = omdrisk.link(*tables), omdrisk.link(*then)
    held = whole.loc[whole["known_at"] < moment].reset_index(drop=True)
    pd.testing.assert_frame_equal(held, known, check_exact=True)
    assert known["shipment_id"].isin(before["shipment_id"]).sum() >= len(made) - len(nameless)
    early = then[0].tail(400)
    pipeline = FeaturePipeline(Catalog.read()).fit(early)
    features = [
        pipeline.with_history(history(*facts)).transform(early) for facts in ((shipments, whole), (then[0], known))
    ]
    pd.testing.assert_frame_equal(features[0], features[1], check_exact=True)


def test_2_training_and_scoring_take_one_path(small: Small, scorer: omdrisk.Scorer) -> None:
    rows = small.incoming.head(60)
    together = scorer.score(rows)[RAW]
    shuffled = scorer.score(rows.sample(frac=1, random_state=5))[RAW].loc[rows.index]
    alone = pd.concat([scorer.score(rows.iloc[[place]])[RAW] for place in range(len(rows))])
    pd.testing.assert_frame_equal(together, shuffled, check_exact=True)
    pd.testing.assert_frame_equal(together, alone, check_exact=True)
    head = small.heads[0]
    trained_on = head.pipeline.with_history(small.history).transform(rows)
    np.testing.assert_array_equal(head.raw(trained_on), together["drug_raw"])


def test_3_a_bundle_holds_no_name_and_no_number_of_a_trader(small: Small) -> None:
    text = (
        b"\n".join(path.read_bytes() for path in small.bundle.rglob("*") if path.is_file()).decode("utf-8").casefold()
    )
    # an address may be no more than the name of a city, which the shipped tables hold for everybody
    facts = "\n".join(path.read_text(encoding="utf-8") for path in (definitions("features") / "tables").glob("*.csv"))
    shipments = small.world.shipments
    columns = [name for name in shipments if re.search(r"_(name|tax_id|phone|email|address)$", name)]
    for column in columns:
        values = shipments[column].dropna().unique()
        told = [str(value).casefold() for value in values if len(str(value)) > 6]
        hits = [value for value in told if f'"{value}"' in text and value not in facts.casefold()]
        assert not hits, f"{column}: {hits[:3]}"


def test_4_models_are_data(small: Small) -> None:
    assert {path.suffix for path in small.bundle.rglob("*") if path.is_file()} <= {
        ".json",
        ".txt",
        ".toml",
        ".csv",
    }


def test_4_a_changed_byte_is_refused(small: Small, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(small.bundle, tmp_path / "bundle")
    victim = next((tmp_path / "bundle").rglob("booster.txt"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    with pytest.raises(BundleError, match=r"booster\.txt"):
        omdrisk.load(tmp_path / "bundle")


def test_5_every_row_comes_out(small: Small, scorer: omdrisk.Scorer) -> None:
    rows = small.incoming.head(20).copy()
    rows.loc[rows.index[3], "filed_at"] = pd.NaT
    scores = scorer.score(rows)
    assert scores.index.equals(rows.index)
    assert scores["drug_score"].isna().sum() == 1
    assert "filed_at" in scores["data_quality"].iloc[3]


def test_6_form_never_changes_a_score(small: Small, scorer: omdrisk.Scorer) -> None:
    rows = small.incoming.head(100)
    expected = scorer.score(rows)[RAW]
    forms = {
        "reversed columns": rows[rows.columns[::-1]],
        "categories": rows.astype(dict.fromkeys(rows.select_dtypes("str").columns, "category")),
        "arrow": rows.convert_dtypes(dtype_backend="pyarrow"),
        "objects": rows.astype(dict.fromkeys(rows.select_dtypes("str").columns, object)),
    }
    for name, form in forms.items():
        pd.testing.assert_frame_equal(scorer.score(form)[RAW], expected, check_exact=True, obj=name)


def test_6_an_unseen_category_is_said_and_never_another_s(small: Small, scorer: omdrisk.Scorer) -> None:
    rows = small.incoming.head(5).assign(port_of_loading="ZZZZZ")
    with_other = scorer.score(rows.assign(port_of_loading="YYYYY"))[RAW]
    pd.testing.assert_frame_equal(scorer.score(rows)[RAW], with_other, check_exact=True)


def test_7_the_same_seed_gives_the_same_bytes(small: Small, tmp_path: Path) -> None:
    recipe = omdrisk.Recipe.read(definitions("models") / "drug.toml")
    again = omdrisk.train(recipe, small.world.shipments, small.outcomes, as_of=AS_OF, seed=0)
    omdrisk.save_bundle([again, small.heads[1]], tmp_path / "bundle")
    files = {path.relative_to(tmp_path / "bundle") for path in (tmp_path / "bundle").rglob("*") if path.is_file()}
    assert files == {path.relative_to(small.bundle) for path in small.bundle.rglob("*") if path.is_file()}
    for name in files:
        assert (tmp_path / "bundle" / name).read_bytes() == (small.bundle / name).read_bytes(), name


@pytest.mark.parametrize("group", ["feature", "indicator", "family"])
def test_8_reasons_add_up_to_the_raw_score(small: Small, scorer: omdrisk.Scorer, group: str) -> None:
    rows = small.incoming.head(40)
    raw = scorer.score(rows)[RAW]
    for target in ("drug", "wildlife"):
        parts = scorer.contributions(rows, head=target, group=group)
        np.testing.assert_allclose(parts.sum(axis=1), raw[f"{target}_raw"], rtol=0, atol=1e-9)
