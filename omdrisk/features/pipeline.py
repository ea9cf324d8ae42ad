"""The features of a catalog as a scikit-learn transformer: one path for training and scoring."""

# ruff: noqa: N803 - scikit-learn calls the input X

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from omdrisk.features.catalog import Catalog, history_keys, history_values
from omdrisk.features.fitted import FittedFeatures

if TYPE_CHECKING:
    import pandas as pd


class FeaturePipeline(FittedFeatures, TransformerMixin, BaseEstimator):
    """Shipments in, the features of a catalog out: float64, a column per definition, in the catalog's order.

    A row's features depend on the row, on the history and on what was fitted, and on nothing else: alone, in
    a batch or shuffled it comes out the same, bit for bit.

    Parameters
    ----------
    catalog
        Definitions to compute; None for the shipped ones.
    history
        A `History` with the keys :meth:`history_keys` and the values :meth:`history_values`. Without one,
        everything that asks the past is missing.

    Attributes
    ----------
    catalog_ : Catalog
        The catalog in use.
    learnt_ : dict
        What each definition that learns has learnt, JSON-able: the values of each category.
    categorical_ : list of str
        Names of the features that are codes of a category: 0 other or never seen, NaN missing.

    Examples
    --------
    >>> import pandas as pd
    >>> catalog = Catalog.from_dict({"format": 1, "tables": {}, "definitions": [
    ...     {"name": "packages", "family": "measures", "id": "W01", "kind": "number", "value": "packages",
    ...      "targets": ["drug"], "why": "Many or few.", "reason": {"en": "{value} packages"}}]})
    >>> shipments = pd.DataFrame({"shipment_id": ["a"], "packages": [12.0]}, index=[7])
    >>> FeaturePipeline(catalog).fit_transform(shipments)
       packages
    7      12.0
    """

    def __init__(self, catalog: Catalog | None = None, history: Any = None) -> None:
        super().__init__(catalog, history)

    def fit(self, X: Any, y: Any = None) -> FeaturePipeline:
        """Learn the values of the categories from training shipments; `y` is not used."""
        del y
        self.catalog_ = Catalog.read() if self.catalog is None else self.catalog
        self.learnt_: dict[str, Any] = {}
        view = self._view(X)
        learners = [definition for definition in self.catalog_ if definition.kind.learns]
        self.learnt_ = {definition.name: definition.kind.learn(view) for definition in learners}
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the features of shipments, float64, with their index."""
        return super().transform(X)

    def _check(self) -> None:
        check_is_fitted(self, "learnt_")

    @staticmethod
    def history_keys(catalog: Catalog) -> tuple[str, ...]:
        """Return the entities that a history must hold to answer a catalog."""
        return history_keys(catalog)

    @staticmethod
    def history_values(catalog: Catalog) -> tuple[str, ...]:
        """Return the numbers that a history must hold to answer a catalog."""
        return history_values(catalog)
