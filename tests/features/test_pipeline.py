"""One path: a row gives the same numbers alone, in a batch, shuffled, in any dtype and order of columns."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from omdrisk.errors import DefinitionError
from omdrisk.features import Catalog, Definition, FeaturePipeline, history_keys, history_values
from omdrisk.history import History

COMMON = {"id": "X1", "targets": ["drug"], "why": "-", "reason": {"en": "{value}"}}
SPECS = {
    "seen": {"kind": "count", "by": ["consignee"]},
    "seen_pair": {"kind": "count", "by": ["consignee", "shipper"], "days": 90},
    "first": {"kind": "days_since_first", "by": ["consignee"]},
    "burst": {"kind": "burst", "by": ["consignee"], "days": 7, "against_days": 180},
    "habit": {"kind": "share", "by": ["consignee"], "of": "hs2"},
    "rate": {"kind": "rate", "by": ["consignee"], "target": "drug"},
    "steps": {"kind": "hops", "entities": ["consignee", "shipper", "container"], "target": "drug"},
    "links": {"kind": "links", "entities": ["consignee", "shipper", "container"], "target": "drug"},
    "words": {"kind": "text_hs", "fewest": 100, "bits": 9},
    "near": {"kind": "near_case", "entities": ["consignee", "container"], "target": "drug"},
    "odd_weight": {
        "kind": "norm",
        "value": "weight_per_package",
        "by": [["hs2", "origin"], ["hs2"]],
        "min_cell": 8,
    },
    "weight": {"kind": "number", "value": "gross_weight_kg", "log": True},
    "freight": {"kind": "ratio", "top": "freight_charge", "bottom": "invoice_value"},
    "gaps": {"kind": "missing", "columns": ["seal_nos", "consignee_phone"]},
    "same_country": {"kind": "agree", "left": "shipper_country", "right": "consignee_country"},
    "alike": {"kind": "similarity", "left": "shipper_name", "right": "consignee_name"},
    "ivory": {"kind": "lexicon", "table": "lexicon", "kinds": ["wildlife"]},
    "cover": {"kind": "lexicon", "table": "lexicon", "kinds": ["cover", "drug"]},
    "trading": {"kind": "words", "column": "shipper_name", "terms": ["trading"]},
    "vague": {"kind": "vagueness", "table": "lexicon"},
    "script": {"kind": "script", "column": "consignee_name"},
    "listed": {"kind": "listed", "table": "origins", "on": ["hs_code", "origin"]},
    "no_permit": {"kind": "documents_missing", "table": "goods", "document": "PEN"},
    "container_ok": {"kind": "check_digit", "column": "container_no", "scheme": "iso6346"},
    "tax_ok": {"kind": "check_digit", "column": "consignee_tax_id", "scheme": "tax_id"},
    "lead": {"kind": "hours_between", "start": "filed_at", "end": "eta"},
    "hour": {"kind": "calendar", "column": "eta", "part": "hour"},
    "detour": {"kind": "detour"},
    "round": {"kind": "round_number", "value": "gross_weight_kg"},
    "seals": {"kind": "listed_count", "column": "seal_nos", "modes": ["1"]},
    "incoterm": {"kind": "category", "column": "incoterm"},
    "regime": {"kind": "category", "column": "x_regime", "cap": 1},
}


@pytest.fixture(scope="module")
def catalog(tables):
    definitions = [Definition.read(name, "test", COMMON | spec, tables) for name, spec in SPECS.items()]
    return Catalog(definitions, tables)


@pytest.fixture(scope="module")
def history(catalog, shipments):
    outcomes = pd.DataFrame(
        {
            "shipment_id": shipments["shipment_id"].iloc[::3].to_numpy(),
            "target": "drug",
            "outcome": np.tile([1.0, 0.0, 0.0], len(shipments))[: len(shipments.iloc[::3])],
            "known_at": (shipments["filed_at"].iloc[::3] + pd.Timedelta(days=3)).to_numpy(),
            "weight": 1.0,
            "rip_off": False,
        }
    )
    outcomes["known_at"] = pd.to_datetime(outcomes["known_at"], utc=True)
    return History.from_tables(shipments, outcomes, keys=history_keys(catalog), values=history_values(catalog))


@pytest.fixture(scope="module")
def pipeline(catalog, history, shipments):
    return FeaturePipeline(catalog, history).fit(shipments)


@pytest.fixture(scope="module")
def features(pipeline, shipments):
    return pipeline.transform(shipments)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_index_equal(one.index, other.index)
    assert list(one.columns) == list(other.columns)
    np.testing.assert_array_equal(one.to_numpy().view(np.uint64), other.to_numpy().view(np.uint64))


def test_every_kind_is_here(catalog):
    from omdrisk.features.kinds import kinds

    untested = {"days_since_last", "distinct", "finds", "days_since_find", "taxa", "out_of_season"}
    assert {d.kind.word for d in catalog} | untested == set(kinds())


def test_features(features, catalog, shipments):
    assert list(features.columns) == list(SPECS)
    assert set(features.dtypes) == {np.dtype("float64")}
    assert features.index.equals(shipments.index)
    assert features.notna().any().all()
    assert not np.isinf(features.to_numpy()).any()


def test_alone_in_a_batch_and_shuffled(pipeline, features, shipments):
    shuffled = shipments.sample(frac=1, random_state=1)
    same(pipeline.transform(shuffled), features.loc[shuffled.index])
    for start in range(0, len(shipments), 97):
        same(pipeline.transform(shipments.iloc[start : start + 97]), features.iloc[start : start + 97])
    for place in range(0, len(shipments), 7):
        same(pipeline.transform(shipments.iloc[[place]]), features.iloc[[place]])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, 399), min_size=1, max_size=60))
def test_any_selection_of_rows_even_repeated(pipeline, features, shipments, places):
    same(pipeline.transform(shipments.iloc[places]), features.iloc[places])


def test_no_rows(pipeline, shipments):
    assert pipeline.transform(shipments.iloc[:0]).shape == (0, len(SPECS))


def test_order_of_columns(pipeline, features, shipments):
    same(pipeline.transform(shipments[shipments.columns[::-1]]), features)


def test_column_that_is_absent_is_a_column_that_is_empty(pipeline, shipments):
    from omdrisk.records.schema import table

    columns = table("shipments").columns
    for name in shipments.columns.difference(["shipment_id"]):
        dtype = columns[name].dtype if name in columns else "str"
        empty = shipments.assign(**{name: pd.Series(None, index=shipments.index, dtype=dtype)})
        same(pipeline.transform(shipments.drop(columns=name)), pipeline.transform(empty))


def test_only_the_keys_of_an_air_pre_loading_filing(pipeline, shipments):
    names = ["shipment_id", "filed_at", "packages", "gross_weight_kg", "goods_description", "house_doc_no"]
    names += [f"{party}_{part}" for party in ("shipper", "consignee") for part in ("name", "address")]
    found = pipeline.transform(shipments[[name for name in names if name in shipments]])
    assert found[["weight", "ivory", "vague", "alike"]].notna().any().all()


@pytest.mark.parametrize("dtype", ["object", "string", "category", "arrow"])
def test_dtype_of_texts(pipeline, features, shipments, dtype):
    texts = [name for name in shipments if shipments[name].dtype == "str"]
    wanted = pd.ArrowDtype(pa.string()) if dtype == "arrow" else dtype
    same(pipeline.transform(shipments.astype(dict.fromkeys(texts, wanted))), features)


def test_arrow_table(pipeline, features, shipments):
    columns = {name: pa.array(shipments[name].astype(object), from_pandas=True) for name in shipments}
    found = pipeline.transform(pa.table(columns))
    np.testing.assert_array_equal(found.to_numpy(), features.to_numpy())


def test_categories_keep_frequent_values_and_nothing_else(pipeline, shipments, features):
    assert pipeline.categorical_ == ["incoterm", "regime"]
    counts = shipments["incoterm"].value_counts()
    learnt = pipeline.learnt_["incoterm"]
    assert learnt == sorted(counts.index, key=lambda value: (-counts[value], value))
    assert len(pipeline.learnt_["regime"]) == 1
    codes = {value: code for code, value in enumerate(learnt, start=1)}
    expected = [np.nan if pd.isna(value) else codes[value] for value in shipments["incoterm"]]
    np.testing.assert_array_equal(features["incoterm"], expected)
    regimes = shipments["x_regime"].map({pipeline.learnt_["regime"][0]: 1.0}).fillna(0.0)
    np.testing.assert_array_equal(features["regime"], regimes.where(shipments["x_regime"].notna()))


def test_unseen_values_are_other(pipeline, shipments):
    new = shipments.iloc[:2].assign(incoterm=pd.array(["DDP", None], dtype="str"))
    np.testing.assert_array_equal(pipeline.transform(new)["incoterm"], [0.0, np.nan])


def test_rare_values_are_not_kept(catalog, shipments):
    rare = shipments.assign(
        incoterm=pd.array(["RARE"] * 4 + ["OFTEN"] * 5 + [None] * (len(shipments) - 9), dtype="str")
    )
    assert FeaturePipeline(catalog).fit(rare).learnt_["incoterm"] == ["OFTEN"]


def test_fitting_does_not_depend_on_the_order_of_rows(catalog, history, shipments, pipeline):
    shuffled = shipments.sample(frac=1, random_state=2)
    assert FeaturePipeline(catalog, history).fit(shuffled).state() == pipeline.state()


def test_other_modes_are_missing(features, shipments):
    mode = shipments["transport_mode"]
    given = shipments["seal_nos"].notna()
    assert features["seals"].notna().equals(given & (mode.isna() | (mode == "1")))


def test_without_a_history(catalog, shipments, features):
    found = FeaturePipeline(catalog).fit_transform(shipments)
    asks = [definition.name for definition in catalog if definition.kind.questions()]
    assert found[asks].isna().all().all()
    # what is learnt from cleared shipments is learnt from all of them where no find is known
    asks.append("words")
    same(found.drop(columns=asks), features.drop(columns=asks))


def test_state_comes_back(pipeline, catalog, history, shipments, features):
    state = json.loads(json.dumps(pipeline.state()))
    frozen = Catalog.from_dict(json.loads(json.dumps(catalog.to_dict())))
    thawed = FeaturePipeline.from_state(state, frozen, history)
    same(thawed.transform(shipments), features)
    assert thawed.state() == pipeline.state()
    with pytest.raises(DefinitionError, match="is not of this catalog"):
        FeaturePipeline.from_state(state, catalog.only(["weight"]))
    with pytest.raises(DefinitionError, match="pipeline format 2 is not 1"):
        FeaturePipeline.from_state(state | {"format": 2}, catalog)


def test_scikit_learn(catalog, history, shipments, pipeline, features):
    copy = clone(pipeline)
    assert copy.get_params() == {"catalog": catalog, "history": history}
    assert copy.history is history
    with pytest.raises(NotFittedError):
        copy.transform(shipments)
    assert list(pipeline.get_feature_names_out()) == list(SPECS)
    chained = make_pipeline(FeaturePipeline(catalog, history), FunctionTransformer())
    same(clone(chained).fit(shipments).transform(shipments), features)
    found = clone(pipeline).fit(shipments).set_output(transform="polars").transform(shipments)
    np.testing.assert_array_equal(found.to_numpy(), features.to_numpy())
    smaller = clone(pipeline).set_params(catalog=catalog.only(["weight"]))
    assert list(smaller.fit_transform(shipments).columns) == ["weight"]


def test_the_shipped_catalog_alone_and_in_a_batch(shipments):
    shipped = Catalog.read()
    history = History.from_tables(shipments, keys=history_keys(shipped), values=history_values(shipped))
    fitted = FeaturePipeline(shipped, history).fit(shipments)
    batch = fitted.transform(shipments)
    assert list(batch.columns) == list(shipped.definitions)
    for place in (0, 17, 399):
        same(fitted.transform(shipments.iloc[[place]]), batch.iloc[[place]])


def test_fitting_again_forgets(catalog, shipments):
    again = FeaturePipeline(catalog).fit(shipments).set_params(catalog=catalog.only(["weight"]))
    assert again.fit(shipments).state()["learnt"] == {}


def test_a_private_category_is_refused_when_fitting_too(shipments):
    from omdrisk.features.kinds import Category

    definition = Definition("who", "f", "X", Category(column="consignee"), ("drug",), "-", {"en": "-"}, {"en": "-"})
    with pytest.raises(DefinitionError, match="could identify somebody"):
        FeaturePipeline(Catalog([definition])).fit(shipments)


def test_no_trader_is_in_what_is_saved(pipeline, catalog, shipments):
    saved = json.dumps([pipeline.state(), catalog.to_dict()], ensure_ascii=False)
    for name in ("shipper_name", "consignee_name", "consignee_tax_id", "container_no"):
        assert not any(value in saved for value in shipments[name].dropna().unique())
