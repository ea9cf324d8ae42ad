"""Every command, in the order in which a phase needs them, on a small simulated world."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from omdrisk.cli import main

SECRET = "a secret that only this test knows"  # noqa: S105


def run(*arguments: str | Path) -> None:
    """Run a command that must succeed."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert not stopped.value.code, arguments


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate, read, link and train; return the folder that holds it all."""
    root = tmp_path_factory.mktemp("way")
    run("simulate", root / "world", "--shipments", "9000", "--seed", "2", "--json", root / "simulated.json")
    files = json.loads((root / "simulated.json").read_text())["files"]
    vietnam = [path for path in files["shipments"] if "vn-emanifest" in path]
    others = [path for path in files["shipments"] if path not in vietnam]
    tables = root / "tables"
    run("read", *vietnam, "--format", "vn-emanifest", "--out", tables / "vn.parquet", "--rejects", root / "bad.csv")
    run("read", *others, "--out", tables / "others.parquet")
    run("read", tables / "vn.parquet", tables / "others.parquet", "--out", tables / "shipments.parquet")
    run("read", *files["cases"], "--as", "cases", "--format", "cencomm", "--out", tables / "cases.parquet")
    run("read", *files["inspections"], "--as", "inspections", "--out", tables / "inspections.parquet")
    run(
        *("link", tables / "shipments.parquet", "--cases", tables / "cases.parquet"),
        *("--inspections", tables / "inspections.parquet", "--out", tables / "outcomes.parquet"),
        *("--doubtful", root / "doubtful.csv", "--json", root / "linked.json"),
    )
    run(
        *("train", "--recipe", "drug.toml", "--recipe", "wildlife.toml", "--shipments", tables / "shipments.parquet"),
        *("--outcomes", tables / "outcomes.parquet", "--as-of", "2023-04-15", "--out", root / "bundle"),
    )
    return root


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMDRISK_SECRET", SECRET)


def test_nothing_was_lost_on_the_way(way: Path) -> None:
    written = pd.DataFrame(json.loads((way / "world" / "written.json").read_text())["files"])
    shipments = written[written["table"] == "shipments"]
    read = pd.read_parquet(way / "tables" / "shipments.parquet")
    assert len(read) == 9000 == shipments["rows"].sum() - shipments["bad"].sum()
    vietnam = shipments[shipments["format"] == "vn-emanifest"]
    assert len(pd.read_csv(way / "bad.csv")) == vietnam["bad"].sum() > 0
    assert json.loads((way / "linked.json").read_text())["found"]["drug"] > 0


def test_backtest_says_each_phase(way: Path) -> None:
    tables = way / "tables"
    run(
        *("backtest", "--recipe", "drug", "--shipments", tables / "shipments.parquet"),
        *("--outcomes", tables / "outcomes.parquet", "--json", way / "backtest.json", "--plot", way / "backtest.png"),
    )
    rows = pd.DataFrame(json.loads((way / "backtest.json").read_text())["results"]["drug"])
    assert {"model", "rules", "random"} == set(rows["scorer"])
    assert "V" in set(rows["phase"])
    assert (way / "backtest.png").stat().st_size > 5_000


def test_the_unit_s_day(way: Path, secret: None) -> None:
    manifest = way / "incoming.csv"
    shipments = pd.read_parquet(way / "tables" / "shipments.parquet")
    shipments[shipments["filed_at"] >= "2023-09-10"].to_csv(manifest, index=False)
    run("observe", "--history", way / "history", "--create", "--shipments", way / "tables" / "shipments.parquet")
    run("observe", "--history", way / "history", "--inspections", way / "tables" / "inspections.parquet")
    with_both = ["--model", way / "bundle", "--history", way / "history"]
    run("score", manifest, *with_both, "--out", way / "scores.csv", "--json", way / "scored.json")
    scores = pd.read_csv(way / "scores.csv")
    assert len(scores) == json.loads((way / "scored.json").read_text())["rows"]
    assert scores["drug_score"].between(0, 1).all()
    run("explain", manifest, *with_both, "--only", "5", "--language", "zh", "--out", way / "reasons.json")
    assert json.loads((way / "reasons.json").read_text())[0]["text"]
    for name in ("list.html", "list.xlsx", "list.csv"):
        run("worklist", manifest, *with_both, "--capacity", "12", "--language", "vi", "--out", way / name)
        assert (way / name).stat().st_size > 1_000
    run("drift", manifest, *with_both, "--json", way / "drift.json")
    assert json.loads((way / "drift.json").read_text())["drift"]


def test_report_and_register(way: Path, secret: None, capsys: pytest.CaptureFixture[str]) -> None:
    tables = way / "tables"
    run(
        *("report", way / "bundle", "--shipments", tables / "shipments.parquet", "--out", way / "report.html"),
        *("--outcomes", tables / "outcomes.parquet"),
    )
    assert "<html" in (way / "report.html").read_text(encoding="utf-8")
    store = f"sqlite:///{way / 'mlflow.db'}"
    run("register", way / "bundle", "--alias", "champion", "--store", store, "--json", way / "registered.json")
    assert json.loads((way / "registered.json").read_text())["version"] == "1"


def test_init_gives_an_editable_copy(tmp_path: Path) -> None:
    run("init", tmp_path / "phase")
    assert (tmp_path / "phase" / "features" / "parties.toml").is_file()
