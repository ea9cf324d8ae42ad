from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omdrisk import scoring
from omdrisk.errors import InputError
from omdrisk.history import History
from omdrisk.records import write_rejects
from omdrisk.reports import write_csv, write_worklist
from omdrisk.scoring import is_feedback, read_feedback
from tests.scoring.tiny import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.records import ReadResult
    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny


def test_feedback_reaches_the_history_with_how_it_was_chosen(
    world: Tiny, scorer: Scorer, folder: Path, tmp_path: Path
) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=10, explore=0.3)
    file = tmp_path / "outcomes.csv"
    lines = [f"{name},{outcome}" for name, outcome in zip(listed["shipment_id"], ["drug", "clear"] * 5, strict=True)]
    file.write_text("\ufeffshipment_id,outcome\r\n" + "\r\n".join(lines) + "\r\nT1,\r\n", encoding="utf-8")
    assert is_feedback(file)
    read = read_feedback(file, "2023-06-02", listed)
    table = read.accepted
    assert read.rejected["reason"].tolist() == ["outcome: is empty, and a row needs it"]
    assert table["shipment_id"].tolist() == listed["shipment_id"].tolist()
    assert table["selected_by"].tolist() == listed["selected_by"].tolist()
    assert table["selection_probability"].tolist() == listed["selection_probability"].tolist()
    by_file = read_feedback(file, "2023-06-02", write_worklist(listed, tmp_path / "list.csv"))
    pd.testing.assert_frame_equal(table, by_file.accepted)
    history = History.from_tables(rows, keys=world.history.keys, values=world.history.values, secret=SECRET)
    own = scoring.load(folder, history)
    change = own.record(read_feedback(file, "2023-06-02").accepted)
    assert change.added > 0
    copied = file.rename(tmp_path / "outcomes (1).csv")
    again = read_feedback(copied, "2023-06-02", listed)
    assert again.accepted["inspection_id"].tolist() == table["inspection_id"].tolist()
    assert own.record(again.accepted).added == 0


@pytest.mark.parametrize(
    "name", ["=cmd|'x'!A1", "a'=b", "+84 1", "-1", "@home", "'quoted", 'say "a", b', "象牙 1", "plain"]
)
def test_what_a_spreadsheet_was_guarded_from_comes_back(tmp_path: Path, name: str) -> None:
    file = tmp_path / "o.csv"
    guarded = f"'{name}" if name[0] in "=+-@" else name
    cell = guarded.replace('"', '""')
    file.write_text(f'shipment_id,outcome\n"{cell}",clear\n', encoding="utf-8")
    listed = pd.DataFrame({"shipment_id": [name, "other"], "selected_by": ["random", "model"]})
    write_csv(listed, tmp_path / "list.csv")
    for worklist in (listed, tmp_path / "list.csv"):
        read = read_feedback(file, "2023-06-02", worklist).accepted
        assert read["shipment_id"].tolist() == [name]
        assert read["selected_by"].tolist() == ["random"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,result\nA,clear\n", "no column shipment_id and no outcome. Two columns suffice"),
        ("shipment_id,result\nA,clear\n", "no column outcome"),
        ("", "is empty"),
        ("shipment_id,outcome\n\xe9,clear\n", "not UTF-8"),
    ],
)
def test_what_is_no_feedback_is_said(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "o.csv"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=says):
        read_feedback(file, "2023-06-02")


def test_files_that_are_something_else(tmp_path: Path) -> None:
    (tmp_path / "i.csv").write_text("inspection_id,shipment_id,outcome\n")
    assert not is_feedback(tmp_path / "i.csv")
    assert not is_feedback(tmp_path / "none.csv")
    (tmp_path / "more.csv").write_text("\ufeffShipment ID;Outcome;method\r\n", encoding="utf-8")
    assert is_feedback(tmp_path / "more.csv")
    with pytest.raises(InputError, match="there is no such file"):
        read_feedback(tmp_path / "none.csv", "2023-06-02")
    with pytest.raises(InputError, match="has no column shipment_id"):
        read_feedback(tmp_path / "more.csv", "2023-06-02", pd.DataFrame({"rank": [1]}))


def told(tmp_path: Path, text: str, **options: Any) -> ReadResult:
    file = tmp_path / "told.csv"
    file.write_text(text, encoding="utf-8")
    return read_feedback(file, "2023-05-02", **options)


def test_a_spreadsheets_manner_is_read(tmp_path: Path) -> None:
    text = "\ufeffShipment ID;Outcome\nS1;drug\nS2;clear\nS3;0\nS4;found\nS5;drugg\n;clear\n\nS6;drug;\n"
    read = told(tmp_path, text)
    assert read.accepted["outcome"].tolist() == ["drug", "clear", "clear", "drug"]
    assert read.accepted["known_at"].eq(pd.Timestamp("2023-05-02", tz="UTC")).all()
    assert read.rejected["row"].tolist() == [5, 6, 7]
    assert "does not say what was found" in read.rejected["reason"].iloc[0]
    assert "'drugg' is neither clear nor a known target. Did you mean 'drug'?" in read.rejected["reason"].iloc[1]
    assert read.rejected["reason"].iloc[2] == "shipment_id: is empty, and a row needs it"
    assert read.rejected[["Shipment ID", "Outcome"]].iloc[1].tolist() == ["S5", "drugg"]
    assert ("translated", "outcome") in set(zip(read.repairs["rule"], read.repairs["column"], strict=True))
    named = told(tmp_path, text, target="wildlife")
    assert named.accepted["outcome"].tolist()[3] == "wildlife"


