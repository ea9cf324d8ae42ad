"""The one place where LightGBM is called to train, in the way that gives the same bytes for the same seed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from omdrisk.training.capacity import capacity_of, hit_rate, per_row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Rows = tuple[Floats, Floats, Floats | None]

FIXED: dict[str, Any] = {
    "objective": "binary",
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@lru_cache(maxsize=8)
def booster_of(text: str) -> Any:
    """Return the LightGBM booster that a text describes; it is made once for a text."""
    import lightgbm

    return lightgbm.Booster(model_str=text)


def boost(
    rows: Rows,
    later: Rows | None,
    *,
    rounds: int,
    patience: int = 0,
    fewest: int = 1,
    metric: str = "average_precision",
    categorical: Sequence[int] = (),
    monotone: Sequence[int] = (),
    parameters: Mapping[str, Any] | None = None,
) -> tuple[str, int]:
    """Train trees and return them as LightGBM's text, with their number.

    Parameters
    ----------
    rows, later
        Matrix, labels (0 or 1) and weights (or None) of the rows to learn from, and of later ones for early stopping.
    rounds, patience, fewest, metric
        As in `RiskModel`.
    categorical
        Places of the columns that are categories.
    monotone
        Direction of every column, or nothing.
    parameters
        Parameters of LightGBM by its own names.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.arange(100.0)[:, None], np.arange(100) >= 50
    >>> text, rounds = boost((X, y.astype(float), None), None, rounds=3)
    >>> rounds, text.splitlines()[0]
    (3, 'tree')
    """
    import lightgbm

    chosen: dict[str, Any] = {**FIXED, **(parameters or {})}
    if monotone:
        chosen |= {"monotone_constraints": list(monotone), "monotone_constraints_method": "intermediate"}
    stops = later is not None and patience > 0
    share = capacity_of(metric) if stops else None
    chosen["metric"] = metric if stops and share is None else "none"
    train = _dataset(rows, categorical)
    callbacks = [_stopping(patience, fewest)] if stops else []
    valid = [_dataset(later, categorical, train)] if stops and later is not None else None
    judge = None if share is None else _judge(metric, share)
    booster = lightgbm.train(
        chosen, train, rounds, valid_sets=valid, feval=judge, callbacks=callbacks, keep_training_booster=True
    )
    used = max(booster.best_iteration, fewest) if stops else rounds
    return booster.model_to_string(num_iteration=used), int(min(used, booster.num_trees()))


def _judge(metric: str, share: float) -> Callable[[Any, Any], tuple[str, float, bool]]:
    def judge(score: Any, rows: Any) -> tuple[str, float, bool]:
        found = rows.get_label()
        return metric, hit_rate(found, score, per_row(rows.get_weight(), len(found)), share), True

    return judge


def _stopping(patience: int, fewest: int) -> Callable[[Any], None]:
    from lightgbm.callback import EarlyStopException, early_stopping

    inner = early_stopping(patience, verbose=False)

    def stop(env: Any) -> None:
        try:
            inner(env)
        except EarlyStopException:
            if env.iteration + 1 >= fewest:
                raise

    stop.order = inner.order  # type: ignore[attr-defined]
    return stop


def _dataset(rows: Rows, categorical: Sequence[int], reference: Any = None) -> Any:
    import lightgbm

    matrix, found, weight = rows
    return lightgbm.Dataset(
        matrix,
        label=found,
        weight=weight,
        categorical_feature=list(categorical),
        reference=reference,
        feature_name=[f"f{place}" for place in range(matrix.shape[1])],
    )
