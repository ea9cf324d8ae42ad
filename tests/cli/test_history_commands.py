"""The keeper's commands on a small store: what they say, what they change, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from omdrisk.cli import main
from omdrisk.history import History, Shipments

SECRET = "a secret of the agency"  # noqa: S105


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OMDRISK_SECRET", SECRET)
    History.create(tmp_path / "history", keys=["consignee", "shipper", "consignee_phone"])
    History.open(tmp_path / "history").observe(shipments())
    return tmp_path / "history"


def shipments() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "shipment_id": [f"s{number}" for number in range(10)],
            "filed_at": pd.to_datetime([f"2024-03-{day:02d}" for day in range(1, 11)], utc=True),
            "consignee_name": ["CTY TNHH Đại Phát"] * 4 + ["Minh Anh Ltd"] * 6,
            "consignee_country": ["VN"] * 10,
            "consignee_tax_id": ["0100233488"] * 2 + [None] * 8,
            "shipper_name": ["Golden Elephant"] * 9 + ["Dai Phat Co Ltd"],
            "shipper_country": ["TH"] * 9 + ["VN"],
        }
    )
    return frame.astype({name: "str" for name in frame if name != "filed_at"})


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["history", *map(str, arguments)])
    said = capsys.readouterr()
    return int(stopped.value.code or 0), said.out + said.err


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict:
    with pytest.raises(SystemExit) as stopped:
        main(["history", *map(str, arguments), "--json", "-"])
    assert not stopped.value.code
    found: dict = json.loads(capsys.readouterr().out)
    return found


def test_info_says_what_is_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "info", folder)
    assert (found["shipments"], found["parts"]) == (10, 1)
    assert found["first_filed_at"].startswith("2024-03-01")
    code, said = run(capsys, "info", folder)
    assert code == 0
    assert "first filed at" in said
    assert "consignee, shipper" in said


def test_verify_names_what_is_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "verify", folder)["sound"] is True
    segment = next(folder.glob("shipments-*.arrow"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    code, said = run(capsys, "verify", folder)
    assert code == 2
    assert segment.name in said
    assert "Traceback" not in said


def test_compact_leaves_one_part(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omdrisk.history.past.SMALL", 0)
    History.open(folder).observe(shipments().assign(shipment_id=[f"t{number}" for number in range(10)]))
    assert told(capsys, "compact", folder) == {"parts_before": 2, "parts": 1, "shipments": 20}


def test_export_writes_hashes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = told(capsys, "export", folder, "--out", tmp_path / "out")["written"]
    assert [Path(path).name for path in written] == ["shipments.parquet", "outcomes.parquet"]
    assert len(pd.read_parquet(written[0])) == 10
    code, said = run(capsys, "export", folder, "--out", tmp_path / "out")
    assert (code, "not empty" in said) == (2, True)


def test_forget_by_age(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "forget", folder, "--before", "2024-03-04", "--yes") == {
        "shipments": 3,
        "outcomes": 0,
        "left": 7,
    }
    assert told(capsys, "verify", folder)["forgotten"] == 3
    assert told(capsys, "info", folder)["forgotten"][0]["rule"].startswith("filed before 2024-03-04")


def test_forget_a_trader_with_and_without_its_number(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = Shipments(("consignee",))
    late = shipments().assign(filed_at=pd.Timestamp("2024-05-01", tz="UTC"))
    assert History.open(folder).ask([asked], late)[asked][[0, 3]].tolist() == [2, 2]
    named = ["--party", "Đại Phát", "--country", "VN", "--tax-id", "0100233488"]
    assert told(capsys, "forget", folder, *named, "--yes")["shipments"] == 5
    assert History.open(folder).ask([asked], late)[asked][[0, 3, 5]].tolist() == [0, 0, 5]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "forget what?"),
        (["--before", "2024-03-04", "--party", "Minh Anh"], "forget what?"),
        (["--before", "yesterday-ish"], "not a date"),
        (["--party", "TO ORDER", "--country", "VN"], "names no trader"),
        (["--country", "VN"], "not who"),
        (["--before", "2024-03-04"], "Add --yes"),
    ],
)
def test_forget_asks_before_it_does_anything(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    code, said = run(capsys, "forget", folder, *arguments)
    assert code == 2
    assert expected in said
    assert len(History.open(folder)) == 10


def test_what_is_no_history_or_has_no_secret(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = run(capsys, "info", tmp_path)
    assert (code, "holds no history" in said) == (2, True)
    monkeypatch.delenv("OMDRISK_SECRET")
    code, said = run(capsys, "info", folder)
    assert (code, "OMDRISK_SECRET" in said) == (2, True)
