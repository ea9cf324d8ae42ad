"""The words around the figures of a phase report, and figures as a language writes them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from omdrisk.errors import InputError, did_you_mean
from omdrisk.explaining import NOTHING, number, percent
from omdrisk.reports.blocks import HIGH, LOW, SHARES, Cell, Heading, TableBlock, heading
from omdrisk.reports.phrases import Phrases
from omdrisk.reports.plain import plain

LANGUAGES = ("en", "vi")
_PLACES = {"auc": 3, "average_precision": 3, "index": 3, "limit": 3, "before": 3, "now": 3}


class Words:
    """The words of one language.

    Examples
    --------
    >>> Words("vi")("gate", "passed")
    'đạt'
    >>> Words("en").measure("hit_rate@2%"), Words("vi").share(0.125)
    ('Hit rate at 2%', '12,5%')
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise InputError(f"the phase report has no language {language!r}. {did_you_mean(language, LANGUAGES)}")
        self.language = language
        self._tables = _read(language)
        self._phrases = Phrases(language)

    def __call__(self, table: str, key: str, **parts: object) -> str:
        """Return a sentence with its parts filled in; the key itself where the language has none."""
        text = str(self._tables[table].get(key, key))
        return text.format(**parts) if parts else text

    def target(self, name: str) -> str:
        """Return what a head is called."""
        return self._phrases.target(name)

    def column(self, name: str) -> str:
        """Return what a column of the manifests is called."""
        return self._phrases.column(name)

    def share(self, value: float) -> str:
        """Write a share as a percentage of at most three digits."""
        return percent(float(f"{value:.3g}"), self.language)

    def number(self, value: float, places: int | None = None) -> str:
        """Write a number."""
        return number(value, self.language, places)

    def measure(self, name: str) -> str:
        """Return what a metric is called."""
        kind, _, share = name.partition("@")
        if share and kind in self._tables["measures"]:
            return self("measures", kind, share=self.share(float(share.removesuffix("%")) / 100))
        return str(self._tables["columns"].get(name, heading(name)))

    def amount(self, metric: str, value: Any) -> str:
        """Write a value of a metric as readers know it."""
        if pd.isna(value):
            return NOTHING
        kind = metric.partition("@")[0]
        if kind in ("hit_rate", "recall", "base_rate"):
            return self.share(value)
        return self.number(value, _PLACES.get(kind, 1 if kind == "lift" else 2))

    def table(self, title: str, frame: pd.DataFrame, note: str = "", *, wide: bool = True) -> TableBlock:
        """Make a block of a frame: ``x`` with ``x_low`` and ``x_high`` becomes one column with its interval."""
        names = [str(name) for name in frame.columns]
        ends = {name + end for name in names for end in (LOW, HIGH) if {name + LOW, name + HIGH} <= set(names)}
        shown = [name for name in names if name not in ends]
        heads = [Heading(self.measure(name), pd.api.types.is_numeric_dtype(frame[name])) for name in shown]
        rows = [[self._cell(name, record) for name in shown] for record in frame.to_dict("records")]
        return TableBlock(title, heads, rows, note, wide=wide)

    def _cell(self, name: str, record: dict[Any, Any]) -> Cell:
        value, low, high = record[name], record.get(name + LOW), record.get(name + HIGH)
        if isinstance(value, bool):
            return Cell(self("page", "yes" if value else "no"))
        if not isinstance(value, int | float):
            return Cell(plain(value) or NOTHING)
        if low is None or high is None or pd.isna(low) or pd.isna(high):
            return Cell(self._figure(name, float(value)))
        span = f"{self._figure(name, float(low))} {self('page', 'to')} {self._figure(name, float(high))}"
        return Cell(self._figure(name, float(value)), span)

    def _figure(self, name: str, value: Any) -> str:
        kind = name.partition("@")[0]
        if pd.isna(value):
            return NOTHING
        if kind.endswith(SHARES) and kind not in _PLACES:
            return self.share(value)
        return self.number(value, _PLACES.get(kind, 1 if kind == "lift" else None))


@cache
def _read(language: str) -> dict[str, Any]:
    text = resources.files("omdrisk.reports").joinpath("words", f"phase.{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
