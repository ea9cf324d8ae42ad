"""The value of sharing: what each administration gains from the cases of others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError, did_you_mean
from omdrisk.evaluation.intervals import blocks_of, evaluate, lead
from omdrisk.evaluation.sharing_levels import EVER, LEVELS, Levels, Part, finds_of
from omdrisk.features import Catalog
from omdrisk.training.labels import labelled
from omdrisk.training.phases import as_phases, read_phases
from omdrisk.training.seeds import check_seed
from omdrisk.training.tables import as_outcomes, as_shipments, as_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from omdrisk.training import Recipe
    from omdrisk.training.phases import Phase

    Floats = npt.NDArray[np.float64]

TOGETHER = "together"
FEWEST = 5
"""Finds to test on below which a gain has no interval: a bootstrap of so few promises too much."""
OWN = "own"


@dataclass(frozen=True)
class Sharing:
    """What administrations gain from each other.

    Attributes
    ----------
    table
        One row per administration (and all of them ``together``, each with its own capacity), level and metric: value,
        low, high; gain over ``own`` on the same shipments with its paired interval (gain, gain_low, gain_high; 95 %,
        block bootstrap by day; missing with fewer than five finds to test on); rows and found of the test; past_finds,
        what the administration itself had found.
    skipped
        Administrations that could not be tested, and why.
    levels
        What each level means.
    """

    table: pd.DataFrame
    skipped: Mapping[str, str]
    levels: Mapping[str, str] = field(default_factory=lambda: dict(LEVELS), repr=False)

    def plot(self, metric: str | None = None, axes: Any = None) -> Any:
        """Draw the gain of each level over own data alone, per administration, and return the axes."""
        from omdrisk.evaluation.sharing_pictures import gains

        return gains(self.table, metric or str(self.table["metric"].iloc[0]), axes)


def sharing(
    recipe: Recipe,
    shipments: Any,
    outcomes: Any,
    *,
    reported: Any = None,
    by: str = "country_of_report",
    phase: Any = None,
    levels: Sequence[str] = tuple(LEVELS),
    capacity: float = 0.02,
    truth: Any = None,
    resamples: int = 400,
    seed: int = 0,
    catalog: Catalog | None = None,
    progress: Callable[[str], None] | None = None,
) -> Sharing:
    """Measure what each administration gains from the cases of others against its own alone.

    For each administration a head is trained before a phase and tested on its shipments of the phase, at each level of
    sharing; see `Sharing.levels`. All heads have the same features, parameters and number of trees, and are tested on
    the same rows. A case of another administration counts from the moment it was reported.

    Parameters
    ----------
    recipe, shipments, outcomes, seed, catalog
        As for `train`; the tables of all administrations together.
    reported
        Outcomes of reported cases alone, from ``link(shipments, cases)``; without it, all finds in `outcomes` count as
        reported.
    by
        Column that names the administration.
    phase
        Name of a phase of ``models/phases.toml``, or one phase as `as_phases` reads it; the last that has shipments
        by default.
    levels
        Which of ``own``, ``cases``, ``keyed cases``, ``shared head`` and ``all``; ``own`` is always there.
    capacity
        Part of its shipments that each administration can inspect.
    truth
        As for `backtest`; without it, tests are made on examined shipments, which carry the habits of who selected.
    resamples
        Bootstrap resamples of the intervals.
    progress
        Called with a line of words before each administration.

    Raises
    ------
    InputError
        If a level or phase is unknown, a column is missing, or no administration could be tested.
    """
    wanted = [OWN, *(level for level in levels if level != OWN)]
    for level in wanted:
        if level not in LEVELS:
            raise InputError(f"level {level!r} is unknown. {did_you_mean(level, LEVELS)}")
    if not 0 < capacity <= 1:
        raise InputError(
            f"capacity is {capacity!r}. Give the part of the shipments that can be inspected, such as 0.02."
        )
    seed = check_seed(seed)
    shipments, outcomes = as_shipments(shipments), as_outcomes(outcomes)
    if by not in shipments.columns:
        raise InputError(f"column {by!r} is not there. {did_you_mean(by, [str(name) for name in shipments.columns])}")
    told = finds_of(outcomes if reported is None else as_outcomes(reported))
    chosen = recipe.choose(Catalog.read() if catalog is None else catalog)
    when = _phase(phase, shipments)
    found = _found(recipe, shipments, outcomes, truth)
    filed = shipments["filed_at"]
    tested = ((filed >= when.start) & (filed < when.end)).to_numpy() & ~np.isnan(found)
    work = Levels(recipe, chosen, shipments, outcomes, told, when, shipments[by], tested)
    members, skipped = _members(work, found)
    if not members:
        why = "; ".join(f"{name}: {reason}" for name, reason in skipped.items())
        raise InputError(f"no administration could be tested in phase {when.name}. {why}")
    scores = _scores(work, members, wanted, seed, progress or (lambda _: None))
    names = [f"recall@{100 * capacity:g}%", f"hit_rate@{100 * capacity:g}%"]
    tables = []
    for member in [*members, TOGETHER]:
        rows = work.tested & ((work.members == member).to_numpy() if member != TOGETHER else work.members.isin(members))
        known = {level: values[rows] for level, values in scores.items() if not np.isnan(values[rows]).any()}
        finds = _past_finds(work, None if member == TOGETHER else member)
        blocks = blocks_of(shipments[rows], "day")
        for level, score in known.items():
            table = evaluate(found[rows], score, names=names, blocks=blocks, resamples=resamples, seed=seed)
            if OWN in known:
                more = lead(
                    found[rows], score, known[OWN], names=names, blocks=blocks, resamples=resamples, seed=seed
                ).rename(columns={"value": "gain", "low": "gain_low", "high": "gain_high"})
                table = table.merge(more, on="metric")
                if found[rows].sum() < FEWEST:
                    table[["gain_low", "gain_high"]] = np.nan
            tables.append(table.assign(administration=member, level=level, past_finds=finds))
    columns = ["administration", "level", "metric", "value", "low", "high", "gain", "gain_low", "gain_high"]
    table = pd.concat(tables, ignore_index=True)
    return Sharing(table.reindex(columns=[*columns, "rows", "found", "past_finds"]), skipped)


def _phase(phase: Any, shipments: pd.DataFrame) -> Phase:
    if phase is None:
        filed = shipments["filed_at"]
        held = [p for p in read_phases() if ((filed >= p.start) & (filed < p.end)).any()]
        if not held:
            raise InputError("the shipments lie in no phase of models/phases.toml. Give `phase`.")
        return held[-1]
    if isinstance(phase, str):
        known = {each.name: each for each in read_phases()}
        if phase not in known:
            raise InputError(f"phase {phase!r} is not in models/phases.toml, which has {', '.join(known)}")
        return known[phase]
    phases = as_phases(phase)
    if len(phases) != 1:
        raise InputError(f"sharing tests on one phase, and {len(phases)} were given.")
    return phases[0]


def _found(recipe: Recipe, shipments: pd.DataFrame, outcomes: pd.DataFrame, truth: Any) -> Floats:
    """Return 1, 0, or NaN where it is not known, for each shipment."""
    found = np.full(len(shipments), np.nan)
    if truth is not None:
        hidden = as_truth(truth, recipe.target).set_index("shipment_id")[recipe.target]
        found = (hidden.reindex(shipments["shipment_id"]) > 0).to_numpy().astype(np.float64)
    else:
        labels = labelled(recipe, shipments, outcomes, EVER)
        found[labels["row"].to_numpy()] = labels["found"].to_numpy()
    return found


def _members(work: Levels, found: Floats) -> tuple[list[str], dict[str, str]]:
    members, skipped = [], {}
    for member in sorted(work.members.dropna().unique()):
        mine = (work.members == member).to_numpy() & work.tested
        if not 0 < found[mine].sum() < mine.sum():
            skipped[str(member)] = f"{int(mine.sum()):,} shipments to test on, {int(found[mine].sum()):,} of them found"
        else:
            members.append(str(member))
    return members, skipped


def _past_finds(work: Levels, member: str | None) -> int:
    rows = work.labels if member is None else work.labels[
        (work.members == member).to_numpy()[work.labels["row"].to_numpy()]
    ]  # fmt: skip
    return int(rows["found"].sum())


def _scores(
    work: Levels, members: list[str], levels: list[str], seed: int, progress: Callable[[str], None]
) -> dict[str, Floats]:
    """Return for each level the place of each tested shipment among those of its administration, 0 to 1."""
    everyone = [str(name) for name in sorted(work.members.dropna().unique())]
    scores = {level: np.full(len(work.members), np.nan) for level in levels}
    for level in levels:
        parts: dict[str, Part] = {}
        for member in everyone:
            progress(f"{level}: {member}")
            parts[member] = work.part(member, level)
        pooled = work.train(list(parts.values()), seed=seed) if level in ("shared head", "all") else None
        for member in members:
            model = pooled or work.train([parts[member]], seed=seed)
            rows = work.tested & (work.members == member).to_numpy()
            # an administration with nothing to learn from can only draw lots
            raw = np.zeros(int(rows.sum())) if model is None else model.raw_score(parts[member].test)
            scores[level][rows] = _place(raw)
    return scores


def _place(raw: Floats) -> Floats:
    """Return mean ranks as a part of the number of rows, so that equal parts of every administration come first."""
    place: Floats = np.asarray(pd.Series(raw).rank(method="average"), dtype=np.float64)
    return place / max(len(raw), 1)
