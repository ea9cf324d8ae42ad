"""Keeping the history of a scorer current: what was filed, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.errors import HistoryError
from omdrisk.records import as_table

if TYPE_CHECKING:
    from omdrisk.history import Change, History
    from omdrisk.training import Head


class Remembering:
    """The part of `Scorer` that adds to its history."""

    heads: dict[str, Head]
    history: History | None

    def observe(self, shipments: Any) -> Change:
        """Add shipments to the history, each once, and return how many were new.

        Score a manifest before or after observing it: features use what was known strictly before
        ``filed_at``, so the scores are the same.

        Raises
        ------
        HistoryError
            If the scorer was loaded without a history.
        """
        return self._kept().observe(as_table(shipments, "shipments"))

    def record(self, inspections: Any) -> Change:
        """Add what inspections found, or did not find, to the history, and return how many outcomes were new.

        Parameters
        ----------
        inspections
            A canonical inspections table; ``shipment_id``, ``outcome`` and ``known_at`` suffice.

        Raises
        ------
        HistoryError
            If the scorer was loaded without a history.
        """
        from omdrisk.linking import USUAL_TARGETS, link

        history = self._kept()
        table = as_table(inspections, "inspections")
        known = pd.DataFrame({"shipment_id": table["shipment_id"].dropna().unique()}, dtype="str")
        return history.record(link(known, None, table, targets=sorted({*USUAL_TARGETS, *self.heads})))

    def _kept(self) -> History:
        if self.history is None:
            raise HistoryError(
                "this scorer has no history to add to. Load it with omdrisk.load(bundle, history='history/')."
            )
        return self.history
