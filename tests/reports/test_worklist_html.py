from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.reports import plain, write_worklist, write_worklist_html
from omdrisk.reports.phrases import Phrases, _read
from omdrisk.reports.waterfall import LEFT, RIGHT, waterfall
from tests.reports.test_plain import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny

VOID = {"meta", "input", "br", "img", "rect", "line", "path"}


class Page(HTMLParser):
    """What a browser would make of a page: its elements, their attributes and its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def hostile(world: Tiny) -> pd.DataFrame:
    """Shipments whose every declared text is hostile."""
    rows = world.incoming.head(len(HOSTILE)).copy()
    for column in ("goods_description", "consignee_name", "shipper_name", "port_of_loading", "container_no"):
        rows[column] = pd.Series([text.replace("\ud83d", "") for text in HOSTILE], index=rows.index, dtype="str")
    rows["shipment_id"] = [f"{text[:40]} {at}".replace("\ud83d", "") for at, text in enumerate(HOSTILE)]
    return rows


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_a_page_has_each_shipment_with_its_reasons(world: Tiny, scorer: Scorer, tmp_path: Path, language: str) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=12, explore=0.25, language=language)
    path = write_worklist_html(listed, tmp_path / "l.html", scorer=scorer, shipments=rows, language=language)
    page = Page(path.read_text(encoding="utf-8"))
    text = "".join(page.text)
    assert page.all("html") == [{"lang": language}]
    for name in listed["shipment_id"]:
        assert name in text
    for reason in scorer.explain(rows.loc[listed.index], top=3, language=language)["text"]:
        assert reason in text
    assert len([attrs for attrs in page.all("svg") if attrs.get("class") == "waterfall"]) == 24
    assert len([attrs for attrs in page.all("select") if attrs.get("class") == "outcome"]) == 12
    assert text.count(Phrases(language)("selected_by", "random")) >= 3
    assert Phrases(language)("page", "advice") in text


def test_a_page_loads_nothing_and_runs_only_its_own_script(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    listed = scorer.worklist(world.incoming, capacity=3)
    text = write_worklist_html(listed, tmp_path / "l.html").read_text(encoding="utf-8")
    page = Page(text)
    for _, attrs in page.tags:
        assert not {"src", "href", "style", "action"} & set(attrs)
        assert not [name for name in attrs if name.startswith("on")]
    assert "http" not in re.sub(r'http-equiv="Content-Security-Policy"', "", text)
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    for tag in ("script", "style"):
        inner = re.search(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        assert inner is not None
        digest = base64.b64encode(hashlib.sha256(inner[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_hostile_content_is_text(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    rows = hostile(world)
    listed = scorer.worklist(rows, capacity=40)
    title = "<script>1</script>\u202e"
    path = write_worklist_html(listed, tmp_path / "l.html", scorer=scorer, shipments=rows, title=title)
    page = Page(path.read_text(encoding="utf-8"))
    text = "".join(page.text)
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert path.stat().st_size < 1_000_000
    assert "<script>1</script>‹U+202E›" in text
    for value in rows["goods_description"]:
        assert plain(value) in text, value[:40]
    assert not set(path.read_text(encoding="utf-8")) & set("\x00\x07\x1b\u202e\u2028")


def test_every_control_has_a_name(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    listed = scorer.worklist(world.incoming, capacity=5)
    path = write_worklist_html(listed, tmp_path / "l.html", scorer=scorer, shipments=world.incoming)
    page = Page(path.read_text(encoding="utf-8"))
    named = {attrs["for"] for attrs in page.all("label")}
    for tag in ("input", "select"):
        assert {attrs["id"] for attrs in page.all(tag)} <= named
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["aria-controls"] for attrs in page.all("button") if "aria-controls" in attrs} <= set(ids)
    assert all(attrs.get("aria-label") for attrs in page.all("svg") if attrs.get("role") == "img")
    assert all(attrs.get("scope") for attrs in page.all("th"))
    assert [tag for tag, _ in page.tags if tag == "h1"] == ["h1"]


def test_an_empty_list_is_a_page(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    listed = scorer.worklist(world.incoming, capacity=0)
    for name in ("l.html", "l.xlsx", "l.csv"):
        path = write_worklist(listed, tmp_path / name, scorer=scorer, shipments=world.incoming)
        assert path.stat().st_size > 50
    assert "No shipment is on this list." in (tmp_path / "l.html").read_text(encoding="utf-8")


def test_the_same_list_gives_the_same_files(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    listed = scorer.worklist(world.incoming, capacity=4)
    for name in ("l.html", "l.xlsx", "l.csv"):
        first = write_worklist(listed, tmp_path / name, scorer=scorer, shipments=world.incoming).read_bytes()
        again = write_worklist(listed, tmp_path / name, scorer=scorer, shipments=world.incoming).read_bytes()
        assert first == again, name


def test_shipments_are_found_whatever_their_index(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    rows = world.incoming
    listed = scorer.worklist(rows, capacity=6)
    expected = write_worklist_html(listed, tmp_path / "a.html", scorer=scorer, shipments=rows).read_text("utf-8")
    moved = rows.sample(frac=1, random_state=1).reset_index(drop=True)
    found = write_worklist_html(listed, tmp_path / "b.html", scorer=scorer, shipments=moved).read_text("utf-8")
    assert found == expected
    with pytest.raises(InputError, match="not among the shipments"):
        write_worklist_html(listed, tmp_path / "c.html", scorer=scorer, shipments=rows.tail(1))


def test_what_is_no_worklist_is_said(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scorer\.worklist"):
        write_worklist(world.incoming, tmp_path / "l.html")
    listed = scorer.worklist(world.incoming, capacity=2)
    with pytest.raises(InputError, match=r"\.html, \.xlsx or \.csv"):
        write_worklist(listed, tmp_path / "l.pdf")
    with pytest.raises(InputError, match="en, vi, zh"):
        write_worklist(listed, tmp_path / "l.html", language="de")


def test_every_language_has_every_phrase() -> None:
    english = _read("en")
    for language in ("vi", "zh"):
        other = _read(language)
        assert {table: set(phrases) for table, phrases in other.items()} == {t: set(p) for t, p in english.items()}
        for table, phrases in english.items():
            for key, phrase in phrases.items():
                marks = set(re.findall(r"\{\w+\}", phrase))
                assert set(re.findall(r"\{\w+\}", other[table][key])) == marks, (language, table, key)


def test_a_waterfall_falls_from_start_to_end() -> None:
    parts = [(f"family {at}", value) for at, value in enumerate([1.5, -0.4, 0.2, 0.1, -0.9, 0.05, 0.3, 0.0, 0.02])]
    fall = waterfall("Drugs", parts, -4.0, ("1%", "9%"), Phrases("en"))
    assert [bar.label for bar in fall.bars] == [f"family {at}" for at in (0, 4, 1, 6, 2, 3)] + ["all else"]
    place = fall.start.x
    for bar in fall.bars:
        near = min((bar.x, bar.x + bar.width), key=lambda x: abs(x - place))
        assert near == pytest.approx(place, abs=1.1)
        place = bar.x + bar.width if bar.side == "for" else bar.x
        assert LEFT - 0.1 <= bar.x <= bar.x + bar.width <= RIGHT + 1.1
    assert place == pytest.approx(fall.end.x, abs=1.1)
    assert "family 0 +1.50" in fall.spoken
    assert waterfall("x", [], -4.0, ("1%", "1%"), Phrases("vi")).bars == []
