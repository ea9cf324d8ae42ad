"""Why shipments score as they do: reasons in words, contributions in numbers, and shap's own object."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.errors import InputError, did_you_mean
from omdrisk.explaining import Reasoner, Teller, check_counts, check_language, reasons_table
from omdrisk.scoring.scores import scorable
from omdrisk.scoring.why import contributions_of, group_table, in_probability, reasons_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.explaining import Contributions
    from omdrisk.scoring.audit import Auditor
    from omdrisk.scoring.columns import SharedFeatures
    from omdrisk.scoring.scorer import Scorer
    from omdrisk.scoring.seen import Seen
    from omdrisk.training import Head

SCALES: Final = ("log-odds", "probability")


class Explained:
    """The part of `Scorer` that says why."""

    heads: dict[str, Head]
    audit: Auditor | None
    _bands: dict[str, float]
    _features: SharedFeatures
    _reasoners: dict[tuple[str, str], Reasoner]

    def explain(
        self,
        shipments: Any,
        top: int = 5,
        language: str = "en",
        heads: str | Sequence[str] | None = None,
        against: int = 0,
    ) -> pd.DataFrame:
        """Say in words why shipments score as they do.

        Contributions are exact SHAP values (see `omdrisk.explaining`). Features of one indicator are merged
        into one reason. Nothing is told of a missing value, unless that it is missing is the reason.

        Parameters
        ----------
        shipments
            As for `score`. Rows that cannot be scored have no reasons.
        top
            Most reasons that speak for risk, per shipment and head.
        language
            ``en``, ``vi`` or ``zh``.
        heads
            Heads to explain; all without it.
        against
            Most reasons that speak against risk.

        Returns
        -------
        pandas.DataFrame
            One row per shipment, head and reason: ``shipment_id``, ``head``, ``rank`` (within its direction),
            ``indicator``, ``feature`` (its strongest), ``family``, ``value`` (as the text states it),
            ``norm``, ``shap`` (log-odds, all features of the indicator), ``share`` (of the sum of all
            absolute contributions), ``change`` (of the calibrated probability: the contributions of all indicators
            change it from the base's to the shipment's), ``direction`` (``for``, ``against``), ``text``,
            ``band_without`` (the band if this indicator's contribution were taken off the raw score, that is, if
            nothing were known of it), ``hint`` (says so for the first reason of a
            direction, if it alone decides the band).

        Raises
        ------
        InputError
            If the language or a head is unknown, or a count is negative.
        """
        fields = Fields(shipments)
        found = self._reasons(fields, top=top, language=language, heads=heads, against=against)
        if self.audit is not None:
            self.audit.reasons(cast("Scorer", self), fields.frame(), found)
        return found

    def _reasons(
        self,
        shipments: pd.DataFrame | Fields,
        *,
        top: int,
        language: str,
        heads: str | Sequence[str] | None = None,
        against: int = 0,
    ) -> pd.DataFrame:
        """Return the reasons of shipments, of which nothing is logged."""
        check_counts(top, against)
        check_language(language)
        chosen = self._chosen(heads)
        seen = self._seen(shipments)
        if seen is None:
            return reasons_table([])
        found = reasons_of(
            seen,
            {name: self.heads[name] for name in chosen},
            {name: self._reasoner(name, language) for name in chosen},
            top=top,
            against=against,
            bands=self._bands,
        )
        ids = seen.fields.text("shipment_id").tolist()
        return reasons_table([(each, name, found[name][at]) for at, each in enumerate(ids) for name in chosen])

    def contributions(
        self, shipments: Any, head: str | None = None, group: str = "feature", scale: str = "log-odds"
    ) -> pd.DataFrame:
        """Return every contribution and the base: each row sums to its raw score, or to its probability.

        Parameters
        ----------
        shipments
            As for `score`. Rows that cannot be scored are missing throughout.
        head
            The head; without it the columns have two levels, head and group.
        group
            ``feature``, ``indicator`` or ``family``: contributions of a group are added up.
        scale
            ``log-odds``, or ``probability``: the change of the calibrated probability from the base to the shipment,
            shared out in proportion to the contributions (see `omdrisk.explaining.slopes`).

        Raises
        ------
        InputError
            If the head, the group or the scale is unknown.
        """
        fields = Fields(shipments)
        valid, _ = scorable(fields)
        heads = {name: self.heads[name] for name in self._chosen(head)}
        seen = self._features.see(fields if valid.all() else fields.take(valid)) if valid.any() else None
        parts = contributions_of(seen, heads) if seen is not None else {}
        if scale not in SCALES:
            raise InputError(f"scale {scale!r} is unknown. {did_you_mean(scale, SCALES)}")
        found = {name: group_table(one, parts.get(name), group, valid, fields.index) for name, one in heads.items()}
        if scale == "probability":
            found = {name: in_probability(heads[name], one) for name, one in found.items()}
        return found[head] if head is not None else pd.concat(found, axis=1)

    def shap(self, shipments: Any, head: str | None = None) -> Any:
        """Return the contributions to a head's raw scores as a ``shap.Explanation``, for the plots of shap.

        Rows that cannot be scored are left out.

        Raises
        ------
        InputError
            If the head is unknown, or not named although the bundle has several.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what importing shap says of its own plots
            import shap

        told = self._contributions(shipments, head)
        return shap.Explanation(
            values=told.parts.to_numpy(),
            base_values=np.full(len(told.parts), told.base),
            data=told.features.to_numpy(),
            feature_names=list(told.parts.columns),
        )

    def _contributions(self, shipments: Any, head: str | None) -> Contributions:
        name = self._one(head)
        seen = self._seen(shipments)
        if seen is None:
            seen = self._features.see(Fields(shipments).take(np.empty(0, dtype=np.int64)))
        return contributions_of(seen, {name: self.heads[name]})[name]

    def _seen(self, shipments: Any) -> Seen | None:
        """Look at the rows that can be scored; None where there is none."""
        fields = shipments if isinstance(shipments, Fields) else Fields(shipments)
        valid, _ = scorable(fields)
        if not valid.any():
            return None
        return self._features.see(fields if valid.all() else fields.take(valid))

    def _reasoner(self, head: str, language: str) -> Reasoner:
        found = self._reasoners.get((head, language))
        if found is None:
            pipeline = self.heads[head].pipeline
            tellers = {
                each.name: Teller(each, language, pipeline.learnt_.get(each.name, ())) for each in pipeline.catalog_
            }
            found = self._reasoners[head, language] = Reasoner(tellers, language)
        return found

    def _chosen(self, heads: str | Sequence[str] | None) -> list[str]:
        names = list(self.heads) if heads is None else [heads] if isinstance(heads, str) else list(heads)
        for name in names:
            if name not in self.heads:
                raise InputError(f"the bundle has no head {name!r}. {did_you_mean(name, self.heads)}")
        return names

    def _one(self, head: str | None) -> str:
        if head is None and len(self.heads) > 1:
            raise InputError(f"the bundle has several heads: name one of {', '.join(self.heads)}.")
        return self._chosen(head)[0]
