"""A scikit-learn classifier over LightGBM whose state is LightGBM's own text."""

# ruff: noqa: N803, N806 - scikit-learn calls the input X

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from omdrisk.training.boosting import boost, booster_of
from omdrisk.training.columns import ColumnsError, as_given, in_order, names_of
from omdrisk.training.trees import forest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.trees import Forest

    Floats = npt.NDArray[np.float64]


class RiskModel(ClassifierMixin, BaseEstimator):
    """Gradient boosted trees for one target: found, or not.

    The same data, parameters and seed give the same model, byte for byte, on one machine. Missing values stay missing
    and categories stay categories, as LightGBM treats them. A DataFrame is read by the names of its columns: their
    order never changes a score.

    Parameters
    ----------
    rounds
        Number of trees, or their upper limit if `patience` is given and `fit` gets an `eval_set`.
    patience
        Rounds without a better `metric` on `eval_set` before training stops; 0 never stops early.
    fewest
        Least number of trees that early stopping may leave.
    metric
        ``average_precision``, ``auc``, ``binary_logloss``, or the hit rate at a capacity, as ``hit_rate@2%``.
    parameters
        Parameters of LightGBM by its own names.
    monotone
        Direction by feature name (1 rising, -1 falling), where it is not free.
    threads
        Threads of LightGBM; the sums of a histogram depend on how it was divided, so this is part of the model.
    seed
        Seed of everything random.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The two labels; the second is the find.
    text_ : str
        The model as LightGBM writes it.
    rounds_ : int
        Number of trees.
    feature_names_in_ : ndarray of str
        Names of the columns, if `fit` got a DataFrame.

    Examples
    --------
    >>> X = pd.DataFrame({"seen": [0.0, 1.0] * 50, "weight": range(100)})
    >>> model = RiskModel(rounds=20).fit(X, [1, 0] * 50)
    >>> model.predict(X[["weight", "seen"]])[:4].tolist()
    [1, 0, 1, 0]
    """

    def __init__(
        self,
        *,
        rounds: int = 100,
        patience: int = 0,
        fewest: int = 1,
        metric: str = "average_precision",
        parameters: Mapping[str, Any] | None = None,
        monotone: Mapping[str, int] | None = None,
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self.rounds = rounds
        self.patience = patience
        self.fewest = fewest
        self.metric = metric
        self.parameters = parameters
        self.monotone = monotone
        self.threads = threads
        self.seed = seed

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: tuple[Any, Any] | None = None,
        eval_sample_weight: Any = None,
        categorical: Sequence[str | int] = (),
    ) -> RiskModel:
        """Learn from examined rows.

        Parameters
        ----------
        X
            Features, shape (rows, features), numbers; missing is NaN, categories are codes of 0 and up.
        y
            Labels, two values.
        sample_weight
            Weight of each row, 0 and up.
        eval_set, eval_sample_weight
            Later rows that early stopping looks at.
        categorical
            Names or places of the columns that are categories.

        Raises
        ------
        ValueError
            If `y` has not exactly two classes, or something is not a number.
        """
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        found = self._encode(labels)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        if weight is not None:
            used = weight > 0
            if len(np.unique(found[used])) < len(self.classes_):
                raise ValueError("y has rows of one class only where the weight is above 0")
            matrix, found, weight = matrix[used], found[used], weight[used]
        later = None
        if eval_set is not None:
            target = np.searchsorted(self.classes_, column_or_1d(eval_set[1])).astype(np.float64)
            later = (self._matrix(eval_set[0]), target, eval_sample_weight)
        self.text_, self.rounds_ = boost(
            (matrix, found, weight),
            later,
            rounds=self.rounds,
            patience=self.patience,
            fewest=self.fewest,
            metric=self.metric,
            categorical=self._places(categorical),
            monotone=self._directions(),
            parameters={**(self.parameters or {}), "num_threads": self.threads, "seed": self.seed},
        )
        return self

    @property
    def _booster(self) -> Any:
        return booster_of(self.text_)

    @property
    def _forest(self) -> Forest | None:
        return forest_of(self.text_)

    def _encode(self, labels: Any) -> Floats:
        check_classification_targets(labels)
        if type_of_target(labels, input_name="y", raise_unknown=True) not in ("binary", "multiclass"):
            raise ValueError("Unknown label type: y must hold two classes")
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass: "
                f"{len(self.classes_)} classes"
            )
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class only, {self.classes_[0]!r}: nothing can be learnt from it")
        return cast("Floats", codes.astype(np.float64))

    def _places(self, categorical: Sequence[str | int]) -> list[int]:
        names = list(getattr(self, "feature_names_in_", ()))
        for each in categorical:
            if isinstance(each, str) and each not in names:
                raise ColumnsError(f"categorical column {each!r} is not among the features")
        return sorted(names.index(each) if isinstance(each, str) else int(each) for each in categorical)

    def _directions(self) -> list[int]:
        if not self.monotone:
            return []
        names = list(getattr(self, "feature_names_in_", ()))
        unknown = [name for name in self.monotone if name not in names]
        if unknown:
            raise ColumnsError(f"monotone column {unknown[0]!r} is not among the features")
        return [self.monotone.get(name, 0) for name in names]

    @classmethod
    def from_text(cls, text: str, names: Sequence[str], *, classes: Sequence[Any] = (0.0, 1.0)) -> RiskModel:
        """Return a fitted model from LightGBM's text and the names of its features.

        Examples
        --------
        >>> X = pd.DataFrame({"seen": [0.0, 1.0] * 50})
        >>> model = RiskModel(rounds=5).fit(X, [1.0, 0.0] * 50)
        >>> again = RiskModel.from_text(model.text_, ["seen"])
        >>> bool((again.raw_score(X) == model.raw_score(X)).all())
        True
        """
        model = cls()
        model.text_ = text
        model.rounds_ = model.rounds = text.count("\nTree=")
        model.classes_ = np.asarray(classes)
        model.feature_names_in_ = np.asarray(names, dtype=object)
        model.n_features_in_ = len(names)
        return model

    def raw_score(self, X: Any) -> Floats:
        """Return the log-odds of a find, shape (rows,)."""
        matrix, forest = self._checked(X), self._forest
        return self._predict(matrix, raw_score=True) if forest is None else forest.raw_score(matrix)

    decision_function = raw_score

    def contributions(self, X: Any) -> Floats:
        """Return the exact SHAP values of each row, shape (rows, features + 1), in the order of the columns of `X`.

        The last column is the base; a row adds up to its raw score.
        """
        matrix, forest = self._checked(X), self._forest
        values = self._predict(matrix, pred_contrib=True) if forest is None else forest.contributions(matrix)
        names = names_of(X)
        if names is not None and hasattr(self, "feature_names_in_"):
            return as_given(values, names, self.feature_names_in_)
        return values

    def predict_proba(self, X: Any) -> Floats:
        """Return the probability of each class before calibration, shape (rows, 2)."""
        found = 1.0 / (1.0 + np.exp(-self.raw_score(X)))
        return np.column_stack([1.0 - found, found])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the likelier class of each row."""
        likely = self.raw_score(X) > 0
        return cast("npt.NDArray[Any]", self.classes_[likely.astype(int)])

    def _checked(self, X: Any) -> Floats:
        check_is_fitted(self, "text_")
        return self._matrix(X)

    def _predict(self, matrix: Floats, **how: bool) -> Floats:
        if not len(matrix):
            return np.empty((0, self.n_features_in_ + 1)) if how.get("pred_contrib") else np.empty(0)
        return cast("Floats", self._booster.predict(matrix, num_threads=self.threads, **how))

    def _matrix(self, X: Any) -> Floats:
        if isinstance(X, pd.DataFrame):
            if hasattr(self, "feature_names_in_"):
                return in_order(X, self.feature_names_in_)
            X = X.to_numpy(dtype=np.float64)
        checked = validate_data(
            self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=0
        )
        return cast("Floats", checked)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags
