from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omdrisk import scoring
from omdrisk.errors import HistoryError, InputError
from omdrisk.history import History
from omdrisk.scoring import Scorer
from omdrisk.scoring.audit import AuditLog, Auditor, Receipt, input_digests, pseudonym, replay, verify
from omdrisk.scoring.audit.log import head_file
from tests.reports.test_plain import HOSTILE
from tests.scoring.tiny import NOW, SECRET

if TYPE_CHECKING:
    from tests.scoring.tiny import Tiny


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    made = AuditLog(tmp_path / "audit.jsonl")
    for at in range(3):
        made.append(
            [{"event": "score", "shipments": 2}, *({"event": "shipment", "at": at, "of": of} for of in range(2))]
        )
    return made


@pytest.fixture
def audited(world: Tiny, folder: Path, tmp_path: Path) -> Scorer:
    user = pseudonym("Officer Nguyen", SECRET)
    bundle = scoring.load(folder).bundle
    return Scorer(bundle, world.history, clock=lambda: NOW, audit=Auditor(AuditLog(tmp_path / "a.jsonl"), user))


def test_what_is_logged_of_scores_reasons_and_lists(world: Tiny, audited: Scorer, tmp_path: Path) -> None:
    rows = world.incoming.head(30)
    scores = audited.score(rows)
    listed = audited.worklist(rows, capacity=10, explore=0.2, seed=5, per_trader=3, harm={"drug": np.float64(2)})
    why = audited.explain(rows.head(2), top=2)
    found = entries(tmp_path / "a.jsonl")
    calls = [one for one in found if one["event"] != "shipment"]
    assert [(one["event"], one["rows"], one["shipments"]) for one in calls] == [
        ("score", 30, 30),
        ("worklist", 30, 10),
        ("explain", 2, 2),
    ]
    for call in calls:
        assert call["model_version"] == audited.version
        assert call["history_version"] == world.history.version
        assert call["user"] == pseudonym("Officer Nguyen", SECRET)
        assert call["time"] == "2023-06-01T08:30:00+00:00"
    assert (calls[1]["seed"], calls[1]["explore"], calls[1]["plan"]["per_trader"]) == (5, 0.2, 3)
    lines = [one for one in found if one["event"] == "shipment"]
    np.testing.assert_array_equal([one["scores"]["drug"] for one in lines[:30]], scores[["drug_raw", "drug_score"]])
    assert [one["shipment_id"] for one in lines[30:40]] == listed["shipment_id"].tolist()
    assert [one["selection_probability"] for one in lines[30:40]] == listed["selection_probability"].tolist()
    assert [one["selected_by"] for one in lines[30:40]] == listed["selected_by"].tolist()
    first = rows.set_index("shipment_id").loc[listed["shipment_id"]].reset_index()[rows.columns]
    assert [one["inputs"] for one in lines[30:40]] == input_digests(first)
    assert all(one["reasons"] for one in lines[30:40])
    told = why.loc[why["shipment_id"] == rows["shipment_id"].iloc[0], ["head", "indicator", "shap"]]
    assert lines[40]["reasons"] == told.to_numpy().tolist()
    assert verify(tmp_path / "a.jsonl").sound
    assert audited.audit is not None
    assert audited.audit.receipt == verify(tmp_path / "a.jsonl").head


def test_no_name_enters_the_log(world: Tiny, audited: Scorer, tmp_path: Path) -> None:
    audited.score(world.incoming)
    audited.worklist(world.incoming)
    audited.explain(world.incoming.head(3))
    text = (tmp_path / "a.jsonl").read_text(encoding="ascii")
    for column in ("shipper_name", "consignee_name", "notify_name", "shipper_address", "goods_description"):
        assert not [name for name in world.incoming[column].dropna().unique() if name in text]
    assert "Nguyen" not in text


def test_the_logged_versions_give_the_logged_numbers(world: Tiny, audited: Scorer, tmp_path: Path) -> None:
    rows = world.incoming.head(25).copy()
    rows.loc[rows.index[3], "filed_at"] = pd.NaT
    audited.score(rows)
    audited.worklist(rows, capacity=5)
    again = Scorer(audited.bundle, world.history)
    shuffled = rows.sample(frac=1, random_state=1)[sorted(rows.columns)].assign(container_type=None)
    found = replay(tmp_path / "a.jsonl", again, shuffled)
    assert len(found) == 2 * (25 + 5)
    assert set(found["status"]) == {"same"}
    assert set(found["model"]) == set(found["history"]) == {"logged"}
    np.testing.assert_array_equal(found["raw"], found["logged_raw"])
    changed = rows.copy()
    changed.loc[changed.index[0], "packages"] += 1
    other = replay(tmp_path / "a.jsonl", Scorer(audited.bundle), changed)
    assert set(other["history"]) == {"other"}
    assert set(other["status"]) == {"same", "differs", "not given"}


