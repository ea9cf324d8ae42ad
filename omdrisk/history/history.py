"""`History`: what was known about anyone strictly before any moment, in memory or in a folder."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.entities import PARTY_ENTITIES, Keyring, agency_secret
from omdrisk.errors import HistoryError, did_you_mean
from omdrisk.history.answers import Asked, Indexes
from omdrisk.history.arrays import NEVER
from omdrisk.history.batches import Change, hashed, moments, outcome_rows, shipment_rows
from omdrisk.history.facts import Facts
from omdrisk.history.questions import needs
from omdrisk.history.store import MOST_SEGMENTS, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from os import PathLike

    from omdrisk.history.arrays import Floats
    from omdrisk.history.facts import Rows
    from omdrisk.history.questions import Question

_NEVER_WRITTEN = b"a history in memory, never written"


class History:
    """What was known about any key strictly before any moment.

    Two clocks run in it. A shipment is known from its ``filed_at`` on; an outcome from its ``known_at`` on
    (not before its shipment), until another outcome of the same shipment and target replaces it. An answer
    for a moment uses only what was known strictly before it: what is known at the same moment, a shipment's
    own filing among it, is not used.

    Make one with `from_tables`, `create` or `open`.

    Examples
    --------
    >>> from omdrisk.history import Finds, Shipments
    >>> shipments = pd.DataFrame({
    ...     "shipment_id": ["A", "B", "C"],
    ...     "consignee_name": ["Dai Phat Co Ltd"] * 3,
    ...     "consignee_country": ["VN"] * 3,
    ...     "filed_at": pd.to_datetime(["2024-03-01", "2024-03-05", "2024-03-06"], utc=True),
    ... })
    >>> outcomes = pd.DataFrame({
    ...     "shipment_id": ["A"], "target": ["drug"], "outcome": [1.0],
    ...     "known_at": pd.to_datetime(["2024-03-05 12:00"], utc=True),
    ... })
    >>> history = History.from_tables(shipments, outcomes, keys=["consignee"])
    >>> count, finds = Shipments(by=("consignee",)), Finds(by=("consignee",), target="drug")
    >>> answers = history.ask([count, finds], shipments)
    >>> answers[count], answers[finds]
    (array([0., 1., 2.]), array([0., 0., 1.]))

    A part of the past can be frozen, as a model's training does:

    >>> history.before(pd.Timestamp("2024-03-05", tz="UTC")).ask([count], shipments)[count]
    array([0., 1., 1.])
    """

    def __init__(
        self,
        indexes: Indexes,
        keyring: Keyring,
        keys: Sequence[str],
        values: Sequence[str],
        store: Store | None = None,
        horizon: int | None = None,
    ) -> None:
        self._indexes = indexes
        self._keyring = keyring
        self._store = store
        self._horizon = horizon
        self._changing = threading.RLock()
        self.keys = tuple(keys)
        """Names of the entities that can be asked about, singly or together."""
        self.values = tuple(values)
        """Names of the numbers that can be asked about."""

    @classmethod
    def from_tables(
        cls,
        shipments: pd.DataFrame,
        outcomes: pd.DataFrame | None = None,
        *,
        keys: Iterable[str],
        values: Iterable[str] = (),
        secret: bytes = _NEVER_WRITTEN,
    ) -> History:
        """Return a history in memory.

        Parameters
        ----------
        shipments
            A canonical table; rows without ``shipment_id`` or ``filed_at`` are left out.
        outcomes
            A log of states, see `omdrisk.link`.
        keys
            Names of the entities that will be asked about; see `omdrisk.history.needs`.
        values
            Names of the numbers that will be asked about.
        secret
            What entities are hashed under; answers do not depend on it.
        """
        history = cls._of(Keyring(secret), tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(values)))
        history.observe(shipments)
        if outcomes is not None:
            history.record(outcomes)
        return history

    @classmethod
    def _of(
        cls, keyring: Keyring, keys: tuple[str, ...], values: tuple[str, ...], store: Store | None = None
    ) -> History:
        indexes = Indexes(Facts.none(keys, values), keyring.joint, lambda by: not PARTY_ENTITIES.isdisjoint(by))
        return cls(indexes, keyring, keys, values, store)

    @classmethod
    def create(
        cls,
        path: str | PathLike[str],
        *,
        keys: Iterable[str],
        values: Iterable[str] = (),
        secret: bytes | str | None = None,
    ) -> History:
        """Make an empty history in a new folder and return it.

        Parameters
        ----------
        path
            A folder that does not exist, or is empty.
        keys
            Names of the entities that will be asked about; a store cannot gain keys later.
        values
            Names of the numbers that will be asked about.
        secret
            The agency's secret; without it ``OMDRISK_SECRET`` or ``OMDRISK_SECRET_FILE``.

        Raises
        ------
        HistoryError
            If the folder is not empty or cannot be written to, or no secret is set.

        Examples
        --------
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> history = History.create(folder, keys=["consignee", "hs4"], secret="a secret of the agency")
        >>> History.open(folder, secret="a secret of the agency").keys
        ('consignee', 'hs4')
        """
        found = agency_secret(secret)
        Store.create(Path(path), tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(values)), found)
        return cls.open(path, found)

    @classmethod
    def open(cls, path: str | PathLike[str], secret: bytes | str | None = None, *, wait: float = 10.0) -> History:
        """Open the history in a folder; what other processes add to it is seen by the next question.

        Parameters
        ----------
        path
            The folder.
        secret
            The secret it was made with; without it ``OMDRISK_SECRET`` or ``OMDRISK_SECRET_FILE``.
        wait
            How many seconds `observe` and `record` wait for another process that is writing.

        Raises
        ------
        HistoryError
            If the folder holds no history, is damaged, or was made with another secret.
        """
        found = agency_secret(secret)
        store = Store(Path(path), found, wait)
        return cls._of(Keyring(found), store.manifest.keys, store.manifest.values, store)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets that have outcomes."""
        return tuple(sorted(self._current().facts.targets))

    @property
    def version(self) -> str:
        """A digest of what this history knows: the same for the same facts, however they arrived."""
        parts = [self._current().facts.digest, *self.keys, "", *self.values, str(self._horizon)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def __len__(self) -> int:
        """Return how many shipments are known."""
        return len(self._current().facts.shipments)

    def __repr__(self) -> str:
        where = "in memory" if self._store is None else f"in {self._store.folder}"
        return f"<History {where}: keys {', '.join(self.keys)}>"

    def __sklearn_clone__(self) -> History:
        """Return itself: a cloned estimator asks the same history."""
        return self

    def observe(self, shipments: pd.DataFrame) -> Change:
        """Add shipments; those that are known are left as they are, so it may be called again.

        Of two shipments with one ``shipment_id`` the one filed first counts.

        Examples
        --------
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
                change = self._add(shipments, outcomes, reasons, targets or {})
                if len(self._store.manifest.segments) > MOST_SEGMENTS:
                    self._store.rewrite(self._indexes.facts)
                return change

    def _add(
        self, shipments: Rows | None, outcomes: Rows | None, reasons: dict[str, int], targets: dict[str, int]
    ) -> Change:
        facts = self._current().facts
        asked = added = 0
        new_shipments = new_outcomes = None
        if shipments is not None:
            new_shipments = facts.new_shipments(shipments)
            asked, added = len(shipments), len(new_shipments)
        if outcomes is not None:
            new_outcomes = facts.new_outcomes(outcomes)
            asked, added = len(outcomes), len(new_outcomes)
        if added:
            if self._store is not None:
                self._store.append(shipments=new_shipments, outcomes=new_outcomes, targets=targets)
            if new_shipments is not None:
                facts = facts.plus_shipments([new_shipments])
            if new_outcomes is not None:
                facts = facts.plus_outcomes([new_outcomes], targets)
            self._indexes = self._indexes.of(facts)
        pending = int(np.count_nonzero(facts.log_rows < 0))
        return Change(added, asked - added, sum(reasons.values()), pending, reasons)

    def _current(self) -> Indexes:
        if self._store is not None:
            with self._changing:
                if self._store.changed():
                    self._indexes = self._indexes.of(self._store.load(self._indexes.facts))
        return self._indexes

    def before(self, moment: str | datetime | pd.Timestamp) -> History:
        """Return what was known strictly before `moment`, frozen; later questions get answers as of `moment`.

        Days since an event still run up to the question's own moment, and a window still ends there.
        """
        stamp = pd.Timestamp(moment)
        stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
        horizon = int(stamp.tz_convert(None).to_datetime64().astype("datetime64[us]").astype(np.int64))
        if self._horizon is not None:
            horizon = min(horizon, self._horizon)
        return History(self._current(), self._keyring, self.keys, self.values, None, horizon)

    def ask(self, questions: Iterable[Question], shipments: pd.DataFrame) -> dict[Question, Floats]:
        """Answer each question for each shipment, as of its ``filed_at``.

        Parameters
        ----------
        questions
            What is asked; questions about the same key share its index.
        shipments
            A canonical table in any order; they need not be in the history.

        Returns
        -------
        dict
            For each question a float64 array with one number per row, missing where the key or ``filed_at``
            is.

        Raises
        ------
        HistoryError
            If an entity or number is asked for that this history does not keep.
        """
        questions = list(dict.fromkeys(questions))
        keys, values = needs(questions)
        self._require(keys, self.keys, "entity")
        self._require(values, self.values, "number")
        singles = dict.fromkeys(name for question in questions for name in question.by)
        asked = Asked(
            self._current(),
            hashed(self._keyring, shipments, list(singles)),
            moments(shipments, "filed_at"),
            NEVER if self._horizon is None else self._horizon,
        )
        return {question: asked.answer(question) for question in questions}

    @staticmethod
    def _require(asked: Sequence[str], kept: Sequence[str], what: str) -> None:
        for name in asked:
            if name not in kept:
                raise HistoryError(f"This history keeps no {what} {name!r}. {did_you_mean(name, kept)}")

    def verify(self) -> dict[str, int]:
        """Read every byte of the store and check it; return how much there is.

        Raises
        ------
        HistoryError
            If a file is missing or differs from what was written; the message names it.
        """
        facts = self._current().facts
        files = 0
        if self._store is not None:
            for segment in self._store.manifest.segments:
                segment.check_content(self._store.folder)
                files += 1
        pending = int(np.count_nonzero(facts.log_rows < 0))
        return {
            "files": files,
            "shipments": len(facts.shipments),
            "outcomes": len(facts.log),
            "pending": pending,
        }

    def compact(self) -> None:
        """Rewrite the store as one file of shipments and one of outcomes."""
        if self._store is None or self._horizon is not None:
            raise HistoryError("Only a history that was opened from a folder can be compacted.")
        with self._changing, self._store.writing():
            self._store.rewrite(self._current().facts)
