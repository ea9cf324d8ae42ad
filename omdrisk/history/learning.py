"""How a history takes in what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omdrisk.errors import HistoryError
from omdrisk.history.batches import Change, outcome_rows, shipment_rows

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable

    import pandas as pd

    from omdrisk.entities import Keyring
    from omdrisk.history.facts import Rows
    from omdrisk.history.past import Past
    from omdrisk.history.store import Store


class Learning:
    """The part of `History` that adds to it."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    _past: Past
    _store: Store | None
    _keyring: Keyring
    _horizon: int | None
    _changing: threading.RLock

    def observe(self, shipments: pd.DataFrame) -> Change:
        """Add shipments; those that are known are left as they are, so it may be called again.

        Of two shipments with one ``shipment_id`` the one filed first counts.

        Examples
        --------
        >>> import pandas as pd
        >>> from omdrisk.history import History
        >>> history = History.from_tables(pd.DataFrame({"shipment_id": [], "filed_at": []}), keys=["hs4"])
        >>> arrived = pd.DataFrame({
        ...     "shipment_id": ["A", "B", None],
        ...     "filed_at": pd.to_datetime(["2024-03-01"] * 3, utc=True),
        ... })
        >>> history.observe(arrived)
        Change(added=2, already=0, refused=1, pending=0, reasons={'no shipment_id': 1})
        >>> history.observe(arrived).already
        2
        """
        rows, reasons = shipment_rows(self._keyring, shipments, self.keys, self.values)
        return self._change(shipments=rows, reasons=reasons)

    def record(self, outcomes: pd.DataFrame) -> Change:
        """Add outcomes: ``shipment_id``, ``target``, ``outcome`` (1, 0 or missing), ``known_at``.

        ``weight`` (1 if absent) and ``rip_off`` (false if absent) may be given too. An outcome counts once
        its shipment is observed; until then it is kept and counted as pending. Equal rows count once.
        """
        rows, reasons, targets = outcome_rows(self._keyring, outcomes)
        return self._change(outcomes=rows, reasons=reasons, targets=targets)

    def _change(
        self,
        *,
        shipments: Rows | None = None,
        outcomes: Rows | None = None,
        reasons: dict[str, int],
        targets: dict[str, int] | None = None,
    ) -> Change:
        if self._horizon is not None:
            raise HistoryError("A history frozen by before(...) takes nothing in; add to the one it was made from.")
        with self._changing:
            if self._store is None:
                return self._add(shipments, outcomes, reasons, targets or {})
            with self._store.writing():
                return self._add(shipments, outcomes, reasons, targets or {})

    def _add(
        self, shipments: Rows | None, outcomes: Rows | None, reasons: dict[str, int], targets: dict[str, int]
    ) -> Change:
        past = self._current()
        asked = added = 0
        if shipments is not None:
            asked += len(shipments)
            shipments = past.new_shipments(shipments)
            added += len(shipments)
        if outcomes is not None:
            asked += len(outcomes)
            outcomes = past.new_outcomes(outcomes)
            added += len(outcomes)
        if added:
            past = past.plus(shipments, outcomes, targets)
            self._keep(past, targets)
            if (gathered := past.gathered()) is not past:
                self._keep(gathered, {}, names={name for part in past.parts for name in part.names})
        return Change(added, asked - added, sum(reasons.values()), past.pending, reasons)

    def _keep(self, past: Past, targets: dict[str, int], names: Iterable[tuple[object, ...]] = ()) -> None:
        """Make `past` what is known; the next question of any process sees it, with the indexes in `names`."""
        if self._store is not None:
            self._store.save(past, targets, names=names)
        self._past = past

    def _current(self) -> Past:
        if self._store is not None and self._store.changed():
            with self._changing:
                if self._store.changed():
                    self._past = self._store.load(self._past)
        return self._past

    def _learn(self, shipments: pd.DataFrame, outcomes: pd.DataFrame | None) -> None:
        rows, _ = shipment_rows(self._keyring, shipments, self.keys, self.values)
        if outcomes is None:
            self._add(rows, None, {}, {})
        else:
            log, _, targets = outcome_rows(self._keyring, outcomes)
            self._add(rows, log, {}, targets)
