"""Pairs labelled by hand: how often two firms are merged, and how often one is split."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.parties import judge_pairs, near_matches, party_keys

PAIRS = Path(__file__).with_name("pairs.csv")
DOCS = Path(__file__).parents[2] / "docs" / "parties.md"


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    return judge_pairs(PAIRS)


def test_the_set_is_what_it_says(judged):
    pairs = pd.read_csv(PAIRS)
    assert len(pairs) >= 300
    assert not pairs.duplicated(["left_name", "right_name", "right_country"]).any()
    assert set(pairs["script"]) >= {
        "latin", "vietnamese", "chinese", "thai", "khmer", "lao", "malay-indonesian", "korean",
    }  # fmt: skip
    assert judged.loc["all", ["same", "different"]].sum() == len(pairs)


def test_merges_and_splits_get_no_worse(judged):
    assert judged.loc["all", "false_merges"] <= 5
    assert judged.loc["all", "false_splits"] <= 40
    assert judged.loc["all", "splits_near"] >= 19


def test_translation_and_borders_never_merge(judged):
    assert judged.loc[["across", "borders"], "false_merges"].tolist() == [0, 0]


def test_the_figures_in_the_docs_are_these(judged):
    text = DOCS.read_text(encoding="utf-8")
    for script, row in judged.iterrows():
        line = re.search(rf"^\| {script} \|(.*)\|$", text, re.MULTILINE)
        assert line is not None, script
        assert [int(cell) for cell in line[1].split("|")] == row.tolist(), script


def test_near_matches_are_listed_and_not_merged():
    names = pd.Series(
        ["Northwind Trading Ltd", "NORTHWIND TRADNG LTD", "Kim Young Soo", "KIM YOUNGSOO", None, "NORTHWIND TRADING"],
        index=list("abcdef"),
        dtype="str",
    )
    countries = pd.Series(["SG"] * 6, index=names.index, dtype="str")
    near = near_matches(names, countries)
    assert near[["left", "right"]].to_numpy().tolist() == [["c", "d"], ["a", "b"]]
    keys = party_keys(names, countries, pd.Series([None] * 6, index=names.index, dtype="str"))
    assert keys["a"] != keys["b"]
    assert near_matches(names, pd.Series(list("abcdef"), index=names.index, dtype="str")).empty


def test_a_set_without_labels_is_refused():
    with pytest.raises(InputError, match="'left_name'"):
        judge_pairs(pd.DataFrame({"same": [1]}))
