"""The commands of a phase, one after another, as a data scientist types them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import omdrisk
from omdrisk.cli import main
from omdrisk.history import History
from tests.phases import world

SECRET = "a secret that only this test knows"  # noqa: S105


def run(*arguments: str | Path, code: int = 0) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert (stopped.value.code or 0) == code, arguments


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    world.written(folder, "2023-03-15", rows=3000)
    features = [
        "[consignee_rate]",
        'id = "T1"',
        'kind = "rate"',
        'by = ["consignee"]',
        'target = "drug"',
        "prior = 5.0",
    ]
    weight = ["[weight]", 'id = "T2"', 'kind = "number"', 'value = "gross_weight_kg"', "log = true"]
    common = ['targets = ["drug"]', 'why = "Planted."', 'words.en = "planted"', 'reason.en = "{value}"']
    (folder / "features").mkdir()
    (folder / "features" / "planted.toml").write_text("\n".join([*features, *common, "", *weight, *common]) + "\n")
    (folder / "drug.toml").write_text(
        'target = "drug"\n[features]\nfamilies = ["planted"]\n[lightgbm]\nnum_leaves = 7\n[rounds]\nmost = 40\n'
        '[gate]\nmetric = "average_precision"\nmargin = -1.0\ncalibration = 20.0\n[report]\nresamples = 60\n'
    )
    return folder


def test_from_opening_to_report(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    at = ["--folder", root / "C"]
    run(
        *("phase", "open", "C", "--recipe", root / "drug.toml", "--shipments", "shipments-2023-03-15.parquet"),
        *("--outcomes", "outcomes-2023-03-15.parquet", "--phases", "phases.toml", "--features", "features"),
        *("--test", "B", "--by", "Linh", "--json", "opened.json"),
    )
    assert json.loads((root / "opened.json").read_text())["phase"] == "C"
    run("phase", "compare", *at, code=2)
    assert "omdrisk phase train" in capsys.readouterr().err
    run("phase", "train", *at, "--json", "trained.json")
    run("phase", "compare", *at, "--json", "compared.json")
    assert json.loads((root / "compared.json").read_text())["drug"]["passed"]
    names = ["--by", "Linh", "--approved-by", "Somchai", "--why", "the first head"]
    run("phase", "promote", *at, "--head", "drug", *names[:2], "--approved-by", "linh", "--why", "x", code=2)
    run("phase", "promote", *at, "--head", "drug", *names, "--json", "promoted.json")
    assert json.loads((root / "promoted.json").read_text())["drug"]["version"] == "1"
    assert (root / "mlflow.db").is_file()
    run("phase", "rollback", *at, *names, code=2)
    assert "no earlier version" in capsys.readouterr().err
    run("phase", "report", *at, "--language", "vi", "--explained", "60", "--json", "report.json")
    assert "Giai đoạn C" in (root / "C" / "report.vi.html").read_text(encoding="utf-8")
    run("phase", "journal", *at, "--json", "journal.json")
    deeds = [line["deed"] for line in json.loads((root / "journal.json").read_text())["lines"]]
    assert deeds == ["opened", "trained", "compared", "promoting", "promoted", "reported"]
    moved = root.with_name(f"{root.name}-moved")
    root.rename(moved)
    monkeypatch.chdir(moved)
    run("relocate", moved, "--json", "relocated.json")
    assert json.loads((moved / "relocated.json").read_text())["changed"] > 0
    rows = world.tables(300)[0]
    assert omdrisk.load("models:/omdrisk@champion").score(rows)["drug_score"].notna().all()
    moved.rename(root)


def test_outcomes_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMDRISK_SECRET", SECRET)
    history = History.create(tmp_path / "history", keys=["consignee"], secret=SECRET)
    history.observe(world.tables(300)[0])
    (tmp_path / "back.csv").write_text("shipment_id,outcome\nS1,drug\nS2,clear\nS3,perhaps\n")
    both = ["--history", tmp_path / "history", "--out", tmp_path / "outcomes.parquet", "--known-at", "2023-05-01"]
    run("feedback", tmp_path / "back.csv", *both, "--json", tmp_path / "fed.json")
    fed = json.loads((tmp_path / "fed.json").read_text())
    assert (fed["read"], fed["rejected"]) == (2, 1)
    assert "'perhaps' is neither clear nor a known target" in capsys.readouterr().err
    outcomes = pd.read_parquet(tmp_path / "outcomes.parquet")
    assert outcomes.set_index(["shipment_id", "target"])["outcome"]["S1", "drug"] == 1.0
    assert set(outcomes["shipment_id"]) == {"S1", "S2"}
    assert History.open(tmp_path / "history", SECRET).info()["outcomes"] == len(outcomes)
    run("feedback", tmp_path / "back.csv", code=2)
    assert "--history" in capsys.readouterr().err


def test_drift_week_by_week_says_what_to_do(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipments, outcomes = world.tables(12_000)
    head = omdrisk.train(
        world.recipe("drug", ["weight", "packing"]), shipments, outcomes, as_of="2023-03-15", catalog=world.catalog()
    )
    omdrisk.save_bundle([head], tmp_path / "bundle")
    before = shipments["filed_at"] < "2023-03-15"
    shipments[before].to_parquet(tmp_path / "past.parquet", index=False)
    later = shipments[~before & (shipments["filed_at"] < "2023-05-15")]
    later.assign(gross_weight_kg=later["gross_weight_kg"] * 3).to_csv(tmp_path / "incoming.csv", index=False)
    outcomes.to_parquet(tmp_path / "outcomes.parquet", index=False)
    run(
        *("drift", tmp_path / "incoming.csv", "--model", tmp_path / "bundle", "--past", tmp_path / "past.parquet"),
        *("--outcomes", tmp_path / "outcomes.parquet", "--weeks", "8", "--plot", tmp_path / "drift.png"),
        *("--json", tmp_path / "drift.json"),
    )
    told = json.loads((tmp_path / "drift.json").read_text())
    assert told["verdict"] == "act"
    assert "weight" in next(one["names"] for one in told["advice"] if one["code"] == "feature")
    assert "Look at ten of these shipments by hand" in capsys.readouterr().out.replace("\n", " ")
    assert (tmp_path / "drift.png").stat().st_size > 5_000
