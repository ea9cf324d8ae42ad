"""One feature's value as a sentence, in the words that its definition carries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING

from omdrisk.explaining.numbers import NOTHING, quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.features import Definition


OTHER = {"en": "rare or never seen", "vi": "hiếm gặp hoặc chưa từng gặp", "zh": "少见或从未见过"}
USUAL = {"en": " (usual: {norm})", "vi": " (thông thường: {norm})", "zh": "（通常：{norm}）"}
YES_NO = {"en": ("no", "yes"), "vi": ("không", "có"), "zh": ("否", "是")}


@dataclass(frozen=True)
class Teller:
    """Tells one definition's values in one language.

    Parameters
    ----------
    definition
        The frozen definition, with its ``words``, ``reason``, ``reason_never`` and ``told``.
    language
        ``en``, ``vi`` or ``zh``; a sentence that is missing in it is told in English.
    labels
        For a category, the text behind each code from 1 on.

    Examples
    --------
    >>> from omdrisk.features import Definition
    >>> spec = {"id": "P01", "kind": "count", "by": ["consignee"], "targets": ["drug"], "why": "New traders.",
    ...         "words": {"en": "Earlier shipments"}, "reason": {"en": "Consignee seen {value} times"},
    ...         "told": {"below": 5}}
    >>> teller = Teller(Definition.read("consignee_seen", "parties", spec))
    >>> teller.tell(2.0), teller.tell(1400.0), teller.tell(float("nan"))
    ('Consignee seen 2 times', 'Earlier shipments: 1,400', None)
    """

    definition: Definition
    language: str = "en"
    labels: Sequence[str] = ()

    def tell(self, value: float, shown: float = math.nan, norm: float = math.nan, *, known: bool = True) -> str | None:
        """Return the sentence for `value`, or None when there is nothing to say.

        The definition's own sentence is used where it reads right for the value (``told``); elsewhere the
        label and the value stand side by side. A missing value says nothing, unless the definition has words
        for just that (``reason_never``).

        Parameters
        ----------
        value
            The feature's value; NaN where it is unknown.
        shown
            The value that the sentence states, where it is not the feature's own.
        norm
            What is usual, for sentences that name it.
        known
            Whether a missing value means "never": not where nobody could know, as without a history or a
            name.
        """
        if math.isnan(value):
            if not known:
                return None
            return _filled(self._in(self.definition.reason_never), {"label": self.label}) or None
        stated = self.written(value if math.isnan(shown) else shown)
        sentence = self._in(self.definition.reason)
        if not sentence or not self.definition.tells(value) or ("{norm" in sentence and math.isnan(norm)):
            told = self._yes_no[0] if self._is_no(value) else stated
            usual = (
                "" if math.isnan(norm) else USUAL.get(self.language, USUAL["en"]).replace("{norm}", self.written(norm))
            )
            return f"{self.label}{self._mark}{told}{usual}"
        return _filled(sentence, {"value": stated, "norm": self.written(norm), "label": self.label})

    def _is_no(self, value: float) -> bool:
        """Say whether a value is the plain "no" of a list, a lexicon or a word."""
        return value == 0 and not self.definition.unit and "above" in self.definition.told

    @property
    def _yes_no(self) -> tuple[str, str]:
        return YES_NO.get(self.language, YES_NO["en"])

    @property
    def _mark(self) -> str:
        """What stands between a label and its value: a colon, unless the label has one."""
        if ":" in self.label or "：" in self.label:
            return " = "
        return "：" if self.language == "zh" else ": "

    @property
    def label(self) -> str:
        """The short name of the feature."""
        return self._in(self.definition.words) or self.definition.name

    def written(self, value: float) -> str:
        """Return the value in figures, or the text behind the code of a category."""
        if math.isnan(value):
            return NOTHING
        if self.definition.kind.categorical:
            code = int(value)
            return self.labels[code - 1] if 0 < code <= len(self.labels) else OTHER.get(self.language, OTHER["en"])
        if value in (0.0, 1.0) and self.definition.told.get("equals") in (0, 1):
            return self._yes_no[int(value)]
        return quantity(value, self.definition.unit, self.language)

    def _in(self, sentences: Mapping[str, str]) -> str:
        return sentences.get(self.language) or sentences.get("en") or ""


def _filled(sentence: str, parts: Mapping[str, str]) -> str:
    """Put the parts in place; unlike ``str.format`` this reaches no attribute and no index of anything.

    Examples
    --------
    >>> _filled("{label} {{{value.real}}}", {"label": "Weight", "value": "3"})
    'Weight {3}'
    """
    return "".join(
        text + ("" if name is None else parts.get(name.partition(".")[0].partition("[")[0], ""))
        for text, name, _, _ in Formatter().parse(sentence)
    )
