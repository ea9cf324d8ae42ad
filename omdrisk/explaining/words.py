"""One feature's value as a sentence, in the words that its definition carries."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING

from omdrisk.explaining.codes import code_name
from omdrisk.explaining.numbers import NOTHING, quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omdrisk.features import Definition


OTHER = {"en": "rare or never seen", "vi": "hiếm gặp hoặc chưa từng gặp", "zh": "少见或从未见过"}
USUAL = {"en": " (usual: {norm})", "vi": " (thông thường: {norm})", "zh": "（通常：{norm}）"}
UNITS = {
    "days": {"en": ("day", "days"), "vi": ("ngày", "ngày"), "zh": ("天", "天")},
    "hours": {"en": ("hour", "hours"), "vi": ("giờ", "giờ"), "zh": ("小时", "小时")},
    "kg": {"en": ("kg", "kg"), "vi": ("kg", "kg"), "zh": ("公斤", "公斤")},
}
_CHINESE_GAP = re.compile("(?<=[\u4e00-\u9fff，：；（]) (?=[\u4e00-\u9fff])")
YES_NO = {"en": ("no", "yes"), "vi": ("không", "có"), "zh": ("否", "是")}


@dataclass(frozen=True)
class Teller:
    """Tells one definition's values in one language.

    Parameters
    ----------
    definition
        The frozen definition, with its ``words``, ``reason``, ``otherwise``, ``reason_never`` and ``told``.
    language
        ``en``, ``vi`` or ``zh``; a sentence that is missing in it is told in English.
    labels
        For a category, the text behind each code from 1 on.

    Examples
    --------
    >>> from omdrisk.features import Definition
    >>> spec = {"id": "P01", "kind": "count", "by": ["consignee"], "targets": ["drug"], "why": "New traders.",
    ...         "words": {"en": "Earlier shipments"}, "reason": {"en": "Consignee seen {value|time|times}"},
    ...         "told": {"below": 5}}
    >>> teller = Teller(Definition.read("consignee_seen", "parties", spec))
    >>> teller.tell(1.0), teller.tell(2.0), teller.tell(1400.0), teller.tell(float("nan"))
    ('Consignee seen 1 time', 'Consignee seen 2 times', 'Earlier shipments: 1,400', None)
    """

    definition: Definition
    language: str = "en"
    labels: Sequence[str] = ()

    def tell(self, value: float, shown: float = math.nan, norm: float = math.nan, *, known: bool = True) -> str | None:
        """Return the sentence for `value`, or None when there is nothing to say.

        The definition's ``reason`` is used where it reads right for the value (``told``), its ``otherwise``
        elsewhere; without one the label and the value stand side by side. A missing value says nothing,
        unless the definition has words for just that (``reason_never``).

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
        sentence = self._in(self.definition.sentence(value))
        if not sentence or ("{norm" in sentence and math.isnan(norm)):
            return self._side_by_side(value, stated, norm)
        return _filled(sentence, {"value": stated, "norm": self.written(norm), "label": self.label})

    def _side_by_side(self, value: float, stated: str, norm: float) -> str:
        """Return the label, the value with its unit, and what is usual where that is known."""
        comma, colon = ("，", "：") if self.language == "zh" else (", ", ": ")
        label = self.label.replace("：", comma).replace(": ", comma).replace(":", comma)
        if self._is_no(value):
            return f"{label}{colon}{self._yes_no[0]}"
        usual = USUAL.get(self.language, USUAL["en"]).replace("{norm}", self._with_unit(self.written(norm)))
        return f"{label}{colon}{self._with_unit(stated)}{'' if math.isnan(norm) else usual}"

    def _with_unit(self, stated: str) -> str:
        units = UNITS.get(self.definition.unit, {})
        one, many = units.get(self.language) or units.get("en") or ("", "")
        return f"{stated} {one if _is_one(stated) else many}" if many else stated

    def _is_no(self, value: float) -> bool:
        """Say whether a value is the plain "no" of a list, a lexicon or a word."""
        return value == 0 and not self.definition.unit and "above" in self.definition.told

    @property
    def _yes_no(self) -> tuple[str, str]:
        return YES_NO.get(self.language, YES_NO["en"])

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
            if 0 < code <= len(self.labels):
                return code_name(str(getattr(self.definition.kind, "column", "")), self.labels[code - 1], self.language)
            return OTHER.get(self.language, OTHER["en"])
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
    >>> [_filled("{value|day|days} ago", {"value": value}) for value in ("less than 1", "1", "21")]
    ['Less than 1 day ago', '1 day ago', '21 days ago']
    >>> [_filled("首次出现于 {value} 天前", {"value": value}) for value in ("不到 1", "21")]
    ['首次出现于不到 1 天前', '首次出现于 21 天前']
    """
    pieces = [text + ("" if field is None else _put(field, parts)) for text, field, _, _ in Formatter().parse(sentence)]
    said = _CHINESE_GAP.sub("", "".join(pieces))
    return said[:1].upper() + said[1:]


def _put(field: str, parts: Mapping[str, str]) -> str:
    """Return the part that a placeholder names, with its noun for one or for many."""
    name, *nouns = field.split("|")
    part = parts.get(name.partition(".")[0].partition("[")[0], "")
    return f"{part} {nouns[0] if _is_one(part) else nouns[-1]}" if nouns else part


def _is_one(stated: str) -> bool:
    """Say whether a noun stands in the singular behind a number: 1, and less than 1."""
    return stated.rpartition(" ")[2] == "1"
