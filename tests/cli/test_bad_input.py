"""What a user sees when a file is wrong: one line that says what and where, exit code 2, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from omdrisk.cli import main

HEADER = "shipment_id,filed_at,gross_weight_kg,consignee_country,hs_code\n"
GOOD = "S1,2023-05-01,12.5,VN,080131\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Run the command and return its exit code and all that it said."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(stopped.value.code or 0), said.out + said.err


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.csv", b"", "empty"),
        ("binary.csv", bytes(range(256)) * 40, "binary.csv"),
        ("nocolumn.csv", b"gross_weight_kg,filed_at\n1,2023-05-01\n", "shipment_id"),
        ("missing.csv", None, "missing.csv"),
    ],
)
def test_a_file_that_cannot_be_used_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, expected: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    code, said = run(capsys, "read", path)
    assert code == 2
    assert expected in said
    assert name in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1, said


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("S2,31/31/2023,1,VN,080131", "31/31/2023"),
        ("S2,2023-05-01,-4,VN,080131", "-4"),
        ("S2,2023-05-01,4,XQ,080131", "XQ"),
        ("S1,2023-05-02,4,VN,080131", "S1"),
        (",2023-05-02,4,VN,080131", "shipment_id"),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, expected: str
) -> None:
    path, bad = tmp_path / "manifest.csv", tmp_path / "bad.csv"
    path.write_text(HEADER + GOOD + row + "\n", encoding="utf-8")
    code, said = run(capsys, "read", path, "--rejects", bad, "--out", tmp_path / "good.parquet")
    said = " ".join(said.split())
    assert code == 0, said
    assert "row 3" in said
    assert expected in said
    assert "2 rows read: 1 accepted, 1 rejected" in said
    assert expected in bad.read_text(encoding="utf-8-sig")


def test_a_rejected_file_can_be_mended_and_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, bad = tmp_path / "manifest.csv", tmp_path / "bad.csv"
    path.write_text(HEADER + GOOD + "S2,2023-05-01,-4,VN,080131\n", encoding="utf-8")
    run(capsys, "read", path, "--rejects", bad)
    bad.write_text(bad.read_text(encoding="utf-8-sig").replace("-4", "4"), encoding="utf-8")
    code, said = run(capsys, "read", bad)
    assert code == 0
    assert "1 accepted, 0 rejected" in said


def test_a_wide_sheet_with_a_title_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Manifest of incoming cargo, office 7"])
    sheet.append(["shipment_id", "filed_at", "gross_weight_kg", *(f"remark {number}" for number in range(57))])
    sheet.append(["S1", "2023-05-01", 12.5, *range(57)])
    book.save(tmp_path / "wide.xlsx")
    code, said = run(capsys, "read", tmp_path / "wide.xlsx", "--out", tmp_path / "wide.parquet")
    assert code == 0, said
    assert "1 accepted, 0 rejected" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["score", "nowhere.csv", "--model", "nowhere"], "nowhere"),
        (["read", "x.csv", "--as", "shipmnts"], "shipments"),
        (["read", "x.csv", "--format", "kcz"], "kcs"),
        (
            [
                "train",
                "--recipe",
                "nowhere.toml",
                "--shipments",
                "a",
                "--outcomes",
                "b",
                "--as-of",
                "2023-13-45",
            ],
            "2023-04-15",
        ),
        (["backtest", "--recipe", "drug.toml"], "--format"),
        (["link", "nowhere.parquet"], "omdrisk read"),
        (["explain"], "Missing argument"),
    ],
)
def test_a_wrong_call(capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str, tmp_path: Path) -> None:
    if "x.csv" in arguments:
        (tmp_path / "x.csv").write_text(HEADER + GOOD, encoding="utf-8")
        arguments = [str(tmp_path / "x.csv") if each == "x.csv" else each for each in arguments]
    code, said = run(capsys, *arguments)
    assert code == 2
    assert expected in said
    assert "Traceback" not in said
