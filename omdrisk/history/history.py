"""`History`: what was known about anyone strictly before any moment, in memory or in a folder."""

from __future__ import annotations

import hashlib
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.entities import PARTY_ENTITIES, Keyring, agency_secret
from omdrisk.errors import HistoryError, did_you_mean
from omdrisk.history.arrays import NEVER
from omdrisk.history.batches import hashed, moments
from omdrisk.history.keeping import Keeping
from omdrisk.history.learning import Learning
from omdrisk.history.past import Past
from omdrisk.history.questions import needs
from omdrisk.history.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from os import PathLike

    from omdrisk.entities import Fields
    from omdrisk.history.arrays import Floats
    from omdrisk.history.questions import Question

_NEVER_WRITTEN = b"a history in memory, never written"


class History(Learning, Keeping):
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
        past: Past,
        keyring: Keyring,
        keys: Sequence[str],
        values: Sequence[str],
        store: Store | None = None,
        horizon: int | None = None,
    ) -> None:
        self._past = past
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
        history._learn(shipments, outcomes)  # noqa: SLF001 - its own
        return history

    @classmethod
    def _of(
        cls, keyring: Keyring, keys: tuple[str, ...], values: tuple[str, ...], store: Store | None = None
    ) -> History:
        past = Past(keys, values, keyring.joint, lambda by: not PARTY_ENTITIES.isdisjoint(by))
        return cls(past, keyring, keys, values, store)

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
        return tuple(sorted(self._current().targets))

    @property
    def version(self) -> str:
        """A digest of what this history knows: the same for the same facts, however they arrived."""
        parts = [self._current().digest, *self.keys, "", *self.values, str(self._horizon)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def __len__(self) -> int:
        """Return how many shipments are known."""
        return len(self._current())

    def __repr__(self) -> str:
        where = "in memory" if self._store is None else f"in {self._store.folder}"
        return f"<History {where}: keys {', '.join(self.keys)}>"

    def __sklearn_clone__(self) -> History:
        """Return itself: a cloned estimator asks the same history."""
        return self

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

    def ask(self, questions: Iterable[Question], shipments: pd.DataFrame | Fields) -> dict[Question, Floats]:
        """Answer each question for each shipment, as of its ``filed_at``.

        Parameters
        ----------
        questions
            What is asked; questions about the same key share its index.
        shipments
            A canonical table in any order, or its `entities.Fields`; they need not be in the history.

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
        try:
            from omdrisk.history.lookups import answer
        except ImportError:  # without a compiler
            from omdrisk.history.answers import answer
        distinct, keys, values, singles = _examined(tuple(questions))
        self._require(keys, self.keys, "entity")
        self._require(values, self.values, "number")
        return answer(
            self._current(),
            distinct,
            hashed(self._keyring, shipments, singles),
            moments(shipments, "filed_at"),
            NEVER if self._horizon is None else self._horizon,
        )

    @staticmethod
    def _require(asked: Sequence[str], kept: Sequence[str], what: str) -> None:
        for name in asked:
            if name not in kept:
                raise HistoryError(f"This history keeps no {what} {name!r}. {did_you_mean(name, kept)}")


@lru_cache(maxsize=64)
def _examined(
    questions: tuple[Question, ...],
) -> tuple[tuple[Question, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the questions, each once; the entities and numbers they need; and the entities of those that ask."""
    distinct = tuple(dict.fromkeys(questions))
    keys, values = needs(distinct)
    return distinct, keys, values, tuple(dict.fromkeys(name for question in distinct for name in question.by))