@pytest.mark.parametrize(
    ("word", "outcome"),
    [("YES", "fraud"), ("Nothing found", "clear"), ("No", "clear"), ("not performed", "not_performed"),
     ("Precursor; drug", "drug;precursor"), ("tobacco", "tobacco"), ("clear;drug", None), ("unclear", None)],
)  # fmt: skip
def test_words_of_an_outcome(tmp_path: Path, word: str, outcome: str | None) -> None:
    read = told(tmp_path, f"shipment_id,outcome\nA,{word}\n", target="Fraud", targets=["Tobacco"])
    assert read.accepted["outcome"].tolist() == ([] if outcome is None else [outcome])
    assert len(read.rejected) == (outcome is None)


def test_the_heads_of_a_worklist_are_known(tmp_path: Path) -> None:
    listed = pd.DataFrame({"shipment_id": ["A"], "fraud_score": [0.5]})
    assert told(tmp_path, "shipment_id,outcome\nA,fraud\n", worklist=listed).accepted["outcome"].tolist() == ["fraud"]
    assert len(told(tmp_path, "shipment_id,outcome\nA,fraud\n").rejected) == 1


def test_contradictions_are_rejected_on_both_sides(tmp_path: Path) -> None:
    text = "shipment_id,outcome\nA,clear\nB,drug\nA,drug\nB,drug\nC,no\nC,clear\n"
    read = told(tmp_path, text)
    assert read.accepted["shipment_id"].tolist() == ["B", "C"]
    assert dict(zip(read.rejected["row"], read.rejected["reason"], strict=True)) == {
        2: "outcome: 'A' is 'clear' here and 'drug' in row 4; keep one of them",
        4: "outcome: 'A' is 'drug' here and 'clear' in row 2; keep one of them",
        5: "the row says the same as row 3",
        7: "the row says the same as row 6",
    }


def test_two_looks_at_one_shipment_are_no_contradiction(tmp_path: Path) -> None:
    text = (
        "shipment_id,outcome,method,known_at,finding_kg,Team\n"
        "A,clear,x-ray,2023-04-01,,north\nA,drug,devan,2023-04-02T08:00Z,2.5,south\nA,drug,devan,soon,1,south\n"
        "B,clear,,,-3,\nC,clear,,,,\n"
    )
    read = told(tmp_path, text)
    assert read.accepted["outcome"].tolist() == ["clear", "drug", "clear"]
    assert read.accepted["method"].tolist()[:2] == ["x-ray", "devan"]
    assert read.accepted["finding_kg"].tolist()[1] == 2.5
    assert read.accepted["x_team"].tolist()[:2] == ["north", "south"]
    assert [str(day.date()) for day in read.accepted["known_at"]] == ["2023-04-01", "2023-04-02", "2023-05-02"]
    assert read.accepted["inspection_id"].is_unique
    assert read.rejected["row"].tolist() == [4, 5]
    assert [reason.split(":")[0] for reason in read.rejected["reason"]] == ["known_at", "finding_kg"]


def test_what_the_file_says_of_the_choice_goes_before_the_list(tmp_path: Path) -> None:
    listed = pd.DataFrame({"shipment_id": ["A", "B"], "selected_by": "model", "selection_probability": [0.25, 1 / 3]})
    read = told(tmp_path, "shipment_id,outcome,selected_by\nA,clear,officer\nB,no,\nC,no,\n", worklist=listed)
    assert read.accepted["selected_by"].fillna("").tolist() == ["officer", "model", ""]
    assert read.accepted["selection_probability"].tolist()[:2] == [0.25, 1 / 3]


def test_rejects_are_mended_and_read_again(tmp_path: Path) -> None:
    read = told(tmp_path, "shipment_id,outcome\n'=A,drugg\nB,clear\n")
    mended = write_rejects(read, tmp_path / "rejects.csv")
    mended.write_text(mended.read_text("utf-8-sig").replace(",drugg", ",drug"), encoding="utf-8")
    again = read_feedback(mended, "2023-05-02")
    assert again.accepted[["shipment_id", "outcome"]].to_numpy().tolist() == [["=A", "drug"]]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["A", "B", "", "'=C"]), st.sampled_from(["no", "drug", "1", "?", ""]))))
def test_every_row_is_accepted_or_named(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    read = told(tmp_path, "shipment_id,outcome\n" + "".join(f"{one},{two}\n" for one, two in rows))
    filled = [at for at, row in enumerate(rows, start=2) if any(row)]
    assert len(read.accepted) + len(read.rejected) == len(filled)
    assert set(read.rejected["row"]) <= set(filled)
    says = {name: {"clear" if two == "no" else two for one, two in rows if one == name} for name in ("A", "B", "'=C")}
    usable = {name.lstrip("'") for name, words in says.items() if len(words & {"clear", "drug"}) == 1}
    assert set(read.accepted["shipment_id"]) == usable
