"""A head: one trained target, with everything that scoring, explaining and watching it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd

    from omdrisk.features.fitted import FittedFeatures
    from omdrisk.training.calibration import Calibration
    from omdrisk.training.model import RiskModel
    from omdrisk.training.probes import Probes
    from omdrisk.training.recipe import Recipe
    from omdrisk.training.reference import Reference
    from omdrisk.trees import Forest

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Head:
    """One trained target.

    Parameters
    ----------
    target
        Name of the target.
    recipe
        What was chosen about it.
    pipeline
        The fitted features, without a history.
    text
        The trees, as LightGBM writes them.
    calibration
        From raw scores to probabilities.
    reference
        Scores and features of recent shipments.
    facts
        When and on what it was trained, as JSON-able values.
    probes
        Rows by which the fast trees are checked when a bundle is read; None where it has none.
    """

    target: str
    recipe: Recipe
    pipeline: FittedFeatures = field(repr=False)
    text: str = field(repr=False)
    calibration: Calibration
    reference: Reference = field(repr=False)
    facts: Mapping[str, Any] = field(hash=False)
    probes: Probes | None = field(default=None, repr=False, compare=False)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the order of the model."""
        return tuple(str(name) for name in self.pipeline.get_feature_names_out())

    @cached_property
    def model(self) -> RiskModel:
        """The trees as a scikit-learn classifier; LightGBM is loaded when this is first used."""
        from omdrisk.training.model import RiskModel

        return RiskModel.from_text(self.text, self.features)

    @cached_property
    def forest(self) -> Forest | None:
        """The trees without LightGBM and scikit-learn; None if only LightGBM can compute them.

        The probes of a bundle prove them on this machine; where one bit of a score differs, LightGBM computes.
        """
        from omdrisk.training.trees import forest_of

        forest = forest_of(self.text)
        if forest is None or self.probes is None or self.probes.agree(forest):
            return forest
        return None

    def prove(self) -> None:
        """Check the trees now, and not when they are first used."""
        _ = self.forest

    @cached_property
    def _explained(self) -> Forest | None:
        """The same for SHAP values."""
        if self.forest is None or self.probes is None or self.probes.explain(self.forest):
            return self.forest
        return None

    def raw(self, features: pd.DataFrame | Floats) -> Floats:
        """Return the raw scores (log-odds before calibration) of features that the pipeline made.

        A table is read by the names of its columns; an array has them in the order of the model.
        """
        from omdrisk.training.columns import in_order

        if self.forest is None:
            return self.model.raw_score(self._named(features))
        if isinstance(features, np.ndarray):
            return self.forest.raw_score(features)
        return self.forest.raw_score(in_order(features, self.features))

    def contributions(self, features: pd.DataFrame | Floats) -> Floats:
        """Return the exact SHAP values of features in the order of their columns, and behind them the base."""
        from omdrisk.training.columns import as_given, in_order, names_of

        if self._explained is None:
            return self.model.contributions(self._named(features))
        if isinstance(features, np.ndarray):
            return self._explained.contributions(features)
        values = self._explained.contributions(in_order(features, self.features))
        return as_given(values, names_of(features) or self.features, self.features)

    def _named(self, features: pd.DataFrame | Floats) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(features, columns=list(self.features)) if isinstance(features, np.ndarray) else features

    def probability(self, raw: Any) -> Floats:
        """Return the calibrated probabilities of raw scores."""
        return self.calibration.apply(raw)

    def percentile(self, raw: Any) -> Floats:
        """Return where raw scores stand among the recent shipments of training, 0 to 100."""
        return self.reference.percentile(raw)
