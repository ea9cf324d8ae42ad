from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest

from omdrisk.reports import plain, write_worklist_xlsx
from omdrisk.reports.phrases import Phrases
from tests.reports.test_worklist_html import hostile

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_a_workbook_has_the_list_and_the_reasons(world: Tiny, scorer: Scorer, tmp_path: Path, language: str) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=8, language=language)
    path = write_worklist_xlsx(listed, tmp_path / "l.xlsx", scorer=scorer, shipments=rows, language=language)
    book = openpyxl.load_workbook(path)
    words = Phrases(language)
    assert book.sheetnames == [words("sheets", name) for name in ("worklist", "reasons", "about")]
    sheet = book[book.sheetnames[0]]
    heads = [cell.value for cell in sheet[1]]
    assert len(heads) == len(set(heads))
    assert [row[heads.index(words.column("shipment_id"))].value for row in sheet.iter_rows(min_row=2)] == list(
        listed["shipment_id"]
    )
    scores = [row[heads.index(words.target("drug"))].value for row in sheet.iter_rows(min_row=2)]
    assert scores == pytest.approx(list(listed["drug_score"]))
    assert sheet.freeze_panes == "D2"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$1:$1"
    assert (
        sheet.data_validations.dataValidation[0].formula1
        == '"clear,drug,precursor,wildlife,inconclusive,not_performed"'
    )
    reasons = book[book.sheetnames[1]]
    told = [row[5].value for row in reasons.iter_rows(min_row=2)]
    assert told == scorer.explain(rows.loc[listed.index], top=5, against=3, language=language)["text"].tolist()


def test_no_cell_acts(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    rows = hostile(world)
    listed = scorer.worklist(rows, capacity=40)
    path = write_worklist_xlsx(listed, tmp_path / "l.xlsx", scorer=scorer, shipments=rows, title="=&A & \x00")
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    shown = {cell.value for cell in cells}
    for value in rows["goods_description"]:
        assert plain(value) in shown, value[:40]
    with zipfile.ZipFile(path) as parts:
        names = parts.namelist()
        assert not [name for name in names if "externalLink" in name or "vba" in name.lower()]
        assert b"<f>" not in b"".join(parts.read(name) for name in names)
