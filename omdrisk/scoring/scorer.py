"""`Scorer`: scores, reasons and worklists from a bundle and the agency's own history."""

from __future__ import annotations

import threading
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.records.coded import Coded
from omdrisk.scoring.columns import SharedFeatures
from omdrisk.scoring.draw import check_capacity
from omdrisk.scoring.explained import Explained
from omdrisk.scoring.listing import Listing
from omdrisk.scoring.quality import needed_columns, split_features
from omdrisk.scoring.ranking import BANDS, with_capacity
from omdrisk.scoring.remembering import Remembering
from omdrisk.scoring.scores import head_scores, quality, scorable, with_rejects
from omdrisk.scoring.watching import drifted_features, unseen_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omdrisk.bundle import Bundle
    from omdrisk.explaining import Reasoner
    from omdrisk.history import History
    from omdrisk.scoring.audit import Auditor
    from omdrisk.training import Head


ABSENT = (
    "the shipments have no {}, which the heads use: scores are made without. A format map can name the column it is in."
)
UNSEEN = "most values in {} were not there in training. A format map may spell its codes otherwise."
DRIFTED = "these features lie otherwise than in training: {}. `omdrisk drift` shows how far."


def clock() -> datetime:
    """Return the time of this machine: the one place from which scores take their ``scored_at``."""
    return datetime.now(UTC)


class Scorer(Explained, Listing, Remembering):
    """Scores shipments with the heads of a bundle; safe to share between threads.

    Parameters
    ----------
    bundle
        A bundle that was read.
    history
        What the agency knows of earlier shipments. Without one, all that asks the past is missing and
        ``data_quality`` says so.
    bands
        Least percentile of each band.
    clock
        Where ``scored_at`` comes from; give another in tests and replays.
    audit
        Where every score, reason and worklist is logged; see `omdrisk.scoring.audit`.

    Attributes
    ----------
    heads : dict of str to Head
        The heads by target.
    version : str
        Version of the bundle.
    """

    def __init__(
        self,
        bundle: Bundle,
        history: History | None = None,
        *,
        bands: Mapping[str, float] = BANDS,
        clock: Callable[[], datetime] = clock,
        audit: Auditor | None = None,
    ) -> None:
        self.bundle = bundle
        self.history = history
        self.version = str(bundle.version)
        self.heads: dict[str, Head] = {head.target: head for head in bundle.heads}
        self.audit = audit
        self._clock = clock
        self._bands = dict(bands)
        used = {name: split_features(head.text) for name, head in self.heads.items()}
        self._features = SharedFeatures({name: head.pipeline for name, head in self.heads.items()}, history, used)
        self._needed = needed_columns(self.heads.values())
        self._warned: set[tuple[str, str]] = set()
        self._reasoners: dict[tuple[str, str], Reasoner] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        history = "no history" if self.history is None else repr(self.history)
        return f"<Scorer {self.version}: heads {', '.join(self.heads)}; {history}>"

    def now(self) -> pd.Timestamp:
        """Return the time by this scorer's clock, in UTC."""
        return pd.Timestamp(self._clock()).tz_convert("UTC").as_unit("us")

    def score(self, shipments: Any, capacity: int | None = None) -> pd.DataFrame:
        """Score shipments.

        A row's scores depend on the row and on the history alone: they are the same, bit for bit, for the row
        alone, in any batch and in any order. Rank is the row's place in this batch.

        Parameters
        ----------
        shipments
            A canonical shipments table (pandas, PyArrow or polars); columns that are absent count as missing.
        capacity
            How many can be inspected. With it each head also has ``<head>_capacity_band``: ``high`` for the ranks that
            fit the capacity, ``elevated`` for those that would fit twice of it, else ``normal``.

        Returns
        -------
        pandas.DataFrame
            One row per input row, in the input's order and with its index. For each head ``<head>_score``
            (calibrated probability), ``<head>_raw`` (log-odds before calibration), ``<head>_rank`` (1 is the
            highest; ties by ``shipment_id``, then by row), ``<head>_percentile`` (where it stands among the
            recent shipments of training) and ``<head>_band`` (by percentile: ``high`` for the top 1 %,
            ``elevated`` for the top 5 %, else ``normal``); and ``data_quality``, ``model_version``,
            ``scored_at``. A row without ``shipment_id`` or ``filed_at`` has no scores, and its
            ``data_quality`` says why.

        Warns
        -----
        UserWarning
            Once for each column that the heads use and that the whole table lacks; and, from a thousand shipments on,
            once for each column most of whose values training had not, and each feature that has drifted since.
        """
        fields = Fields(shipments)
        scores = self._scored(fields)
        if capacity is not None:
            scores = with_capacity(scores, self.heads, check_capacity(capacity))
        if self.audit is not None:
            self.audit.scores(self, fields.frame(), scores)
        return scores

    def _scored(self, shipments: pd.DataFrame | Fields) -> pd.DataFrame:
        """Return the scores of shipments, of which nothing is logged."""
        fields = shipments if isinstance(shipments, Fields) else Fields(shipments)
        valid, why = scorable(fields)
        seen = self._features.see(fields if valid.all() else fields.take(valid)) if valid.any() else None
        scores: dict[str, Any] = {}
        for name, head in self.heads.items():
            scores |= head_scores(name, head, seen, valid, self._bands)
        texts = None
        if seen is not None:
            history = self.history is not None or not self._features.asks_history
            texts, absent = quality(seen, self.heads, self._needed, history=history)
            self._warn(absent, unseen_columns(seen, self.heads), drifted_features(seen, self.heads))
        scores["data_quality"] = with_rejects(texts, valid, why)
        scores["model_version"] = Coded(np.zeros(len(valid), dtype=np.int64), [self.version]).array()
        scores["scored_at"] = pd.DatetimeIndex([self.now()]).repeat(len(valid))
        return pd.DataFrame(scores, index=fields.index, copy=False)

    def _warn(self, absent: Sequence[str], unseen: Sequence[str], drifted: Sequence[str]) -> None:
        said = ((absent, ABSENT), (unseen, UNSEEN), (drifted, DRIFTED))
        for names, text in said:
            if not names:
                continue
            with self._lock:
                new = [name for name in names if (text, name) not in self._warned]
                self._warned.update((text, name) for name in new)
            if new:
                warnings.warn(text.format(", ".join(new)), UserWarning, stacklevel=4)

    def features(self, shipments: Any, head: str | None = None) -> pd.DataFrame:
        """Return the features that a head sees, with the index of the input; rejected rows are missing throughout.

        Raises
        ------
        InputError
            If the head is unknown, or not named although the bundle has several.
        """
        name = self._one(head)
        fields = Fields(shipments)
        valid, _ = scorable(fields)
        if valid.all() and len(fields):
            return self._features.see(fields).table(name)
        filled = pd.DataFrame(np.nan, index=fields.index, columns=list(self.heads[name].features))
        if valid.any():
            filled.iloc[np.flatnonzero(valid)] = self._features.see(fields.take(valid)).features(name)
        return filled
