"""The compiled loops over rows, trees and splits."""
# ruff: noqa: C901, PLR0912 - a compiled loop is one function

from __future__ import annotations

from typing import Any

import numpy as np

from omdrisk.compiling import compiled
from omdrisk.trees.vectors import (
    BLOCK,
    LANES,
    ascend,
    clear_above,
    clear_outside,
    descend,
    lowest_bit,
    weigh_against,
    weigh_along,
)

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
NEAR_ZERO = float(np.float32(1e-35))
"""LightGBM reads cells up to this size as zero."""
LARGEST = float(np.finfo(np.float64).max)
"""Stands for infinity where infinity stands for a missing number."""
TOGETHER = 16
"""Rows explained together, so that what a tree's splits multiply by is worked out once for all of them."""
ROWS = 12
"""Rows of that for each split: three cases of two factors and two weights."""
CLOSED = 2
"""The case of a row that left the path at an earlier split of the feature; else it goes left, 0, or right, 1."""


@compiled
def _number(value: float, missing: float) -> float:
    if np.isnan(value):
        return missing
    return 0.0 if abs(value) <= NEAR_ZERO else min(value, LARGEST)


@compiled
def _category(value: float, ranks: Any, start: int, stop: int) -> int:
    """Return the rank of a category among those that splits name, -1 for any other."""
    if value > -1.0 and value < stop - start:
        return ranks[start + np.int64(value)]  # type: ignore[no-any-return]
    return -1


@compiled
def read_rows(matrix: Any, numbers: Any, categories: Any) -> Any:
    """Return the cells of rows as splits compare them: numbers, and ranks of categories."""
    feature, missing = numbers
    of, ranks, starts, _, _ = categories
    cells = np.empty((matrix.shape[0], feature.size))
    codes = np.empty((matrix.shape[0], of.size), np.int64)
    for row in range(matrix.shape[0]):
        for column in range(feature.size):
            cells[row, column] = _number(matrix[row, feature[column]], missing[column])
        for column in range(of.size):
            codes[row, column] = _category(matrix[row, of[column]], ranks, starts[column], starts[column + 1])
    return cells, codes


@compiled
def _read_block(matrix: Any, first: int, numbers: Any, categories: Any, cells: Any, bits: Any) -> None:
    feature, missing = numbers
    of, ranks, starts, place, width = categories
    rows = min(BLOCK, matrix.shape[0] - first)
    for column in range(feature.size):
        for row in range(rows):
            cells[column, row] = _number(matrix[first + row, feature[column]], missing[column])
    for column in range(of.size):
        bits[place[column] : place[column] + width[column]] = 0
        for row in range(rows):
            rank = _category(matrix[first + row, of[column]], ranks, starts[column], starts[column + 1])
            if rank >= 0:
                bits[place[column] + (rank >> 6), row] = np.uint64(1) << np.uint64(rank & 63)


@compiled
def add_masks(matrix: Any, numbers: Any, categories: Any, words: Any, numeric: Any, sets: Any, leaves: Any) -> Any:
    """Return the raw scores of rows: the leaf of a tree is the lowest bit that its splits leave in a row's mask."""
    tree_words, word_numeric, word_sets = words
    columns, limits, keeps = numeric
    set_columns, places, widths, members, set_keeps = sets
    scores = np.empty(matrix.shape[0])
    cells = np.zeros((numbers[0].size, BLOCK))
    set_words = 0
    for width in categories[4]:
        set_words += width
    bits = np.zeros((set_words, BLOCK), np.uint64)
    masks, values, sums = np.empty(BLOCK, np.uint64), np.empty(BLOCK), np.empty(BLOCK)
    for first in range(0, matrix.shape[0], BLOCK):
        _read_block(matrix, first, numbers, categories, cells, bits)
        sums[:] = 0.0
        for tree in range(tree_words.size - 1):
            for word in range(tree_words[tree + 1] - 1, tree_words[tree] - 1, -1):
                masks[:] = ALL
                clear_above(masks, cells, columns, limits, keeps, word_numeric[word], word_numeric[word + 1])
                if word_sets[word] < word_sets[word + 1]:
                    start, stop = word_sets[word], word_sets[word + 1]
                    clear_outside(masks, bits, set_columns, places, widths, members, set_keeps, start, stop)
                found = leaves[word]
                if word == tree_words[tree + 1] - 1:
                    for row in range(BLOCK):
                        values[row] = found[lowest_bit(masks[row]) & 63]
                else:
                    for row in range(BLOCK):
                        values[row] = found[lowest_bit(masks[row]) & 63] if masks[row] else values[row]
            for row in range(BLOCK):
                sums[row] += values[row]
        rows = min(BLOCK, matrix.shape[0] - first)
        scores[first : first + rows] = sums[:rows]
    return scores