def test_by_load_with_a_path(world: Tiny, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = scoring.load(folder, world.history, SECRET, audit=tmp_path / "log" / "audit.jsonl", user="An")
    scorer.score(world.incoming.head(2))
    assert verify(tmp_path / "log" / "audit.jsonl").entries == 3
    assert scoring.load(folder, bands={"high": 0.0}).score(world.incoming.head(5))["drug_band"].eq("high").all()
    monkeypatch.delenv("OMDRISK_SECRET", raising=False)
    monkeypatch.delenv("OMDRISK_SECRET_FILE", raising=False)
    with pytest.raises(HistoryError, match="secret"):
        scoring.load(folder, audit=tmp_path / "b.jsonl", user="An")
    scoring.load(folder, audit=tmp_path / "b.jsonl").score(world.incoming.head(1))
    assert entries(tmp_path / "b.jsonl")[0]["user"] is None


def test_a_history_that_is_kept_on_disk_replays(world: Tiny, folder: Path, tmp_path: Path) -> None:
    store = History.create(tmp_path / "h", keys=world.history.keys, values=world.history.values, secret=SECRET)
    store.observe(world.shipments)
    scoring.load(folder, tmp_path / "h", SECRET, audit=tmp_path / "a.jsonl").score(world.incoming.head(4))
    found = replay(tmp_path / "a.jsonl", scoring.load(folder, tmp_path / "h", SECRET), world.incoming)
    assert set(found["status"]) == {"same"}
    assert set(found["history"]) == {"logged"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_inside_their_line(world: Tiny, audited: Scorer, tmp_path: Path, text: str) -> None:
    text = text.replace("\ud83d", "")
    rows = world.incoming.head(1).assign(shipment_id=text, goods_description=text[:9])
    audited.worklist(rows, capacity=1)
    raw = (tmp_path / "a.jsonl").read_bytes()
    assert raw.count(b"\n") == 2
    assert len(raw) < 10_000
    assert all(32 <= byte < 127 for byte in raw.replace(b"\n", b""))
    assert entries(tmp_path / "a.jsonl")[1]["shipment_id"] == rows["shipment_id"].iloc[0][:200]


def test_a_sound_log_is_sound(log: AuditLog) -> None:
    found = verify(log.path)
    assert found.sound
    assert found.entries == 9 == found.head.lines
    assert str(found.head) == head_file(log.path).read_text().strip()
    assert not found.notes


@given(
    at=st.integers(0, 8),
    kind=st.sampled_from(["change", "renumber", "relink", "cut", "swap", "repeat", "garble", "blank"]),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_every_bend_is_found_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, at: int, kind: str, data: st.DataObject
) -> None:
    path = _sound(tmp_path_factory)
    original = path.read_bytes()
    lines = original.splitlines(keepends=True)
    bent = list(lines)
    entry = json.loads(lines[at])
    if kind == "change":
        bent[at] = lines[at].replace(b'"event"', b'"evemt"')
    elif kind == "renumber":
        bent[at] = _line({**entry, "n": entry["n"] + data.draw(st.sampled_from([-3, -1, 1, 4]))})
    elif kind == "relink":
        bent[at] = _line({**entry, "previous": "f" * 64})
    elif kind == "cut":
        upto = data.draw(st.integers(at + 1, 9))
        del bent[at:upto]
    elif kind == "swap":
        other = data.draw(st.integers(0, 8).filter(lambda one: one != at))
        bent[at], bent[other] = bent[other], bent[at]
    elif kind == "repeat":
        bent.insert(data.draw(st.integers(0, 9)), lines[at])
    elif kind == "garble":
        bent[at] = b"\xff" + lines[at][1:]
    else:
        bent.insert(at, b"\n")
    path.write_bytes(b"".join(bent))
    try:
        found = verify(path)
    finally:
        path.write_bytes(original)
    assert not found.sound
    first = next((place for place, (was, now) in enumerate(zip(lines, bent, strict=False)) if was != now), len(bent))
    assert min(fault.line for fault in found.faults) <= first + 2
    if kind in ("change", "garble", "relink"):
        assert found.faults[0].line == at + 1


_KEPT: list[Path] = []


def _sound(factory: pytest.TempPathFactory) -> Path:
    if not _KEPT:
        made = AuditLog(factory.mktemp("sound") / "audit.jsonl")
        for at in range(3):
            made.append([{"event": "score", "at": at, "of": of} for of in range(3)])
        _KEPT.append(made.path)
    return _KEPT[0]


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def test_a_cut_at_the_end_is_found_by_the_receipt(log: AuditLog) -> None:
    receipt = verify(log.path).head
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:5]))
    assert str(verify(log.path).faults[0]).startswith("line 6: entries 6 to 9 are of the receipt")
    head_file(log.path).unlink()
    assert "is missing" in verify(log.path).faults[0].what
    log.append([{"event": "score"}] * 6)
    assert verify(log.path).sound, "who may write both files can bend both"
    assert not verify(log.path, [receipt]).sound, "but not a receipt that was kept elsewhere"
    assert not verify(log.path, [str(receipt)]).sound
    assert verify(log.path, [verify(log.path).head]).sound


