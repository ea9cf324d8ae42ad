"""Does the description belong to the declared commodity code? Told by a model of the agency's own cleared shipments."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME
from omdrisk.errors import DefinitionError
from omdrisk.features.arguments import argument, column, whole
from omdrisk.features.kinds.base import Kind
from omdrisk.records.coded import coded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.text_model import TextModel
    from omdrisk.features.view import View

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

CHAPTER = "hs2"
TEXT = "text"
MOST_BITS = 15
#: A chapter is told only where this many different descriptions were cleared under it.
FEWEST_DESCRIPTIONS = 5


@dataclass(frozen=True)
class TextAgainstHS(Kind):
    """By how much another HS chapter fits the description better than the declared one, in log-odds.

    0 where the declared chapter fits best; 2.3 where another is ten times as likely. Missing without a text, without a
    code, where the declared chapter was cleared under too few different descriptions to be known, and where no part of
    the text is known.

    The model is a linear one over hashed letter n-grams (see `text_model`). It learns from shipments that nothing was
    found in: first from `fewest` of them, and anew each time that the past has doubled since. A shipment is judged by
    the last model that knew only shipments filed before it; so what the training shipments get is out of fold in time,
    and the same that scoring gives them. Finds are taken away in proportion: of 100 shipments of one description and
    chapter with 2 finds known by then, 98 count.

    A reason states the chapter that the text suggests, and as the norm the declared one.

    Examples
    --------
    >>> from omdrisk.features import View
    >>> texts = ["green tea", "tea bags", "tea leaves", "black tea", "tea", "steel pipe", "pipes", "steel pipes",
    ...          "pipe", "welded pipe"] * 5
    >>> shipments = pd.DataFrame({"goods_description": [*texts, "tea"], "hs_code": (["0902"] * 5 + ["7306"] * 5) * 5 +
    ...                           ["7306"], "filed_at": pd.date_range("2023-01-01", periods=51, tz="UTC")})
    >>> kind = TextAgainstHS(fewest=20, bits=8)
    >>> learnt = kind.learn(View(shipments.iloc[:50]))
    >>> view = View(shipments.iloc[[0, 40, 50]], learnt={kind: learnt})
    >>> gaps = kind.compute(view)
    >>> bool(np.isnan(gaps[0])), float(gaps[1]), bool(gaps[2] > 2.3), kind.shown(view)[2], kind.norms(view)[2]
    (True, 0.0, True, np.float64(9.0), np.float64(73.0))
    """

    word: ClassVar[str] = "text_hs"
    learns: ClassVar[bool] = True
    has_norm: ClassVar[bool] = True
    column: str = argument(column, default="goods_description")
    fewest: int = argument(whole, default=1000)
    bits: int = argument(whole, default=13)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column, CHAPTER)

    @property
    def learns_from(self) -> tuple[str, ...]:
        return (CHAPTER, self._text)

    @property
    def _text(self) -> str:
        return TEXT if self.column == "goods_description" else self.column

    def check(self, tables: Tables) -> None:
        del tables
        if self.bits > MOST_BITS:
            raise DefinitionError(
                f"bits: must be at most {MOST_BITS}, not {self.bits}: a model travels, and stays small"
            )

    def learn(self, view: View) -> dict[str, Any]:
        rows = self._learnable(view)
        moments = np.sort(rows["filed"].to_numpy())
        cuts = self._cuts(moments)
        models = []
        for cut in cuts:
            known = rows[rows["filed"] < cut]
            clear = (1.0 - self._found(view, known, cut)).groupby([known["text"], known["chapter"]]).sum().round(6)
            pairs = clear[clear >= 0.5].rename("count").reset_index()
            described = pairs["chapter"].map(pairs["chapter"].value_counts())
            models.append(self._fit(pairs[described >= FEWEST_DESCRIPTIONS]))
        return {"from": cuts, "models": models}

    def _learnable(self, view: View) -> pd.DataFrame:
        """Return text, entity of the text, chapter and moment of each row that has all of them."""
        texts, entity, chapter = view.column(self.column), view.entity(self._text), view.entity(CHAPTER)
        filed = view.time("filed_at")
        there = (texts.codes >= 0) & (entity.codes >= 0) & (chapter.codes >= 0) & (filed != NO_TIME)
        both = np.array([*view.both(self.column), None], dtype=object)[texts.codes]
        columns = {"text": both, "entity": entity.codes, "filed": filed}
        rows = pd.DataFrame(columns | {"chapter": np.array([*chapter.texts, None], dtype=object)[chapter.codes]})
        known: pd.DataFrame = rows[there]
        return known

    def _cuts(self, moments: Places) -> list[int]:
        """Return from when on each model may judge: at `fewest` shipments, at every doubling, and behind the last."""
        if moments.size < self.fewest:
            return []
        doublings = int(np.log2(moments.size / self.fewest)) + 1
        places = [self.fewest * 2**power for power in range(doublings)]
        begun = [int(moments[place]) for place in places if place < moments.size]
        return sorted({*begun, int(moments[-1]) + 1})

    def _found(self, view: View, known: pd.DataFrame, cut: int) -> pd.Series:
        """Return for each row the share of its text and chapter in which something had been found by `cut`."""
        if view.history is None or not view.history.targets:
            return pd.Series(0.0, index=known.index)
        from omdrisk.history.questions import Finds

        once = known.drop_duplicates(["entity", "chapter"])
        asked = view.shipments.iloc[once.index].assign(filed_at=pd.Timestamp(cut, unit="us", tz="UTC"))
        answers = view.history.ask([Finds((self._text, CHAPTER), target) for target in view.history.targets], asked)
        finds = pd.Series(
            np.nansum(list(answers.values()), axis=0), pd.MultiIndex.from_frame(once[["entity", "chapter"]])
        )
        share = (finds / known.groupby(["entity", "chapter"]).size()).clip(upper=1.0)
        found = share.reindex(pd.MultiIndex.from_frame(known[["entity", "chapter"]])).to_numpy()
        return pd.Series(found, index=known.index)

    def _fit(self, pairs: pd.DataFrame) -> dict[str, Any] | None:
        from omdrisk.features.text_model import TextModel

        if pairs["chapter"].nunique() < 2:
            return None
        weights = 1.0 + np.log(np.maximum(pairs["count"].to_numpy(dtype=np.float64), 1.0))
        return TextModel.fit(pairs["text"].tolist(), pairs["chapter"].tolist(), weights, bits=self.bits).to_dict()

    def compute(self, view: View) -> Floats:
        return self._judged(view)[0]

    def shown(self, view: View) -> Floats:
        return self._judged(view)[1]

    def norms(self, view: View) -> Floats:
        return self._judged(view)[2]

    def _judged(self, view: View) -> tuple[Floats, Floats, Floats]:
        """Return log-odds, the chapter that fits best and the declared one."""
        return view.once(self, lambda: self._judge(view))

    def _judge(self, view: View) -> tuple[Floats, Floats, Floats]:
        if self not in view.learnt:
            raise DefinitionError(f"the model of {self.column!r} has learnt nothing yet. Fit the pipeline first.")
        learnt = view.learnt[self]
        gaps, best, declared = view.missing(), view.missing(), view.missing()
        texts, chapter = view.column(self.column), view.entity(CHAPTER)
        filed = view.time("filed_at")
        there = (texts.codes >= 0) & (chapter.codes >= 0) & (filed != NO_TIME)
        last = np.searchsorted(np.array(learnt["from"], dtype=np.int64), filed, side="right") - 1
        last[~there] = -1
        hashes = view.once(("ngrams", self.column, self.bits), lambda: self._hashes(view))
        for place in set(last.tolist()) - {-1}:
            model = _model(learnt["models"][place])
            if model is None:
                continue
            rows = np.flatnonzero(last == place)
            classes = np.array([model.number.get(name, -1) for name in chapter.texts], dtype=np.int64)
            rows = rows[classes[chapter.codes[rows]] >= 0]
            pairs = texts.codes[rows] * len(model.classes) + classes[chapter.codes[rows]]
            made = coded(pairs)
            different, back = np.array(made.texts, dtype=np.int64), made.codes
            number = len(model.classes)
            found, fits = model.gaps(*hashes, different // number, different % number)
            gaps[rows] = found[back]
            best[rows] = model.numbers[fits[back]]
            declared[rows] = np.where(fits[back] < 0, np.nan, model.numbers[different[back] % number])
        return gaps, best, declared

    def _hashes(self, view: View) -> tuple[NDArray[np.int32], Places]:
        from omdrisk.features.ngrams import hashed

        return hashed(view.both(self.column), self.bits)


@lru_cache(maxsize=64)
def _opened(table: str, known: str, values: tuple[Any, ...]) -> TextModel:
    from omdrisk.features.text_model import TextModel

    names = ("classes", "scale", "intercept", "bits")
    return TextModel.from_dict({**dict(zip(names, values, strict=True)), "table": table, "known": known})


def _model(values: dict[str, Any] | None) -> TextModel | None:
    """Return a model from what was learnt, unpacked once."""
    if values is None:
        return None
    facts = (tuple(values["classes"]), values["scale"], tuple(values["intercept"]), values["bits"])
    return _opened(values["table"], values["known"], facts)
