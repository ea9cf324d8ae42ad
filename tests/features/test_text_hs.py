"""The model of words and commodity codes: hashing and scoring against slower ways, and what it may know."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk.errors import DefinitionError
from omdrisk.features import Catalog, Definition, FeaturePipeline, history_keys
from omdrisk.features.ngrams import LONGEST, hashed
from omdrisk.features.text_model import TextModel
from omdrisk.features.words import UNSPACED, fold, plain
from omdrisk.history import History

GOODS = {
    "09": ["green tea", "black tea", "tea in bags", "chè xanh", "茶叶", "ใบชา", "jasmine tea", "oolong tea leaves"],
    "73": ["steel pipe", "seamless steel pipes", "ống thép", "钢管", "pipe of iron", "steel tubes", "welded pipe"],
    "08": ["cashew nuts", "raw cashew in shell", "hạt điều", "腰果", "cashew kernels ww320", "fresh bananas"],
}


def spelt(text: str) -> list[tuple[str, ...]]:
    """Every n-gram of a folded text, by a loop over letters."""
    import re

    found: list[tuple[str, ...]] = []
    for run in re.findall(f"[{UNSPACED}]+|[a-zß-öø-ɏ\u0300-\u036fḀ-ỿ]+", text):
        bare = re.match(f"[{UNSPACED}]", run)
        letters = tuple(run) if bare else ("_", *run, "_")
        least = 1 if bare else 2
        found += [
            letters[at : at + size]
            for at in range(len(letters))
            for size in range(least, LONGEST + 1)
            if at + size <= len(letters)
        ]
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="abcé đ茶叶ใบชา12-,\n", max_size=12), max_size=6))
def test_as_many_ngrams_as_a_loop_finds_and_equal_ones_in_equal_buckets(texts):
    folded = [fold(text) for text in texts]
    buckets, places = hashed(folded, bits=15)
    assert len(places) == len(folded) + 1
    known: dict[tuple[str, ...], set[int]] = {}
    for at, text in enumerate(folded):
        here = sorted(buckets[places[at] : places[at + 1]].tolist())
        grams = spelt(text)
        assert len(here) == len(grams)
        alone, _ = hashed([text], bits=15)
        assert sorted(alone.tolist()) == here
        if len(set(grams)) == 1:
            known.setdefault(grams[0], set()).update(here)
    assert all(len(found) == 1 for found in known.values())
    assert np.all((buckets >= 0) & (buckets < 2**15))


def trained(bits: int = 10) -> tuple[TextModel, list[str], list[str]]:
    pairs = [(fold(text), chapter) for chapter, texts in GOODS.items() for text in texts for _ in range(3)]
    texts, chapters = [text for text, _ in pairs], [chapter for _, chapter in pairs]
    return TextModel.fit(texts, chapters, bits=bits), texts, chapters


def test_the_gap_is_what_a_product_of_matrices_gives():
    model, texts, chapters = trained()
    gaps, best = model.compare(texts, chapters)
    buckets, places = hashed(texts, model.bits)
    for at, (chapter, gap) in enumerate(zip(chapters, gaps, strict=True)):
        here = [bucket for bucket in buckets[places[at] : places[at + 1]] if model.known[bucket]]
        weights = model.table[here].astype(np.float64).sum(axis=0) * model.scale / np.sqrt(len(here))
        scores = weights + model.intercept
        assert gap == pytest.approx(scores.max() - scores[model.classes.index(chapter)], abs=1e-12)
        assert best[at] == scores.argmax()
    assert np.mean(gaps == 0.0) > 0.9


def test_a_model_does_not_depend_on_the_order_of_its_texts():
    model, texts, chapters = trained()
    order = np.random.default_rng(0).permutation(len(texts))
    again = TextModel.fit([texts[at] for at in order], [chapters[at] for at in order], bits=10)
    assert json.dumps(again.to_dict()) == json.dumps(model.to_dict())


def test_a_model_comes_back_from_json():
    model, texts, chapters = trained()
    again = TextModel.from_dict(json.loads(json.dumps(model.to_dict())))
    for one, other in zip(again.compare(texts, chapters), model.compare(texts, chapters), strict=True):
        np.testing.assert_array_equal(one, other)


def test_ngrams_of_few_texts_are_not_kept():
    texts = [fold(text) for texts in GOODS.values() for text in texts]
    chapters = [chapter for chapter, texts in GOODS.items() for _ in texts]
    model = TextModel.fit([*texts, "for zxqvyk"], [*chapters, "98"], bits=15)
    buckets, _ = hashed(["zxqvyk"], bits=15)
    assert not model.known[buckets].any()


def shipments(count: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    chapters = rng.choice(list(GOODS), count)
    texts = [str(rng.choice(GOODS[chapter])) + f" lot {rng.integers(99)}" for chapter in chapters]
    wrong = rng.random(count) < 0.05
    codes = np.where(wrong, rng.choice([f"{chapter}0101" for chapter in GOODS], count), np.char.add(chapters, "0101"))
    return pd.DataFrame(
        {
            "shipment_id": pd.array([f"S{place}" for place in range(count)], dtype="str"),
            "filed_at": pd.date_range("2023-01-01", periods=count, freq="6h", tz="UTC").as_unit("us"),
            "goods_description": pd.array(texts, dtype="str"),
            "hs_code": pd.array(codes, dtype="str"),
        }
    )


SPEC = {"id": "G02", "kind": "text_hs", "fewest": 50, "bits": 10, "targets": ["drug"], "why": "-"}
DEFINITION = Definition.read("words", "goods", SPEC | {"reason": {"en": "{value} for {norm}"}})
CATALOG = Catalog([DEFINITION])


def test_nothing_known_later_moves_it_and_training_rows_get_what_scoring_gives():
    rows = shipments()
    found = pd.DataFrame({"shipment_id": rows["shipment_id"].iloc[::7], "target": "drug", "outcome": 1.0})
    found["known_at"] = rows["filed_at"].iloc[::7] + pd.Timedelta(days=9)
    whole = FeaturePipeline(CATALOG, History.from_tables(rows, found, keys=history_keys(CATALOG))).fit(rows)
    expected = whole.transform(rows)["words"]
    for moment in rows["filed_at"].iloc[[60, 133, 301]]:
        past = rows[rows["filed_at"] < moment]
        known = History.from_tables(past, found[found["known_at"] < moment], keys=history_keys(CATALOG))
        then = FeaturePipeline(CATALOG, known).fit(past.sample(frac=1, random_state=1))
        np.testing.assert_array_equal(then.transform(past)["words"], expected[: len(past)])
    alone = [whole.transform(rows.iloc[[place]])["words"].iloc[0] for place in range(0, 400, 37)]
    np.testing.assert_array_equal(alone, expected.iloc[::37])
    assert expected[:50].isna().all()
    assert expected[50:].notna().mean() > 0.9


def test_finds_are_not_learnt_from():
    rows = shipments()
    lying = rows["hs_code"].str[:2].eq("73")
    found = pd.DataFrame({"shipment_id": rows.loc[lying, "shipment_id"], "target": "wildlife", "outcome": 1.0})
    found["known_at"] = rows.loc[lying, "filed_at"] + pd.Timedelta(hours=1)
    pipeline = FeaturePipeline(CATALOG, History.from_tables(rows, found, keys=history_keys(CATALOG))).fit(rows)
    models = pipeline.state()["learnt"]["words"]["models"]
    assert [set(model["classes"]) for model in models] == [{"08", "09"}] * len(models)
    assert set(FeaturePipeline(CATALOG).fit(rows).state()["learnt"]["words"]["models"][-1]["classes"]) == set(GOODS)


def test_what_cannot_be_known_is_missing():
    rows = shipments()
    pipeline = FeaturePipeline(CATALOG).fit(rows)
    last = rows.tail(5).assign(filed_at=rows["filed_at"].max() + pd.Timedelta(days=1))
    last["goods_description"] = pd.array(["green tea", None, "12 / 34", "green tea", "steel pipes"], dtype="str")
    last["hs_code"] = pd.array(["730100", "0902", "0902", "9999", None], dtype="str")
    told = pipeline.transform(last)["words"].to_numpy()
    assert told[0] > 1.5
    assert np.isnan(told[1:]).all()
    view = pipeline.view(last)
    assert (DEFINITION.kind.shown(view)[0], DEFINITION.kind.norms(view)[0]) == (9.0, 73.0)
    assert FeaturePipeline(CATALOG).fit(rows.head(20)).transform(rows)["words"].isna().all()
    with pytest.raises(DefinitionError, match="at most 15"):
        Definition.read("words", "goods", SPEC | {"bits": 20, "reason": {"en": "x"}}, CATALOG.tables)


def test_what_is_learnt_is_small_and_names_nobody():
    rows = shipments().assign(goods_description=lambda frame: frame["goods_description"] + " for NGUYEN VAN AN")
    saved = json.dumps(FeaturePipeline(CATALOG).fit(rows).state())
    assert len(saved) < 60_000
    assert "nguyen" not in saved.casefold()


def test_scoring_imports_neither_sklearn_nor_lightgbm():
    code = (
        "import sys, numpy as np;"
        "from omdrisk.features.text_model import TextModel;"
        "model = TextModel.fit(['tea', 'tea', 'tea x', 'tea y', 'pipe', 'pipe'], ['09'] * 4 + ['73'] * 2, bits=8);"
        "TextModel.from_dict(model.to_dict()).compare(['tea'], ['73']);"
        "print(sorted({'sklearn', 'lightgbm', 'shap'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_accents_may_be_left_out():
    assert plain(fold("CHÈ XANH")) == "che xanh"
    rows = shipments()
    pipeline = FeaturePipeline(CATALOG).fit(rows)
    asked = rows.tail(2).assign(
        goods_description=pd.array(["CHE XANH", "Chè xanh"], dtype="str"), hs_code=pd.array(["7306"] * 2, dtype="str")
    )
    assert (pipeline.transform(asked)["words"] > 1.5).all()
