"""What exact SHAP values of trees are multiplied together from.

Let a path to a leaf of value v be decided by features j, each of which sends the row along it (o_j = 1) or not
(o_j = 0), and sends the share z_j of the training rows along it. The path-dependent SHAP value of feature i [1]_ is
the sum over leaves of v (o_i - z_i) times the integral from 0 to 1 of the product over the other features of
z_j (1 - t) + o_j t: the weights of Shapley's formula are the moments of that integral. The product is a polynomial in
t, of one degree less than there are features on the path, and Gauss and Legendre's rule of n points is exact up to
degree 2 n - 1. So eight points, which processors handle at once, are exact for up to 16 features on a path, and a tree
with longer paths is gone through once more for each 16 further ones. This is the quadrature form of [2]_.

For each point the product is carried down the tree and the leaves' values times the product are carried up again; a
split multiplies on the way down, and on the way up it weighs what comes from below for its feature. If the feature has
split before on the path, both are relative to that earlier split. Factors and weights depend on a row only through
which branch it takes and whether it kept to the path so far: three cases for each split.

References
----------
.. [1] Lundberg, Erion, Chen et al., "From local explanations to global understanding with explainable AI for trees",
   Nature Machine Intelligence 2, 56-67 (2020).
.. [2] Wettenstein, Mitchell, Yu, "Quadrature-TreeSHAP: depth-independent TreeSHAP and Shapley interactions",
   arXiv:2605.04497 (2026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from omdrisk.trees import kernels
from omdrisk.trees.vectors import LANES

if TYPE_CHECKING:
    from omdrisk.trees.layout import Layout
    from omdrisk.trees.text import Floats, Integers

EXACT = 2 * LANES
"""Features on a path for which one pass is exact."""


class Weights(NamedTuple):
    """What `kernels.share_out` finds, the passes of each tree, and what each pass needs to know of its points.

    Those are, one row each, the places t, 1 - t, -1 / (1 - t), and the weights of eight points.
    """

    shares: tuple[Floats, Floats]
    passes: Integers
    rules: Floats
    rule_starts: Integers


def weights_of(layout: Layout) -> Weights:
    """Return what the splits are weighed by."""
    trees, shape = layout.trees, layout.shape
    passes = np.maximum(1, -(-shape.widest // EXACT))
    most = int(passes.max())
    places, weights = (
        np.concatenate(part).reshape(-1, LANES)
        for part in zip(*(points(LANES * turns) for turns in range(1, most + 1)), strict=True)
    )
    rules = np.stack([places, 1.0 - places, -1.0 / (1.0 - places), weights], axis=1)
    starts = np.cumsum([0, *range(most + 1)])
    branches = (shape.left, shape.right, shape.before)
    shares = kernels.share_out(layout.offsets, branches, (trees.split_cover, trees.leaf_cover), trees.leaf_value)
    return Weights(shares, passes, rules, starts)


def points(count: int) -> tuple[Floats, Floats]:
    """Return places and weights of Gauss and Legendre's rule from 0 to 1.

    Examples
    --------
    >>> place, weight = points(2)
    >>> float((weight * place**3).sum().round(12))
    0.25
    """
    place, weight = np.polynomial.legendre.leggauss(count)
    return (place + 1.0) / 2.0, weight / 2.0


def base_of(layout: Layout) -> float:
    """Return the mean raw score of the training rows: each tree's leaves by their share of them."""
    trees = layout.trees
    base, first = 0.0, 0
    for at, (begin, end) in enumerate(zip(layout.offsets[:-1], layout.offsets[1:], strict=True)):
        total = trees.split_cover[first] if end - begin > 1 else trees.leaf_cover[begin]
        base += float(((trees.leaf_cover[begin:end] / total) * trees.leaf_value[begin:end]).sum())
        first = end - at - 1
    return base
