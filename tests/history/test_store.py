"""The history in a folder: what is written is what is read, and what is damaged is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from omdrisk.entities import entity
from omdrisk.errors import HistoryError
from omdrisk.history import Distinct, Finds, History, Quantile, Rate, Shipments
from omdrisk.history.lock import writing

SECRET = "a secret of the agency"  # noqa: S105
QUESTIONS = (
    Shipments(("x_lane",)),
    Finds(("x_lane",), "drug"),
    Rate(("x_lane", "consignee_name"), "drug", days=20),
    Quantile(("x_lane",), "gross_weight_kg", 0.5),
)


def tables(seed=0, size=300):
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2024-01-01", tz="UTC")
    shipments = pd.DataFrame(
        {
            "shipment_id": [f"{seed}-{number}" for number in range(size)],
            "filed_at": start + pd.to_timedelta(rng.integers(0, 2000, size), unit="h"),
            "consignee_name": rng.choice(["Dai Phat Co", "Lucky Star Ltd", "Minh Anh"], size),
            "x_lane": rng.choice(["SGSIN>VNSGN", "THBKK>VNSGN"], size),
            "gross_weight_kg": rng.lognormal(5, 1, size),
        }
    )
    outcomes = shipments[["shipment_id"]].sample(size // 3, random_state=seed)
    known = shipments.loc[outcomes.index, "filed_at"] + pd.Timedelta("2D")
    outcomes = outcomes.assign(target="drug", outcome=rng.integers(0, 2, len(outcomes)) * 1.0, known_at=known)
    return shipments, outcomes


@pytest.fixture
def folder(tmp_path):
    History.create(tmp_path / "history", keys=["x_lane", "consignee_name"], values=["gross_weight_kg"], secret=SECRET)
    return tmp_path / "history"


def same(left, right, asked):
    left, right = left.ask(QUESTIONS, asked), right.ask(QUESTIONS, asked)
    return all(left[question].tobytes() == right[question].tobytes() for question in QUESTIONS)


def in_memory(*parts):
    shipments, outcomes = (pd.concat(tables_) for tables_ in zip(*parts, strict=True))
    return History.from_tables(
        shipments,
        outcomes,
        keys=["x_lane", "consignee_name"],
        values=["gross_weight_kg"],
        secret=SECRET.encode(),
    )


def test_store_answers_like_memory(folder):
    parts = [tables(seed) for seed in range(4)]
    reader, writer = History.open(folder, SECRET), History.open(folder, SECRET)
    for number, (shipments, outcomes) in enumerate(parts, start=1):
        assert writer.record(outcomes).pending == len(outcomes)
        assert writer.observe(shipments).pending == 0
        expected = in_memory(*parts[:number])
        assert same(reader, expected, shipments)
        assert reader.version == writer.version == expected.version
    assert same(History.open(folder, SECRET), expected, shipments)
    writer.compact()
    assert len(list(folder.glob("*.arrow"))) == 2
    assert same(reader, expected, shipments)
    writer.observe(tables(9)[0])
    assert len(reader) == 5 * 300
    told = reader.verify()
    assert told == {
        "files": 2,
        "unfinished": 0,
        "indexes": 0,
        "shipments": 1500,
        "outcomes": 400,
        "pending": 0,
        "generation": 9,
        "forgotten": 0,
    }


def test_adding_again_changes_nothing(folder):
    shipments, outcomes = tables()
    history = History.open(folder, SECRET)
    history.observe(shipments)
    history.record(outcomes)
    before = (folder / "manifest.json").read_bytes()
    assert (history.observe(shipments).already, history.record(outcomes).already) == (300, 100)
    assert (folder / "manifest.json").read_bytes() == before


def test_an_earlier_filing_replaces_a_later_one(folder):
    shipments, _ = tables()
    history = History.open(folder, SECRET)
    history.observe(shipments)
    earlier = shipments.assign(filed_at=shipments["filed_at"] - pd.Timedelta("1D"))
    assert history.observe(earlier).added == 300
    assert history.observe(shipments).already == 300
    assert len(history) == 300
    alone = History.from_tables(earlier, keys=history.keys, values=history.values, secret=SECRET.encode())
    assert History.open(folder, SECRET).version == alone.version


def test_many_additions_are_gathered(folder):
    history = History.open(folder, SECRET)
    shipments, _ = tables(size=70)
    for place in range(70):
        history.observe(shipments.iloc[[place]])
    assert len(history) == len(History.open(folder, SECRET)) == 70
    assert len(json.loads((folder / "manifest.json").read_text())["parts"]) < 10


def test_no_text_is_written(folder):
    shipments, outcomes = tables()
    history = History.open(folder, SECRET)
    history.observe(shipments)
    history.record(outcomes)
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    words = {SECRET, *shipments["shipment_id"], *shipments["consignee_name"], *shipments["x_lane"]}
    for word in words:
        for spelling in {word, word.lower(), word.upper()}:
            if len(spelling) > 4:
                assert spelling.encode() not in written


def test_another_secret_is_refused(folder, monkeypatch):
    with pytest.raises(HistoryError, match="another secret"):
        History.open(folder, "not the secret of the agency")
    monkeypatch.setenv("OMDRISK_SECRET", SECRET)
    assert History.open(folder).keys == ("x_lane", "consignee_name")


def test_what_is_no_history_is_said(tmp_path, folder):
    with pytest.raises(HistoryError, match="holds no history"):
        History.open(tmp_path, SECRET)
    with pytest.raises(HistoryError, match="not empty"):
        History.create(folder, keys=["hs4"], secret=SECRET)


@pytest.mark.parametrize("damage", ["cut", "gone", "flipped"])
def test_a_damaged_segment_is_named(folder, damage):
    History.open(folder, SECRET).observe(tables()[0])
    segment = next(folder.glob("*.arrow"))
    content = bytearray(segment.read_bytes())
    if damage == "gone":
        segment.unlink()
    elif damage == "cut":
        segment.write_bytes(content[:-100])
    else:
        content[len(content) // 2] ^= 1
        segment.write_bytes(content)
    with pytest.raises(HistoryError, match=segment.name):
        History.open(folder, SECRET).verify()


def test_damage_is_said_at_every_question(folder):
    reader, writer = History.open(folder, SECRET), History.open(folder, SECRET)
    shipments = tables()[0]
    assert len(reader) == 0
    writer.observe(shipments)
    segment = next(folder.glob("*.arrow"))
    content = segment.read_bytes()
    segment.write_bytes(content[:-100])
    for _ in range(2):
        with pytest.raises(HistoryError, match=segment.name):
            reader.ask(QUESTIONS, shipments)
    segment.write_bytes(content)
    assert len(reader) == 300


def test_a_damaged_manifest_is_named(folder):
    path = folder / "manifest.json"
    whole = path.read_text()
    path.write_text(whole.replace("x_lane", "x_line"))
    with pytest.raises(HistoryError, match="altered"):
        History.open(folder, SECRET)
    path.write_text(whole[: len(whole) // 2])
    with pytest.raises(HistoryError, match="damaged"):
        History.open(folder, SECRET)
    path.write_text(whole.replace('"format": 2', '"format": 99'))
    with pytest.raises(HistoryError, match="format 99"):
        History.open(folder, SECRET)


def test_a_failed_write_leaves_everything(folder, monkeypatch):
    history = History.open(folder, SECRET)
    history.observe(tables(1)[0])
    expected = in_memory(tables(1)).version

    def full(*_):
        raise OSError(28, "No space left on device")

    for place in ("omdrisk.history.segments.os.fsync", "omdrisk.history.store._replace"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            with pytest.raises(HistoryError, match="No space left"):
                history.observe(tables(2)[0])
        assert len(history) == len(History.open(folder, SECRET)) == 300
    history.record(tables(1)[1])
    assert history.version == History.open(folder, SECRET).version == expected


def test_files_that_cannot_be_touched_for_a_moment_stop_no_writer(folder, monkeypatch):
    """On Windows a file that a reader has open is neither deleted nor replaced."""
    history = History.open(folder, SECRET)
    history.observe(tables(1)[0])
    (folder / "shipments-00000000-00.arrow").write_bytes(b"mapped by a reader")
    unlink, replace, refused = Path.unlink, Path.replace, []

    def held(path, **options):
        if path.name == "shipments-00000000-00.arrow":
            raise PermissionError(13, "in use", str(path))
        unlink(path, **options)

    def busy(path, target):
        if path.name == "manifest.json.new" and len(refused) < 3:
            refused.append(target)
            raise PermissionError(13, "in use", str(path))
        return replace(path, target)

    monkeypatch.setattr(Path, "unlink", held)
    monkeypatch.setattr(Path, "replace", busy)
    assert history.observe(tables(2)[0]).added == 300
    assert len(refused) == 3
    assert len(History.open(folder, SECRET)) == 600


def test_a_second_writer_is_told(folder):
    second = History.open(folder, SECRET, wait=0.05)
    with writing(folder, wait=0), pytest.raises(HistoryError, match=r"another process \(\d+\) is writing"):
        second.observe(tables()[0])
    assert second.observe(tables()[0]).added == 300


def test_a_dead_writer_leaves_no_lock(folder):
    script = (
        "import os, sys; from pathlib import Path; from omdrisk.history.lock import writing\n"
        "with writing(Path(sys.argv[1]), 0): os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", script, folder], check=False).returncode == 9
    (folder / "shipments-00000007.arrow").write_bytes(b"half")
    assert History.open(folder, SECRET, wait=0).observe(tables()[0]).added == 300
    assert not Path(folder / "shipments-00000007.arrow").exists()


def test_a_store_of_format_1_is_read_and_rewritten(tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(Path(__file__).parent / "format1", folder)
    history = History.open(folder, SECRET)
    assert history.version == "802c3741a25fed36d5b584c8704dc7e8"
    assert (len(history), history.verify()["outcomes"]) == (40, 13)
    shipments, _ = tables(2)
    assert history.observe(shipments).added == 300
    assert json.loads((folder / "manifest.json").read_text())["format"] == 2
    assert (len(history), len(History.open(folder, SECRET))) == (340, 340)


def test_indexes_are_kept_and_built_again(folder, monkeypatch):
    monkeypatch.setattr("omdrisk.history.store.SHELVED", 1)
    shipments, outcomes = tables()
    writer = History.open(folder, SECRET)
    writer.observe(shipments)
    writer.record(outcomes)
    expected = in_memory((shipments, outcomes))
    asked = [*QUESTIONS, Distinct(("x_lane",), "consignee_name", 30)]
    answers = {question.name: array.tobytes() for question, array in expected.ask(asked, shipments).items()}

    def answered():
        found = History.open(folder, SECRET).ask(asked, shipments)
        return {question.name: array.tobytes() for question, array in found.items()} == answers

    assert answered()
    writer._store.clear()
    kept = sorted(folder.glob("*.index"))
    assert kept
    assert History.open(folder, SECRET).verify()["indexes"] == len(kept)
    with monkeypatch.context() as patch:
        patch.setattr("omdrisk.history.indexes.KeyIndex.build", None)
        patch.setattr("omdrisk.history.indexes.Spells.build", None)
        assert answered()
    content = bytearray(kept[0].read_bytes())
    kept[0].write_bytes(content[:-40])
    assert answered()
    content[-40] ^= 1
    kept[0].write_bytes(content)
    with pytest.raises(HistoryError, match=kept[0].name):
        History.open(folder, SECRET).verify()
    kept[0].unlink()
    writer.observe(tables(3)[0])
    writer.ask(asked, shipments)
    writer.compact()
    assert not set(kept) & set(folder.glob("*.index"))
    with monkeypatch.context() as patch:
        patch.setattr("omdrisk.history.indexes.KeyIndex.build", None)
        found = History.open(folder, SECRET).ask(asked, shipments)
        assert found[asked[0]].max() > 0


def test_what_is_kept_is_told_and_handed_out(folder, tmp_path):
    shipments, outcomes = tables()
    history = History.open(folder, SECRET)
    assert history.info()["first_filed_at"] is None
    history.observe(shipments)
    history.record(outcomes)
    told = history.info()
    assert (told["shipments"], told["outcomes"], told["targets"]) == (300, 100, ("drug",))
    assert told["first_filed_at"] == shipments["filed_at"].min()
    assert told["last_filed_at"] == shipments["filed_at"].max()
    assert told["last_known_at"] == outcomes["known_at"].max()
    first, second = history.export(tmp_path / "out")
    exported = pd.read_parquet(first)
    assert sorted(exported["filed_at"]) == sorted(shipments["filed_at"])
    assert len(pd.read_parquet(second)) == 100
    with pytest.raises(HistoryError, match="not empty"):
        history.export(tmp_path / "out")


def test_what_is_forgotten_is_gone_and_said(folder):
    shipments, outcomes = tables()
    history = History.open(folder, SECRET)
    history.observe(shipments)
    history.record(outcomes)
    limit = shipments["filed_at"].median()
    gone = shipments["filed_at"] < limit
    lost = outcomes["shipment_id"].isin(shipments.loc[gone, "shipment_id"])
    assert history.forget(before=limit) == {"shipments": int(gone.sum()), "outcomes": int(lost.sum())}
    expected = in_memory((shipments[~gone], outcomes[~lost]))
    assert History.open(folder, SECRET).version == history.version == expected.version
    assert same(history, expected, shipments)
    assert history.verify()["forgotten"] == gone.sum() + lost.sum()
    assert history.info()["forgotten"][0]["rule"] == f"filed before {limit.isoformat()}"
    assert len(list(folder.glob("*.arrow"))) == 2
    assert history.forget(before=limit) == {"shipments": 0, "outcomes": 0}
    with pytest.raises(HistoryError, match="either"):
        history.forget()


def test_a_party_is_forgotten(tmp_path):
    folder = tmp_path / "parties"
    History.create(folder, keys=["consignee", "shipper", "x_lane"], secret=SECRET)
    history = History.open(folder, SECRET)
    shipments, _ = tables()
    shipments = shipments.assign(consignee_country="VN", shipper_name="Minh Anh", shipper_country="VN")
    shipments.loc[:9, "shipper_name"] = "Somebody Else"
    history.observe(shipments)
    key = entity(shipments, "shipper")[20]
    asked = Shipments(("shipper",))
    assert history.ask([asked], shipments)[asked].max() > 10
    named = shipments["consignee_name"].eq("Minh Anh") | shipments["shipper_name"].eq("Minh Anh")
    assert history.forget(party=key)["shipments"] == named.sum()
    assert history.ask([asked], shipments)[asked][20:].max() == 0
    assert history.verify()["forgotten"] == named.sum()
