"""LightGBM's model text as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.errors import OmdriskError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]

CATEGORICAL, DEFAULT_LEFT, MISSING = 1, 2, 12
"""Bits of LightGBM's ``decision_type``; the last two say what counts as missing."""
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 4, 8
ONE = {"num_class": "1", "num_tree_per_iteration": "1"}


class UnsupportedForest(OmdriskError):  # noqa: N818 - a fact about a model, not a fault
    """A model that the fast kernels cannot compute exactly: LightGBM itself has to."""


@dataclass(frozen=True)
class Trees:
    """The trees of a model one behind the other; a tree of n leaves has n - 1 splits.

    Parameters
    ----------
    features
        Number of features.
    leaves
        Number of leaves of each tree.
    feature, threshold, decision, left, right
        Of each split, as LightGBM writes them: a child below 0 is the leaf ``~child`` of its tree.
    split_cover, leaf_cover
        Number of training rows.
    leaf_value
        What a leaf adds to the raw score.
    set_split, set_code
        Which categories go left: one entry for each split and category.
    """

    features: int
    leaves: Integers
    feature: Integers
    threshold: Floats
    decision: Integers
    left: Integers
    right: Integers
    split_cover: Floats
    leaf_cover: Floats
    leaf_value: Floats
    set_split: Integers
    set_code: Integers


def read_trees(text: str) -> Trees:
    r"""Read a model as `Booster.model_to_string` wrote it.

    Raises
    ------
    UnsupportedForest
        If there is something in it that only LightGBM computes, or it is damaged.

    Examples
    --------
    >>> read_trees("tree\nnum_class=3\n\nTree=0\n\nend of trees")
    Traceback (most recent call last):
    omdrisk.trees.text.UnsupportedForest: the trees have num_class=3: only LightGBM computes that
    """
    header, *blocks = text.split("\nend of trees", 1)[0].split("\nTree=")
    about = _entries(header)
    for name, wanted in ONE.items():
        if about.get(name, wanted) != wanted:
            raise UnsupportedForest(f"the trees have {name}={about[name]}: only LightGBM computes that")
    if "average_output" in header.splitlines():
        raise UnsupportedForest("the trees are averaged, not added up: only LightGBM computes that")
    try:
        features = int(about["max_feature_idx"]) + 1
        parts = [_tree(_entries(block)) for block in blocks]
    except (KeyError, ValueError) as error:
        raise UnsupportedForest(f"the text of the trees cannot be read: {error}") from error
    if not parts:
        raise UnsupportedForest("there is no tree in the text")
    splits = np.cumsum([0, *(len(part["feature"]) for part in parts)])
    for part, first in zip(parts, splits, strict=False):
        part["set_split"] = part["set_split"] + first
    leaves = np.array([len(part["leaf_value"]) for part in parts], np.int64)
    trees = Trees(features, leaves, **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    _check(trees)
    return trees


def _entries(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _tree(entries: Mapping[str, str]) -> dict[str, npt.NDArray[Any]]:
    if entries.get("is_linear", "0") != "0":
        raise UnsupportedForest("a tree has linear models in its leaves: only LightGBM computes that")
    leaves = int(entries["num_leaves"])
    splits = leaves - 1
    numeric = splits > 0
    part: dict[str, npt.NDArray[Any]] = {
        "feature": _integers(entries, "split_feature", splits),
        "threshold": _floats(entries, "threshold", splits),
        "decision": _integers(entries, "decision_type", splits),
        "left": _integers(entries, "left_child", splits),
        "right": _integers(entries, "right_child", splits),
        "split_cover": _floats(entries, "internal_count", splits),
        "leaf_value": _floats(entries, "leaf_value", leaves),
        "leaf_cover": _floats(entries, "leaf_count", leaves) if numeric else np.ones(1),
    }
    categorical = np.flatnonzero(part["decision"] & CATEGORICAL)
    at, codes = np.empty(0, np.int64), np.empty(0, np.int64)
    if len(categorical):
        bounds = np.array(entries["cat_boundaries"].split(), np.int64) * 32
        words = np.array(entries["cat_threshold"].split(), "<u4")
        bits = np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little"))
        which = np.searchsorted(bounds, bits, side="right") - 1
        codes = bits - bounds[which]
        owner = np.full(len(bounds), -1, np.int64)
        owner[part["threshold"][categorical].astype(np.int64)] = categorical
        at = owner[which]
        if len(np.unique(part["threshold"][categorical])) != len(categorical) or (at < 0).any():
            raise ValueError("the sets of categories do not fit the splits")
    return {**part, "set_split": at, "set_code": codes}


def _integers(entries: Mapping[str, str], name: str, size: int) -> Integers:
    return _sized(np.array(entries[name].split() if size else [], np.int64), name, size)


def _floats(entries: Mapping[str, str], name: str, size: int) -> Floats:
    return _sized(np.array(entries[name].split() if size else [], np.float64), name, size)


def _sized(values: npt.NDArray[Any], name: str, size: int) -> npt.NDArray[Any]:
    if len(values) != size:
        raise ValueError(f"{name} has {len(values)} entries instead of {size}")
    return values


def _check(trees: Trees) -> None:
    numeric = (trees.decision & CATEGORICAL) == 0
    if (numeric & ((trees.decision & MISSING) == MISSING_ZERO)).any():
        raise UnsupportedForest("the trees take zero as missing: only LightGBM computes that")
    if not (trees.threshold > -np.inf).all() or not np.isfinite(trees.leaf_value).all():
        raise UnsupportedForest("a threshold or leaf is not a number: only LightGBM computes that")
    if ((trees.feature < 0) | (trees.feature >= trees.features)).any():
        raise UnsupportedForest("the text of the trees cannot be read: a split names a feature that does not exist")
    if (trees.split_cover <= 0).any() or (trees.leaf_cover < 0).any():
        raise UnsupportedForest("a split has no training rows: only LightGBM computes that")
