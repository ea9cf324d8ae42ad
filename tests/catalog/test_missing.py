"""What is not given is missing: no definition makes a number out of nothing, and the air pre-loading set works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from omdrisk.features import Catalog, FeaturePipeline, history_keys, history_values
from omdrisk.history import History

if TYPE_CHECKING:
    from tests.conftest import Small

#: What the seven fields of an air pre-loading filing and its one reference number are called here.
SEVEN_AND_ONE = [
    "packages", "gross_weight_kg", "goods_description", "shipper_name", "shipper_address",
    "consignee_name", "consignee_address", "house_doc_no",
]  # fmt: skip
#: Ids of indicators that work on them.
BY_AIR = {
    "P01", "P02", "P03", "P04", "P05", "P08", "P10", "P12", "P13", "P14", "P18", "P19",
    "G01", "G10", "G11", "G12", "G13", "W01", "W05", "D04", "N01", "T02",
}  # fmt: skip
#: Kinds that speak of what is not there: without the column they count it, and say so.
ABSENCE = {"missing", "documents_missing"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.read()


@pytest.fixture(scope="module")
def fitted(small: Small, catalog: Catalog) -> FeaturePipeline:
    shipments = small.world.shipments.head(4_000)
    history = History.from_tables(shipments, small.outcomes, keys=history_keys(catalog), values=history_values(catalog))
    return FeaturePipeline(catalog, history).fit(shipments)


@pytest.fixture(scope="module")
def rows(small: Small) -> pd.DataFrame:
    return small.world.shipments.iloc[3_000:3_150]


def without(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return rows.drop(columns=[name for name in columns if name in rows.columns])


def test_without_all_that_it_needs_a_definition_says_nothing(
    catalog: Catalog, fitted: FeaturePipeline, rows: pd.DataFrame
) -> None:
    kept = {"shipment_id", "filed_at"}
    nothing = fitted.transform(rows[sorted(kept)])
    for definition in catalog:
        if definition.kind.word in ABSENCE or set(definition.needs) <= kept:
            continue
        assert nothing[definition.name].isna().all(), definition.name


def test_without_its_only_column_a_definition_says_nothing(
    catalog: Catalog, fitted: FeaturePipeline, rows: pd.DataFrame
) -> None:
    for column in sorted(set(catalog.needs) & set(rows.columns) - {"shipment_id", "filed_at", "transport_mode"}):
        alone = [
            definition
            for definition in catalog
            if set(definition.needs) - {"filed_at"} == {column} and definition.kind.word not in ABSENCE
        ]
        if alone:
            some = catalog.only([definition.name for definition in alone])
            learnt = {name: fitted.learnt_[name] for name in some.definitions if name in fitted.learnt_}
            pipeline = FeaturePipeline.from_state({"format": 1, "learnt": learnt}, some, fitted.history)
            assert pipeline.transform(without(rows, [column])).isna().all(axis=None), column


def test_without_a_key_the_past_is_not_known(catalog: Catalog, fitted: FeaturePipeline, rows: pd.DataFrame) -> None:
    told = fitted.transform(without(rows, [name for name in rows.columns if name.startswith("consignee_")]))
    asking = [
        definition.name
        for definition in catalog
        if definition.kind.word in ("count", "rate", "finds", "days_since_first", "distinct", "burst")
        and definition.kind.arguments()["by"] == ["consignee"]
    ]
    assert len(asking) >= 8
    assert told[asking].isna().all(axis=None)


def test_the_seven_and_one_fields_of_an_air_filing_give_their_indicators(small: Small, catalog: Catalog) -> None:
    kept = ["shipment_id", "filed_at", *SEVEN_AND_ONE]
    filings = small.world.shipments.head(4_000)[kept]
    history = History.from_tables(filings, small.outcomes, keys=history_keys(catalog), values=history_values(catalog))
    told = FeaturePipeline(catalog, history).fit(filings).transform(filings.tail(300))
    ids = {definition.id for definition in catalog if told[definition.name].notna().any()}
    assert ids >= BY_AIR
    assert not np.isinf(told.to_numpy()).any()


def test_any_one_of_them_alone_is_scored(fitted: FeaturePipeline, rows: pd.DataFrame) -> None:
    for name in SEVEN_AND_ONE:
        if name in rows.columns:
            assert fitted.transform(rows[["shipment_id", "filed_at", name]]).shape[0] == len(rows)
