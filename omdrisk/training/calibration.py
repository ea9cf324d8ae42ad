"""From raw scores to probabilities that mean what they say, also where finds are rare.

Four ways, each fitted on predictions of a time that the model had not seen, each strictly increasing in the raw score,
each kept as a few numbers that numpy alone can apply:

- ``platt``: a line in log-odds, with the target values of Platt, "Probabilistic outputs for support vector machines"
  (1999), and pulled towards the slope 1 that a well fitted model has;
- ``beta``: Kull, Silva Filho and Flach, "Beta calibration" (AISTATS 2017), pulled the same way;
- ``isotonic``: pooled adjacent violators, each block shrunk towards Platt's line by a few imagined rows and joined at
  the blocks' centres (Oron and Flournoy, "Centered isotonic regression", 2017), so that no two scores become equal;
- ``venn-abers``: the merged probability of an inductive Venn-Abers predictor (`omdrisk.training.venn_abers`) at the
  scores it was fitted on, joined in the same way between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from omdrisk.errors import BundleError, did_you_mean
from omdrisk.training.pooling import pooled
from omdrisk.training.venn_abers import merged, venn_abers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

KINDS = ("platt", "beta", "isotonic", "venn-abers")
CURVES = ("isotonic", "venn-abers")
UNCALIBRATED = "none"
FOLDS = 5
RIDGE = 1.0
IMAGINED = 4.0
LEAST_SLOPE = 0.01
EQUAL = 1e-9


def sigmoid(raw: Floats) -> Floats:
    """Return the probability of log-odds.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return cast("Floats", np.exp(-np.logaddexp(0.0, -np.asarray(raw, dtype=np.float64))))


@dataclass(frozen=True)
class Calibration:
    """A calibration as numbers.

    Parameters
    ----------
    kind
        ``platt``, ``beta``, ``isotonic`` or ``venn-abers``; ``none`` leaves the scores as they are.
    numbers
        What was fitted: slopes and shift, or the knots of the curve in log-odds.
    losses
        Cross-validated log loss of each kind that was tried.

    Examples
    --------
    >>> raw = np.linspace(-6, 2, 400)
    >>> found = (np.arange(400) % 20 == 0) & (raw > -3)
    >>> calibration = fit_calibration("platt", raw, found.astype(float))
    >>> chance = calibration.apply(raw)
    >>> bool((np.diff(chance) > 0).all()), round(float(chance.sum() / found.sum()), 1)
    (True, 1.0)
    """

    kind: str
    numbers: Mapping[str, tuple[float, ...]] = field(hash=False)
    losses: Mapping[str, float] = field(default_factory=dict, hash=False)

    def log_odds(self, raw: Any) -> Floats:
        """Return the calibrated log-odds of raw scores."""
        raw = np.asarray(raw, dtype=np.float64)
        if self.kind == UNCALIBRATED:
            return cast("Floats", raw)
        if self.kind in CURVES:
            return _along(raw, *(np.asarray(self.numbers[name]) for name in ("x", "y", "slope")))
        design, weights = _design(self.kind, raw), np.asarray(self.numbers["weights"])
        # column by column: a matrix product may round differently in a batch and alone
        return cast("Floats", sum(design[:, place] * weight for place, weight in enumerate(weights)))

    def apply(self, raw: Any) -> Floats:
        """Return the probability of a find for raw scores, the same for a row alone and in a batch."""
        return sigmoid(self.log_odds(raw))

    def to_dict(self) -> dict[str, Any]:
        """Return the calibration as JSON-able values."""
        numbers = {name: list(values) for name, values in self.numbers.items()}
        return {"kind": self.kind, "numbers": numbers, "losses": dict(self.losses)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration:
        """Return the calibration that :meth:`to_dict` wrote.

        Raises
        ------
        BundleError
            If the kind is not known.
        """
        if values["kind"] not in (*KINDS, UNCALIBRATED):
            raise BundleError(f"calibration {values['kind']!r} is unknown. {did_you_mean(values['kind'], KINDS)}")
        numbers = {name: tuple(map(float, given)) for name, given in values["numbers"].items()}
        return cls(values["kind"], numbers, dict(values.get("losses", {})))


def fit_calibration(kind: str, raw: Any, found: Any, weight: Any = None) -> Calibration:
    """Fit a calibration on raw scores of rows that the model had not seen.

    Parameters
    ----------
    kind
        One of `KINDS`, or ``auto``: the simplest of them whose cross-validated log loss lies within one standard error
        of the least.
    raw, found, weight
        Raw scores, labels (0 or 1) and weights (None: all 1) of the rows. No row at all leaves the scores as they are.
    """
    raw = np.asarray(raw, dtype=np.float64)
    found = np.asarray(found, dtype=np.float64)
    weight = np.ones_like(raw) if weight is None else np.asarray(weight, dtype=np.float64)
    if kind != "auto":
        return Calibration(kind, _fit(kind, raw, found, weight))
    if found.sum() < FOLDS:
        return Calibration("platt", _fit("platt", raw, found, weight))
    kind, losses = _choose(raw, found, weight)
    return Calibration(kind, _fit(kind, raw, found, weight), losses)


def _choose(raw: Floats, found: Floats, weight: Floats) -> tuple[str, dict[str, float]]:
    fold = np.empty(len(raw), dtype=int)
    for label in (0.0, 1.0):
        of_label = np.flatnonzero(found == label)
        fold[of_label] = np.arange(len(of_label)) % FOLDS
    losses = {kind: np.empty(len(raw)) for kind in KINDS}
    for each in range(FOLDS):
        held, kept = fold == each, fold != each
        for kind in KINDS:
            fitted = Calibration(kind, _fit(kind, raw[kept], found[kept], weight[kept]))
            odds = fitted.log_odds(raw[held])
            losses[kind][held] = np.logaddexp(0.0, np.where(found[held] > 0, -odds, odds))
    means = {kind: float(np.average(loss, weights=weight)) for kind, loss in losses.items()}
    best = min(means, key=lambda kind: means[kind])
    for kind in KINDS:
        behind = losses[kind] - losses[best]
        spread = np.sqrt(np.sum((weight * (behind - np.average(behind, weights=weight))) ** 2)) / weight.sum()
        if means[kind] <= means[best] + spread:
            return kind, means
    return best, means


def _fit(kind: str, raw: Floats, found: Floats, weight: Floats) -> dict[str, tuple[float, ...]]:
    if kind in CURVES:
        return _fit_curve(kind, raw, found, weight)
    design = _design(kind, raw)
    prior = np.ones(design.shape[1])
    prior[-1] = 0.0
    return {"weights": tuple(float(each) for each in _regress(design, found, weight, prior))}


def _design(kind: str, raw: Floats) -> Floats:
    one = np.ones_like(raw)
    if kind == "platt":
        return np.column_stack([raw, one])
    return np.column_stack([-np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw), one])


