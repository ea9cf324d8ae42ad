from __future__ import annotations

import csv
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omdrisk.reports import guarded, plain, write_csv
from omdrisk.reports.plain import ascii_label

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1:A9)",
    "-2+3+cmd",
    "\t=1+1",
    "＝1+1",
    "gift\u202egnp.exe",
    "nul\x00byte\x07bell\x1b[31m",
    "half \ud83d letter",
    "line\r\nbreak\u2028here",
    "x" * 1_000_000,
    "象牙 ngà voi งาช้าง",
    "$x^2_{\\alpha}$",
    "http://example.com/?a=1&b=2",
    "]]></style></script><!--",
]


@given(st.text(st.characters(), max_size=60))
def test_any_text_becomes_one_harmless_line(text: str) -> None:
    shown = plain(text)
    shown.encode("utf-8")
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"}]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")
    letters = [c for c in text if unicodedata.category(c)[0] in "LNPS"]
    assert [c for c in shown if c in set(letters)][: len(letters)] or not letters


@pytest.mark.parametrize("nothing", [None, pd.NA, pd.NaT, float("nan")])
def test_missing_is_empty(nothing: object) -> None:
    assert plain(nothing) == ""


def test_a_long_text_is_cut_and_says_so() -> None:
    shown = plain("ab" * 600_000)
    assert len(shown) < 2_100
    assert shown.endswith("… (1,200,000 characters)")


@given(st.text(st.characters(), max_size=40))
def test_no_cell_of_a_csv_begins_like_a_formula(text: str) -> None:
    cell = guarded(text)
    first = cell.lstrip()[:1]
    assert first not in {"=", "@", "＝", "＠", "\t", "\r"}
    if first in {"+", "-", "＋", "－"}:
        assert cell.lstrip()[1:].replace(".", "").replace(",", "").isdigit()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_label_of_a_plot_is_plain_ascii(text: str) -> None:
    label = ascii_label(text)
    assert label.isascii()
    assert label.isprintable()
    assert "$" not in label


def test_a_csv_file_for_excel(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "=name": pd.Series(HOSTILE, dtype=object),
            "score": 0.5,
            "when": pd.Timestamp("2023-01-02", tz="UTC"),
            "none": [None] * len(HOSTILE),
        }
    )
    frame["none"] = frame["none"].astype("str")
    write_csv(frame, tmp_path / "list.csv")
    data = (tmp_path / "list.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["'=name", "score", "when", "none"]
    assert len(rows) == len(HOSTILE) + 1
    for text, row in zip(HOSTILE, rows[1:], strict=True):
        assert row[0].lstrip("'")[:20] == plain(text)[:20].lstrip("'")
        assert not row[0].startswith(("=", "+", "@", "-", "\t"))
        assert row[1:] == ["0.5", "2023-01-02 00:00:00+00:00", ""]
