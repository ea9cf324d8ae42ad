from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.history import History
from omdrisk.scoring import Scorer
from omdrisk.scoring.audit import verify
from omdrisk.watching import Settings, Watch
from tests.reports.test_plain import HOSTILE
from tests.scoring.tiny import NOW, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scoring.tiny import Tiny

pytestmark = pytest.mark.filterwarnings("ignore:the shipments have no")
STEPS = ("copied", "read", "scored", "made", "placed", "noted")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Killed(BaseException):
    """What a killed process is to the code that it stops in."""


@pytest.fixture
def inbox(world: Tiny, tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for at in range(3):
        world.incoming.iloc[at * 8 : at * 8 + 8].to_csv(folder / f"manifest {at}.csv", index=False)
    return folder


def watching(scorer: Scorer, inbox: Path, out: Path, **more: Any) -> tuple[Watch, Clock]:
    clock = Clock()
    settings = Settings(capacity=3, settle=2.0, **more)
    return Watch(inbox, out, scorer, settings, timer=clock, sleep=clock.sleep), clock


def run(scorer: Scorer, inbox: Path, out: Path, **more: Any) -> list[tuple[str, str]]:
    watch, _ = watching(scorer, inbox, out, **more)
    with watch.working():
        return [(event.kind, event.file) for event in watch.once()]


def results(out: Path) -> dict[str, list[str]]:
    """Return what each finished folder holds."""
    return {
        path.name: sorted(one.name for one in path.iterdir())
        for path in sorted(out.iterdir())
        if path.is_dir() and path.name not in (".work", "failed")
    }


def journal(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "journal.jsonl").read_text(encoding="ascii").splitlines()]


FULL = ["done.json", "scores.csv", "worklist.csv", "worklist.html", "worklist.xlsx"]


