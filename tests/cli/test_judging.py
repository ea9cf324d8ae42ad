"""`omdrisk train --tune` and `omdrisk backtest --baselines`: what they write, and what they refuse in one line."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from omdrisk.cli import main
from omdrisk.training import Recipe
from tests.training.world import tables

RECIPE = """
target = "drug"
[features]
families = ["parties"]
[lightgbm]
num_leaves = 4
[rounds]
most = 20
fewest = 5
patience = 5
[tuning]
cuts = 2
rounds = [5, 20]
[report]
shares = [0.02]
resamples = 20
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judging")
    shipments, outcomes, truth = tables(2500)
    outcomes.to_parquet(folder / "outcomes.parquet")
    shipments.to_parquet(folder / "shipments.parquet")
    truth.to_parquet(folder / "truth.parquet")
    (folder / "small.toml").write_text(RECIPE, encoding="utf-8")
    return folder


def given(files, *more):
    named = ["--recipe", "small.toml", "--shipments", "shipments.parquet", "--outcomes", "outcomes.parquet"]
    return [str(files / each) if "." in each else each for each in named] + list(more)


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code or 0


def test_tuned_recipes_are_written_and_trained(files, tmp_path, capsys):
    out = tmp_path / "bundle"
    options = ["--as-of", "2023-05-01", "--out", str(out), "--tune", "5", "--trials", "2"]
    assert run("train", *given(files, *options)) == 0
    recipe = Recipe.read(tmp_path / "bundle.tuning" / "drug.toml")
    assert recipe.provenance.trials == 2
    frozen = json.loads((out / "heads" / "drug" / "recipe.json").read_text(encoding="utf-8"))
    assert Recipe.from_dict(frozen) == recipe
    assert "2 trials, average_precision" in capsys.readouterr().err
    assert run("train", *given(files, *options)) == 0


def test_backtest_beside_baselines(files, tmp_path, capsys):
    told = tmp_path / "told.json"
    options = ["--phase", "V", "--baselines", "--truth", str(files / "truth.parquet"), "--json", str(told)]
    assert run("backtest", *given(files, *options, "--plot", str(tmp_path / "plot.png"))) == 0
    result = json.loads(told.read_text(encoding="utf-8"))
    assert {row["scorer"] for row in result["results"]["drug"]} >= {"model", "plain LightGBM", "oracle"}
    assert {row["estimate"] for row in result["selection"]["drug"]} >= {"naive", "truth"}
    assert result["leads"]["drug"]
    assert result["groups"]["drug"]
    assert {path.name for path in tmp_path.glob("*.png")} == {"plot.png", "plot-selection.png"}
    assert "logistic regression" in capsys.readouterr().out


def test_baselines_need_phases(files, capsys):
    assert run("backtest", str(files / "a.csv"), "--recipe", "small", "--baselines") == 2
    assert "--baselines" in capsys.readouterr().err


def test_a_killed_backtest_goes_on_and_ends_as_if_it_had_not_been(files, tmp_path):
    options = ["--phase", "IV", "--phase", "V", "--baselines", "--truth", str(files / "truth.parquet")]
    calm, rough, kept = tmp_path / "calm.json", tmp_path / "rough.json", tmp_path / "kept"
    arguments = given(files, *options, "--folder", str(kept), "--json", str(rough))
    program = "import sys; from omdrisk.cli import main; main(sys.argv[1:])"
    with subprocess.Popen([sys.executable, "-c", program, "backtest", *arguments]) as begun:
        while begun.poll() is None and not list(kept.glob("drug*")):
            time.sleep(0.01)
        begun.kill()
    done = {path: path.stat().st_mtime_ns for path in kept.glob("drug*/*")}
    assert done
    assert not rough.exists()
    assert run("backtest", *arguments) == 0
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert run("backtest", *given(files, *options, "--json", str(calm))) == 0
    assert json.loads(rough.read_text(encoding="utf-8")) == json.loads(calm.read_text(encoding="utf-8"))
