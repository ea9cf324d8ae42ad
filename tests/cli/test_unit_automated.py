"""What a unit automates: plans, audit logs, watched folders and feedback, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from omdrisk.bundle import save_bundle
from omdrisk.cli import main
from tests.reports.test_plain import HOSTILE
from tests.scoring.tiny import SECRET, tiny

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.filterwarnings("ignore:the shipments have no")


def run(*arguments: str | Path, code: int = 0) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    assert (stopped.value.code or 0) == code, arguments


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit's folder: a bundle and a manifest."""
    root = tmp_path_factory.mktemp("unit")
    world = tiny()
    save_bundle(world.heads, root / "bundle")
    rows = world.incoming.head(60).assign(office=world.incoming["port_of_discharge"].head(60))
    rows.to_csv(root / "manifest.csv", index=False)
    return root


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMDRISK_SECRET", SECRET.decode())
    monkeypatch.setenv("LOGNAME", "Officer Nguyen")


def told(path: Path) -> dict[str, object]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_plan_caps_weights_and_sheets(unit: Path) -> None:
    (unit / "capacity.toml").write_text(
        "per_trader = 1\n[[lines]]\noffice = 'each'\nmode = 'each'\ncapacity = 3\n[[lines]]\ncapacity = 2\n"
    )
    given = ("worklist", unit / "manifest.csv", "--model", unit / "bundle", "--capacity", unit / "capacity.toml")
    more = ("--harm", "wildlife=2.5", "--rule", "highest", "--referrals", unit / "sheets", "--per-lane", "2")
    run(*given, *more, "--out", unit / "list.csv", "--json", unit / "list.json")
    listed = pd.read_csv(unit / "list.csv")
    assert listed["list"].nunique() >= 4
    assert (listed.groupby("list").size() <= 3).all()
    assert told(unit / "list.json")["lists"] == listed["list"].value_counts(sort=False).to_dict()
    assert len(list((unit / "sheets").glob("*.html"))) == len(listed)
    assert listed["priority"].tolist() == pytest.approx(
        listed[["drug_score"]].assign(w=2.5 * listed["wildlife_score"]).max(axis=1).tolist()
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (["--capacity", "some.toml"], "neither a number nor a file"),
        (["--capacity", "-3"], "capacity is -3"),
        (["--harm", "wildlife"], "wildlife=2.5"),
        (["--harm", "wildlfe=2"], "Did you mean 'wildlife'"),
        (["--rule", "sum"], "priority rule 'sum'"),
        (["--per-trader", "0"], "per_trader is 0"),
    ],
)
def test_what_is_wrong_is_one_line(
    unit: Path, capsys: pytest.CaptureFixture[str], wrong: Sequence[str], says: str
) -> None:
    run("worklist", unit / "manifest.csv", "--model", unit / "bundle", *wrong, "--out", unit / "x.csv", code=2)
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("omdrisk: ")
    assert says in last


def test_a_log_is_written_checked_replayed_and_bent(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = unit / "audit.jsonl"
    both = (unit / "manifest.csv", "--model", unit / "bundle")
    run("score", *both, "--out", unit / "scores.csv", "--audit", log, "--capacity", "5")
    assert (pd.read_csv(unit / "scores.csv")["drug_capacity_band"] == "high").sum() == 5
    run("explain", *both, "--only", "2", "--out", unit / "reasons.csv", "--audit", log)
    run("worklist", *both, "--capacity", "4", "--out", unit / "l.html", "--audit", log)
    receipt = capsys.readouterr().err.strip().splitlines()[-1].removeprefix("audit receipt ")
    run("audit", "verify", log, "--receipt", receipt, "--json", unit / "verified.json")
    assert told(unit / "verified.json")["sound"]
    run("audit", "head", log)
    assert receipt in capsys.readouterr().out
    run("audit", "replay", log, *both, "--json", unit / "replayed.json")
    assert told(unit / "replayed.json") == {"shipments": {"same": 66}, "differ": []}
    assert "Nguyen" not in log.read_text(encoding="ascii")
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:4], lines[4].replace(b"T0", b"T1"), *lines[5:]]))
    run("audit", "verify", log, code=1)
    assert "audit.jsonl line 5: changed" in capsys.readouterr().out
    log.write_bytes(b"".join(lines[:-1]))
    run("audit", "verify", log, code=1)
    assert "cut off at the end" in capsys.readouterr().out
    run("audit", "head", log, code=2)
    (unit / "audit.jsonl.head").unlink()
    run("audit", "verify", log, "--receipt", "12", code=2)


