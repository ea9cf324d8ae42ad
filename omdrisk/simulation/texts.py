"""Descriptions of goods: the words of the trade in several languages, with the dirt that real declarations have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.draws import draw_shares
from omdrisk.simulation.facts import AIR, EXPRESS, LANGUAGES, MAIL, Facts
from omdrisk.simulation.rows import Rows, has

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from omdrisk.simulation.amounts import Habits

VAGUE = {
    "en": ("GENERAL CARGO", "GENERAL MERCHANDISE", "FAK", "SAID TO CONTAIN", "CONSOLIDATION", "PERSONAL EFFECTS",
           "GIFT", "SAMPLES", "PARTS", "ACCESSORIES", "DAILY NECESSITIES", "AS PER INVOICE", "N/M", "HOUSEHOLD GOODS",
           "CLOTHES"),
    "vi": ("Hàng tạp hóa", "Hàng tổng hợp", "Hành lý cá nhân", "Quà biếu", "Hàng mẫu", "Phụ tùng", "Quần áo"),
    "zh": ("杂货", "百货", "日用品", "个人物品", "礼品", "样品", "配件", "服装"),
    "th": ("สินค้าเบ็ดเตล็ด", "ของใช้ส่วนตัว", "ของขวัญ", "ตัวอย่าง", "อะไหล่"),
    "ms": ("Barang am", "Barang peribadi", "Barang campuran", "Hadiah", "Contoh", "Alat ganti"),
}  # fmt: skip
TAILS = ("", " / {n} CTNS", " HS CODE {hs}", " AS PER INV {n}", " MODEL {m}-{n}", " GRADE {m}", " PO NO {n}",
         " LOT {n}",          " - BRAND NEW", " FOR RETAIL SALE", " {n} PCS")  # fmt: skip
LETTERS = "ABCDEFGHKLMNPRSTVWX"


def descriptions(
    rng: np.random.Generator, facts: Facts, parameters: Mapping[str, Any], habits: Habits, rows: Rows
) -> NDArray[np.object_]:
    """Return the description of the goods of each row, None where there is none."""
    count = len(rows["good"])
    habit = habits.uniform[1:4][:, rows["relation"]]
    own = rng.random((8, count))
    language = _languages(parameters, rows, np.where(own[0] < 0.85, habit[0], own[1]))
    pool, first, size = _pool(facts)
    place = language * len(facts.goods.name) + rows["words"]
    variant = np.where(own[2] < 0.75, habit[1], own[3])
    texts = pool[first[place] + (variant * size[place]).astype(np.int64)]
    quality = np.array([float(o["quality"]) for o in parameters["administrations"].values()])[rows["administration"]]
    texts = _with_tails(rng, facts, rows, texts, own[4])
    texts = _vague(rng, rows, texts, language)
    lower = habit[2] > 0.68
    texts[lower] = [text.title() if text.isupper() else text for text in texts[lower]]
    upper = habit[2] < 0.35
    texts[upper] = [text.upper() for text in texts[upper]]
    wrong = np.flatnonzero(own[5] < 0.022 * quality)
    texts[wrong] = [_misspelt(text, spot) for text, spot in zip(texts[wrong], own[6][wrong].tolist(), strict=True)]
    cut = np.flatnonzero((rows["mode"] == AIR) & (habit[1] < 0.42))
    texts[cut] = [text[:15].strip() for text in texts[cut]]
    empty = own[7] < np.where(rows["mode"] == MAIL, 0.03, 0.006) * quality
    texts[empty] = None
    return texts


def _languages(parameters: Mapping[str, Any], rows: Rows, luck: NDArray[np.float64]) -> NDArray[np.int64]:
    language = np.zeros(len(luck), dtype=np.int64)
    for number, office in enumerate(parameters["administrations"].values()):
        mine = rows["administration"] == number
        shares = np.array([float(office["languages"].get(name, 0.0)) for name in LANGUAGES])
        language[mine] = np.searchsorted(np.cumsum(shares) / shares.sum(), luck[mine], side="right")
    return np.minimum(language, len(LANGUAGES) - 1)


def _pool(facts: Facts) -> tuple[NDArray[np.object_], NDArray[np.int64], NDArray[np.int64]]:
    texts: list[str] = []
    first, size = [], []
    for name in LANGUAGES:
        for variants in facts.goods.words[name]:
            first.append(len(texts))
            size.append(len(variants))
            texts.extend(variants)
    return np.array(texts, dtype=object), np.array(first), np.array(size)


def _with_tails(
    rng: np.random.Generator, facts: Facts, rows: Rows, texts: NDArray[np.object_], luck: NDArray[np.float64]
) -> NDArray[np.object_]:
    chosen = np.flatnonzero(luck < np.where(rows["mode"] >= EXPRESS, 0.22, 0.4))
    tail = rng.integers(1, len(TAILS), size=len(chosen)).tolist()
    number = rng.integers(10, 99_999, size=len(chosen)).tolist()
    for row, which, value in zip(chosen.tolist(), tail, number, strict=True):
        hs = facts.goods.hs[rows["words"][row]][:4]
        texts[row] += TAILS[which].format(n=value, hs=hs, m=LETTERS[value % 19] + LETTERS[value // 19 % 19])
    return texts


def _vague(
    rng: np.random.Generator, rows: Rows, texts: NDArray[np.object_], language: NDArray[np.int64]
) -> NDArray[np.object_]:
    vague = np.flatnonzero(has(rows, "vague"))
    word = rng.integers(0, 1 << 20, size=len(vague)).tolist()
    together = rng.random(len(vague)) < 0.3
    for row, number, both in zip(vague.tolist(), word, together.tolist(), strict=True):
        words = VAGUE[LANGUAGES[language[row]]]
        said = words[number % len(words)]
        texts[row] = f"{said} {texts[row]}" if both else said
    return texts


def _misspelt(text: str, spot: float) -> str:
    """Swap two neighbouring letters, or lose one."""
    if len(text) < 4:
        return text
    place = 1 + int(spot * (len(text) - 3))
    if int(spot * 1000) % 2:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place + 1 :]


def commodity_codes(
    rng: np.random.Generator, facts: Facts, parameters: Mapping[str, Any], rows: Rows
) -> NDArray[np.object_]:
    """Return the commodity code as each row declares it: more or fewer digits, some without their leading zero."""
    count = len(rows["good"])
    digits = np.full(count, 8)
    quality = np.ones(count)
    lengths = ("4", "6", "8", "10")
    for number, office in enumerate(parameters["administrations"].values()):
        mine = rows["administration"] == number
        drawn = draw_shares(rng, office["hs_digits"], lengths, int(mine.sum()))
        digits[mine] = np.array([4, 6, 8, 10])[drawn]
        quality[mine] = office["quality"]
    codes = np.array(facts.goods.hs, dtype=object)
    table = np.array([[code[:4], code[:6], code, code + "00"] for code in codes], dtype=object)
    made: NDArray[np.object_] = table[rows["good"], (digits - 4) // 2]
    lost = np.flatnonzero(rng.random(count) < 0.02 * quality)
    made[lost] = [code[1:] if code.startswith("0") and len(code) > 4 else code for code in made[lost]]
    absent = np.array([0.02, 0.10, 0.22, 0.55])[rows["mode"]] * (0.5 + 0.5 * quality)
    made[rng.random(count) < absent] = None
    return made
