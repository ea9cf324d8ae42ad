"""Canonical columns of texts to their types; each cell that cannot be right gives its row a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omdrisk.records.codes import code_list, hs_code
from omdrisk.records.mojibake import unscrambled
from omdrisk.records.moments import moments
from omdrisk.records.numerals import numbers
from omdrisk.records.schemes import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.repairs import Repairs
    from omdrisk.records.schema import Column, Table
    from omdrisk.records.schemes import Scheme

_TRUE = frozenset({"true", "1", "yes", "y", "t", "có", "x", "是"})
_FALSE = frozenset({"false", "0", "no", "n", "f", "không", "否"})
_SHOWN = 60


@dataclass
class Reasons:
    """Why rows are rejected: every reason of a row, in the order of its columns."""

    told: dict[int, list[str]] = field(default_factory=dict)

    def add(self, place: int, reason: str) -> None:
        """Add a reason for the row at `place`."""
        self.told.setdefault(place, []).append(reason)


def shown(text: Any) -> str:
    """Return a cell as it is quoted in a reason, shortened."""
    words = str(text)
    return repr(words if len(words) <= _SHOWN else words[:_SHOWN] + "...")


@dataclass(frozen=True)
class Checker:
    """Checks the columns of one table under one format, and notes reasons and repairs."""

    table: Table
    form: FormatMap
    reasons: Reasons
    repairs: Repairs

    def column(self, spec: Column, texts: Any, factors: NDArray[np.float64] | None) -> Any:
        """Return the column in its canonical type: a Series, or an Arrow array of texts."""
        if spec.type == "time":
            return self._moments(spec, texts)
        if spec.type in ("number", "count"):
            return self._numbers(spec, texts, factors)
        if spec.type == "flag":
            return self._flags(spec, texts)
        if spec.codes == "hs":
            return self._codes(spec, texts, hs_code, "should be 4 to 10 digits")
        if spec.codes is not None:
            hint = f"is no code of the list {spec.codes!r}"
            if spec.codes == "countries":
                hint = "is no country; use ISO 3166-1 alpha-2"
            return self._codes(spec, texts, code_list(spec.codes).code, hint)
        texts = unscrambled(texts, spec.name, self.repairs)
        texts = self._listed(spec, texts) if spec.many else texts
        return self._tidied(spec, texts, SCHEMES[spec.scheme]) if spec.scheme else texts

    def _reject(self, spec: Column, wrong: NDArray[np.bool_], texts: Any, hint: str) -> None:
        for place in np.flatnonzero(wrong):
            text = texts[int(place)].as_py()
            self.reasons.add(int(place), f"{spec.name}: {shown(text)} {hint}")

    def _moments(self, spec: Column, texts: Any) -> pd.Series:
        series, wrong, mended, example = moments(texts, self.form.dates, self.form.zone)
        order = {"ymd": "2023-01-31", "dmy": "31/01/2023", "mdy": "01/31/2023"}[self.form.dates]
        self._reject(spec, wrong, texts, f"is no date; write it as {order} or 2023-01-31T08:30:00Z")
        self.repairs.add(f"date order {self.form.dates}", spec.name, mended, example)
        return series

    def _numbers(self, spec: Column, texts: Any, factors: NDArray[np.float64] | None) -> pd.Series:
        values, wrong, mended, example = numbers(texts, self.form.decimal, self.form.thousands, spec.unit)
        self._reject(spec, wrong, texts, f"is no number (decimal sign {self.form.decimal!r})")
        self.repairs.add("number as written", spec.name, mended, example)
        if factors is not None:
            scaled = ~np.isnan(values) & (factors != 1.0)
            values = values * factors
            first = np.flatnonzero(scaled)
            self.repairs.add("unit", spec.name, int(scaled.sum()), texts[int(first[0])].as_py() if len(first) else "")
        if spec.minimum is not None:
            low = values < spec.minimum
            hint = "is negative" if spec.minimum == 0 else f"is less than {spec.minimum:g}"
            self._reject(spec, low, texts, hint)
            values = np.where(low, np.nan, values)
        if spec.maximum is not None:
            high = values > spec.maximum
            self._reject(spec, high, texts, f"is more than {spec.maximum:g}")
            values = np.where(high, np.nan, values)
        return pd.Series(values, dtype="float64")

    def _by_distinct(self, texts: Any, answer: Callable[[str], Any]) -> tuple[list[str], list[Any], Any]:
        encoded = texts.dictionary_encode()
        distinct: list[str] = encoded.dictionary.to_pylist()
        return distinct, [answer(text) for text in distinct], encoded.indices

    def _flags(self, spec: Column, texts: Any) -> pd.Series:
        def flag(text: str) -> bool | None:
            word = text.casefold()
            return True if word in _TRUE else (False if word in _FALSE else None)

        distinct, read, places = self._by_distinct(texts, flag)
        self._count_lost(spec, "flag not understood", distinct, read, places)
        flags: pd.Series = pa.array(read, type=pa.bool_()).take(places).to_pandas().astype("boolean")
        return flags

    def _count_lost(self, spec: Column, rule: str, distinct: Sequence[str], read: Sequence[Any], places: Any) -> None:
        lost = [answer is None for answer in read]
        if any(lost):
            count = pc.sum(pc.cast(pa.array(lost).take(places), pa.int64())).as_py() or 0
            self.repairs.add(rule, spec.name, count, distinct[lost.index(True)])

    def _codes(self, spec: Column, texts: Any, code: Callable[[str], str | None], hint: str) -> Any:
        distinct, read, places = self._by_distinct(texts, code)
        unknown = [answer is None for answer in read]
        if spec.on_unknown == "reject" and any(unknown):
            wrong = pc.fill_null(pa.array(unknown).take(places), False).to_numpy(zero_copy_only=False)
            self._reject(spec, wrong, texts, hint)
        elif spec.on_unknown == "keep":
            read = [old if new is None else new for old, new in zip(distinct, read, strict=True)]
        elif spec.on_unknown == "drop":
            self._count_lost(spec, "unknown code left out", distinct, read, places)
        told = [(old, new) for old, new in zip(distinct, read, strict=True) if new is not None and new != old]
        if told:
            changed = pa.array([new is not None and new != old for old, new in zip(distinct, read, strict=True)])
            count = pc.sum(pc.cast(changed.take(places), pa.int64())).as_py() or 0
            rule = "commodity code written as digits" if spec.codes == "hs" else "code spelling"
            padded = [old for old, new in told if spec.codes == "hs" and len(new) > len(old)]
            if padded:
                zeros = pa.array([old in set(padded) for old in distinct])
                with_zero = pc.sum(pc.cast(zeros.take(places), pa.int64())).as_py() or 0
                self.repairs.add("leading zero restored", spec.name, with_zero, padded[0])
                count -= with_zero
            self.repairs.add(rule, spec.name, count, next((old for old, _ in told if old not in padded), ""))
        return pa.array(read, type=pa.string()).take(places)

    def _tidied(self, spec: Column, texts: Any, scheme: Scheme) -> Any:
        tidy = scheme.tidy
        if tidy is None or pc.all(pc.match_substring_regex(texts, scheme.shape), min_count=0).as_py():
            return texts
        distinct, read, places = self._by_distinct(
            texts, lambda text: ";".join(map(tidy, text.split(";"))) if spec.many else tidy(text)
        )
        changed = pa.array([old != new for old, new in zip(distinct, read, strict=True)], type=pa.bool_())
        count = pc.sum(pc.cast(changed.take(places), pa.int64())).as_py() or 0
        example = next((old for old, new in zip(distinct, read, strict=True) if old != new), "")
        self.repairs.add("code spelling", spec.name, count, example)
        return pa.array(read, type=pa.string()).take(places)

    def _listed(self, spec: Column, texts: Any) -> Any:
        signs = {"\n", "|", self.form.lists} - {";"}
        untidy = "[" + re.escape("".join(sorted(signs))) + r"]|;\s|\s;|^;|;$|;;"
        if not pc.any(pc.match_substring_regex(texts, untidy)).as_py():
            return texts
        distinct, read, places = self._by_distinct(texts, lambda text: _as_list(text, signs))
        changed = pa.array([old != new for old, new in zip(distinct, read, strict=True)], type=pa.bool_())
        count = pc.sum(pc.cast(changed.take(places), pa.int64())).as_py() or 0
        example = next((old for old, new in zip(distinct, read, strict=True) if old != new), "")
        self.repairs.add("list joined by ;", spec.name, count, example)
        return pa.array(read, type=pa.string()).take(places)


def _as_list(text: str, signs: set[str]) -> str | None:
    for sign in signs:
        text = text.replace(sign, ";")
    return ";".join(part.strip() for part in text.split(";") if part.strip()) or None
