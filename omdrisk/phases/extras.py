"""Policies, the value of sharing and fairness, as the report shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from omdrisk.phases.materials import Materials
    from omdrisk.training import Head

MOST_ROWS = 20_000
LARGEST = 12
VAIN = 2.0
CAPACITY = 0.02


@dataclass(frozen=True)
class Shown:
    """A result with the columns that a report has words for.

    Parameters
    ----------
    table
        The figures.
    draw
        What draws them.
    """

    table: pd.DataFrame
    draw: Callable[[], Any] = field(repr=False)

    def plot(self) -> Any:
        """Draw the result, and return the axes."""
        return self.draw()


def fairness_of(head: Head, materials: Materials) -> Any | None:
    """Return who is selected and who in vain, in the open phase or, before it, in the last one that was tested.

    None where nothing was filed in either.
    """
    from omdrisk.evaluation.fairness_rates import fairness

    rows = materials.filed(materials.phase.start, materials.phase.end)
    if not len(rows) and materials.tested:
        rows = materials.filed(materials.tested[-1].start, materials.tested[-1].end)
    if not len(rows):
        return None
    rows = rows.iloc[:: max(len(rows) // MOST_ROWS, 1)]
    past = materials.shipments[(materials.shipments["filed_at"] < rows["filed_at"].min()).to_numpy()]
    raw = head.raw(head.pipeline.with_history(materials.history).transform(rows))
    try:
        return fairness(rows, raw, materials.outcomes, target=head.target, capacity=_capacity(head), past=past)
    except InputError:
        return None


def in_vain(found: Any | None) -> tuple[dict[str, Any], ...]:
    """Return the groups that are shown to be selected in vain more than twice as often as all."""
    if found is None:
        return ()
    table = found.table
    rate = table[table["rate"] == "false_alarm"]
    overall = rate.loc[rate["group"] == "all", "estimate"]
    if not len(overall) or not overall.iloc[0] > 0:
        return ()
    above = rate[(rate["group"] != "all") & (rate["low"] > VAIN * overall.iloc[0])]
    return tuple(
        {"group": str(row["group"]), "member": str(row["value"]), "ratio": float(row["estimate"] / overall.iloc[0])}
        for row in above.sort_values("estimate", ascending=False).head(3).to_dict("records")
    )


def shown_fairness(found: Any) -> Shown:
    """Return fairness as the report shows it: the largest groups, with what is known of them."""
    table = found.table[found.table["estimate"].notna()]
    large = table[table["rate"] == "selection"].groupby("group", sort=False).head(LARGEST)[["group", "value"]]
    chosen = table.merge(large, on=["group", "value"])
    named = {"value": "member", "rate": "rate_of", "estimate": "group_share"}
    ends = {"low": "group_share_low", "high": "group_share_high"}
    columns = ["group", "member", "rate_of", "group_share", "group_share_low", "group_share_high", "lines", "ratio"]
    told = chosen.rename(columns=named | ends | {"rows": "lines"})
    return Shown(told[columns], lambda: found.plot("selection"))


def sharing_of(head: Head, materials: Materials, step: Callable[[str], None]) -> Shown | None:
    """Return what each administration gains from the others, on the last tested phase; None where nothing can be."""
    from omdrisk.evaluation.sharing_result import sharing

    if not materials.tested:
        return None
    phase = materials.tested[-1]
    before = materials.outcomes[(materials.outcomes["known_at"] < materials.phase.start).to_numpy()]
    try:
        found = sharing(
            head.recipe,
            materials.shipments[(materials.shipments["filed_at"] < materials.phase.start).to_numpy()],
            before,
            phase=[{"name": phase.name, "start": phase.start, "end": phase.end}],
            capacity=_capacity(head),
            resamples=200,
            seed=materials.seed,
            catalog=materials.catalog,
            progress=step,
        )
    except InputError:
        return None
    table = found.table[found.table["metric"].str.startswith("recall")]
    columns = ["administration", "level", "value", "low", "high", "gain", "gain_low", "gain_high", "rows", "found"]
    named = {"value": "recall_share", "low": "recall_share_low", "high": "recall_share_high"}
    gains = {"gain": "gain_share", "gain_low": "gain_share_low", "gain_high": "gain_share_high"}
    return Shown(table[columns].rename(columns=named | gains), found.plot)


def policies_from(path: Path) -> Shown:
    """Return policies that were played before, from the weeks that were written down then (.parquet).

    Raises
    ------
    InputError
        If the file is not there or holds no such weeks.
    """
    import pandas as pd

    from omdrisk.evaluation.policies_result import Policies, _summary

    try:
        weeks = pd.read_parquet(path)
        found = Policies(_summary(weeks), weeks)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: holds no weeks of policies ({error}). `omdrisk policies` writes them.") from error
    named = {"value": "measured", "low": "measured_low", "high": "measured_high"}
    columns = ["adapts", "policy", "metric", "measured", "measured_low", "measured_high", "worlds"]
    table = found.table.rename(columns=named).rename(columns={"metric": "measure"})
    told = [name if name != "metric" else "measure" for name in columns]
    return Shown(table[[name for name in told if name in table]], found.plot)


def further_results(
    materials: Materials,
    heads: Sequence[Head],
    *,
    sharing: bool = False,
    policies: Path | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> dict[str, Mapping[str, Any]]:
    """Return results by section and head; a section that nothing can be said in is left out.

    Parameters
    ----------
    materials
        The phase.
    heads
        The challengers.
    sharing
        Whether the value of sharing is measured, which trains some heads for each administration.
    policies
        Weeks of policies that were played before.
    step
        Called with the name of each step.
    """
    fair = {head.target: fairness_of(head, materials) for head in heads}
    told: dict[str, Mapping[str, Any]] = {
        "fairness": {target: shown_fairness(found) for target, found in fair.items() if found is not None}
    }
    if sharing:
        gained = {head.target: sharing_of(head, materials, step) for head in heads}
        told["sharing"] = {target: found for target, found in gained.items() if found is not None}
    if policies is not None:
        told["policies"] = {"": policies_from(policies)}
    return told


def _capacity(head: Head) -> float:
    share = head.recipe.gate.metric.partition("@")[2].removesuffix("%")
    return float(share) / 100 if share else CAPACITY