def test_each_file_once(world: Tiny, scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(scorer, inbox, out) == [("scored", f"manifest {at}.csv") for at in range(3)]
    made = results(out)
    assert len(made) == 3
    assert set(map(tuple, made.values())) == {tuple(FULL)}
    first = pd.read_csv(out / next(iter(made)) / "scores.csv", encoding="utf-8-sig")
    expected = scorer.score(world.incoming.iloc[:8])
    assert first["drug_score"].tolist() == pytest.approx(expected["drug_score"].tolist(), abs=1e-15)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.csv")}
    assert run(scorer, inbox, out) == [("same", f"manifest {at}.csv") for at in range(3)]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.csv")} == before
    assert [entry["event"] for entry in journal(out)] == ["scored"] * 3
    assert verify(out / "journal.jsonl").sound
    assert not [path for path in out.rglob("*") if "partial" in path.name]


def test_content_decides_and_not_the_name(scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(scorer, inbox, out)
    (inbox / "manifest 0.csv").rename(inbox / "renamed.csv")
    text = (inbox / "manifest 1.csv").read_text()
    (inbox / "manifest 1.csv").write_text(text.replace("T0", "U0"))
    found = run(scorer, inbox, out)
    assert found == [("scored", "manifest 1.csv"), ("same", "manifest 2.csv"), ("same", "renamed.csv")]
    entries = journal(out)[3:]
    assert [entry["event"] for entry in entries] == ["scored", "same"]
    assert entries[0]["before"] == journal(out)[1]["digest"]
    assert entries[1]["of"] == "manifest 0.csv"
    assert len(results(out)) == 4
    assert run(scorer, inbox, out)
    assert len(journal(out)) == 5


def test_a_file_that_is_being_written_is_waited_for(scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    watch, clock = watching(scorer, inbox, tmp_path / "out")
    slow = inbox / "manifest 0.csv"
    whole = slow.read_text()
    (inbox / "other.csv.part").write_text(whole)
    (inbox / ".hidden.csv").write_text(whole)
    with watch.working():
        assert watch.step() == []
        for _ in range(3):
            slow.write_text(slow.read_text() + " ")
            clock.now += 1.5
            assert "manifest 0.csv" not in [event.file for event in watch.step()]
        slow.write_text(whole)
        watch.step()
        clock.now += 2.5
        assert [(event.kind, event.file) for event in watch.step()] == [("scored", "manifest 0.csv")]
        assert watch.step() == []
    assert len(results(tmp_path / "out")) == 3


def test_a_file_that_grows_during_the_wait_is_left_for_the_next_run(
    scorer: Scorer, inbox: Path, tmp_path: Path
) -> None:
    clock = Clock()
    slow = inbox / "manifest 2.csv"

    def meanwhile(seconds: float) -> None:
        slow.write_text(slow.read_text() + "\n")
        clock.now += seconds

    watch = Watch(inbox, tmp_path / "out", scorer, Settings(capacity=3), timer=clock, sleep=meanwhile)
    with watch.working():
        assert [(event.kind, event.file) for event in watch.once()][-1] == ("waiting", "manifest 2.csv")
    assert run(scorer, inbox, tmp_path / "out")[-1] == ("scored", "manifest 2.csv")


def test_bad_files_are_reported_and_stop_nothing(scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (inbox / "a.xlsx").write_bytes(b"PK\x03\x04 broken")
    (inbox / "b.parquet").write_bytes(b"PAR1 broken PAR1")
    (inbox / "c.csv").write_bytes(b"")
    (inbox / "d.pdf").write_bytes(b"%PDF-1.4 \x00\x01")
    (inbox / "e.csv").write_text("shipment_id,filed_at\n,\n,2023-02-30\n")
    (inbox / "f\u202egnp.csv").write_bytes(b"\x00\xff\xfe" * 40)
    found = run(scorer, inbox, out)
    assert sorted(kind for kind, _ in found) == ["failed"] * 6 + ["scored"] * 3
    reports = {path.name: path.read_text(encoding="utf-8") for path in (out / "failed").glob("*.txt")}
    assert len(reports) == 6
    for text in reports.values():
        assert "\u202e" not in text
        assert ".work" not in text
        assert len(text.splitlines()[1]) > 10
        assert "Traceback" not in text
    assert len(list((out / "failed").glob("e-*.rejects.csv"))) == 1
    assert [kind for kind, _ in run(scorer, inbox, out)] == ["same"] * 9
    next((out / "failed").glob("c-*.txt")).unlink()
    assert ("failed", "c.csv") in run(scorer, inbox, out), "without its report it is tried again"


def test_a_fault_of_the_code_is_reported_too(
    scorer: Scorer, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("omdrisk.watching.watch.write_worklists", odd)
    assert {kind for kind, _ in run(scorer, inbox, tmp_path / "out")} == {"failed"}
    assert "KeyError" in next((tmp_path / "out" / "failed").glob("*.txt")).read_text()


def test_a_full_disk_stops_it_and_loses_nothing(
    scorer: Scorer, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("omdrisk.watching.watch.write_csv", full)
        with pytest.raises(OSError, match="No space"):
            run(scorer, inbox, tmp_path / "out")
    assert results(tmp_path / "out") == {}
    assert {kind for kind, _ in run(scorer, inbox, tmp_path / "out")} == {"scored"}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step(scorer: Scorer, inbox: Path, tmp_path: Path, step: str) -> None:
    out = tmp_path / "out"
    seen: list[str] = []

    def kill(now: str) -> None:
        seen.append(now)
        if seen.count(step) == 2:
            raise Killed

    clock = Clock()
    watch = Watch(inbox, out, scorer, Settings(capacity=3), say=kill, timer=clock, sleep=clock.sleep)
    with pytest.raises(Killed), watch.working():
        watch.once()
    assert all(files == FULL for files in results(out).values())
    run(scorer, inbox, out)
    made = results(out)
    assert len(made) == 3
    assert all(files == FULL for files in made.values())
    scored = [entry for entry in journal(out) if entry["event"] == "scored"]
    assert sorted(entry["file"] for entry in scored) == [f"manifest {at}.csv" for at in range(3)]
    assert {entry["out"] for entry in scored} == set(made)


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
def test_killed_by_the_system_at_random(folder: Path, world: Tiny, tmp_path: Path) -> None:
    inbox, out = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    for at in range(6):
        world.incoming.iloc[at * 5 : at * 5 + 5].to_csv(inbox / f"m{at}.csv", index=False)
    pick = random.Random(5)  # noqa: S311 - when to kill
    command = [sys.executable, "-W", "ignore", "-m", "tests.watching.killed_watch", str(folder), str(inbox), str(out)]
    for lines in (3, 9, None):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert process.stdout is not None
        if lines is None:
            assert process.communicate(timeout=120)[0].split()[-1] == "done"
            break
        for _ in range(lines):
            process.stdout.readline()
        time.sleep(pick.uniform(0, 0.05))
        process.kill()
        process.communicate()
        assert all(files == FULL for files in results(out).values())
    made = results(out)
    assert len(made) == 6
    assert all(files == FULL for files in made.values())
    scored = [entry for entry in map(json.loads, _whole(out / "journal.jsonl")) if entry.get("event") == "scored"]
    assert sorted(entry["file"] for entry in scored) == [f"m{at}.csv" for at in range(6)]
    assert verify(out / "journal.jsonl").sound
    rows = [pd.read_csv(out / name / "scores.csv") for name in made]
    assert sorted(pd.concat(rows)["shipment_id"]) == sorted(world.incoming["shipment_id"].iloc[:30])


def _whole(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="ascii").splitlines():
        try:
            json.loads(line)
        except ValueError:
            continue
        yield line


def test_shipments_enter_the_history_once(world: Tiny, scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    history = History.from_tables(
        world.shipments.head(5), keys=world.history.keys, values=world.history.values, secret=SECRET
    )
    own = Scorer(scorer.bundle, history, clock=lambda: NOW)
    run(own, inbox, tmp_path / "out", observe=True)
    assert len(history) == 5 + 24
    run(own, inbox, tmp_path / "out", observe=True)
    assert len(history) == 5 + 24


def test_rejected_rows_come_out_with_their_reasons(world: Tiny, scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    rows = world.incoming.iloc[:4].astype({"filed_at": "str"})
    rows.loc[rows.index[1], "filed_at"] = "31/31/2023"
    rows.to_csv(inbox / "manifest 0.csv", index=False)
    run(scorer, inbox, tmp_path / "out")
    made = next(path for path in (tmp_path / "out").iterdir() if path.name.startswith("manifest-0"))
    rejects = pd.read_csv(made / "rejects.csv", encoding="utf-8-sig")
    assert rejects["file"].tolist() == ["manifest 0.csv"]
    scores = pd.read_csv(made / "scores.csv", encoding="utf-8-sig")
    assert len(scores) == 4
    assert scores["data_quality"].iloc[3].startswith("rejected: manifest 0.csv row ")


def test_hostile_names_and_contents(world: Tiny, scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    texts = [text.replace("\ud83d", "").replace("\x00", "") for text in HOSTILE]
    rows = world.incoming.iloc[: len(texts)].copy()
    rows["goods_description"] = pd.Series(texts, index=rows.index, dtype="str")
    rows.to_csv(inbox / "=cmd|'x'!A1 <img src=x>.csv", index=False)
    found = run(scorer, inbox, tmp_path / "out")
    assert {kind for kind, _ in found} == {"scored"}
    name = next(name for name in results(tmp_path / "out") if name.startswith("cmd"))
    assert name.startswith("cmd-x-A1-img-src-x-")
    page = (tmp_path / "out" / name / "worklist.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page


def test_one_at_a_time(scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    watch, _ = watching(scorer, inbox, tmp_path / "out")
    with watch.working():
        other, _ = watching(scorer, inbox, tmp_path / "out")
        with pytest.raises(InputError, match="another process is watching"), other.working():
            pass


def test_what_cannot_be_watched_is_said(scorer: Scorer, inbox: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Watch(tmp_path / "none", tmp_path / "out", scorer)
    with pytest.raises(InputError, match="Name two"):
        Watch(inbox, inbox, scorer)
    (tmp_path / "file").write_text("")
    watch = Watch(inbox, tmp_path / "file" / "out", scorer)
    with pytest.raises(InputError, match="cannot be made"), watch.working():
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Settings().capacity == 40
