"""Recipes: what they read, what they refuse and in what words."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from omdrisk.errors import DefinitionError
from omdrisk.features import Catalog
from omdrisk.resources import definitions
from omdrisk.training import Recipe
from omdrisk.training.phases import as_phases, read_phases

SHIPPED = sorted(path for path in definitions("models").glob("*.toml") if path.stem not in ("phases", "rules"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipes_choose_features_and_survive_json(path):
    recipe = Recipe.read(path)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert len(recipe.choose(Catalog.read())) > 10


def test_lemis_leaves_out_what_inspectors_code():
    catalog = Recipe.read(definitions("models") / "lemis.toml").choose(Catalog.read())
    needed = {column for definition in catalog for column in definition.needs}
    assert not needed & {"x_source", "x_purpose", "x_unit", "unit"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('target = "drug"', r"drug\.toml \[features\]: give 'families' or 'names'"),
        ('[features]\nfamilies = ["route"]', r"drug\.toml: 'target' must name the target"),
        ('target = "d"\nfeatuers = 1', r"drug\.toml: 'featuers' is unknown\. Did you mean 'features'\?"),
        ('target = "d"\nfeatures = 1', r"\[features\]: must be a table"),
        ('target = "d"\n[features]\nfamilies = "route"', r"\[features\]: 'families' must be a list"),
        ('target = "d"\n[rounds]\nmost = "many"', r"\[rounds\]: 'most' must be a whole number, not 'many'"),
        ('target = "d"\n[rounds]\nmetric = "avg_precision"', r"Did you mean 'average_precision'\?"),
        (
            'target = "d"\n[lightgbm]\nnum_leafs = 3',
            r"\[lightgbm\]: 'num_leafs' is unknown\. Did you mean 'num_leaves'",
        ),
        ('target = "d"\n[features]\nnames = ["a"]\n[split]\nvalidation = 2', r"'validation' must lie between 0 and 1"),
        (
            'target = "d"\n[features]\nnames = ["a"]\n[split]\npast_until = "soon"',
            r"'past_until' must be a date such as 2023-04-15, not 'soon'",
        ),
        ('target = "d"\nthreads = true\n[features]\nnames = ["a"]', r"'threads' must be a whole number"),
        ('target = "d"\n[features]\nnames = ["a"]\n[weights]\nhalf_life_days = 0', r"'half_life_days' must be above 0"),
        ("target = ", r"is not a recipe in TOML"),
    ],
)
def test_mistakes_are_named_with_file_and_key(tmp_path, text, said):
    path = tmp_path / "drug.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError, match=said):
        Recipe.read(path)


def test_missing_file_says_so(tmp_path):
    with pytest.raises(DefinitionError, match="no such recipe"):
        Recipe.read(tmp_path / "none.toml")


def test_features_by_family_serve_the_target_and_exclusions_hold():
    catalog = Catalog.read()
    recipe = Recipe.from_dict(
        {"target": "drug", "features": {"families": ["route"], "names": ["gross_weight"], "exclude": ["detour"]}}
    )
    chosen = {definition.name: definition for definition in recipe.choose(catalog)}
    assert "gross_weight" in chosen
    assert "detour" not in chosen
    assert all("drug" in definition.targets for definition in chosen.values())
    with pytest.raises(DefinitionError, match="Did you mean 'route'"):
        recipe.from_dict({"target": "drug", "features": {"families": ["routes"]}}).choose(catalog)
    with pytest.raises(DefinitionError, match="leaves no feature"):
        recipe.from_dict({"target": "moon", "features": {"families": ["route"]}}).choose(catalog)


def test_prior_replaces_that_of_every_rate():
    recipe = Recipe.from_dict({"target": "drug", "features": {"families": ["route"]}, "history": {"prior": 7}})
    kinds = [definition.kind for definition in recipe.choose(Catalog.read())]
    priors = {kind.prior for kind in kinds if kind.word == "rate"}
    assert priors == {7.0}


def test_phases_are_in_order_and_include_their_last_day():
    phases = read_phases()
    assert [phase.name for phase in phases] == ["I", "II", "III", "IV", "V", "VII"]
    assert all(one.end <= two.start for one, two in pairwise(phases))
    assert str(phases[4].end) == "2023-09-16 00:00:00+00:00"
    with pytest.raises(DefinitionError, match="ends before it starts"):
        as_phases({"X": ("2023-05-01", "2023-04-01")})
    with pytest.raises(DefinitionError, match="phase 1 needs name, start and end"):
        as_phases([{"name": "X"}])
