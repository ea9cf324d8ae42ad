from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from omdrisk.features import Definition
from omdrisk.scoring.columns import SharedFeatures
from omdrisk.scoring.quality import split_features
from tests.scoring.tiny import NOW

if TYPE_CHECKING:
    from omdrisk.features import View
    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny

RAW = ["drug_raw", "wildlife_raw"]


def test_a_row_of_scores_for_each_row_in_its_place(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.sample(frac=1, random_state=3)
    scores = scorer.score(rows)
    assert scores.index.equals(rows.index)
    parts = ("score", "raw", "rank", "percentile", "band")
    assert list(scores) == [
        *(f"{head}_{part}" for head in ("drug", "wildlife") for part in parts),
        "data_quality",
        "model_version",
        "scored_at",
    ]
    assert scores["drug_score"].between(0, 1).all()
    assert scores["drug_percentile"].between(0, 100).all()
    assert set(scores["drug_band"]) <= {"high", "elevated", "normal"}
    assert (scores["model_version"] == scorer.version).all()
    assert (scores["scored_at"] == pd.Timestamp(NOW)).all()
    assert str(scores["scored_at"].dtype) == "datetime64[us, UTC]"


def test_scores_are_those_of_the_heads_own_pipelines(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming
    scores = scorer.score(rows)
    for head in world.heads:
        own = type(head.pipeline).from_state(head.pipeline.state(), head.pipeline.catalog_, world.history)
        raw = head.raw(own.transform(rows))
        np.testing.assert_array_equal(raw, scores[f"{head.target}_raw"])
        np.testing.assert_array_equal(head.probability(raw), scores[f"{head.target}_score"])


def test_features_shared_by_heads_are_those_of_each(world: Tiny) -> None:
    rows = world.incoming
    heads = {head.target: head.pipeline for head in world.heads}
    shared = SharedFeatures(heads, world.history)
    assert sum(len(pipeline.catalog_) for pipeline in shared.pipelines) < sum(len(p.catalog_) for p in heads.values())
    for name, features in shared.of(rows).items():
        own = type(heads[name]).from_state(heads[name].state(), heads[name].catalog_, world.history)
        pd.testing.assert_frame_equal(features, own.transform(rows), check_exact=True)


def test_the_features_of_a_head(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(6).copy()
    expected = scorer.features(rows, "drug")
    assert list(expected) == list(scorer.heads["drug"].features)
    rows.loc[rows.index[2], "filed_at"] = pd.NaT
    found = scorer.features(rows, "drug")
    assert found.iloc[2].isna().all()
    pd.testing.assert_frame_equal(found.drop(index=rows.index[2]), expected.drop(index=rows.index[2]), check_exact=True)
    assert scorer.features(rows.head(0), "drug").empty


def test_heads_that_learnt_otherwise_share_nothing_wrong(world: Tiny) -> None:
    rows = world.incoming
    drug, wildlife = (head.pipeline for head in world.heads)
    state = wildlife.state()
    learnt = {name: list(reversed(values)) for name, values in state["learnt"].items()}
    other = type(wildlife).from_state({**state, "learnt": learnt}, wildlife.catalog_)
    shared = SharedFeatures({"drug": drug, "wildlife": other}).of(rows)
    pd.testing.assert_frame_equal(shared["drug"], drug.transform(rows), check_exact=True)
    pd.testing.assert_frame_equal(shared["wildlife"], other.transform(rows), check_exact=True)
    assert not shared["drug"]["package_type"].equals(shared["wildlife"]["package_type"])


def test_to_score_nothing_is_worked_out_that_no_tree_asks_for(
    world: Tiny, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    values = Definition.values

    def counted(self: Definition, view: View) -> np.ndarray:
        done.append(self.name)
        return values(self, view)

    monkeypatch.setattr(Definition, "values", counted)
    rows = world.incoming.head(20)
    scorer.score(rows)
    asked = set()
    for head in scorer.heads.values():
        definitions = list(head.pipeline.catalog_)
        asked |= {definitions[place].name for place in split_features(head.text)}
        asked |= {definition.name for definition in definitions if definition.kind.categorical}
    assert sorted(done) == sorted(asked)
    every = {name for head in scorer.heads.values() for name in head.features}
    assert asked < every
    done.clear()
    seen = scorer._features.see(rows)
    for name, head in scorer.heads.items():
        raw = seen.raw(name, head)
        np.testing.assert_array_equal(head.raw(seen.features(name)), raw)
    assert sorted(done) == sorted(every)


def test_many_rows_are_laid_out_for_the_models_a_block_at_a_time(
    world: Tiny, scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = scorer.score(world.incoming)[RAW]
    monkeypatch.setattr("omdrisk.scoring.seen.BLOCK", 7)
    pd.testing.assert_frame_equal(scorer.score(world.incoming)[RAW], expected, check_exact=True)


def test_alone_together_and_shuffled_are_the_same_bits(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(40)
    together = scorer.score(rows)[RAW]
    shuffled = scorer.score(rows.sample(frac=1, random_state=1))[RAW].loc[rows.index]
    single = pd.concat([scorer.score(rows.iloc[[at]])[RAW] for at in range(len(rows))])
    pd.testing.assert_frame_equal(together, shuffled, check_exact=True)
    pd.testing.assert_frame_equal(together, single, check_exact=True)


def test_any_kind_of_table(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(50).reset_index(drop=True)
    expected = scorer.score(rows)
    texts = rows.select_dtypes("str").columns
    cells = {name: [None if pd.isna(cell) else cell for cell in rows[name]] for name in rows}
    forms = {
        "reversed": rows[rows.columns[::-1]],
        "categories": rows.astype(dict.fromkeys(texts, "category")),
        "objects": rows.astype(dict.fromkeys(texts, object)),
        "pyarrow": pa.Table.from_pydict(cells),
        "polars": pl.from_arrow(pa.Table.from_pydict(cells)),
    }
    for name, form in forms.items():
        pd.testing.assert_frame_equal(scorer.score(form), expected, check_exact=True, obj=name)


def test_rows_without_a_time_or_a_name_are_rejects(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(6).copy()
    rows.loc[rows.index[1], "filed_at"] = pd.NaT
    rows.loc[rows.index[4], "shipment_id"] = None
    rows.loc[rows.index[5], "shipment_id"] = None
    rows.loc[rows.index[5], "filed_at"] = pd.NaT
    scores = scorer.score(rows)
    assert scores["data_quality"].iloc[[1, 4, 5]].tolist() == [
        "rejected: no filed_at",
        "rejected: no shipment_id",
        "rejected: no shipment_id, no filed_at",
    ]
    assert scores["drug_score"].isna().tolist() == [False, True, False, False, True, True]
    assert scores["drug_band"].isna().sum() == 3
    assert sorted(scores["drug_rank"].dropna()) == [1, 2, 3]
    others = scorer.score(rows.iloc[[0, 2, 3]])
    pd.testing.assert_frame_equal(scores.iloc[[0, 2, 3]], others)


@pytest.mark.parametrize("rows", [0, 3])
def test_nothing_to_score(world: Tiny, scorer: Scorer, rows: int) -> None:
    table = world.incoming.head(rows).assign(filed_at=pd.NaT)
    scores = scorer.score(table)
    assert len(scores) == rows
    assert scores["drug_score"].isna().all()
    assert scorer.explain(table).empty
    assert scorer.worklist(table).empty
    assert len(scorer.contributions(table, head="drug")) == rows


def test_a_table_without_the_key_columns(scorer: Scorer) -> None:
    scores = scorer.score(pd.DataFrame({"hs_code": ["010203"]}))
    assert scores["data_quality"].tolist() == ["rejected: no shipment_id, no filed_at"]


def test_equal_ids_and_equal_index_labels_are_kept(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(4)
    twice = pd.concat([rows, rows])
    scores = scorer.score(twice)
    assert scores.index.equals(twice.index)
    assert scores["drug_raw"].tolist()[:4] == scores["drug_raw"].tolist()[4:]
    assert sorted(scores["drug_rank"]) == list(range(1, 9))


def test_ranks_go_by_score_then_id_then_row(world: Tiny, scorer: Scorer) -> None:
    same = world.incoming.head(1)
    rows = pd.concat([same.assign(shipment_id=name) for name in ("c", "a", "b", "a")], ignore_index=True)
    assert scorer.score(rows)["drug_rank"].tolist() == [4, 1, 3, 2]
    scores = scorer.score(world.incoming)
    best = scores.sort_values("drug_rank")["drug_raw"].to_numpy()
    assert (np.diff(best) <= 0).all()


def test_one_shipment_has_a_percentile_and_a_band(world: Tiny, scorer: Scorer) -> None:
    together = scorer.score(world.incoming)
    top = together["drug_raw"].idxmax()
    alone = scorer.score(world.incoming.loc[[top]])
    assert alone["drug_percentile"].item() == together.loc[top, "drug_percentile"]
    assert alone["drug_band"].item() == together.loc[top, "drug_band"] != "normal"
    order = together.sort_values("drug_raw")["drug_percentile"].to_numpy()
    assert (np.diff(order) >= 0).all()


def test_what_is_missing_is_said_by_row(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.loc[world.incoming["hs_code"].notna() & world.incoming["notify_name"].notna()].head(3).copy()
    rows["transport_mode"] = pd.Series(["1", "4", "1"], index=rows.index, dtype="str")
    rows["container_no"] = pd.Series([None, None, "MSKU1234565"], index=rows.index, dtype="str")
    rows.loc[rows.index[2], "packages"] = np.nan
    quality = scorer.score(rows)["data_quality"].tolist()
    assert quality == ["missing: container_no", "ok", "missing: packages"]


def test_what_was_never_seen_is_said_by_row(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(2).copy()
    rows.loc[rows.index[0], "package_type"] = "ZZ"
    quality = scorer.score(rows)["data_quality"].tolist()
    assert "unseen: package_type" in quality[0]
    assert "unseen" not in quality[1]


def test_without_a_history_every_row_says_so(world: Tiny, alone: Scorer) -> None:
    assert alone.score(world.incoming.head(5))["data_quality"].str.endswith("no history").all()


def test_missing_columns_are_warned_of_once(world: Tiny, folder: object) -> None:
    from omdrisk.bundle import read_bundle
    from omdrisk.scoring import Scorer

    scorer = Scorer(read_bundle(folder), world.history)
    rows = world.incoming.drop(columns=["gross_weight_kg", "goods_description"])
    with pytest.warns(UserWarning, match="gross_weight_kg") as caught:
        scorer.score(rows)
    assert len(caught) == 1
    assert "goods_description" in str(caught[0].message)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quality = scorer.score(rows)["data_quality"]
    assert quality.str.contains("gross_weight_kg").all()


def test_a_column_that_no_tree_uses_is_not_missed(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.drop(columns=["shipper_address", "consignee_address"])
    assert not scorer.score(rows)["data_quality"].str.contains("address").any()


def test_threads_may_share_a_scorer(world: Tiny, scorer: Scorer) -> None:
    expected = scorer.score(world.incoming)
    pieces = [world.incoming.iloc[at : at + 48] for at in range(0, len(world.incoming), 48)] * 3
    with ThreadPoolExecutor(4) as pool:
        for piece, scores in zip(pieces, pool.map(scorer.score, pieces), strict=True):
            pd.testing.assert_frame_equal(scores[RAW], expected.loc[piece.index, RAW], check_exact=True)


def test_the_input_is_not_changed(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(10)
    before = rows.copy(deep=True)
    scorer.score(rows)
    scorer.explain(rows)
    scorer.worklist(rows, capacity=3)
    pd.testing.assert_frame_equal(rows, before)
