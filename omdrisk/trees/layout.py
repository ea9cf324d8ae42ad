"""Trees laid out for the compiled loops: the columns that splits compare, and which leaves a split rules out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from omdrisk.trees import kernels
from omdrisk.trees.text import CATEGORICAL, DEFAULT_LEFT, MISSING, MISSING_NONE, UnsupportedForest

if TYPE_CHECKING:
    import numpy.typing as npt

    from omdrisk.trees.text import Floats, Integers, Trees

    Words = npt.NDArray[np.uint64]

WORD = 64


class Numbers(NamedTuple):
    """Columns of numbers: a feature, and the number that stands for a missing one.

    A split that sends missing values left compares minus infinity, one that sends them right infinity, and one that
    does not know missing values zero.
    """

    feature: Integers
    missing: Floats


class Categories(NamedTuple):
    """Columns of categories: a feature, the ranks of its categories, and the words that a set of them takes."""

    feature: Integers
    ranks: Integers
    starts: Integers
    place: Integers
    width: Integers


class Splits(NamedTuple):
    """Of each split: its column, its limit or where its set of categories begins among the members."""

    column: Integers
    limit: Floats
    is_set: npt.NDArray[np.bool_]
    place: Integers
    members: Words


class Masks(NamedTuple):
    """Words of up to 64 leaves, and for each split and word which leaves stay if a row goes right."""

    words: tuple[Integers, Integers, Integers]
    numeric: tuple[Integers, Floats, Words]
    sets: tuple[Integers, Integers, Integers, Words, Words]
    leaves: Floats


class Shape(NamedTuple):
    """What `kernels.lay_out` finds, with the slots of the branches."""

    left: Integers
    right: Integers
    before: Integers
    low: Integers
    high: Integers
    place: Integers
    widest: Integers


@dataclass(frozen=True)
class Layout:
    """All that the loops need to know of trees, each part made when it is first used."""

    trees: Trees

    @cached_property
    def offsets(self) -> Integers:
        """Where the leaves of each tree begin."""
        return np.concatenate([[0], np.cumsum(self.trees.leaves)]).astype(np.int64)

    @cached_property
    def shape(self) -> Shape:
        """The slots of branches and the order of leaves.

        Raises
        ------
        UnsupportedForest
            If splits and leaves do not form trees in which a parent comes before its children.
        """
        trees = self.trees
        inner = np.repeat(trees.leaves - 1, trees.leaves - 1)
        node = np.arange(len(inner)) - np.repeat(np.cumsum(trees.leaves - 1) - (trees.leaves - 1), trees.leaves - 1)
        slots = [np.where(child < 0, inner + ~child, child) for child in (trees.left, trees.right)]
        ends = np.repeat(np.cumsum(2 * trees.leaves - 1) - (2 * trees.leaves - 1), trees.leaves - 1)
        named = np.sort(np.concatenate([slot + ends for slot in slots]))
        every = np.arange(int((2 * trees.leaves - 1).sum()))
        roots = np.cumsum(2 * trees.leaves - 1) - (2 * trees.leaves - 1)
        later = all(((slot > node) & (slot <= 2 * inner)).all() for slot in slots)
        if not later or not np.array_equal(named, np.delete(every, roots)):
            raise UnsupportedForest("the text of the trees cannot be read: the splits do not form trees")
        return Shape(*slots, *kernels.lay_out(self.offsets, trees.feature, *slots))

    @cached_property
    def _is_set(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.trees.decision & CATEGORICAL) != 0)

    @cached_property
    def _number_columns(self) -> tuple[Numbers, Integers]:
        trees, numeric = self.trees, ~self._is_set
        unknown = (trees.decision & MISSING) == MISSING_NONE
        kind = np.where(unknown, 0, np.where(trees.decision & DEFAULT_LEFT, 1, 2))
        keys, place = np.unique((trees.feature * 3 + kind)[numeric], return_inverse=True)
        column = np.zeros(len(numeric), np.int64)
        column[numeric] = place
        return Numbers(keys // 3, np.array([0.0, -np.inf, np.inf])[keys % 3]), column

    @property
    def numbers(self) -> Numbers:
        """The columns of numbers."""
        return self._number_columns[0]

    @cached_property
    def categories(self) -> Categories:
        """The columns of categories."""
        trees = self.trees
        of = trees.feature[trees.set_split]
        features = np.unique(trees.feature[self._is_set])
        ranks, width = [np.empty(0, np.int64)], []
        for feature in features:
            named = np.unique(trees.set_code[of == feature])
            rank = np.full(int(named.max(initial=0)) + 1, -1)
            rank[named] = np.arange(len(named))
            ranks.append(rank)
            width.append(max(1, -(-len(named) // WORD)))
        starts = np.cumsum([len(rank) for rank in ranks])
        place = np.cumsum([0, *width])[:-1]
        return Categories(features, np.concatenate(ranks), starts, place, np.array(width, np.int64))

    @cached_property
    def splits(self) -> Splits:
        """What each split compares."""
        trees, categories = self.trees, self.categories
        column = self._number_columns[1].copy()
        column[self._is_set] = np.searchsorted(categories.feature, trees.feature[self._is_set])
        width = np.zeros(len(column), np.int64)
        width[self._is_set] = categories.width[column[self._is_set]]
        place = np.cumsum(width) - width
        members = np.zeros(int(width.sum()), np.uint64)
        if len(trees.set_split):
            rank = categories.ranks[categories.starts[column[trees.set_split]] + trees.set_code]
            bits = np.left_shift(np.uint64(1), (rank % WORD).astype(np.uint64))
            np.bitwise_or.at(members, place[trees.set_split] + rank // WORD, bits)
        return Splits(column, np.minimum(trees.threshold, kernels.LARGEST), self._is_set, place, members)

    @cached_property
    def masks(self) -> Masks:
        """Which leaves a split rules out for rows that go right: those of its left branch."""
        trees, shape, splits = self.trees, self.shape, self.splits
        tree = np.repeat(np.arange(len(trees.leaves)), trees.leaves - 1)
        tree_words = np.concatenate([[0], np.cumsum(-(-trees.leaves // WORD))]).astype(np.int64)
        first, last = shape.low // WORD, (shape.high - 1) // WORD
        times = last - first + 1
        split = np.repeat(np.arange(len(tree)), times)
        within = first[split] + np.arange(len(split)) - np.repeat(np.cumsum(times) - times, times)
        low = np.maximum(shape.low[split] - within * WORD, 0)
        high = np.minimum(shape.high[split] - within * WORD, WORD)
        ones = np.right_shift(np.uint64(kernels.ALL), (WORD - (high - low)).astype(np.uint64))
        keeps = ~np.left_shift(ones, low.astype(np.uint64))
        word = tree_words[tree[split]] + within
        order = np.lexsort((splits.column[split], word))
        split, word, keeps = split[order], word[order], keeps[order]
        is_set = splits.is_set[split]
        number, of = split[~is_set], split[is_set]
        bounds = np.arange(tree_words[-1] + 1)
        leaf = shape.place + WORD * np.repeat(tree_words[:-1], trees.leaves)
        leaves = np.zeros(int(tree_words[-1]) * WORD)
        leaves[leaf] = trees.leaf_value
        columns = splits.column[of]
        return Masks(
            (tree_words, np.searchsorted(word[~is_set], bounds), np.searchsorted(word[is_set], bounds)),
            (splits.column[number], splits.limit[number], keeps[~is_set]),
            (
                self.categories.place[columns],
                splits.place[of],
                self.categories.width[columns],
                splits.members,
                keeps[is_set],
            ),
            leaves.reshape(-1, WORD),
        )
