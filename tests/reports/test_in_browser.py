"""The worklist's page and the referral sheet as an officer uses them, by clicks and keys in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from omdrisk.reports import write_referrals, write_worklist_html
from omdrisk.reports.phrases import Phrases
from omdrisk.scoring import read_feedback
from tests.reports.browser import browser, installed
from tests.reports.test_worklist_html import hostile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny

pytestmark = [
    pytest.mark.skipif(installed() is None, reason="no Chromium, Chrome or Edge on PATH, or no playwright"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
WIDE = {"width": 1280, "height": 900}
#: Contrast of every text with what lies behind it, by the formula of WCAG 2.
CONTRAST = """() => {
  const parts = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parts(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const shown = walker.currentNode.data.trim() && element.getClientRects().length
      && !["SCRIPT", "STYLE", "NOSCRIPT", "OPTION"].includes(element.tagName);
    if (!shown) continue;
    const style = getComputedStyle(element);
    const color = element.closest("svg") ? style.fill : style.color;
    const [one, two] = [light(parts(color)), light(behind(element))].sort((a, b) => b - a);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.5 && style.fontWeight >= 700);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < (large ? 3 : 4.5)) bad.push([walker.currentNode.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return bad;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def listed(world: Tiny, scorer: Scorer) -> pd.DataFrame:
    rows = world.incoming.assign(office=world.incoming["port_of_discharge"])
    return scorer.worklist(rows, capacity=pd.DataFrame({"office": ["each"], "capacity": [6]}), explore=0.34)


class Seen:
    """A page, and what it asked for and said while it was open."""

    def __init__(self, chromium: Any, path: Path, size: dict[str, int] | None = None) -> None:
        self.context = chromium.new_context(viewport=size or WIDE, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))
        self.url = path.as_uri()
        self.page.goto(self.url)

    def ids(self) -> list[str]:
        """Return the shipments shown, in their order."""
        rows = self.page.locator("table.list > tbody:not([hidden]) .id")
        return [text.strip() for text in rows.all_text_contents()]

    def done(self) -> None:
        """Check that nothing left the page and nothing failed; close it."""
        assert [url for url in self.asked if url != self.url and not url.startswith(("blob:", "data:"))] == []
        assert self.errors == []
        self.context.close()


@pytest.fixture
def seen(chromium: Any, world: Tiny, scorer: Scorer, listed: pd.DataFrame, tmp_path: Path) -> Iterator[Seen]:
    path = write_worklist_html(listed, tmp_path / "list.html", scorer=scorer, shipments=world.incoming)
    shown = Seen(chromium, path)
    yield shown
    shown.done()


def test_sorting_by_click_and_by_key(seen: Seen, listed: pd.DataFrame) -> None:
    assert seen.ids() == listed["shipment_id"].tolist()
    drugs = seen.page.get_by_role("button", name="Drugs", exact=True)
    drugs.click()
    by_score = listed.sort_values("drug_score", ascending=False, kind="stable")["shipment_id"].tolist()
    assert seen.ids() == by_score
    assert seen.page.get_by_role("columnheader", name="Drugs").get_attribute("aria-sort") == "descending"
    seen.page.keyboard.press("Enter")
    up = listed.sort_values("drug_score", kind="stable")["shipment_id"].tolist()
    assert [listed.set_index("shipment_id").loc[one, "drug_score"] for one in seen.ids()] == sorted(
        listed["drug_score"]
    )
    assert set(up) == set(seen.ids())
    seen.page.get_by_role("button", name="Shipment", exact=True).click()
    assert seen.ids() == sorted(listed["shipment_id"])
    assert seen.page.locator("th[aria-sort]").count() == 1


def test_filtering(seen: Seen, listed: pd.DataFrame) -> None:
    goods = listed["goods_description"].iloc[0]
    seen.page.get_by_label("Search").fill(goods.upper())
    assert seen.ids() == listed.loc[listed["goods_description"] == goods, "shipment_id"].tolist()
    assert seen.page.get_by_role("status").inner_text().startswith(f"{len(seen.ids())} / {len(listed)}")
    seen.page.get_by_label("Search").fill("")
    seen.page.get_by_label("Chosen").select_option("random")
    assert seen.ids() == listed.loc[listed["selected_by"] == "random", "shipment_id"].tolist()
    seen.page.get_by_label("Chosen").select_option("")
    seen.page.get_by_label("Band").select_option("high")
    high = (listed["drug_band"] == "high") | (listed["wildlife_band"] == "high")
    assert seen.ids() == listed.loc[high, "shipment_id"].tolist()
    seen.page.get_by_label("Band").select_option("")
    seen.page.locator("#list").select_option("VNHPH")
    assert seen.ids() == listed.loc[listed["office"] == "VNHPH", "shipment_id"].tolist()


def test_everything_by_keyboard(seen: Seen, listed: pd.DataFrame) -> None:
    page = seen.page
    focused = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("() => document.activeElement.id || document.activeElement.className")
        focused.append(name)
        if "toggle" in name:
            break
    assert {"search", "band", "chosen", "expand", "print", "export"} <= set(focused)
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "what has the focus is seen to have it"
    toggle = page.locator("button.toggle").first
    assert toggle.get_attribute("aria-expanded") == "false"
    page.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "true"
    assert page.locator("tr.detail").first.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    box = page.locator("select.outcome").first
    box.focus()
    page.keyboard.type("dr")
    assert box.input_value() == "drug"
    assert "1 outcomes entered" in page.get_by_role("status").inner_text()


def test_outcomes_are_exported_and_read_back(seen: Seen, listed: pd.DataFrame, tmp_path: Path) -> None:
    first, second = listed["shipment_id"].iloc[:2]
    seen.page.locator(f"select.outcome[data-shipment='{first}']").select_option("drug")
    seen.page.locator(f"select.outcome[data-shipment='{second}']").select_option("clear")
    with seen.page.expect_download() as waiting:
        seen.page.get_by_role("button", name="Export outcomes").click()
    assert waiting.value.suggested_filename == "outcomes.csv"
    file = tmp_path / "outcomes.csv"
    waiting.value.save_as(file)
    assert file.read_bytes() == f"\ufeffshipment_id,outcome\r\n{first},drug\r\n{second},clear\r\n".encode()
    table = read_feedback(file, "2023-06-02", listed).accepted
    assert table["outcome"].tolist() == ["drug", "clear"]


def test_the_warning_is_copied(seen: Seen, listed: pd.DataFrame) -> None:
    seen.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.page.locator("button.toggle").first.click()
    button = seen.page.locator("button.copy").first
    button.click()
    seen.page.wait_for_function("() => document.querySelector('button.copy').firstChild.data === 'Copied'")
    text = seen.page.evaluate("() => navigator.clipboard.readText()").replace("\r\n", "\n")
    assert text == seen.page.locator("textarea").first.input_value()
    assert f"Reference: {listed['shipment_id'].iloc[0]}\n" in text


def test_on_paper_the_tools_are_gone(seen: Seen, tmp_path: Path) -> None:
    page = seen.page
    page.get_by_role("button", name="Open all").click()
    assert page.locator("tr.detail:visible").count() == page.locator("tr.detail").count()
    page.emulate_media(media="print")
    for gone in (".tools", ".status", "button.toggle", ".paste"):
        assert not page.locator(gone).first.is_visible()
    assert page.locator("svg.waterfall").first.is_visible()
    page.evaluate(
        "() => { document.body.classList.add('one'); document.querySelector('tbody').classList.add('only'); }"
    )
    assert page.locator("table.list > tbody:visible").count() == 1
    assert _pages(page, tmp_path) == 1
    page.evaluate("() => document.body.classList.remove('one')")
    page.emulate_media(media="screen")


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_each_language_is_readable(chromium: Any, world: Tiny, scorer: Scorer, tmp_path: Path, language: str) -> None:
    rows = world.incoming
    made = scorer.worklist(rows, capacity=6, explore=0.34, language=language)
    path = write_worklist_html(made, tmp_path / "l.html", scorer=scorer, shipments=rows, language=language)
    shown = Seen(chromium, path)
    words = Phrases(language)
    assert shown.page.locator("html").get_attribute("lang") == language
    shown.page.get_by_role("button", name=words("tools", "expand")).click()
    assert shown.page.get_by_role("heading", level=1).count() == 1
    assert shown.page.get_by_role("heading", name=words("detail", "look")).count() == 6
    assert shown.page.evaluate(CONTRAST) == []
    levels = [
        int(tag[1])
        for tag in shown.page.evaluate("() => [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => h.tagName)")
    ]
    assert levels[0] == 1
    fonts = shown.page.evaluate("() => getComputedStyle(document.body).fontFamily")
    assert "Segoe UI" in fonts
    assert "Noto Sans" in fonts
    for width in (1280, 900, 390):
        shown.page.set_viewport_size({"width": width, "height": 800})
        over = shown.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 1, f"nothing stands out at {width}"
    shown.done()


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_a_referral_sheet_prints_on_one_page(
    chromium: Any, world: Tiny, scorer: Scorer, tmp_path: Path, language: str
) -> None:
    rows = world.incoming.copy()
    rows["goods_description"] = "象牙 ngà voi " * 400
    rows["documents"] = ";".join(f"CITES:{at:06d}" for at in range(80))
    made = scorer.worklist(rows, capacity=2, explore=0.5, language=language)
    for path in write_referrals(made, tmp_path / "r", scorer=scorer, shipments=rows, language=language):
        shown = Seen(chromium, path)
        assert shown.page.evaluate(CONTRAST) == []
        assert _pages(shown.page, tmp_path) == 1
        shown.page.emulate_media(media="print")
        cut = shown.page.evaluate(
            "() => { const p = document.querySelector('.paper'); return p.scrollHeight - p.clientHeight; }"
        )
        assert cut <= 1, "nothing is cut off"
        shown.done()


def test_hostile_content_does_nothing(chromium: Any, world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    rows = hostile(world)
    made = scorer.worklist(rows, capacity=40)
    shown = Seen(chromium, write_worklist_html(made, tmp_path / "l.html", scorer=scorer, shipments=rows))
    shown.page.get_by_role("button", name="Open all").click()
    assert len(shown.ids()) == len(made)
    assert shown.page.locator("img").count() == 0
    assert shown.page.locator("script").count() == 1
    shown.page.get_by_label("Search").fill("<script>alert(1)")
    assert shown.ids()
    shown.page.get_by_label("Search").fill("")
    for box in shown.page.locator("select.outcome").all():
        box.select_option("clear")
    with shown.page.expect_download() as waiting:
        shown.page.get_by_role("button", name="Export outcomes").click()
    file = tmp_path / "o.csv"
    waiting.value.save_as(file)
    names = read_feedback(file, "2023-06-02").accepted["shipment_id"].tolist()
    assert len(names) == len(made)
    assert not [
        line for line in file.read_text("utf-8-sig").splitlines() if line.lstrip('"').startswith(("=", "+", "@"))
    ]
    plain = [name for name in made["shipment_id"] if name.isprintable() and "\u202e" not in name]
    assert {name.strip() for name in plain} <= set(names)
    shown.done()
    for path in write_referrals(made.head(4), tmp_path / "r", scorer=scorer, shipments=rows):
        sheet = Seen(chromium, path)
        assert sheet.page.locator("img, script").count() == 0
        sheet.done()


def _pages(page: Any, folder: Path) -> int:
    """Print a page and count the sheets."""
    target = folder / "printed.pdf"
    page.pdf(path=str(target), prefer_css_page_size=True)
    data = target.read_bytes()
    return data.count(b"/Type /Page") - data.count(b"/Type /Pages")
