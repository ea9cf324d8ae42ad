"""Worklists: what a scorer proposes to examine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from omdrisk.explaining import check_language
from omdrisk.records import as_table
from omdrisk.scoring.plan import WorklistPlan
from omdrisk.scoring.worklist import make_worklist

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from omdrisk.scoring.audit import Auditor
    from omdrisk.scoring.scorer import Scorer


class Listing:
    """The part of `Scorer` that makes worklists."""

    audit: Auditor | None

    def worklist(
        self,
        shipments: Any,
        capacity: Any = 40,
        explore: float = 0.1,
        seed: int = 7,
        language: str = "en",
        head: str | None = None,
        harm: Mapping[str, float] | None = None,
        *,
        per_trader: int | None = None,
        per_lane: int | None = None,
        rule: str | None = None,
    ) -> pd.DataFrame:
        """Choose the shipments to examine: by priority, and a share at random to go on learning from.

        Priority is the harm that an inspection is expected to find: the sum over the heads of harm weight x
        probability. Of several rows with one ``shipment_id`` the one of highest priority is considered. The random
        share is drawn uniformly from what priority leaves out, and its probability is logged, so that hit rates can
        later be estimated without bias (see `omdrisk.scoring.draw_lots`).

        Parameters
        ----------
        shipments
            As for `score`. Rows that cannot be scored are not listed.
        capacity
            How many can be inspected: a number, or by office, mode and day a `WorklistPlan`, a table of its lines
            (``office``, ``mode``, ``day``, ``capacity``), or a TOML or CSV file.
        explore
            Share of the capacity drawn at random, 0 to 1.
        seed
            Seed of the draw: the same shipments and seed give the same list, in whatever order the rows come.
        language
            Language of the reasons.
        head
            Rank by this head alone.
        harm
            Weight of each head in the priority, 1 where not given: ``{"drug": 1, "wildlife": 2.5}``.
        per_trader, per_lane
            Most shipments of one consignee or shipper, and of one lane, that priority puts on a list.
        rule
            ``expected`` (the sum over the heads) or ``highest`` (the head that weighs most decides).
            What is given here stands before what the plan says.

        Returns
        -------
        pandas.DataFrame
            In the order of work, with the index of the input rows: ``rank``, ``shipment_id``, ``selected_by``
            (``model``, ``random``), ``selection_probability``, ``priority``, ``head`` (the one that adds most
            to the priority), ``list`` (its office, mode and day, if the plan tells them apart), each head's score,
            percentile and band, what is declared, ``reasons`` (the first three of that head), ``data_quality``,
            ``model_version``, ``scored_at``.

        Raises
        ------
        InputError
            If the capacity, the share, the language, a head, a weight, a cap or the rule cannot be.

        Warns
        -----
        UserWarning
            If shipments fit no line of the plan.
        """
        plan = WorklistPlan.of(capacity)
        if head is not None:
            plan = replace(plan, harm=None)
        told: dict[str, Any] = {"harm": harm, "per_trader": per_trader, "per_lane": per_lane, "rule": rule}
        plan = replace(plan, **{name: value for name, value in told.items() if value is not None})
        table = as_table(shipments, "shipments")
        settings: dict[str, Any] = {"explore": explore, "seed": seed, "head": head}
        made = make_worklist(cast("Scorer", self), table, plan=plan, language=check_language(language), **settings)
        if self.audit is not None:
            self.audit.worklist(cast("Scorer", self), table, made, plan=plan, **settings)
        return made.listed