def test_a_folder_is_watched_once(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inbox = unit / "in"
    inbox.mkdir()
    (inbox / "m.csv").write_bytes((unit / "manifest.csv").read_bytes())
    (inbox / "bad\x1b[31m.csv").write_text("nothing\n")
    with_log = ("--settle", "0.1", "--once", "--audit", unit / "watched.jsonl", "--json", unit / "watched.json")
    run("watch", inbox, unit / "out", "--model", unit / "bundle", "--capacity", "3", *with_log)
    said = capsys.readouterr().err
    assert "\x1b[31m.csv" not in said
    assert "scored: m.csv: 60 scored, 3 listed, 0 rejected" in said
    assert [file["kind"] for file in told(unit / "watched.json")["files"]] == ["failed", "scored"]
    run("audit", "verify", unit / "watched.jsonl")
    run("watch", inbox, unit / "out", "--model", unit / "bundle", *with_log)
    assert [file["kind"] for file in told(unit / "watched.json")["files"]] == ["same", "same"]
    run("watch", inbox, unit / "out", "--model", unit / "bundle", "--observe", code=2)
    run("watch", unit / "none", unit / "out", "--model", unit / "bundle", "--once", code=2)


def test_feedback_enters_the_history(unit: Path) -> None:
    run("worklist", unit / "manifest.csv", "--model", unit / "bundle", "--capacity", "4", "--out", unit / "four.csv")
    names = pd.read_csv(unit / "four.csv")["shipment_id"]
    (unit / "outcomes.csv").write_text(
        "\ufeffshipment_id,outcome\r\n" + "".join(f"{name},drug\r\n" for name in names), encoding="utf-8"
    )
    observed = ("observe", "--history", unit / "history")
    run(*observed, "--create", "--shipments", unit / "manifest.csv")
    given = ("--inspections", unit / "outcomes.csv", "--worklist", unit / "four.csv", "--known-at", "2023-06-02")
    run(*observed, *given, "--json", unit / "observed.json")
    assert told(unit / "observed.json")["outcomes"]["added"] >= 4
    run(*observed, *given, "--json", unit / "observed.json")
    assert told(unit / "observed.json")["outcomes"]["added"] == 0


def test_feedback_and_observe_read_alike(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("worklist", unit / "manifest.csv", "--model", unit / "bundle", "--capacity", "4", "--out", unit / "alike.csv")
    listed = pd.read_csv(unit / "alike.csv")
    words = ["No", "found", "tobacco", "perhaps"]
    (unit / "back.csv").write_text(
        "Shipment ID;Outcome\n"
        + "".join(f"{one};{two}\n" for one, two in zip(listed["shipment_id"], words, strict=True))
    )
    common = ("--worklist", unit / "alike.csv", "--known-at", "2023-06-03", "--json", unit / "fed.json")
    named = ("--target", "drug", "--targets", "tobacco", "--rejects", unit / "back-rejects.csv")
    run("feedback", unit / "back.csv", *common, *named, "--out", unit / "back.parquet")
    assert (told(unit / "fed.json")["read"], told(unit / "fed.json")["rejected"]) == (3, 1)
    outcomes = pd.read_parquet(unit / "back.parquet")
    assert outcomes["selection_probability"].notna().all()
    found = outcomes[outcomes["outcome"].eq(1.0)]
    assert found["target"].tolist() == ["drug", "tobacco"]
    assert pd.read_csv(unit / "back-rejects.csv")["Outcome"].tolist() == ["perhaps"]
    run("observe", "--history", unit / "alike", "--create", "--shipments", unit / "manifest.csv")
    capsys.readouterr()
    run("observe", "--history", unit / "alike", "--inspections", unit / "back.csv", *common)
    said = capsys.readouterr().err
    assert "back.csv row 3: outcome: 'found' does not say what was found" in said
    assert "back.csv row 4: outcome: 'tobacco' is neither clear nor a known target" in said
    assert "(and 1 more rows like it)" in said
    assert told(unit / "fed.json")["outcomes"]["added"] == 2


def test_hostile_content_reaches_no_terminal(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [text.replace("\ud83d", "").replace("\x00", "") for text in HOSTILE]
    rows = tiny().incoming.head(len(texts)).copy()
    for column in ("shipment_id", "goods_description", "consignee_name"):
        rows[column] = pd.Series([f"{text} {at}" for at, text in enumerate(texts)], index=rows.index, dtype="str")
    rows = rows.astype({"filed_at": "str"})
    rows.loc[rows.index[3], "filed_at"] = "\x1b[2J\u202eevil"
    rows.to_csv(unit / "hostile.csv", index=False)
    given = (unit / "hostile.csv", "--model", unit / "bundle", "--audit", unit / "hostile.jsonl")
    run("score", *given, "--out", unit / "h.csv")
    run("worklist", *given, "--out", unit / "h.html", "--referrals", unit / "hs")
    said = capsys.readouterr()
    for mark in ("\x1b[2J", "\u202e", "\x07"):
        assert mark not in said.err + said.out
    raw = (unit / "hostile.jsonl").read_bytes()
    assert all(32 <= byte < 127 or byte == 10 for byte in raw)
