"""A forest: raw scores and SHAP values of a LightGBM model, computed without LightGBM."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from omdrisk.errors import InputError
from omdrisk.trees.text import UnsupportedForest, read_trees

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.trees.layout import Layout
    from omdrisk.trees.quadrature import Weights
    from omdrisk.trees.text import Floats, Trees

FEW = 24
"""Rows up to which following each tree is faster than preparing a block."""
WIDE = 256
"""Words for categories from which blocks would no longer fit into the processor's cache."""
SCORED, EXPLAINED = 2048, 64
"""Rows that a thread takes at a time."""


class Forest:
    """The trees of a LightGBM model.

    Raw scores are those of ``Booster.predict(raw_score=True)``, bit for bit. Many rows are scored by a vectorised
    QuickScorer [1]_ [2]_: each split clears, in the masks of the rows that go right, the leaves of its left branch, and
    the first leaf that is left in the end is the row's. SHAP values equal ``Booster.predict(pred_contrib=True)``
    up to rounding; `quadrature` says how they are computed. An object serves any number of threads at once.

    Parameters
    ----------
    trees
        What `read_trees` read.

    Raises
    ------
    UnsupportedForest
        If only LightGBM can compute the model, or numba is not installed.

    References
    ----------
    .. [1] Lucchese, Nardini, Orlando, Perego, Tonellotto, Venturini, "QuickScorer: a fast algorithm to rank documents
       with additive ensembles of regression trees", SIGIR 2015.
    .. [2] Lucchese, Nardini, Orlando, Perego, Tonellotto, Venturini, "Exploiting CPU SIMD extensions to speed-up
       document scoring with tree ensembles", SIGIR 2016.

    Examples
    --------
    >>> import lightgbm
    >>> seen = np.arange(100.0)[:, None]
    >>> data = lightgbm.Dataset(seen, label=seen[:, 0] >= 50)
    >>> booster = lightgbm.train({"objective": "binary", "verbosity": -1}, data, 5)
    >>> forest = Forest.from_text(booster.model_to_string())
    >>> bool((forest.raw_score(seen) == booster.predict(seen, raw_score=True)).all())
    True
    >>> forest.contributions(seen).shape
    (100, 2)
    """

    def __init__(self, trees: Trees) -> None:
        try:
            from omdrisk.trees.layout import Layout
        except ImportError as error:
            raise UnsupportedForest(f"the compiled loops are not available: {error}") from error
        self.trees = trees
        self._layout: Layout = Layout(trees)
        self._in_blocks = int(self._layout.categories.width.sum()) <= WIDE
        _ = self._layout.shape, self._layout.splits

    @classmethod
    def from_text(cls, text: str) -> Forest:
        """Read a model as ``Booster.model_to_string`` wrote it.

        Raises
        ------
        UnsupportedForest
            If only LightGBM can compute the model.
        """
        return cls(read_trees(text))

    @property
    def features(self) -> int:
        """Number of features."""
        return self.trees.features

    def raw_score(self, matrix: Floats, threads: int | None = None) -> Floats:
        """Return the raw score of each row.

        Parameters
        ----------
        matrix
            Shape (rows, features), missing is NaN.
        threads
            How many to use at most; all processors if None. The scores do not depend on it.

        Raises
        ------
        InputError
            If `matrix` has not as many columns as the model has features.
        """
        matrix = self._checked(matrix)
        by_blocks = self._in_blocks and len(matrix) > FEW
        return _in_parts(self._by_blocks if by_blocks else self._by_rows, matrix, SCORED, threads)

    def contributions(self, matrix: Floats, threads: int | None = None) -> Floats:
        """Return the exact SHAP values of each row, shape (rows, features + 1); the last column is the base.

        Parameters and errors are those of `raw_score`.
        """
        return _in_parts(self._explained, self._checked(matrix), EXPLAINED, threads)

    def _checked(self, matrix: Floats) -> Floats:
        matrix = np.asarray(matrix, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != self.features:
            raise InputError(f"the model has {self.features} features, but the matrix has the shape {matrix.shape}")
        return matrix

    def _by_blocks(self, matrix: Floats) -> Floats:
        from omdrisk.trees import kernels

        layout = self._layout
        return cast("Floats", kernels.add_masks(matrix, layout.numbers, layout.categories, *layout.masks))

    def _by_rows(self, matrix: Floats) -> Floats:
        from omdrisk.trees import kernels

        layout, trees = self._layout, self.trees
        cells, codes = kernels.read_rows(matrix, layout.numbers, layout.categories)
        children = (trees.left, trees.right)
        scores = kernels.follow(cells, codes, layout.offsets, layout.splits, children, trees.leaf_value)
        return cast("Floats", scores)

    @cached_property
    def _weights(self) -> tuple[Weights, float]:
        from omdrisk.trees.quadrature import base_of, weights_of

        return weights_of(self._layout), base_of(self._layout)

    def _explained(self, matrix: Floats) -> Floats:
        from omdrisk.trees import kernels

        layout, (weights, base) = self._layout, self._weights
        cells, codes = kernels.read_rows(matrix, layout.numbers, layout.categories)
        shape = (self.trees.feature, layout.shape.left, layout.shape.right, layout.shape.before)
        values = kernels.explain(cells, codes, self.features, layout.offsets, layout.splits, shape, weights)
        return np.column_stack([values, np.full(len(values), base)])


def _in_parts(work: Callable[[Floats], Floats], matrix: Floats, size: int, threads: int | None) -> Floats:
    """Do work on parts of the rows, several at a time."""
    if len(matrix) <= size:
        return work(np.ascontiguousarray(matrix))
    threads = threads or os.cpu_count() or 1
    parts = [matrix[begin : begin + size] for begin in range(0, len(matrix), size)]
    if threads == 1:
        return np.concatenate([work(np.ascontiguousarray(part)) for part in parts])
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        return np.concatenate(list(pool.map(lambda part: work(np.ascontiguousarray(part)), parts)))
