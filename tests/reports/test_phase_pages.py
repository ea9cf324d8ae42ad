"""The phase report and the model card as Chromium lays them out: a picture of boxes, compared with a stored one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import DefinitionError, InputError
from omdrisk.evaluation import reliability
from omdrisk.reports.phase import PhaseContent, PhaseHead, Words, read_card, write_card_html, write_phase_html
from omdrisk.reports.phase.words import _read
from omdrisk.resources import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED = Path(__file__).with_name("phase_layout.json")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"desktop": (1280, 900), "phone": (420, 900), "paper": (718, 1000)}
# fonts differ between machines: a box may be a quarter taller, and its sides some pixels off
TALLER, OFF = 0.25, 14


def content() -> PhaseContent:
    """Return a made-up phase in which every section of one head has something to say."""
    rng = np.random.default_rng(1)
    rows = []
    for phase, low in (("III", 0.2), ("IV", 0.3), ("all", 0.25)):
        for scorer, plus in (("head", 0.2), ("rules", 0.0)):
            for metric in ("auc", "average_precision", "hit_rate@1%", "hit_rate@2%", "hit_rate@5%", "recall@2%"):
                value = low + plus
                rows.append((phase, scorer, metric, value, value - 0.1, value + 0.1, 800, 40))
    metrics = pd.DataFrame(rows, columns=["phase", "scorer", "metric", "value", "low", "high", "rows", "found"])
    leads = metrics[metrics["scorer"] == "head"].drop(columns="scorer").assign(value=0.2, low=0.05, high=0.3)
    places = metrics[metrics["scorer"] == "head"].drop(columns="scorer").assign(administration="VN")
    names = [f"indicator_{number}" for number in range(6)]
    features = pd.DataFrame(rng.lognormal(1, 1.5, (150, 6)), columns=names)
    features.iloc[::7, 0] = np.nan
    shap = pd.DataFrame(rng.normal(0, 1, (150, 6)) * [1.0, 0.8, 0.6, 0.4, 0.2, 0.1], columns=names)
    chance = rng.uniform(0.01, 0.6, 300)
    checks: list[dict[str, Any]] = [
        {"name": "evidence", "passed": True, "binding": True, "figures": {"finds": 40, "least": 10}},
        {
            "name": "lead",
            "passed": False,
            "binding": True,
            "figures": {
                "metric": "hit_rate@2%",
                "value": 0.2,
                "low": -0.05,
                "high": 0.3,
                "margin": 0.0,
                "against": "champion",
            },
        },
        {
            "name": "coverage",
            "passed": True,
            "binding": True,
            "figures": {"share": 0.97, "least": 0.9, "missing": ["KH 5"]},
        },
        {
            "name": "fairness",
            "passed": False,
            "binding": False,
            "figures": {
                "largest": 0.3,
                "feature": names[0],
                "limit": 0.2,
                "above": {},
                "vain": [{"group": "origin", "member": "XX", "ratio": 2.4}],
            },
        },
        {
            "name": "calibration",
            "passed": True,
            "binding": True,
            "figures": {"value": 1.1, "low": 0.8, "high": None, "limit": 3.0},
        },
    ]
    head = PhaseHead(
        target="drug",
        facts={
            "rows": 800,
            "positives": 40,
            "rounds": 100,
            "features": 6,
            "as_of": "2023-04-15",
            "calibration": "platt",
        },
        metrics=metrics,
        places=places,
        few=("KH", "IN"),
        calibration=reliability((rng.random(300) < chance).astype(float), chance, bins=6),
        leads=leads,
        against="champion",
        checks=checks,
        shap=shap,
        features=features,
        labels={language: {name: f"Chỉ số ấy {name[-1]} <b>" for name in names} for language in ("en", "vi")},
        promoted={"by": "Linh", "approved_by": "Somchai", "why": "a reason", "at": "2023-04-16", "failed": ["lead"]},
        forced=True,
    )
    journal = pd.DataFrame([{"at": "2023-04-15", "deed": "opened", "head": "", "who": "Linh", "why": ""}])
    tables = pd.DataFrame([{"table": "shipments", "file": "s.parquet", "lines": 9, "columns": 3, "digest": "ab" * 16}])
    return PhaseContent(
        phase="V",
        start="2023-04-15",
        end="2023-09-15",
        facts={"opened": "2023-04-15", "seed": "0"},
        heads=[head],
        tables=tables,
        journal=journal,
        seal="cd" * 32,
        gaps=11,
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {
        f"report.{language}": write_phase_html(folder / f"{language}.html", content(), language)
        for language in ("en", "vi")
    }
    template = definitions("models") / "model-card.en.md"
    holes = {name: f"value of {name}" for name in holes_of(template)}
    made["card.en"] = write_card_html(folder / "card.html", read_card(template, holes, {"contact": "Office"}), "en")
    return made


def holes_of(template: Path) -> set[str]:
    import re

    return set(re.findall(r"\{(\w+)\}", template.read_text(encoding="utf-8")))


def test_both_languages_say_the_same_things() -> None:
    tables = {language: _read(language) for language in ("en", "vi")}
    assert {name: set(keys) for name, keys in tables["en"].items()} == {
        name: set(keys) for name, keys in tables["vi"].items()
    }
    import re

    for name, keys in tables["en"].items():
        for key, text in keys.items():
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", tables["vi"][name][key])), key
    with pytest.raises(InputError, match="no language 'zh'"):
        Words("zh")


def test_hostile_words_stay_words(pages: dict[str, Path]) -> None:
    for page in pages.values():
        text = page.read_text(encoding="utf-8")
        assert "<b>" not in text
        assert "<script" not in text


def test_both_cards_ask_the_same_questions() -> None:
    cards = [
        read_card(path, dict.fromkeys(holes_of(path), "x"))
        for path in (definitions("models") / f"model-card.{name}.md" for name in ("en", "vi"))
    ]
    assert [entry.key for entry in cards[0].questions] == [entry.key for entry in cards[1].questions]
    assert "**[OPEN]**" in cards[0].markdown("OPEN")


def test_a_card_says_where_its_template_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    path.write_text("# T\n## P\n- Label: {phse}\n")
    with pytest.raises(DefinitionError, match=r"line 3: \{phse\} is unknown\. Did you mean 'phase'"):
        read_card(path, {"phase": "V"})
    path.write_text("# T\n| a table |\n")
    with pytest.raises(DefinitionError, match="line 2: is neither"):
        read_card(path, {})


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium here: the layout is not looked at")
    api = pytest.importorskip("playwright.sync_api", reason="no playwright here: the layout is not looked at")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


BOXES = """() => [...document.querySelectorAll('h1, h2, .card, .fields > div, img, nav')].map(each => {
  const box = each.getBoundingClientRect();
  return [each.tagName.toLowerCase() + (each.className ? '.' + each.className.split(' ').join('.') : ''),
          Math.round(box.left), Math.round(box.width), Math.round(box.height)];
})"""


def test_the_pages_are_laid_out_as_they_were(pages: dict[str, Path], browser: Any) -> None:
    """``OMDRISK_STORE_LAYOUT=1`` stores what is seen now, after somebody has looked at it."""
    seen: dict[str, Any] = {}
    for name, path in pages.items():
        for size, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.emulate_media(media="print" if size == "paper" else "screen")
            page.goto(path.as_uri())
            page.wait_for_load_state("load")
            assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {size}"
            broken = page.evaluate("[...document.images].filter(one => !one.complete || !one.naturalWidth).length")
            assert broken == 0
            seen[f"{name} {size}"] = page.evaluate(BOXES)
            page.close()
    if os.environ.get("OMDRISK_STORE_LAYOUT"):
        lines = [f" {json.dumps(name)}: {json.dumps(boxes)}" for name, boxes in seen.items()]
        STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert set(seen) == set(stored)
    for name, boxes in seen.items():
        assert [box[0] for box in boxes] == [box[0] for box in stored[name]], name
        for (kind, left, width, height), (_, left0, width0, height0) in zip(boxes, stored[name], strict=True):
            place = f"{name}: {kind}"
            assert abs(left - left0) <= OFF, place
            assert abs(width - width0) <= OFF, place
            assert abs(height - height0) <= max(TALLER * height0, 24), place


def test_the_report_prints_on_a4_without_half_rows(pages: dict[str, Path], browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(pages["report.vi"].as_uri())
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    page.close()
    printed = (tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert 3 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 12
