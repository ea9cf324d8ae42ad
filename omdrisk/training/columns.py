"""Features by name: whatever order they come in, a score stays the same."""

# ruff: noqa: N803 - scikit-learn calls the input X

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class ColumnsError(InputError, ValueError):
    """A table of features without the columns that a model was trained on."""


def names_of(X: Any) -> list[str] | None:
    """Return the names of the columns of a DataFrame, and None for anything else."""
    return [str(name) for name in X.columns] if isinstance(X, pd.DataFrame) else None


def in_order(features: pd.DataFrame, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the columns called `names`, in that order, as a float64 matrix.

    Raises
    ------
    ColumnsError
        If one is missing or is there twice.

    Examples
    --------
    >>> in_order(pd.DataFrame({"b": [2], "a": [1]}), ["a", "b"]).tolist()
    [[1.0, 2.0]]
    >>> in_order(pd.DataFrame({"b": [2]}), ["a", "b"])
    Traceback (most recent call last):
    omdrisk.training.columns.ColumnsError: the features lack 1 of the 2 columns that the model was trained on: a
    """
    if list(features.columns) != list(names):
        missing = [name for name in names if name not in features.columns]
        if missing:
            shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            raise ColumnsError(
                f"the features lack {len(missing)} of the {len(names)} columns that the model was trained on: {shown}"
            )
        if not features.columns.is_unique:
            twice = features.columns[features.columns.duplicated()][0]
            raise ColumnsError(f"the features have the column {twice!r} more than once")
        features = features[list(names)]
    return np.ascontiguousarray(features.to_numpy(dtype=np.float64, na_value=np.nan))


def as_given(values: npt.NDArray[np.float64], given: Sequence[str], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Put columns called `names`, with the base behind them, in the order of the columns that were given.

    Examples
    --------
    >>> as_given(np.array([[1.0, 2.0, 9.0]]), ["b", "other", "a"], ["a", "b"]).tolist()
    [[2.0, 1.0, 9.0]]
    """
    place = {name: place for place, name in enumerate(names)}
    return values[:, [*(place[name] for name in given if name in place), len(place)]]
