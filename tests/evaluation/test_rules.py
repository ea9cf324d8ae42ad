"""The officers' rule score: counted by hand, and refusing what it does not know."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import DefinitionError
from omdrisk.evaluation import Rule, read_rules, rule_score
from omdrisk.features import Catalog
from omdrisk.resources import definitions
from omdrisk.training import Recipe


def test_points_add_up():
    features = pd.DataFrame({"seen": [np.nan, 3.0, 400.0], "vague": [0.9, 0.1, 0.5]})
    rules = [
        Rule("seen", 2, missing=True),
        Rule("seen", 1, below=90),
        Rule("vague", 3, above=0.5),
        Rule("vague", 5, equals=0.5),
        Rule("seen", 7, above=100, below=500),
        Rule("vague", 11, missing=False),
    ]
    assert rule_score(features, rules).tolist() == [2 + 3 + 11, 1 + 11, 5 + 7 + 11]


@pytest.mark.parametrize("target", ["drug", "wildlife"])
def test_shipped_rules_speak_of_the_head_s_features(target):
    rules = read_rules(target)
    assert len(rules) > 5
    recipe = Recipe.read(definitions("models") / f"{target}.toml")
    known = {definition.name for definition in recipe.choose(Catalog.read())}
    assert {rule.feature for rule in rules} <= known


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nfeature = "a"\npoints = 1', "rule 1: give one of above, below, equals, missing"),
        ('[[rule]]\nfeature = "a"\nabove = 1', "rule 1: 'points' is missing"),
        ('[[rule]]\nfeature = "a"\npoints = 1\nabvoe = 1', "rule 1: 'abvoe' is unknown. Did you mean 'above'"),
        ("[[rule", "cannot be read as rules"),
    ],
)
def test_mistakes_are_named(tmp_path, text, said):
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError, match=said):
        read_rules(path=path)


def test_unknown_feature_is_named():
    with pytest.raises(DefinitionError, match="Did you mean 'detour'"):
        rule_score(pd.DataFrame({"detour": [1.0]}), [Rule("detuor", 1, above=1)])
