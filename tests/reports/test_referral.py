from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from omdrisk.reports import plain, warning_text, write_referrals, write_worklist
from omdrisk.reports.advice import what_to_look_at
from omdrisk.reports.details import Told
from omdrisk.reports.phrases import Phrases
from omdrisk.reports.referral import sheet_name
from tests.reports.test_plain import HOSTILE
from tests.reports.test_worklist_html import Page, hostile

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny

PARTIES = ["shipper_name", "consignee_name", "notify_name", "shipper_address", "consignee_address"]


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_a_sheet_for_each_shipment(world: Tiny, scorer: Scorer, tmp_path: Path, language: str) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=6, explore=0.34, language=language)
    paths = write_referrals(listed, tmp_path / "sheets", scorer=scorer, shipments=rows, language=language)
    assert [path.name for path in paths] == [
        f"{at:03d}-{name}.html" for at, name in enumerate(listed["shipment_id"], 1)
    ]
    words = Phrases(language)
    why = scorer.explain(rows.loc[listed.index], top=5, language=language)
    for path, row in zip(paths, listed.to_dict("records"), strict=True):
        page = Page(path.read_text(encoding="utf-8"))
        text = "".join(page.text)
        assert page.all("html") == [{"lang": language}]
        assert row["shipment_id"] in text
        own = why.loc[(why["shipment_id"] == row["shipment_id"]) & (why["head"] == row["head"]), "text"]
        assert all(reason in text for reason in own)
        assert words("look", f"target_{row['head']}") in text
        assert (words("referral", "random") in text) == (row["selected_by"] == "random")
        assert not page.all("script")
        assert len([one for one in page.all("svg") if one.get("class") == "waterfall"]) == 1
    again = write_referrals(listed, tmp_path / "again", scorer=scorer, shipments=rows, language=language)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_hostile_content_is_text_on_sheets_and_in_warnings(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    rows = hostile(world)
    listed = scorer.worklist(rows, capacity=40)
    paths = write_referrals(listed, tmp_path, scorer=scorer, shipments=rows)
    assert {path.parent for path in paths} == {tmp_path}
    for path, row in zip(paths, listed.to_dict("records"), strict=True):
        raw = path.read_text(encoding="utf-8")
        page = Page(raw)
        assert not page.all("script")
        assert not page.all("img")
        assert not set(raw) & set("\x00\x07\x1b\u202e\u2028")
        assert len(raw) < 60_000
        assert plain(row["goods_description"])[:250] in "".join(page.text)
        warned = warning_text(row)
        assert len(warned) < 6_000
        assert not [one for one in warned if ord(one) < 32 and one != "\n"]
        assert not set(warned) & set("\u202e\u2028\x7f")
        assert len(warned.splitlines()) == len(warned.split("\n"))
        assert f"Goods: {plain(row['goods_description'])[:400]}" in warned


@pytest.mark.parametrize("text", [*HOSTILE, "", "..", "CON", "/etc/passwd", "a" * 300])
def test_a_sheet_s_name_is_a_plain_file_name(text: str) -> None:
    name = sheet_name(7, plain(text))
    assert name.isascii()
    assert name.startswith("007-")
    assert len(name) < 60
    assert not set(name) & set("/\\:*?\"<>|'= ")


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_a_warning_names_the_shipment_and_no_party(world: Tiny, scorer: Scorer, language: str) -> None:
    listed = scorer.worklist(world.incoming, capacity=5, language=language)
    words = Phrases(language)
    for _, row in listed.iterrows():
        text = warning_text(row, language=language, look=["Look here"])
        assert text.startswith(words("warning", "title") + "\n")
        for value in (row["shipment_id"], row["container_no"], row["port_of_loading"], row["goods_description"]):
            assert value in text
        assert words.target(row["head"]) in text
        assert row["reasons"].split("; ")[0] in text
        assert "- Look here" in text
        assert not [value for name in PARTIES if isinstance(value := row.get(name), str) and value in text]
        assert "{" not in text
        assert "nan" not in text.lower().split()


def test_the_page_has_the_warning_and_what_to_look_at(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=4)
    page = Page(write_worklist(listed, tmp_path / "l.html", scorer=scorer, shipments=rows).read_text("utf-8"))
    text = "".join(page.text)
    assert len([one for one in page.all("textarea") if "readonly" in one]) == 4
    assert text.count("WARNING\nReference: ") == 4
    assert text.count("What to look at") == 4
    named = {attrs["for"] for attrs in page.all("label")}
    assert {attrs["id"] for attrs in page.all("textarea")} <= named


def test_a_hint_is_on_the_page_and_in_the_workbook(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    import openpyxl

    rows = world.incoming
    listed = scorer.worklist(rows, capacity=30)
    hints = set(scorer.explain(rows.loc[listed.index], against=3)["hint"]) - {""}
    assert hints
    page = Page(write_worklist(listed, tmp_path / "l.html", scorer=scorer, shipments=rows).read_text("utf-8"))
    assert hints <= {text.strip() for text in page.text}
    book = openpyxl.load_workbook(write_worklist(listed, tmp_path / "l.xlsx", scorer=scorer, shipments=rows))
    assert hints <= {cell.value for cell in next(iter(book["Reasons"].iter_cols(9, 9)))}


def test_a_list_by_office_is_named(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    rows = world.incoming.assign(office=world.incoming["port_of_discharge"])
    plan = pd.DataFrame({"office": ["each"], "mode": ["each"], "capacity": [2]})
    listed = scorer.worklist(rows, capacity=plan)
    text = "".join(Page(write_worklist(listed, tmp_path / "l.html").read_text("utf-8")).text)
    assert "VNHPH · sea" in text
    paths = write_referrals(listed, tmp_path)
    assert "VNHPH · air" in paths[1].read_text("utf-8") + paths[2].read_text("utf-8") + paths[0].read_text("utf-8")


def test_what_to_look_at_is_short_and_said_once() -> None:
    words = Phrases("en")
    reasons = [Told("", "", indicator=f"P{at:02d}", family="parties") for at in range(9)]
    reasons += [Told("", "", indicator="X", family=family) for family in ("route", "goods", "postal", "timing")]
    found = what_to_look_at("drug", reasons, words)
    assert len(found) == len(set(found)) == 4
    assert found[0] == words("look", "target_drug")
    assert what_to_look_at("unknown", [], words) == []
