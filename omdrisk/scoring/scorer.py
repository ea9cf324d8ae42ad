"""`Scorer`: scores, reasons and worklists from a bundle and the agency's own history."""

from __future__ import annotations

import threading
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import HistoryError, InputError, did_you_mean
from omdrisk.explaining import check_counts, check_language, reasons_table
from omdrisk.records import as_table
from omdrisk.scoring.columns import SharedFeatures
from omdrisk.scoring.plan import WorklistPlan
from omdrisk.scoring.quality import needed_columns
from omdrisk.scoring.ranking import BANDS
from omdrisk.scoring.scores import head_scores, quality, scorable, with_rejects
from omdrisk.scoring.why import contributions_of, group_table, reasons_of
from omdrisk.scoring.worklist import make_worklist

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omdrisk.bundle import Bundle
    from omdrisk.explaining import Contributions
    from omdrisk.history import Change, History
    from omdrisk.training import Head


def clock() -> datetime:
    """Return the time of this machine: the one place from which scores take their ``scored_at``."""
    return datetime.now(UTC)


class Scorer:
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
        self._warned: set[str] = set()
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
            Once for each column that the heads use and that the whole table lacks.
        """
        table = as_table(shipments, "shipments")
        valid, why = scorable(table)
        rows = table.loc[valid]
        features = self._features.of(rows) if len(rows) else {}
        scores: dict[str, Any] = {}
        for name, head in self.heads.items():
            scores |= head_scores(name, head, features.get(name), rows, valid, self._bands)
        texts: list[str] = []
        if len(rows):
            history = self.history is not None or not self._features.asks_history
            texts, absent = quality(rows, self.heads, features, self._needed, history=history)
            self._warn(absent)
        scores["data_quality"] = with_rejects(texts, valid, why)
        scores["model_version"] = pd.array([self.version] * len(table), dtype="str")
        moment = pd.Timestamp(self._clock()).tz_convert("UTC").as_unit("us")
        scores["scored_at"] = pd.Series([moment] * len(table), dtype="datetime64[us, UTC]").array
        return pd.DataFrame(scores, index=table.index)

    def _warn(self, columns: Sequence[str]) -> None:
        with self._lock:
            new = [name for name in columns if name not in self._warned]
            self._warned.update(new)
        if new:
            warnings.warn(
                f"the shipments have no {', '.join(new)}, which the heads use: scores are made without. "
                "A format map can name the column it is in.",
                UserWarning,
                stacklevel=3,
            )

    def features(self, shipments: Any, head: str | None = None) -> pd.DataFrame:
        """Return the features that a head sees, with the index of the input; rejected rows are missing throughout.

        Raises
        ------
        InputError
            If the head is unknown, or not named although the bundle has several.
        """
        name = self._one(head)
        table = as_table(shipments, "shipments")
        valid, _ = scorable(table)
        if valid.all() and len(table):
            return self._features.of(table)[name]
        filled = pd.DataFrame(np.nan, index=table.index, columns=list(self.heads[name].features))
        if valid.any():
            filled.iloc[np.flatnonzero(valid)] = self._features.of(table.loc[valid])[name].to_numpy()
        return filled

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
            absolute contributions), ``direction`` (``for``, ``against``), ``text``.

        Raises
        ------
        InputError
            If the language or a head is unknown, or a count is negative.
        """
        check_counts(top, against)
        check_language(language)
        chosen = self._chosen(heads)
        rows = self._rows(shipments)
        found = reasons_of(
            rows,
            {name: self.heads[name] for name in chosen},
            self._features,
            language,
            top=top,
            against=against,
        )
        ids = rows["shipment_id"].tolist() if len(rows) else []
        return reasons_table([(each, name, found[name][at]) for at, each in enumerate(ids) for name in chosen])

    def contributions(self, shipments: Any, head: str | None = None, group: str = "feature") -> pd.DataFrame:
        """Return every contribution in log-odds, and the base: each row sums to its raw score.

        Parameters
        ----------
        shipments
            As for `score`. Rows that cannot be scored are missing throughout.
        head
            The head; without it the columns have two levels, head and group.
        group
            ``feature``, ``indicator`` or ``family``: contributions of a group are added up.

        Raises
        ------
        InputError
            If the head or the group is unknown.
        """
        table = as_table(shipments, "shipments")
        valid, _ = scorable(table)
        heads = {name: self.heads[name] for name in self._chosen(head)}
        parts = contributions_of(table.loc[valid], heads, self._features) if valid.any() else {}
        found = {name: group_table(one, parts.get(name), group, valid, table.index) for name, one in heads.items()}
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
        return make_worklist(
            self,
            as_table(shipments, "shipments"),
            plan=plan,
            explore=explore,
            seed=seed,
            language=check_language(language),
            head=head,
        )

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

    def _rows(self, shipments: Any) -> pd.DataFrame:
        """Return the rows that can be scored."""
        table = as_table(shipments, "shipments")
        return table.loc[scorable(table)[0]]

    def _chosen(self, heads: str | Sequence[str] | None) -> list[str]:
        names = list(self.heads) if heads is None else [heads] if isinstance(heads, str) else list(heads)
        for name in names:
            if name not in self.heads:
                raise InputError(f"the bundle has no head {name!r}. {did_you_mean(name, self.heads)}")
        return names

    def _contributions(self, shipments: Any, head: str | None) -> Contributions:
        name = self._one(head)
        return contributions_of(self._rows(shipments), {name: self.heads[name]}, self._features)[name]

    def _one(self, head: str | None) -> str:
        if head is None and len(self.heads) > 1:
            raise InputError(f"the bundle has several heads: name one of {', '.join(self.heads)}.")
        return self._chosen(head)[0]