@compiled
def _goes_left(split: int, cells: Any, codes: Any, splits: Any) -> bool:
    column, limit, is_set, place, members = splits
    if is_set[split]:
        code = codes[column[split]]
        if code < 0:
            return False
        return (members[place[split] + (code >> 6)] >> np.uint64(code & 63)) & np.uint64(1) != 0  # type: ignore[no-any-return]
    return cells[column[split]] <= limit[split]  # type: ignore[no-any-return]


@compiled
def follow(cells: Any, codes: Any, offsets: Any, splits: Any, children: Any, values: Any) -> Any:
    """Return the raw scores of rows, each led from the root of each tree to its leaf."""
    left, right = children
    scores = np.zeros(cells.shape[0])
    for row in range(cells.shape[0]):
        for tree in range(offsets.size - 1):
            first, node = offsets[tree] - tree, 0
            if offsets[tree + 1] - offsets[tree] == 1:
                node = -1
            while node >= 0:
                at = first + node
                node = left[at] if _goes_left(at, cells[row], codes[row], splits) else right[at]
            scores[row] += values[offsets[tree] + ~node]
    return scores


@compiled
def _weigh(table: Any, row: int, case: int, split: int, shares: Any, rule: Any) -> None:
    """Fill the four rows of a split in a case: factors of its left and right branch, then their weights."""
    old, branches = shares
    before = old[split]
    for side in range(2):
        value, after = branches[split, side, 0], branches[split, side, 1]
        if case == CLOSED:
            table[row + side] = value * (after / before)
            table[row + 2 + side] = 0.0
        elif case == side:
            weigh_along(table, row + side, rule, before, after, value)
        else:
            weigh_against(table, row + side, rule, before, after, value)


@compiled
def explain(cells: Any, codes: Any, features: int, offsets: Any, splits: Any, shape: Any, weights: Any) -> Any:
    """Return the SHAP values of rows, without the base; see `quadrature`.

    What a tree's splits multiply by is worked out beforehand for rows together, and for a row alone only in its own
    case, by the same steps.
    """
    feature, left, right, before = shape
    shares, passes, rules, rule_starts = weights
    rows = cells.shape[0]
    most = 0
    for tree in range(offsets.size - 1):
        most = max(most, offsets[tree + 1] - offsets[tree])
    values = np.empty((rows, features))
    totals = np.empty((TOGETHER * features, LANES))
    paths = np.empty((2 * most, LANES))
    table = np.empty((most * ROWS, LANES))
    held, chosen = np.empty(2 * most, np.bool_), np.empty(most, np.int64)
    for begin in range(0, rows, TOGETHER):
        end = min(rows, begin + TOGETHER)
        alone = end - begin == 1
        totals[:] = 0.0
        for tree in range(offsets.size - 1):
            inner = offsets[tree + 1] - offsets[tree] - 1
            first = offsets[tree] - tree
            held[2 * inner + 1] = True
            for turn in range(passes[tree]):
                rule = rules[rule_starts[passes[tree]] + turn]
                if not alone:
                    for node in range(inner):
                        for case in range(3):
                            _weigh(table, node * ROWS + case * 4, case, first + node, shares, rule)
                for row in range(begin, end):
                    paths[0] = 1.0
                    for node in range(inner):
                        at = first + node
                        goes_left = _goes_left(at, cells[row], codes[row], splits)
                        is_open = held[before[at]]
                        held[left[at]] = is_open & goes_left
                        held[right[at]] = is_open & (not goes_left)
                        case = int(not goes_left) if is_open else CLOSED
                        chosen[node] = node * ROWS + case * 4
                        if alone:
                            _weigh(table, chosen[node], case, at, shares, rule)
                        descend(paths, node, left[at], right[at], table, chosen[node])
                    for node in range(inner - 1, -1, -1):
                        at = first + node
                        place = (row - begin) * features + feature[at]
                        ascend(paths, node, left[at], right[at], table, chosen[node], totals, place)
        for row in range(begin, end):
            for each in range(features):
                total = 0.0
                for lane in range(LANES):
                    total += totals[(row - begin) * features + each, lane]
                values[row, each] = total
    return values


