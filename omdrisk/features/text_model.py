"""A small linear model that tells the class of a text from its letter n-grams, kept as numbers of one byte.

Multinomial logistic regression over hashed n-grams (Weinberger et al., "Feature hashing for large scale multitask
learning", ICML 2009; Joulin et al., "Bag of tricks for efficient text classification", EACL 2017), fitted by plain
stochastic gradient descent in an order that follows from the texts alone, so that the same texts give the same bytes.
Weights are rounded to 255 steps: sums of whole numbers come out the same in any order and on any machine.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.features.ngrams import hashed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

STEPS = 127
EPOCHS = 6
RATE = 4.0
#: An n-gram that fewer different texts have says little, and could be somebody's name.
FEWEST_TEXTS = 4
SEED = 20_180_901


@compiled
def supported(buckets: Any, places: Any, size: int) -> Any:
    """Return in how many texts each bucket occurs."""
    counts = np.zeros(size, np.int64)
    last = np.full(size, -1, np.int64)
    for text in range(places.size - 1):
        for at in range(places[text], places[text + 1]):
            bucket = buckets[at]
            if last[bucket] != text:
                last[bucket] = text
                counts[bucket] += 1
    return counts


@compiled
def descend(  # noqa: C901 - one loop in a loop in a loop
    buckets: Any, places: Any, known: Any, classes: Any, weights: Any, order: Any, shape: Any, pace: Any
) -> Any:
    """Return weights and intercepts after some passes over the texts in `order`."""
    size, number = shape
    epochs, rate = pace
    table = np.zeros((size, number), np.float32)
    intercept = np.zeros(number, np.float32)
    scores = np.zeros(number, np.float32)
    total = epochs * order.size
    step = 0
    for _ in range(epochs):
        for place in range(order.size):
            text = order[place]
            scores[:] = 0.0
            count = 0
            for at in range(places[text], places[text + 1]):
                if known[buckets[at]]:
                    count += 1
                    for k in range(number):
                        scores[k] += table[buckets[at], k]
            value = np.float32(0.0) if count == 0 else np.float32(1.0 / np.sqrt(count))
            highest = np.float32(-np.inf)
            for k in range(number):
                scores[k] = scores[k] * value + intercept[k]
                highest = max(highest, scores[k])
            whole = np.float32(0.0)
            for k in range(number):
                scores[k] = np.exp(scores[k] - highest)
                whole += scores[k]
            for k in range(number):
                scores[k] /= whole
            scores[classes[text]] -= np.float32(1.0)
            pull = np.float32(rate * weights[text] * (1.0 - step / total))
            for k in range(number):
                intercept[k] -= np.float32(0.02) * pull * scores[k]
                scores[k] *= pull * value
            for at in range(places[text], places[text + 1]):
                if known[buckets[at]]:
                    for k in range(number):
                        table[buckets[at], k] -= scores[k]
            step += 1
    return table, intercept


@compiled
def log_odds(buckets: Any, places: Any, known: Any, table: Any, scale: Any, intercept: Any, asked: Any) -> Any:
    """Return for pairs (text, class) by how much the log-probability of the best class is higher, and the best."""
    texts, classes = asked
    number = intercept.size
    gaps = np.full(texts.size, np.nan)
    best = np.full(texts.size, -1, np.int64)
    sums = np.zeros(number, np.int32)
    for pair in range(texts.size):
        sums[:] = 0
        count = 0
        for at in range(places[texts[pair]], places[texts[pair] + 1]):
            bucket = buckets[at]
            if known[bucket]:
                count += 1
                for k in range(number):
                    sums[k] += table[bucket, k]
        if count == 0:
            continue
        value = scale / np.sqrt(count)
        highest = -np.inf
        for k in range(number):
            score = sums[k] * value + intercept[k]
            if score > highest:
                highest = score
                best[pair] = k
        gaps[pair] = highest - (sums[classes[pair]] * value + intercept[classes[pair]])
    return gaps, best


@dataclass(frozen=True, eq=False)
class TextModel:
    """Weights of n-grams for classes.

    Parameters
    ----------
    classes
        Names of the classes, in order.
    table
        Weights in steps, int8, shape (buckets, classes).
    scale
        What a step is worth.
    intercept
        One number per class.
    known
        Which buckets count; shape (buckets,).

    Examples
    --------
    >>> texts = ["green tea", "black tea", "tea bags", "steel pipes", "pipes of steel", "steel pipe"] * 2
    >>> model = TextModel.fit(texts, ["09"] * 3 + ["73"] * 3 + ["09"] * 3 + ["73"] * 3, bits=10)
    >>> gaps, best = model.compare(["white tea", "white tea", "..."], ["09", "73", "09"])
    >>> best.tolist(), bool(gaps[0] == 0.0 and gaps[1] > 1.0), bool(np.isnan(gaps[2]))
    ([0, 0, -1], True, True)
    """

    classes: tuple[str, ...]
    table: NDArray[np.int8]
    scale: float
    intercept: Floats
    known: NDArray[np.bool_]

    @cached_property
    def number(self) -> dict[str, int]:
        """The place of each class."""
        return {name: place for place, name in enumerate(self.classes)}

    @cached_property
    def numbers(self) -> Floats:
        """The classes as numbers, where they are made of digits; missing behind the last."""
        return np.array([float(name) if name.isdigit() else np.nan for name in self.classes] + [np.nan])

    @property
    def bits(self) -> int:
        """How many bits number the buckets."""
        return int(self.known.size).bit_length() - 1

    @classmethod
    def fit(
        cls, texts: Sequence[str], classes: Sequence[str], weights: Floats | None = None, *, bits: int = 13
    ) -> TextModel:
        """Learn from folded texts and their classes, in whatever order they come.

        Parameters
        ----------
        texts, classes
            Folded texts, and the class of each.
        weights
            How much each counts, about 1; None counts each as one.
        bits
            There are ``2 ** bits`` buckets.
        """
        given = np.ones(len(texts)) if weights is None else weights
        order = sorted(range(len(texts)), key=lambda at: (texts[at], classes[at], given[at]))
        names = tuple(sorted(set(classes)))
        number = {name: place for place, name in enumerate(names)}
        buckets, places = hashed([texts[at] for at in order], bits)
        codes = np.array([number[classes[at]] for at in order], dtype=np.int64)
        known = supported(buckets, places, 1 << bits) >= FEWEST_TEXTS
        passes = np.random.default_rng(SEED).permutation(len(order))
        shape, pace = (1 << bits, len(names)), (EPOCHS, RATE)
        table, intercept = descend(buckets, places, known, codes, given[order], passes, shape, pace)
        table[~known] = 0.0
        scale = float(np.abs(table).max(initial=0.0)) / STEPS or 1.0
        return cls(names, np.rint(table / scale).astype(np.int8), scale, intercept.astype(np.float64), known)

    def compare(self, texts: Sequence[str], classes: Sequence[str]) -> tuple[Floats, Places]:
        """Return by how much the best class of each text beats the class given with it, in log-odds, and the best.

        Missing, and -1, where no n-gram of the text is known; missing where the class is not.
        """
        buckets, places = hashed(texts, self.bits)
        codes = np.array([self.number.get(name, -1) for name in classes], dtype=np.int64)
        gaps, best = self.gaps(buckets, places, np.arange(len(texts)), np.maximum(codes, 0))
        return np.where(codes < 0, np.nan, gaps), best

    def gaps(self, buckets: NDArray[np.int32], places: Places, texts: Places, classes: Places) -> tuple[Floats, Places]:
        """Return what :meth:`compare` does, for places of hashed texts and of classes."""
        gaps, best = log_odds(buckets, places, self.known, self.table, self.scale, self.intercept, (texts, classes))
        return gaps, best

    def to_dict(self) -> dict[str, Any]:
        """Return the model as JSON-able values; its weights are compressed bytes, written as text."""
        return {
            "classes": list(self.classes),
            "scale": self.scale,
            "intercept": self.intercept.tolist(),
            "bits": self.bits,
            "known": _packed(np.packbits(self.known, bitorder="little")),
            "table": _packed(self.table[self.known]),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TextModel:
        """Return the model that :meth:`to_dict` wrote."""
        known = _unpacked(values["known"], np.uint8)
        kept = np.unpackbits(known, bitorder="little", count=1 << values["bits"]).astype(bool)
        table = np.zeros((kept.size, len(values["classes"])), dtype=np.int8)
        table[kept] = _unpacked(values["table"], np.int8).reshape(-1, len(values["classes"]))
        intercept = np.array(values["intercept"], dtype=np.float64)
        return cls(tuple(values["classes"]), table, float(values["scale"]), intercept, kept)


def _packed(numbers: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(numbers).tobytes(), 9)).decode()


def _unpacked(text: str, dtype: type[Any]) -> NDArray[Any]:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=dtype)
