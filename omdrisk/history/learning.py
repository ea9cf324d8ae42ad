"""How a history takes in what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.errors import HistoryError
from omdrisk.history.batches import Change, outcome_rows, shipment_rows
from omdrisk.history.held import Held

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omdrisk.entities import Keyring
    from omdrisk.history.facts import Rows
    from omdrisk.history.history import History
    from omdrisk.history.past import Past


class Learning(Held):
    """The part of `History` that adds to it."""

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

    def add(self, other: History) -> Change:
        """Add all that another history knows, such as a shard that was built apart.

        The order of adding does not matter, and what both know counts once: histories built of the pieces of a
        table, by whatever processes, add up to the one built of the table.

        Parameters
        ----------
        other
            A history of the same keys and values, made under the same secret, in memory or in a folder.

        Raises
        ------
        HistoryError
            If keys, values or secrets differ, or one of the two is frozen.

        Examples
        --------
        >>> import pandas as pd
        >>> from omdrisk.history import History
        >>> filed = pd.to_datetime(["2024-03-01", "2024-03-02"], utc=True)
        >>> table = pd.DataFrame({"shipment_id": ["A", "B"], "filed_at": filed, "hs4": ["0801", "0801"]})
        >>> north, south = (History.from_tables(table.iloc[[row]], keys=["hs4"]) for row in (0, 1))
        >>> north.add(south)
        Change(added=1, already=0, refused=0, pending=0, reasons={})
        >>> north.version == History.from_tables(table, keys=["hs4"]).version
        True
        """
        if (self.keys, self.values) != (other.keys, other.values):  # noqa: PD011 - names
            raise HistoryError(f"{other!r} keeps other keys or values than {self!r}; only like histories add up.")
        if _mark(self._keyring) != _mark(other._keyring):  # noqa: SLF001 - of its own kind
            raise HistoryError(f"{other!r} was made with another secret than {self!r}; their keys do not meet.")
        if other._horizon is not None:  # noqa: SLF001
            raise HistoryError("A history frozen by before(...) cannot be added; add the one it was made from.")
        facts = other._current().whole.facts  # noqa: SLF001
        return self._change(shipments=facts.shipments, outcomes=facts.log, reasons={}, targets=facts.targets)

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


def _mark(keyring: Keyring) -> int:
    """Return what shows whether two keyrings have one secret."""
    return int(keyring.hash("history", pd.Series(["mark"], dtype="str"))[0])
