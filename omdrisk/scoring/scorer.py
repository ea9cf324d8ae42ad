"""`Scorer`: scores, reasons and worklists from a bundle and the agency's own history."""

from __future__ import annotations

import threading
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import Fields
from omdrisk.explaining import check_language
from omdrisk.records import as_table
from omdrisk.scoring.columns import SharedFeatures
from omdrisk.scoring.explained import Explained
from omdrisk.scoring.quality import needed_columns
from omdrisk.scoring.ranking import BANDS
from omdrisk.scoring.remembering import Remembering
from omdrisk.scoring.scores import head_scores, quality, scorable, texts_of, with_rejects
from omdrisk.scoring.watching import drifted_features, unseen_columns
from omdrisk.scoring.worklist import make_worklist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omdrisk.bundle import Bundle
    from omdrisk.explaining import Reasoner
    from omdrisk.history import History
    from omdrisk.training import Head


ABSENT = (
    "the shipments have no {}, which the heads use: scores are made without. A format map can name the column it is in."
)
UNSEEN = "most values in {} were not there in training. A format map may spell its codes otherwise."
DRIFTED = "these features lie otherwise than in training: {}. `omdrisk drift` shows how far."


def clock() -> datetime:
    """Return the time of this machine: the one place from which scores take their ``scored_at``."""
    return datetime.now(UTC)


class Scorer(Explained, Remembering):
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
    ) -> None:
        self.bundle = bundle
        self.history = history
        self.version = str(bundle.version)
        self.heads: dict[str, Head] = {head.target: head for head in bundle.heads}
        self._clock = clock
        self._bands = dict(bands)
        self._features = SharedFeatures({name: head.pipeline for name, head in self.heads.items()}, history)
        self._needed = needed_columns(self.heads.values())
        self._warned: set[tuple[str, str]] = set()
        self._reasoners: dict[tuple[str, str], Reasoner] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        history = "no history" if self.history is None else repr(self.history)
        return f"<Scorer {self.version}: heads {', '.join(self.heads)}; {history}>"

    def score(self, shipments: Any) -> pd.DataFrame:
        """Score shipments.

        A row's scores depend on the row and on the history alone: they are the same, bit for bit, for the row
        alone, in any batch and in any order. Rank is the row's place in this batch.

        Parameters
        ----------
        shipments
            A canonical shipments table (pandas, PyArrow or polars); columns that are absent count as missing.

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
        valid, why = scorable(fields)
        seen = self._features.see(fields if valid.all() else fields.take(valid)) if valid.any() else None
        scores: dict[str, Any] = {}
        for name, head in self.heads.items():
            scores |= head_scores(name, head, seen, valid, self._bands)
        texts: list[str] = []
        if seen is not None:
            history = self.history is not None or not self._features.asks_history
            texts, absent = quality(seen, self.heads, self._needed, history=history)
            self._warn(absent, unseen_columns(seen, self.heads), drifted_features(seen, self.heads))
        scores["data_quality"] = with_rejects(texts, valid, why)
        scores["model_version"] = texts_of([self.version] * len(valid))
        moment = pd.Timestamp(self._clock()).tz_convert("UTC").as_unit("us")
        scores["scored_at"] = pd.DatetimeIndex([moment]).repeat(len(valid))
        return pd.DataFrame(scores, index=fields.index)

    def _warn(self, absent: Sequence[str], unseen: Sequence[str], drifted: Sequence[str]) -> None:
        said = ((absent, ABSENT), (unseen, UNSEEN), (drifted, DRIFTED))
        for names, text in said:
            with self._lock:
                new = [name for name in names if (text, name) not in self._warned]
                self._warned.update((text, name) for name in new)
            if new:
                warnings.warn(text.format(", ".join(new)), UserWarning, stacklevel=3)

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

    def worklist(
        self,
        shipments: Any,
        capacity: int = 40,
        explore: float = 0.1,
        seed: int = 7,
        language: str = "en",
        head: str | None = None,
        harm: Mapping[str, float] | None = None,
    ) -> pd.DataFrame:
        """Choose the shipments to examine: by priority, and a share at random to go on learning from.

        Priority is the expected harm that is found: the sum over the heads of harm weight x probability. Of
        several rows with one ``shipment_id`` the one of highest priority is considered. The random share is
        drawn uniformly from what priority leaves out, and its probability is logged, so that hit rates can
        later be estimated without bias.

        Parameters
        ----------
        shipments
            As for `score`. Rows that cannot be scored are not listed.
        capacity
            How many can be inspected.
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

        Returns
        -------
        pandas.DataFrame
            In the order of work, with the index of the input rows: ``rank``, ``shipment_id``, ``selected_by``
            (``model``, ``random``), ``selection_probability``, ``priority``, ``head`` (the one that adds most
            to the priority), each head's score, percentile and band, what is declared, ``reasons`` (the first
            three of that head), ``data_quality``, ``model_version``, ``scored_at``.

        Raises
        ------
        InputError
            If the capacity, the share, the language, a head or a weight cannot be.
        """
        return make_worklist(
            self,
            as_table(shipments, "shipments"),
            capacity=capacity,
            explore=explore,
            seed=seed,
            language=check_language(language),
            head=head,
            harm=harm,
        )
