"""Policies of inspection compared: every one in every world, with and without networks that answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError
from omdrisk.evaluation.policies_choices import STANDARD, Policy, policy_of
from omdrisk.evaluation.policies_play import Settings, Start, play
from omdrisk.training.seeds import check_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from omdrisk.evaluation.policies_play import WorldLike
    from omdrisk.features import Catalog
    from omdrisk.training import Recipe

    Floats = npt.NDArray[np.float64]

AGAINST = "exploit"
WINDOW = 13
"""Weeks of the moving average: a quarter of a year."""
RATIOS = {
    "hit_rate": ("hits", "picked"),
    "norm_precision": ("hits", "oracle_hits"),
    "norm_kg": ("kg", "oracle_kg"),
    "recall": ("hidden_picked", "hidden"),
    "explored_hit_rate": ("explored_hits", "explored"),
}


@dataclass(frozen=True)
class Policies:
    """What policies of inspection brought.

    Attributes
    ----------
    table
        One row per world kind (`adapts`), policy and metric, with the mean over worlds and its 95 % interval
        (value, low, high; Student's t over worlds) and the number of worlds. ``hit_rate``: finds per inspection;
        ``norm_precision`` and ``norm_kg``: finds, and kilograms, as a part of what an all-knowing selector of the same
        capacity would have found; ``recall``: inspected part of what was hidden; ``explored_hit_rate``: finds per
        inspection made to learn; ``hits``; ``change``: hits more or less than pure exploitation in the same world, as
        a part of the latter's; ``change_late``: the same in the second half of the weeks.
    weeks
        One row per world, kind, policy and week, with all counts.
    """

    table: pd.DataFrame
    weeks: pd.DataFrame = field(repr=False)

    def moving_average(self, metric: str = "norm_precision", weeks: int = WINDOW) -> pd.DataFrame:
        """Return a metric over the last `weeks` weeks: adapts, policy, week, value, low, high over worlds."""
        above, below = RATIOS[metric]
        keys = ["world", "adapts", "policy"]
        sums = self.weeks.groupby(keys, sort=False)[[above, below]].rolling(weeks, min_periods=1).sum()
        value = sums[above].to_numpy() / np.maximum(sums[below].to_numpy(), 1e-9)
        rows = self.weeks.loc[sums.index.get_level_values(-1), [*keys, "week"]].assign(value=value)
        return _over_worlds(rows, ["adapts", "policy", "week"])

    def change(self, policy: str, against: str = AGAINST) -> pd.DataFrame:
        """Return by how many per cent the hits since the first week exceed those of another policy, week by week."""
        rows = self.weeks.set_index(["world", "adapts", "week", "policy"])["hits"].unstack()  # noqa: PD010
        for name in (policy, against):
            if name not in rows:
                raise InputError(f"policy {name!r} was not played; played were {', '.join(map(str, rows.columns))}.")
        sums = rows[[policy, against]].groupby(["world", "adapts"]).cumsum()
        change = 100 * (sums[policy] - sums[against]) / sums[against].where(sums[against] > 0)
        return _over_worlds(change.rename("value").reset_index(), ["adapts", "week"])

    def paired(
        self, policy: str, against: str = AGAINST, *, metric: str = "hits", resamples: int = 2_000, seed: int = 0
    ) -> pd.DataFrame:
        """Return by how much a policy exceeds another, with an interval where worlds are few.

        Weeks of all worlds are resampled, both policies together; it tells how far luck within these worlds reaches,
        and not how worlds differ. Networks that answer do so differently in each branch, so that there is more or less
        to find; ``metric="norm_precision"`` takes that out of the comparison.

        Parameters
        ----------
        metric
            ``hits``, or one of the ratios of `table`.

        Returns
        -------
        DataFrame with adapts, value, low, high (a part of the other's; 95 %, block bootstrap, block = week of a
        world), hits of both, weeks.
        """
        above, below = RATIOS.get(metric, ("hits", "weeks"))
        rows = self.weeks.assign(weeks=1).set_index(["adapts", "world", "week", "policy"])
        rng, told = np.random.default_rng(check_seed(seed)), []
        for kind, part in rows.groupby(level="adapts"):
            tall: Any = part[list({"hits", above, below})].unstack().astype(np.float64)  # noqa: PD010
            counts = np.column_stack([tall[name, who] for who in (policy, against) for name in (above, below)])
            drawn = rng.multinomial(len(counts), np.full(len(counts), 1.0 / len(counts)), size=resamples)
            one, per_one, other, per_other = (np.vstack([np.ones(len(counts)), drawn]) @ counts).T
            change = one / np.maximum(per_one, 1.0) / (np.maximum(other, 1.0) / np.maximum(per_other, 1.0)) - 1
            low, high = np.quantile(change[1:], [0.025, 0.975])
            hits, base = (int(tall["hits", who].sum()) for who in (policy, against))
            told.append({"adapts": kind, "value": change[0], "low": low, "high": high,
                         "hits": hits, "against": base, "weeks": len(counts)})  # fmt: skip
        return pd.DataFrame(told)

    def plot(self, metric: str = "norm_precision", axes: Any = None, *, adapts: bool | None = None) -> Any:
        """Draw the moving average of a metric, a line per policy, and return the axes.

        Parameters
        ----------
        metric
            One of the ratios of `table`.
        axes
            Axes to draw on; None for new ones.
        adapts
            Which kind of world; None for the one in which networks answer, where it was played.
        """
        from omdrisk.evaluation.policies_pictures import by_week

        kinds = self.weeks["adapts"].unique()
        chosen = bool(max(kinds)) if adapts is None else adapts
        if chosen not in kinds:
            raise InputError(f"no policy was played with adapts={chosen}")
        table = self.moving_average(metric)
        return by_week(table[table["adapts"] == chosen], metric, axes, adapts=chosen)

    def plot_change(self, policy: str = "explore 10%", axes: Any = None) -> Any:
        """Draw what a policy gains or loses against pure exploitation as weeks go by, and return the axes."""
        from omdrisk.evaluation.policies_pictures import gain

        return gain(self.change(policy), policy, axes)


def policies(
    recipe: Recipe,
    worlds: Iterable[WorldLike],
    *,
    choose: Sequence[str | Policy] = STANDARD,
    adapts: Sequence[bool] = (False, True),
    capacity: float = 0.05,
    retrain: int = 1,
    rounds: int = 100,
    heads: int = 5,
    features: int | None = None,
    seed: int = 0,
    catalog: Catalog | None = None,
    progress: Callable[[str], None] | None = None,
) -> Policies:
    """Play policies of inspection week by week, each in the same worlds.

    The protocol is that of the published studies (Kim et al. 2022, arXiv:2010.14282; Mai et al. 2021,
    arXiv:2109.14155): a head is trained on the past; each week it scores what is filed, the policy selects, those
    selected are examined, only they gain labels, and the head is trained again. An examination misses as often as its
    method does; its luck is the same whoever selects.

    Parameters
    ----------
    recipe
        The head: target, features, LightGBM parameters, weights. Calibration is left out: selection needs an order.
    worlds
        Pasts that go on, as `omdrisk.simulation.campaign` makes them, one for each replication.
    choose
        Policies, or their names; see `omdrisk.evaluation.policies_choices.policy_of`. Pure exploitation is always
        played.
    adapts
        Kinds of world: networks do not answer to seizures (False), or do (True).
    capacity
        Part of each week's shipments that can be inspected.
    retrain
        Train again every so many weeks.
    rounds
        Trees of a head.
    heads
        Heads trained on resamples, for the policies that need a committee.
    features
        Keep so many of the recipe's features: those that a head trained on the past of the world gains most from. A
        third of them makes a comparison three times as fast, and costs all policies alike. None keeps all.
    seed
        Seed of draws and heads.
    progress
        Called with a line of words before each run.

    Raises
    ------
    InputError
        If a policy is unknown, the capacity is no share, or there is no world.
    """
    if not 0 < capacity <= 1:
        raise InputError(
            f"capacity is {capacity!r}. Give the part of the shipments that can be inspected, such as 0.05."
        )
    chosen = {policy.name: policy for policy in (policy_of(p) if isinstance(p, str) else p for p in (AGAINST, *choose))}
    settings = Settings(recipe, capacity, max(1, int(retrain)), rounds, heads, features, check_seed(seed))
    rows: list[dict[str, Any]] = []
    for number, world in enumerate(worlds):
        start = Start(world, settings, catalog)
        for kind in adapts:
            for policy in chosen.values():
                if progress is not None:
                    answers = "networks answer" if kind else "networks do not answer"
                    progress(f"world {number + 1}, {answers}: {policy.name}")
                rows += [{"world": number, **told} for told in play(start, policy, settings, adapts=bool(kind))]
    if not rows:
        raise InputError("no world was given, or none has a week to play. Give at least one campaign.")
    weeks = pd.DataFrame(rows)
    return Policies(_summary(weeks), weeks)


def _summary(weeks: pd.DataFrame) -> pd.DataFrame:
    counts = [name for name in weeks.columns if name not in ("world", "adapts", "policy", "week", "start")]
    keys = ["world", "adapts", "policy"]
    sums = weeks.groupby(keys, sort=False)[counts].sum()
    late = weeks[weeks["week"] >= (weeks["week"].max() + 1) // 2].groupby(keys, sort=False)[counts].sum()
    made = {name: sums[above] / sums[below].where(sums[below] > 0) for name, (above, below) in RATIOS.items()}
    made["hits"] = sums["hits"].astype(float)
    for name, each in (("change", sums["hits"]), ("change_late", late["hits"])):
        base = each.groupby(level=["world", "adapts"]).transform(lambda part: part.xs(AGAINST, level="policy").iloc[0])
        made[name] = (each - base) / base.where(base > 0)
    tall = pd.concat(made, names=["metric"]).rename("value").reset_index()
    order = {name: place for place, name in enumerate(made)}
    table = _over_worlds(tall, ["adapts", "policy", "metric"])
    ranked = table.assign(_order=table["metric"].map(order), _policy=pd.factorize(table["policy"])[0])
    return (
        ranked.sort_values(["adapts", "_policy", "_order"]).drop(columns=["_order", "_policy"]).reset_index(drop=True)
    )


def _over_worlds(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return mean and 95 % interval over worlds; one world alone gives no interval."""
    from scipy.stats import t

    groups = rows.groupby(keys, sort=False)["value"]
    count, mean, spread = groups.count(), groups.mean(), groups.std(ddof=1)
    with np.errstate(invalid="ignore"):
        reach = spread / np.sqrt(count) * t.ppf(0.975, (count - 1).clip(lower=1))
    table = pd.DataFrame({"value": mean, "low": mean - reach, "high": mean + reach, "worlds": count})
    return table.reset_index()
