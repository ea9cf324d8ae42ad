"""The audit of a head's indicators: what each is worth, what it costs, and whether it may be used at all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.auditing.families import without_families
from omdrisk.evaluation.auditing.leaks import leaking_columns, leaking_features, moving_features
from omdrisk.evaluation.auditing.result import FeatureAudit
from omdrisk.evaluation.auditing.sensitive import sensitive_features
from omdrisk.evaluation.auditing.shares import clusters, gain_shares, shap_shares
from omdrisk.evaluation.auditing.singles import Worth, single
from omdrisk.evaluation.auditing.windows import EVER, Window, windows
from omdrisk.evaluation.intervals import blocks_of
from omdrisk.features import Catalog, View
from omdrisk.training.labels import labelled
from omdrisk.training.loop import history_of, train
from omdrisk.training.seeds import check_seed
from omdrisk.training.tables import as_outcomes, as_shipments, as_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from omdrisk.features import FeaturePipeline
    from omdrisk.history import History
    from omdrisk.training import Head, Recipe

    Floats = npt.NDArray[np.float64]
    Tested = tuple[pd.DataFrame, Floats, npt.NDArray[np.intp]]

EXPLAINED = 1_000
TIMED = 5_000
FAMILIES = ("family", "features", "metric", "value", "loss", "low", "high")


def audit_features(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    *,
    phases: Any = None,
    truth: Any = None,
    seed: int = 0,
    resamples: int = 200,
    catalog: Catalog | None = None,
    ablate: bool = True,
    step: Callable[[str], None] = lambda _: None,
) -> FeatureAudit:
    """Audit the indicators of a recipe on examined shipments.

    Each indicator is measured by itself on everything examined, as of its own filing. The head is trained before the
    last phase that can be tested (or on the past of the recipe's ``[split]``), and grown again without each family to
    see what it loses on that phase. Leaks are looked for in the columns that the definitions read, in their values,
    and by taking away what became known later. A flag is a question for a person, and a strong indicator that asks
    only the past is none.

    Parameters
    ----------
    recipe, shipments, outcomes, seed, catalog
        As for `train`.
    phases
        Phases that may be tested on, as for `backtest`; the last with finds is.
    truth
        As for `backtest`: with it families are tested on all shipments of the phase. Only simulation has it.
    resamples
        Draws behind each interval.
    ablate
        Whether to grow the head again without each family, which takes most of the time.
    step
        Called with the name of each step as it begins.

    Raises
    ------
    InputError
        If nothing can be trained or tested on.
    """
    seed = check_seed(seed)
    shipments, outcomes = as_shipments(shipments), as_outcomes(outcomes)
    hidden = None if truth is None else as_truth(truth, recipe.target)
    chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
    step("gathering the history")
    history = history_of(chosen, shipments, outcomes)
    step("training the head")
    window, head, examined = _trained(recipe, shipments, outcomes, windows(recipe, phases), seed, chosen, history)
    step("computing every indicator")
    subject = _Subject(head.pipeline, history, shipments, window)
    rows = shipments.iloc[examined["row"].to_numpy()]
    features = subject.features(examined["row"].to_numpy())
    found = examined["found"].to_numpy(dtype=np.float64)
    periods, names = window.periods_of(examined["filed_at"])
    blocks = np.asarray(blocks_of(rows, recipe.report.block), dtype=np.int64)
    test, hits, days = _tested(recipe, subject, examined, features, hidden)
    step("measuring each by itself")
    worth = Worth(found, blocks, resamples=resamples, seed=seed)
    each = {name: single(features[name].to_numpy(), found, periods, blocks, worth) for name in features.columns}
    singles = pd.DataFrame(each).T
    explained = test.iloc[:: max(1, len(test) // EXPLAINED)]
    shares = pd.DataFrame({"gain_share": gain_shares(head), "shap_share": shap_shares(head, explained)})
    step("looking for leaks")
    columns = leaking_columns(chosen, rows, found, periods, blocks, worth)
    told = [(d.name, flag, seen, name) for name, flag, seen in columns for d in chosen if name in d.needs]
    told += [(*each, "") for each in leaking_features(chosen, features, singles, found, periods, blocks)]
    told += [(*each, "") for each in moving_features(*subject.cut(outcomes, chosen))]
    told += [(*each, "") for each in sensitive_features(chosen, shares["shap_share"])]
    flags = pd.DataFrame(told, columns=["indicator", "flag", "seen", "column"], dtype="str")
    flags = flags.drop_duplicates(["indicator", "flag"], ignore_index=True)
    step("timing each by itself")
    table = _table(chosen, singles, shares, flags)
    table["cluster"] = clusters(features).to_numpy()
    table["seconds_per_100k"] = subject.seconds()
    families = pd.DataFrame(columns=list(FAMILIES))
    if ablate:
        labels = labelled(recipe, shipments, outcomes, window.start)
        past = subject.features(labels["row"].to_numpy()), labels, window.start
        families = without_families(recipe, head, past, (test, hits, days), resamples=resamples, seed=seed, step=step)
    facts = {"definitions": len(chosen), "examined": len(examined), "found": int(found.sum()), "periods": names}
    facts |= {"trained_before": window.start.isoformat(), "tested_on": window.name, "tested": len(hits)}
    facts |= {"tested_found": int(hits.sum()), "truth": truth is not None, "seed": seed, "resamples": resamples}
    return FeatureAudit(recipe.target, table, flags, families, facts)


def _trained(
    recipe: Recipe,
    shipments: pd.DataFrame,
    outcomes: pd.DataFrame,
    wanted: Iterable[Window],
    seed: int,
    chosen: Catalog,
    history: History,
) -> tuple[Window, Head, pd.DataFrame]:
    """Return the first window that can be trained before and tested on, its head and the examined shipments."""
    every = labelled(recipe, shipments, outcomes, EVER)
    why = []
    for window in wanted:
        filed = every["filed_at"]
        inside = (filed >= window.begin) & (filed < window.end)
        if every.loc[inside, "found"].nunique() < 2:
            why.append(f"{window.name} has no finds, or nothing but finds, to test on")
            continue
        try:
            head = train(recipe, shipments, outcomes, as_of=window.start, seed=seed, catalog=chosen, history=history)
        except InputError as error:
            why.append(f"{window.name}: {error}")
            continue
        return window, head, every[(filed < window.start) | inside].reset_index(drop=True)
    raise InputError(f"target {recipe.target!r}: nothing can be audited. {'; '.join(why)}")


class _Subject:
    """The shipments under audit, and their features as each was filed."""

    def __init__(self, pipeline: FeaturePipeline, history: History, shipments: pd.DataFrame, window: Window) -> None:
        self.pipeline, self.shipments, self.window = pipeline.with_history(history), shipments, window
        self.future = pipeline.with_history(history.before(window.start)) if window.frozen else self.pipeline

    def features(self, rows: npt.NDArray[Any]) -> pd.DataFrame:
        """Return the features of some shipments, by their places."""
        taken = self.shipments.iloc[rows]
        if not self.window.frozen:
            return self.pipeline.transform(taken).reset_index(drop=True)
        later = (taken["filed_at"] >= self.window.begin).to_numpy()
        values = np.empty((len(taken), len(self.pipeline.catalog_)))
        for pipeline, part in ((self.pipeline, ~later), (self.future, later)):
            if part.any():
                values[part] = pipeline.transform(taken[part]).to_numpy()
        return pd.DataFrame(values, columns=list(self.pipeline.get_feature_names_out()))

    def cut(
        self, outcomes: pd.DataFrame, chosen: Catalog
    ) -> tuple[FeaturePipeline, pd.DataFrame, History, pd.Timestamp]:
        """Return the pipeline fitted on everything, everything, and what is left of it before the window."""
        from omdrisk.features import FeaturePipeline

        start = self.window.start
        past = self.shipments[(self.shipments["filed_at"] < start).to_numpy()]
        before = history_of(chosen, past, outcomes[(outcomes["known_at"] < start).to_numpy()])
        fitted = FeaturePipeline(chosen, self.pipeline.history).fit(self.shipments)
        return fitted, self.shipments, before, start

    def seconds(self) -> list[float]:
        """Return the time of each definition, computed alone, per 100,000 shipments."""
        rows = self.shipments.sort_values("filed_at", kind="stable").tail(TIMED)
        pipeline, taken = self.pipeline, []
        learnt = {pipeline.catalog_[name].kind: value for name, value in pipeline.learnt_.items()}
        for definition in pipeline.catalog_:
            view = View(rows, pipeline.catalog_.tables, pipeline.history, definition.kind.questions(), learnt)
            begun = time.perf_counter()
            definition.values(view)
            taken.append((time.perf_counter() - begun) * 100_000 / max(len(rows), 1))
        return taken


def _tested(
    recipe: Recipe, subject: _Subject, examined: pd.DataFrame, features: pd.DataFrame, hidden: pd.DataFrame | None
) -> Tested:
    """Return features, outcome (or the truth) and block of each shipment that families are tested on."""
    window, shipments = subject.window, subject.shipments
    if hidden is None:
        inside = (examined["filed_at"] >= window.begin).to_numpy()
        rows = examined.loc[inside, "row"].to_numpy()
        test, hits = features[inside].reset_index(drop=True), examined.loc[inside, "found"].to_numpy(dtype=np.float64)
    else:
        filed = shipments["filed_at"]
        rows = np.flatnonzero((filed >= window.begin) & (filed < window.end))
        known = hidden.set_index("shipment_id")[recipe.target]
        hits = known.reindex(shipments["shipment_id"].iloc[rows]).to_numpy(dtype=np.float64)
        test = subject.features(rows)
    return test, hits, blocks_of(shipments.iloc[rows], recipe.report.block)


def _table(chosen: Catalog, singles: pd.DataFrame, shares: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    told: dict[str, list[str]] = {}
    for name, flag in zip(flags["indicator"], flags["flag"], strict=True):
        told.setdefault(name, []).append(flag)
    names = [definition.name for definition in chosen]
    said = {
        "indicator": names,
        "id": [definition.id for definition in chosen],
        "family": [definition.family for definition in chosen],
        "kind": [definition.kind.word for definition in chosen],
        "words": [definition.words["en"] for definition in chosen],
    }
    frame = pd.DataFrame(said).join(singles.join(shares), on="indicator")
    return frame.assign(flags=["; ".join(dict.fromkeys(told.get(name, ()))) for name in names])
