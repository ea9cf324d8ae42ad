"""Files of cases and inspections that are wrong: named by row, kept as rejects, mended and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from omdrisk.cli import main

HEADERS = {
    "cases": "case_id,occurred_on,known_at,class,country_of_report,quantity,container_no",
    "inspections": "inspection_id,shipment_id,known_at,outcome,selected_by,intensity,selection_probability",
}
GOOD = {
    "cases": "C1,2023-04-01,2023-04-05,drug,VN,12.5,MSCU1234566",
    "inspections": "I1,S1,2023-04-05,clear,random,100,0.05",
}


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Run the command and return its exit code and all that it said."""
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(stopped.value.code or 0), " ".join((said.out + said.err).split())


BAD = [
    ("cases", "C2,31/31/2023,2023-04-05,drug,VN,1,", "31/31/2023", "2023-04-01"),
    ("cases", "C2,2023-04-01,,drug,VN,1,", "known_at: is empty", "2023-04-05"),
    ("cases", "C2,2023-04-01,2023-04-05,sweets,VN,1,", "'sweets'", "wildlife"),
    ("cases", "C2,2023-04-01,2023-04-05,drug,Atlantis,1,", "is no country", "VN"),
    ("cases", "C2,2023-04-01,2023-04-05,drug,VN,-1,", "is negative", "1"),
    ("cases", "C1,2023-04-01,2023-04-05,drug,VN,1,", "there already with the same known_at, in row 2", None),
    ("inspections", "I2,S2,soon,clear,random,100,0.05", "'soon' is no date", "2023-04-05"),
    ("inspections", "I2,,2023-04-05,clear,random,100,0.05", "shipment_id: is empty", "S2"),
    ("inspections", "I2,S2,2023-04-05,,random,100,0.05", "outcome: is empty", "clear"),
    ("inspections", "I2,S2,2023-04-05,clear,random,101,0.05", "more than 100", "100"),
    ("inspections", "I2,S2,2023-04-05,clear,random,100,1.5", "more than 1", "0.5"),
    ("inspections", "I1,S2,2023-04-05,clear,random,100,0.5", "is there already, in row 2", None),
]


@pytest.mark.parametrize(("kind", "row", "said_of_it", "_"), BAD)
def test_a_bad_row_is_named_and_the_good_ones_go_on(tmp_path, capsys, kind, row, said_of_it, _):
    path, bad = tmp_path / f"{kind}.csv", tmp_path / "bad.csv"
    path.write_text("\n".join([HEADERS[kind], GOOD[kind], row]) + "\n", encoding="utf-8")
    code, said = run(capsys, "read", path, "--as", kind, "--rejects", bad, "--out", tmp_path / "good.parquet")
    assert code == 0, said
    assert f"{kind}.csv row 3" in said
    assert "2 rows read: 1 accepted, 1 rejected" in said
    rejected = pd.read_csv(bad, dtype="str", encoding="utf-8-sig")
    assert said_of_it in rejected["reason"][0]
    assert rejected["row"].tolist() == ["3"]
    assert ",".join(rejected.iloc[0, 3:].fillna("").tolist()) == row


@pytest.mark.parametrize("kind", ["cases", "inspections"])
def test_rejects_of_several_files_are_mended_and_read_again(tmp_path, capsys, kind):
    ways = [(row, mended) for one, row, _, mended in BAD if one == kind and mended is not None]
    paths = []
    for number, (row, _) in enumerate(ways):
        path = tmp_path / f"{number}.csv"
        key, rest = row.split(",", 1)
        path.write_text(f"{HEADERS[kind]}\n{key}-{number},{rest}\n", encoding="utf-8")
        paths.append(path)
    (tmp_path / "good.csv").write_text(f"{HEADERS[kind]}\n{GOOD[kind]}\n", encoding="utf-8")
    bad = tmp_path / "bad.csv"
    code, said = run(capsys, "read", *paths, tmp_path / "good.csv", "--as", kind, "--rejects", bad)
    assert code == 0, said
    assert f"{len(ways) + 1} rows read: 1 accepted, {len(ways)} rejected" in said
    # every one is mended in the file of rejects, as a person would in a spreadsheet
    rejected = pd.read_csv(bad, dtype="str", encoding="utf-8-sig")
    for place, (_, mended) in enumerate(ways):
        column = rejected["reason"][place].split(":")[0]
        rejected.loc[place, column] = mended
    rejected.to_csv(bad, index=False, encoding="utf-8-sig")
    out = tmp_path / "again.parquet"
    code, said = run(capsys, "read", bad, tmp_path / "good.csv", "--as", kind, "--out", out, "--json", tmp_path / "j")
    assert code == 0, said
    told = json.loads((tmp_path / "j").read_text(encoding="utf-8"))
    assert (told["accepted"], told["rejected"]) == (len(ways) + 1, 0)
    assert {"file", "row", "reason"} & set(pd.read_parquet(out).columns) == set()


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("cases", "case_id,occurred_on,known_at\nC1,2023-04-01,2023-04-05\n", "'class' is missing"),
        ("inspections", "inspection_id,known_at,outcome\nI1,2023-04-05,clear\n", "'shipment_id' is missing"),
        ("cases", "", "is empty"),
        ("inspections", f"{HEADERS['inspections']}\nI1,S1,soon,clear,random,1,1\n", "none of the 1 rows can be used"),
        ("cases", f"{HEADERS['cases']}\n", "there are none below the header"),
    ],
)
def test_a_file_that_cannot_be_used_at_all(tmp_path, capsys, kind, content, expected):
    path = tmp_path / "records.csv"
    path.write_text(content, encoding="utf-8")
    code, said = run(capsys, "read", path, "--as", kind)
    assert code == 2
    assert expected in said
    assert "records.csv" in said
    assert "Traceback" not in said


def test_one_bad_file_of_several_stops_before_anything_is_written(tmp_path, capsys):
    good, out = tmp_path / "good.csv", tmp_path / "out.parquet"
    good.write_text(f"{HEADERS['cases']}\n{GOOD['cases']}\n", encoding="utf-8")
    code, said = run(capsys, "read", good, tmp_path / "none.csv", "--as", "cases", "--out", out)
    assert code == 2
    assert "none.csv" in said
    assert not out.exists()


def test_a_case_that_is_corrected_comes_again_and_a_row_in_two_files_once(tmp_path, capsys):
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    later = GOOD["cases"].replace("2023-04-05", "2023-04-09")
    first.write_text(f"{HEADERS['cases']}\n{GOOD['cases']}\n{later}\n", encoding="utf-8")
    second.write_text(f"{HEADERS['cases']}\n{GOOD['cases']}\n", encoding="utf-8")
    code, said = run(capsys, "read", first, second, "--as", "cases", "--rejects", tmp_path / "bad.csv")
    assert code == 0, said
    assert "3 rows read: 2 accepted, 1 rejected" in said
    assert "2.csv row 2" in said
    assert "of " + str(first) in (tmp_path / "bad.csv").read_text(encoding="utf-8-sig")


def test_inspections_of_a_shipments_file_are_refused_in_one_line(tmp_path, capsys):
    path = tmp_path / "s.csv"
    path.write_text("shipment_id,filed_at\n1,2023-04-01\n", encoding="utf-8")
    code, said = run(capsys, "read", path, "--as", "inspections")
    assert code == 2
    assert "'inspection_id' is missing" in said
    code, said = run(capsys, "read", path, "--as", "inspections", "--format", "cencomm")
    assert code == 2
    assert "yields cases, not inspections" in said