@pytest.mark.parametrize("kept", [1, 20, 100, -1])
def test_a_torn_line_is_named_and_the_next_append_goes_on(log: AuditLog, kept: int) -> None:
    whole = log.path.read_bytes()
    torn = (whole.splitlines()[-1])[:kept]
    log.path.write_bytes(whole + torn)
    found = verify(log.path)
    assert found.sound
    assert "torn" in found.notes[0].what
    assert found.notes[0].line == 10
    receipt = log.append([{"event": "score"}])
    assert receipt.lines == 11
    after = verify(log.path)
    assert after.sound
    assert "noted" in after.notes[0].what
    assert log.path.read_bytes().startswith(whole + torn + b"\n"), "nothing was taken away"
    log.path.write_bytes(log.path.read_bytes().replace(torn + b"\n", torn[:-1] + b"!\n"))
    assert not verify(log.path).sound


def test_a_line_that_lacks_only_its_end_counts(log: AuditLog) -> None:
    log.path.write_bytes(log.path.read_bytes().removesuffix(b"\n"))
    assert verify(log.path).sound
    assert log.append([{"event": "score"}]).lines == 10
    assert verify(log.path).sound


def test_a_killed_writer_leaves_a_log_that_is_sound_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    pick = random.Random(3)  # noqa: S311 - when to kill
    module = [sys.executable, "-m", "tests.scoring.killed_writer", str(path)]
    root = Path(__file__).parents[2]
    writers = [subprocess.Popen([*module, name], stdout=subprocess.PIPE, cwd=root) for name in "abc"]
    said = []
    for process in writers:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pick.uniform(0.02, 0.2))
        process.kill()
        rest, _ = process.communicate()
        said.append(1 + len(rest.split()))
    log = AuditLog(path)
    log.append([{"event": "score"}])
    found = verify(path)
    assert found.sound, found.faults
    written = [one for one in entries_whole(path) if one["event"] == "shipment"]
    assert sum(said) <= len(written) <= sum(said) + 3, "what a writer was told is written, is"
    for name in {one["from"] for one in written}:
        order = [one["at"] for one in written if one["from"] == name]
        assert order == list(range(1, len(order) + 1))


def entries_whole(path: Path) -> list[dict[str, Any]]:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def test_threads_and_logs_of_one_file_take_turns(tmp_path: Path) -> None:
    logs = [AuditLog(tmp_path / "a.jsonl") for _ in range(2)]
    threads = [
        threading.Thread(target=lambda one=one: [logs[one % 2].append([{"event": "x", "by": one}]) for _ in range(10)])
        for one in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify(tmp_path / "a.jsonl")
    assert found.sound
    assert found.entries == 40


def test_a_call_that_was_cut_short_is_noted(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "a.jsonl")
    log.append([{"event": "score", "shipments": 3}, {"event": "shipment"}])
    log.append([{"event": "score", "shipments": 0}])
    found = verify(log.path)
    assert found.sound
    assert [str(note) for note in found.notes] == ["line 1: of 3 shipments 1 are logged: its writer was killed"]


def test_what_is_no_log_is_said(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary\n")
    with pytest.raises(InputError, match="no line of this file is an entry"):
        AuditLog(path).append([{"event": "score"}])
    assert path.read_text() == "Dear diary\n"
    assert not verify(path).sound
    with pytest.raises(InputError, match="cannot be read"):
        verify(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="no receipt"):
        Receipt.read("12:xyz")
    with pytest.raises(InputError, match="cannot be written"):
        AuditLog(path / "below.jsonl").append([{"event": "score"}])
