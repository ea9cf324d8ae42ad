from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from omdrisk import scoring
from omdrisk.errors import InputError
from omdrisk.history import History
from omdrisk.reports import write_worklist
from omdrisk.scoring import is_feedback, read_feedback
from tests.scoring.tiny import SECRET

if TYPE_CHECKING:
    from pathlib import Path

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
    table = read_feedback(file, "2023-06-02", listed)
    assert table["shipment_id"].tolist() == listed["shipment_id"].tolist()
    assert table["selected_by"].tolist() == listed["selected_by"].tolist()
    assert table["selection_probability"].tolist() == listed["selection_probability"].tolist()
    by_file = read_feedback(file, "2023-06-02", write_worklist(listed, tmp_path / "list.csv"))
    pd.testing.assert_frame_equal(table, by_file)
    history = History.from_tables(rows, keys=world.history.keys, values=world.history.values, secret=SECRET)
    own = scoring.load(folder, history)
    change = own.record(read_feedback(file, "2023-06-02"))
    assert change.added > 0
    assert own.record(read_feedback(file, "2023-06-02")).added == 0


@pytest.mark.parametrize("name", ["=cmd|'x'!A1", "+84 1", "-1", "@home", "'quoted", 'say "a", b', "象牙 1", "plain"])
def test_what_a_spreadsheet_was_guarded_from_comes_back(tmp_path: Path, name: str) -> None:
    file = tmp_path / "o.csv"
    guarded = f"'{name}" if name[0] in "=+-@" else name
    cell = guarded.replace('"', '""')
    file.write_text(f'shipment_id,outcome\n"{cell}",clear\n', encoding="utf-8")
    assert read_feedback(file, "2023-06-02")["shipment_id"].tolist() == [name]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,outcome\nA,clear\n", "Feedback has shipment_id, outcome"),
        ("", "columns are none"),
        ("shipment_id,outcome\nA,clear\nA,drug\n", "line 3: 'A' is 'drug' here and 'clear' above"),
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
    with pytest.raises(InputError, match="cannot be read"):
        read_feedback(tmp_path / "none.csv", "2023-06-02")