@compiled
def lay_out(offsets: Any, feature: Any, left: Any, right: Any) -> Any:
    """Give the branches and leaves of trees numbers.

    Found are for each split the slot of the last branch above it that its feature decided, and the first and last leaf,
    from left to right, of its left branch; the place of each leaf from left to right; and for each tree the largest
    number of features on a path. The slot of split n is n, of leaf n the number of splits + n, and the one behind
    them stands for "none".
    """
    splits = feature.size
    before, low, high = np.empty(splits, np.int64), np.empty(splits, np.int64), np.empty(splits, np.int64)
    place = np.zeros(offsets[-1], np.int64)
    widest = np.zeros(offsets.size - 1, np.int64)
    for tree in range(offsets.size - 1):
        inner = offsets[tree + 1] - offsets[tree] - 1
        first = offsets[tree] - tree
        size = np.ones(2 * inner + 2, np.int64)
        for node in range(inner - 1, -1, -1):
            size[node] = size[left[first + node]] + size[right[first + node]]
        begin, parent = np.zeros(2 * inner + 2, np.int64), np.full(2 * inner + 2, -1)
        used = np.zeros(2 * inner + 2, np.int64)
        for node in range(inner):
            at = first + node
            below, above = node, parent[node]
            while above >= 0 and feature[first + above] != feature[at]:
                below, above = above, parent[above]
            before[at] = 2 * inner + 1 if above < 0 else below
            low[at], high[at] = begin[node], begin[node] + size[left[at]]
            begin[left[at]], begin[right[at]] = low[at], high[at]
            for child in (left[at], right[at]):
                parent[child] = node
                used[child] = used[node] + (above < 0)
        for leaf in range(inner + 1):
            place[offsets[tree] + leaf] = begin[inner + leaf]
            widest[tree] = max(widest[tree], used[inner + leaf])
    return before, low, high, place, widest


@compiled
def share_out(offsets: Any, shape: Any, covers: Any, values: Any) -> Any:
    """Return what `explain` weighs a split by.

    Found are the share of training rows that its feature has sent along the path to it before, and for its left and
    right branch the leaf's value (1 where there is no leaf) and the share after it.
    """
    left, right, before = shape
    split_cover, leaf_cover = covers
    old, branches = np.empty(left.size), np.empty((left.size, 2, 2))
    for tree in range(offsets.size - 1):
        inner = offsets[tree + 1] - offsets[tree] - 1
        first = offsets[tree] - tree
        share = np.ones(2 * inner + 2)
        for node in range(inner):
            at = first + node
            old[at] = share[before[at]]
            for side in range(2):
                child = left[at] if side == 0 else right[at]
                leaf = offsets[tree] + child - inner
                cover = leaf_cover[leaf] if child >= inner else split_cover[first + child]
                share[child] = old[at] * (cover / split_cover[at])
                branches[at, side, 0] = values[leaf] if child >= inner else 1.0
                branches[at, side, 1] = share[child]
    return old, branches
