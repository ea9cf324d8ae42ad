"""The features of a catalog as a scikit-learn transformer: one path for training and scoring."""

# ruff: noqa: N803 - scikit-learn calls the input X

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from omdrisk.errors import DefinitionError
from omdrisk.features.catalog import Catalog, history_keys, history_values
from omdrisk.features.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from omdrisk.features.definition import Definition

FORMAT = 1


class FeaturePipeline(TransformerMixin, BaseEstimator):
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
    >>> catalog = Catalog.from_dict({"format": 1, "tables": {}, "definitions": [
    ...     {"name": "packages", "family": "measures", "id": "W01", "kind": "number", "value": "packages",
    ...      "targets": ["drug"], "why": "Many or few.", "reason": {"en": "{value} packages"}}]})
    >>> shipments = pd.DataFrame({"shipment_id": ["a"], "packages": [12.0]}, index=[7])
    >>> FeaturePipeline(catalog).fit_transform(shipments)
       packages
    7      12.0
    """

    def __init__(self, catalog: Catalog | None = None, history: Any = None) -> None:
        self.catalog = catalog
        self.history = history

    def __sklearn_clone__(self) -> FeaturePipeline:
        return type(self)(catalog=self.catalog, history=self.history)

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
        check_is_fitted(self, "learnt_")
        view = self._view(X)
        values = np.empty((len(view), len(self.catalog_)), order="F")
        for place, definition in enumerate(self.catalog_):
            values[:, place] = definition.values(view)
        return pd.DataFrame(values, index=view.shipments.index, columns=self.get_feature_names_out(), copy=False)

    def view(self, X: Any) -> View:
        """Return the shipments as the fitted kinds see them, to ask a kind for its norms or shown values."""
        check_is_fitted(self, "learnt_")
        return self._view(X)

    def _view(self, X: Any) -> View:
        from omdrisk.records import as_table

        return View(
            as_table(X, "shipments"),
            tables=self.catalog_.tables,
            history=self.history,
            questions=self.catalog_.questions(),
            learnt={self.catalog_[name].kind: value for name, value in self.learnt_.items()},
        )

    def with_history(self, history: Any) -> FeaturePipeline:
        """Return the same fitted pipeline, asking another history (None for none)."""
        check_is_fitted(self, "learnt_")
        return type(self).from_state(self.state(), self.catalog_, history)

    @property
    def categorical_(self) -> list[str]:
        """Names of the features that are codes of a category."""
        check_is_fitted(self, "learnt_")
        return [definition.name for definition in self.catalog_ if definition.kind.categorical]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the features, in order."""
        del input_features
        check_is_fitted(self, "learnt_")
        return np.array([definition.name for definition in self.catalog_], dtype=object)

    @staticmethod
    def history_keys(catalog: Catalog) -> tuple[str, ...]:
        """Return the entities that a history must hold to answer a catalog."""
        return history_keys(catalog)

    @staticmethod
    def history_values(catalog: Catalog) -> tuple[str, ...]:
        """Return the numbers that a history must hold to answer a catalog."""
        return history_values(catalog)

    def state(self) -> dict[str, Any]:
        """Return what was learnt, as JSON-able values; with the catalog it is the whole pipeline."""
        check_is_fitted(self, "learnt_")
        return {"format": FORMAT, "learnt": self.learnt_}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], catalog: Catalog, history: Any = None) -> FeaturePipeline:
        """Return the fitted pipeline that :meth:`state` wrote.

        Raises
        ------
        DefinitionError
            If the state is of another format, or not of this catalog.
        """
        if state.get("format") != FORMAT:
            raise DefinitionError(f"pipeline format {state.get('format')!r} is not {FORMAT}: it is of another version")
        pipeline = cls(catalog, history)
        pipeline.catalog_ = catalog
        learners: list[Definition] = [definition for definition in catalog if definition.kind.learns]
        if {definition.name for definition in learners} != set(state["learnt"]):
            raise DefinitionError("the state of the pipeline is not of this catalog: their categories differ")
        pipeline.learnt_ = dict(state["learnt"])
        return pipeline