def _regress(design: Floats, found: Floats, weight: Floats, prior: Floats) -> Floats:
    """Logistic regression by damped Newton steps, slopes pulled towards `prior` and kept above LEAST_SLOPE."""
    positives, negatives = float((weight * found).sum()), float((weight * (1.0 - found)).sum())
    target = np.where(found > 0, (positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0))
    ridge = np.where(prior > 0, RIDGE, 0.0)
    beta, free = prior.copy(), np.ones(len(prior), dtype=bool)
    if not len(found):
        return beta
    for _ in range(len(prior)):
        beta = _newton(design, target, weight, (prior, ridge), beta, free)
        low = free & (prior > 0) & (beta < LEAST_SLOPE)
        if not low.any():
            break
        beta[low], free[low] = LEAST_SLOPE, False
    return beta


def _newton(
    design: Floats,
    target: Floats,
    weight: Floats,
    pull: tuple[Floats, Floats],
    beta: Floats,
    free: npt.NDArray[np.bool_],
) -> Floats:
    prior, ridge = pull

    def loss(at: Floats) -> float:
        odds = design @ at
        fit = weight * (np.logaddexp(0.0, odds) - target * odds)
        return float(fit.sum() + 0.5 * (ridge * (at - prior) ** 2).sum())

    now = loss(beta)
    for _ in range(100):
        chance = sigmoid(design @ beta)
        slope = design.T @ (weight * (chance - target)) + ridge * (beta - prior)
        curve = (design * (weight * chance * (1.0 - chance))[:, None]).T @ design + np.diag(ridge + 1e-9)
        step = np.zeros_like(beta)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        size = 1.0
        while size > 1e-8 and loss(beta - size * step) > now:
            size /= 2.0
        beta = beta - size * step
        before, now = now, loss(beta)
        if before - now <= 1e-12 * (1.0 + abs(now)):
            break
    return beta


def _fit_curve(kind: str, raw: Floats, found: Floats, weight: Floats) -> dict[str, tuple[float, ...]]:
    line = np.asarray(_fit("platt", raw, found, weight)["weights"])
    if not (weight > 0).any():
        return {"x": (0.0,), "y": (0.0,), "slope": (1.0,)}
    if kind == "isotonic":
        order = np.argsort(raw, kind="stable")
        size, centre, rate = pooled(raw[order], found[order], weight[order])
        rate = (size * rate + IMAGINED * sigmoid(line[0] * centre + line[1])) / (size + IMAGINED)
    else:
        centre, low, high = venn_abers(raw, found, weight)
        size, rate = np.ones(len(centre)), merged(low, high)
    # blocks of unequal size can be turned round by shrinking, and equal values are drawn together at their centre
    _, centre, rate = pooled(centre, rate, size)
    odds = np.log(rate) - np.log1p(-rate)
    # equal rates may differ in their last bits
    rises = np.r_[True, np.diff(odds) > EQUAL]
    return {"x": tuple(centre[rises].tolist()), "y": tuple(odds[rises].tolist()), "slope": (float(line[0]),)}


def _along(raw: Floats, x: Floats, y: Floats, slope: Floats) -> Floats:
    inside = np.interp(raw, x, y)
    return cast(
        "Floats",
        inside + slope[0] * (np.minimum(raw - x[0], 0.0) + np.maximum(raw - x[-1], 0.0)),
    )
