"""What a fitted pipeline does with shipments: all of scoring, and no scikit-learn, which takes a second to load."""

# ruff: noqa: N803 - scikit-learn calls the input X

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.errors import DefinitionError
from omdrisk.features.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from omdrisk.features.catalog import Catalog
    from omdrisk.features.definition import Definition
    from omdrisk.features.kinds.base import Kind
    from omdrisk.features.pipeline import FeaturePipeline

FORMAT = 1


class FittedFeatures:
    """A catalog with what was learnt for it: shipments in, features out.

    A bundle is read into these; `FeaturePipeline` is the same with `fit` and the manners of a scikit-learn estimator,
    and ``sklearn.base.clone`` makes one of it.

    Parameters
    ----------
    catalog
        Definitions to compute.
    history
        What is known of the past. Without one, everything that asks the past is missing.

    Attributes
    ----------
    catalog_ : Catalog
        The catalog in use.
    learnt_ : dict
        What each definition that learns has learnt, JSON-able.
    """

    catalog_: Catalog
    learnt_: dict[str, Any]

    def __init__(self, catalog: Catalog | None = None, history: Any = None) -> None:
        self.catalog = catalog
        self.history = history

    def __sklearn_clone__(self) -> FeaturePipeline:
        from omdrisk.features.pipeline import FeaturePipeline

        return FeaturePipeline(catalog=self.catalog, history=self.history)

    def _check(self) -> None:
        """Raise unless it is fitted."""

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the features of shipments, float64, with their index."""
        view = self.view(X)
        return pd.DataFrame(
            self.compute(view), index=view.fields.index, columns=self.get_feature_names_out(), copy=False
        )

    def compute(self, view: View) -> NDArray[np.float64]:
        """Return the features of shipments that were looked at, shape (rows, features)."""
        self._check()
        values = np.empty((len(view), len(self.catalog_)), order="F")
        for place, definition in enumerate(self.catalog_):
            values[:, place] = definition.values(view)
        return values

    def view(self, X: Any) -> View:
        """Return the shipments as the fitted kinds see them, to ask a kind for its norms or shown values."""
        self._check()
        return self._view(X)

    def _view(self, X: Any) -> View:
        return View(
            X if isinstance(X, Fields) else Fields(X),
            tables=self.catalog_.tables,
            history=self.history,
            questions=self.catalog_.questions(),
            learnt=self._learnt(),
        )

    def _learnt(self) -> dict[Kind, Any]:
        return {self.catalog_[name].kind: value for name, value in self.learnt_.items()}

    def with_history(self, history: Any) -> Self:
        """Return the same fitted pipeline, asking another history (None for none)."""
        self._check()
        return type(self).from_state(self.state(), self.catalog_, history)

    @property
    def categorical_(self) -> list[str]:
        """Names of the features that are codes of a category."""
        self._check()
        return [definition.name for definition in self.catalog_ if definition.kind.categorical]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the features, in order."""
        del input_features
        self._check()
        return np.array([definition.name for definition in self.catalog_], dtype=object)

    def state(self) -> dict[str, Any]:
        """Return what was learnt, as JSON-able values; with the catalog it is the whole pipeline."""
        self._check()
        return {"format": FORMAT, "learnt": self.learnt_}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], catalog: Catalog, history: Any = None) -> Self:
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
