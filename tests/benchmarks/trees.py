"""Raw scores and SHAP values by `omdrisk.trees` and by LightGBM, on the same models and rows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np

from omdrisk.trees import Forest

if TYPE_CHECKING:
    from collections.abc import Callable

FEATURES = 60
CATEGORIES = (10, 20, 30, 40, 50, 60, 64, 25)


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    trees: int
    leaves: int
    learnt: int
    scored: int
    explained: int
    single: int
    repeats: int


SIZES = {"full": Size(500, 63, 10_000, 200_000, 400, 40, 3), "small": Size(20, 15, 2_000, 2_000, 50, 5, 1)}


def results() -> list[dict[str, Any]]:
    """Return scores_vs_lightgbm for both kinds of model, and SHAP values of many rows and of one."""
    size = SIZES["small" if os.environ.get("BENCH") == "small" else "full"]
    return [
        entry
        for kind, categories, goal in (("numeric", (), 7.0), ("native categories", CATEGORIES, 12.0))
        for entry in _measured(size, kind, categories, goal)
    ]


def _measured(size: Size, kind: str, categories: tuple[int, ...], goal: float) -> list[dict[str, Any]]:
    booster, rows = _model(size, categories)
    forest = Forest.from_text(booster.model_to_string())
    same = np.array_equal(forest.raw_score(rows[:1000]), booster.predict(rows[:1000], raw_score=True))
    some = rows[: size.explained]
    wide = f"{size.trees} trees x {size.leaves} leaves x {FEATURES} features, {kind}"
    scores = _both(
        lambda: booster.predict(rows, raw_score=True), lambda: forest.raw_score(rows), size.repeats, len(rows)
    )
    many = _both(
        lambda: booster.predict(some, pred_contrib=True), lambda: forest.contributions(some), size.repeats, len(some)
    )
    place = iter(np.repeat(np.arange(size.single + 1) % len(rows), 2)[1:].tolist())

    def one() -> np.ndarray[Any, Any]:
        return rows[[next(place)]]

    single = _both(
        lambda: booster.predict(one(), pred_contrib=True), lambda: forest.contributions(one()), size.single, 1
    )
    top = len(rows) // 100

    def score_and_explain(raw: Callable[[Any], Any], why: Callable[[Any], Any]) -> None:
        why(rows[np.argsort(-raw(rows), kind="stable")[:top]])

    both = _both(
        lambda: score_and_explain(
            lambda matrix: booster.predict(matrix, raw_score=True),
            lambda matrix: booster.predict(matrix, pred_contrib=True),
        ),
        lambda: score_and_explain(forest.raw_score, forest.contributions),
        1,
        len(rows),
    )
    return [
        _entry("score_and_explain_top_vs_lightgbm", both, 4.0, f"{len(rows)} rows, {top} explained, {wide}", 1),
        _entry("scores_vs_lightgbm", scores, goal, f"{len(rows)} rows, {wide}", size.repeats, holds=same),
        _entry("shap_vs_pred_contrib", many, 6.0, f"{len(some)} rows, {wide}", size.repeats),
        _entry("shap_single_vs_pred_contrib", single, 3.0, f"1 row, {wide}", size.single),
    ]


def _model(size: Size, categories: tuple[int, ...]) -> tuple[Any, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(size.learnt + size.scored, FEATURES))
    rows[rng.random(rows.shape) < 0.05] = np.nan
    known = np.nan_to_num(rows)
    logit = known[:, 10] * known[:, 11] + np.sin(2 * known[:, 12]) + known[:, 13:40] @ rng.normal(size=27) * 0.3
    for at, count in enumerate(categories):
        codes = rng.integers(0, count, len(rows))
        rows[:, at] = codes
        logit += rng.normal(size=count)[codes] * 0.5
    found = (rng.random(len(rows)) < 1 / (1 + np.exp(-logit))).astype(float)
    settings = {"objective": "binary", "num_leaves": size.leaves, "learning_rate": 0.05, "min_data_per_group": 20}
    data = lightgbm.Dataset(
        rows[: size.learnt], label=found[: size.learnt], categorical_feature=list(range(len(categories)))
    )
    booster = lightgbm.train({**settings, "verbosity": -1, "num_threads": 2}, data, size.trees)
    return lightgbm.Booster(model_str=booster.model_to_string()), rows[size.learnt :]


def _both(
    baseline: Callable[[], object], own: Callable[[], object], repeats: int, rows: int
) -> tuple[float, float, float]:
    """Return rows per second of both, in turns, and the median of the ratios."""
    own()
    times = [(_seconds(baseline), _seconds(own)) for _ in range(repeats)]
    return (
        rows / median(theirs for theirs, _ in times),
        rows / median(ours for _, ours in times),
        median(theirs / ours for theirs, ours in times),
    )


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _entry(
    name: str, measured: tuple[float, float, float], goal: float, size: str, repeats: int, *, holds: bool = True
) -> dict[str, Any]:
    baseline, value, ratio = measured
    return {
        "name": name,
        "value": value,
        "unit": "rows/s",
        "baseline": baseline,
        "ratio": ratio,
        "goal": goal,
        "holds": holds and ratio >= goal,
        "size": size,
        "repeats": repeats,
    }


if __name__ == "__main__":
    print(*results(), sep="\n")
