"""The audit of indicators: planted leaks are caught, honest indicators are not, and figures equal slower ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import omdrisk
from omdrisk.errors import InputError
from omdrisk.evaluation import audit_features
from omdrisk.evaluation.auditing.leaks import telling_value, wilson_low
from omdrisk.evaluation.auditing.singles import Worth, levels_of, scores_of
from omdrisk.features import Catalog, Definition, Kind
from omdrisk.features.arguments import argument, column, entity_names
from omdrisk.resources import definitions
from omdrisk.training import Recipe
from tests.conftest import published

if TYPE_CHECKING:
    from tests.conftest import Small

WORDS = {"targets": ["drug", "refused"], "why": "Planted.", "reason": {"en": "{value}"}, "id": "X"}


def planted(name: str, **spec: object) -> Definition:
    return Definition.read(name, "goods" if spec.pop("cargo", True) else "lemis", WORDS | spec)


@dataclass(frozen=True)
class Ahead(Kind):
    """How many shipments of the key were filed until a month later: what nobody knows yet."""

    word: ClassVar[str] = "ahead"
    by: tuple[str, ...] = argument(entity_names)

    @property
    def inputs(self):
        return self.by

    def questions(self):
        from omdrisk.history.questions import Shipments

        return (Shipments(self.by),)

    def compute(self, view):
        later = view.shipments.assign(filed_at=view.shipments["filed_at"] + pd.Timedelta(days=30))
        return view.history.ask(self.questions(), later)[self.questions()[0]]


@dataclass(frozen=True)
class Crowd(Kind):
    """How many rows of this very table have the same value."""

    word: ClassVar[str] = "crowd"
    column: str = argument(column)

    @property
    def inputs(self):
        return (self.column,)

    def compute(self, view):
        cells = view.column(self.column)
        return cells.spread(np.bincount(cells.codes[cells.codes >= 0], minlength=len(cells.texts)).astype(float))


def made(name: str, kind: Kind) -> Definition:
    return Definition(name, "goods", "X", kind, ("drug",), "Planted.", {"en": name}, {"en": "{value}"})


@pytest.fixture(scope="module")
def audited(small: Small):
    """The drug head of the small world, with four leaks planted among its honest indicators."""
    world = small.world
    shipments = world.shipments.copy()
    known = small.outcomes[small.outcomes["target"].eq("drug")].drop_duplicates("shipment_id", keep="last")
    outcome = shipments["shipment_id"].map(known.set_index("shipment_id")["outcome"])
    rng = np.random.default_rng(4)
    draw = rng.random(len(shipments))
    coded = np.where(outcome == 1, "LAB", np.where(draw < 0.3, "A", "B"))
    shipments["x_sample_code"] = pd.array(coded, dtype="str")
    note = np.where((outcome == 1) | (draw < 0.05), "seen by an officer", None)
    shipments["x_note"] = pd.array(note, dtype="str")
    shipments["x_hours_held"] = np.where(
        outcome == 1, rng.normal(60, 10, len(shipments)), rng.normal(20, 10, len(shipments))
    )
    full = Catalog.read()
    leaks = [
        planted("sample_code", kind="category", column="x_sample_code"),
        planted("sample_code_rate", kind="rate", by=["x_sample_code"], target="drug"),
        planted("has_note", kind="missing", columns=["x_note"]),
        planted("hours_held", kind="number", value="x_hours_held"),
        made("shipments_ahead", Ahead(by=("consignee",))),
        made("same_port_here", Crowd(column="port_of_loading")),
    ]
    drug = Recipe.read(definitions("models") / "drug.toml")
    recipe = drug.replace(features=type(drug.features)(families=("goods", "documents", "route")))
    catalog = Catalog([*full, *leaks], full.tables)
    said: list[str] = []
    audit = audit_features(
        recipe,
        shipments,
        small.outcomes,
        catalog=catalog,
        resamples=60,
        ablate=False,
        step=said.append,
    )
    assert "looking for leaks" in said
    return audit, {definition.name for definition in leaks}


def test_planted_leaks_are_caught_and_honest_indicators_are_not(audited):
    audit, leaks = audited
    assert set(audit.leaks) == leaks
    flags = audit.flags.groupby("indicator")["flag"].agg(set)
    assert "value tells the outcome" in flags["sample_code"] & flags["sample_code_rate"]
    assert "being filled tells the outcome" in flags["has_note"]
    assert "too good" in flags["hours_held"]
    assert flags["shipments_ahead"] == {"moves when later data is removed"}
    assert flags["same_port_here"] == {"leans on the other rows"}


def test_a_table_for_every_definition(audited, small):
    audit, leaks = audited
    table = audit.table.set_index("indicator")
    assert leaks < set(table.index)
    assert len(table) == audit.facts["definitions"]
    assert table["coverage"].between(0, 1).all()
    assert ((table["auc_low"] <= table["auc"] + 1e-9) & (table["auc"] <= table["auc_high"] + 1e-9)).mean() > 0.95
    assert table["shap_share"].sum() == pytest.approx(1.0)
    assert table["gain_share"].sum() == pytest.approx(1.0)
    assert (table["seconds_per_100k"] > 0).all()
    assert {"sensitive"} <= set(audit.flags["flag"])
    marked = {definition.name for definition in Catalog.read() if definition.sensitive}
    assert set(audit.flags.loc[audit.flags["flag"].eq("sensitive"), "indicator"]) == marked & set(table.index)


def test_gain_shares_are_those_of_lightgbm(small):
    from omdrisk.evaluation.auditing.shares import gain_shares

    head = small.heads[0]
    gain = head.model._booster.feature_importance("gain")
    np.testing.assert_allclose(gain_shares(head), gain / gain.sum(), rtol=1e-3, atol=1e-6)


def test_what_a_head_loses(small):
    recipe = Recipe.read(definitions("models") / "drug.toml")
    few = recipe.replace(features=type(recipe.features)(families=("parties", "postal")))
    audit = audit_features(few, small.world.shipments, small.outcomes, truth=small.world.truth, resamples=40)
    whole, parties, postal = (
        audit.families[audit.families["family"].eq(name)].set_index("metric") for name in ("(all)", "parties", "postal")
    )
    assert parties.loc["auc", "value"] + parties.loc["auc", "loss"] == pytest.approx(whole.loc["auc", "value"])
    assert parties.loc["auc", "loss"] > 0.05 > postal.loc["auc", "loss"]
    assert (parties["low"] <= parties["high"]).all()
    told = audit.to_dict()
    assert told["leaks"] == []
    assert told["facts"]["tested_on"] == "phase V"
    assert audit.plot().get_xlabel().startswith("average precision lost")


def test_nothing_to_audit(small):
    recipe = Recipe.read(definitions("models") / "drug.toml")
    with pytest.raises(InputError, match="nothing can be audited"):
        audit_features(recipe.replace(target="refused", features=type(recipe.features)(families=("lemis",))),
                       small.world.shipments, small.outcomes)  # fmt: skip


def test_worth_equals_scikit_learn_and_a_loop():
    rng = np.random.default_rng(0)
    found, score, days = (rng.random(500) < 0.2).astype(float), rng.integers(0, 9, 500) / 9, rng.integers(0, 40, 500)
    worth = Worth(found, days, resamples=25, seed=3)
    told = worth.of(score)
    assert told["auc"] == pytest.approx(roc_auc_score(found, score))
    drawn = np.random.default_rng(3).multinomial(40, np.full(40, 1 / 40), size=25)
    aucs = [roc_auc_score(found, score, sample_weight=weights[days]) for weights in drawn]
    assert (told["auc_low"], told["auc_high"]) == pytest.approx(tuple(np.quantile(aucs, [0.025, 0.975])))


def test_levels_and_scores():
    values = np.r_[np.arange(100.0), np.nan]
    levels = levels_of(values)
    assert levels[-1] == 0
    assert np.bincount(levels)[1:].tolist() == [10] * 10
    found, periods = (values < 10).astype(float), np.r_[np.arange(100) % 2, 0]
    scores = scores_of(levels, found, periods)
    base = found[periods == 1].mean()
    assert scores[0] == pytest.approx((5 + 20 * base) / (5 + 20))


def test_lines_of_one_seizure_are_one_event():
    codes, found = np.array([1] * 30 + [0] * 970), np.array([1.0] * 30 + [0.0] * 970)
    days = np.r_[np.zeros(30, dtype=int), 1 + np.arange(970) % 300]
    assert telling_value(codes, found, np.zeros(1000, dtype=int), days) is None
    assert telling_value(codes, found, np.zeros(1000, dtype=int), np.arange(1000))["rows"] == 30
    assert wilson_low(5.0, 5.0) < 0.5


def lemis_tables():
    files = [published("lemis", "amphibian_LEMIS_1999_and_2015.csv")]
    shipments = omdrisk.read_shipments(files, format="lemis").accepted
    inspections = omdrisk.read_inspections(files, format="lemis").accepted
    return shipments, omdrisk.link(shipments, None, inspections, targets=["refused"])


def test_columns_coded_after_a_seizure_are_caught_in_published_data():
    shipments, outcomes = lemis_tables()
    recipe, full = Recipe.read(definitions("models") / "lemis.toml"), Catalog.read()
    assert audit_features(recipe, shipments, outcomes, resamples=50, ablate=False).leaks == ()
    coded = ("x_source", "x_purpose", "x_unit")
    leaks = [planted(f"{name}_code", cargo=False, kind="category", column=name) for name in coded]
    catalog = Catalog([*full, *leaks], full.tables)
    audit = audit_features(recipe, shipments, outcomes, catalog=catalog, resamples=50, ablate=False)
    assert set(audit.leaks) == {f"{name}_code" for name in coded}


def test_honest_columns_of_published_declarations_are_not_flagged():
    files = [published("kcs", f"df_syn_{split}_eng.csv") for split in ("train", "valid", "test")]
    shipments = omdrisk.read_shipments(files, format="kcs").accepted
    inspections = omdrisk.read_inspections(files, format="kcs").accepted
    outcomes = omdrisk.link(shipments, None, inspections, targets=["fraud", "critical"])
    recipe = Recipe.read(definitions("models") / "kcs-critical.toml")
    assert audit_features(recipe, shipments, outcomes, resamples=50, ablate=False).leaks == ()
