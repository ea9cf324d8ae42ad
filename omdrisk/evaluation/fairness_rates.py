"""Who is selected, and who is selected in vain: rates by country of origin and size of party, with intervals.

The rates are those that the fairness literature knows as demographic parity (selection) and equality of the false
positive rate (Hardt, Price and Srebro, "Equality of Opportunity in Supervised Learning", 2016). Intervals are Wilson's
("Probable Inference", J. Am. Stat. Assoc. 22, 1927), at Kish's effective size where rows have weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.errors import InputError, did_you_mean
from omdrisk.evaluation.sharing_levels import EVER
from omdrisk.linking import outcomes_as_of
from omdrisk.training.labels import stands_for
from omdrisk.training.tables import as_outcomes, as_shipments, as_truth

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from omdrisk.features import Catalog
    from omdrisk.training import Recipe

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

ALL = "all"
SIZES = ((0.0, "new"), (1.0, "1-9 earlier"), (10.0, "10-99 earlier"), (100.0, "100 or more"))
Z = 1.959963984540054
NO_CLIP = 1e9
RATES = ("selection", "hit", "false_alarm")


@dataclass(frozen=True)
class Fairness:
    """Selection, hit and false-alarm rates of groups of shipments.

    Attributes
    ----------
    table
        One row per score, group, its value and rate: score, group, value, rate, estimate, low, high (95 %), rows and
        cases (what the rate was counted on, and how many of these it counts), ratio (to the rate of all), note.
        ``selection``: part of the group's shipments that is selected; ``hit``: part of the selected that hide
        something; ``false_alarm``: part of the shipments that hide nothing that is selected all the same. Groups with
        fewer rows than asked for are marked ``few`` and their rates left out.
    """

    table: pd.DataFrame

    def plot(self, rate: str = "selection", group: str | None = None, axes: Any = None, *, most: int = 14) -> Any:
        """Draw a rate of each group with its interval, a marker per score, and return the axes.

        Parameters
        ----------
        rate
            ``selection``, ``hit`` or ``false_alarm``.
        group
            Which division; the first by default.
        most
            How many groups to show at most, the largest first.
        """
        from omdrisk.evaluation.fairness_pictures import rates

        return rates(self.table, rate, group or str(self.table.loc[self.table["group"] != ALL, "group"].iloc[0]),
                     axes, most)  # fmt: skip


def fairness(
    shipments: Any,
    scores: Any,
    outcomes: Any,
    *,
    target: str,
    capacity: float = 0.02,
    groups: Sequence[str] = ("origin", "party_size"),
    past: Any = None,
    truth: Any = None,
    least: int = 10,
) -> Fairness:
    """Compare who is selected, and who in vain, between groups of shipments.

    Parameters
    ----------
    shipments
        A canonical table; the highest scores among them are selected.
    scores
        One number per row of `shipments`, or what `Scorer.score` gave; or a mapping from a name to either, to compare
        heads, such as one with and one without features of countries (see `without_countries`).
    outcomes
        A log of states, see `omdrisk.link`. Hit and false-alarm rates are counted on shipments that were picked at
        random alone, each standing for one over its `selection_probability`: all others carry the habits of whoever
        selected them.
    target
        The head's target.
    capacity
        Part of the shipments that can be inspected.
    groups
        Divisions: ``origin`` (country of origin), ``party_size`` (earlier shipments of the consignee), or any entity.
    past
        Earlier shipments, for the size of parties; those of `shipments` count too, each from its filing on.
    truth
        As for `backtest`: then hit and false-alarm rates are counted on all shipments.
    least
        Groups with fewer rows, in what a rate is counted on, are marked and not told.

    Raises
    ------
    InputError
        If scores and shipments differ in length, a group is unknown, or the capacity is no share.

    Examples
    --------
    >>> filed = pd.date_range("2023-05-01", periods=40, freq="D", tz="UTC")
    >>> shipments = pd.DataFrame({"shipment_id": [f"s{n}" for n in range(40)], "filed_at": filed,
    ...                           "country_of_origin": ["NL", "VN"] * 20})
    >>> outcomes = pd.DataFrame({"shipment_id": shipments["shipment_id"], "target": "drug", "outcome": 0.0,
    ...                          "known_at": filed, "selected_by": "random", "selection_probability": 0.5})
    >>> made = fairness(shipments, np.arange(40.0) % 2, outcomes, target="drug", capacity=0.5, groups=["origin"])
    >>> made.table.query("rate == 'selection'")[["value", "estimate"]].values.tolist()
    [['all', 0.5], ['NL', 0.0], ['VN', 1.0]]
    """
    if not 0 < capacity <= 1:
        raise InputError(
            f"capacity is {capacity!r}. Give the part of the shipments that can be inspected, such as 0.02."
        )
    shipments = as_shipments(shipments)
    given = scores if isinstance(scores, Mapping) else {"score": scores}
    divided = {ALL: pd.Series(ALL, index=shipments.index)}
    divided |= {name: _division(name, shipments, past) for name in groups}
    hidden, weight = _known(shipments, outcomes, target, truth)
    rows: list[dict[str, Any]] = []
    for name, each in given.items():
        selected = _selected(_column(each, target, len(shipments)), capacity)
        for group, values in divided.items():
            for value in values.value_counts(sort=True).index:
                mine = (values == value).to_numpy()
                counted = {
                    "selection": (mine, selected, np.ones(len(mine))),
                    "hit": (mine & ~np.isnan(hidden), hidden > 0, weight * selected),
                    "false_alarm": (mine & (hidden == 0), selected, weight),
                }
                for rate, (base, cases, stands) in counted.items():
                    told = _rate(base & (stands > 0), cases, stands, least)
                    rows.append({"score": str(name), "group": group, "value": str(value), "rate": rate, **told})
    table = pd.DataFrame(rows)
    overall = table[table["group"] == ALL].set_index(["score", "rate"])["estimate"]
    asked = pd.MultiIndex.from_frame(table[["score", "rate"]])
    base_rate = overall.reindex(asked).to_numpy(dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        table.insert(7, "ratio", np.where(base_rate > 0, table["estimate"] / base_rate, np.nan))
    return Fairness(table)


def without_countries(recipe: Recipe, catalog: Catalog | None = None) -> Recipe:
    """Return the recipe without the features that the catalog marks as sensitive: those that speak of countries.

    Examples
    --------
    >>> from omdrisk import Catalog, Recipe
    >>> recipe = Recipe.from_dict({"target": "drug", "features": {"families": ["route"]}})
    >>> chosen = without_countries(recipe).choose(Catalog.read())
    >>> any(definition.sensitive for definition in chosen)
    False
    """
    from dataclasses import replace

    from omdrisk.features import Catalog as Read

    chosen = recipe.choose(Read.read() if catalog is None else catalog)
    names = tuple(definition.name for definition in chosen if definition.sensitive)
    exclude = tuple(dict.fromkeys([*recipe.features.exclude, *names]))
    return recipe.replace(features=replace(recipe.features, exclude=exclude))


def _division(name: str, shipments: pd.DataFrame, past: Any) -> pd.Series:
    if name == "party_size":
        return _sizes(shipments, past)
    from omdrisk.entities import entity
    from omdrisk.errors import DefinitionError

    try:
        values = entity(shipments, name)
    except DefinitionError as error:
        raise InputError(f"group {name!r} is unknown. {did_you_mean(name, ['origin', 'party_size'])}") from error
    return values.astype("object").fillna("not known")


def _sizes(shipments: pd.DataFrame, past: Any) -> pd.Series:
    """Return in which class of size the consignee was when the shipment was filed."""
    from omdrisk.history import History, Shipments

    asked = Shipments(by=("consignee",))
    history = History.from_tables(shipments, keys=["consignee"])
    if past is not None:
        history.observe(as_shipments(past))
    earlier = history.ask([asked], shipments)[asked]
    edges, names = [edge for edge, _ in SIZES], [name for _, name in SIZES]
    place = np.searchsorted(edges, np.nan_to_num(earlier), side="right") - 1
    told = np.where(np.isnan(earlier), "not known", np.array(names, dtype=object)[place])
    return pd.Series(told, index=shipments.index, dtype="object")


def _known(shipments: pd.DataFrame, outcomes: Any, target: str, truth: Any) -> tuple[Floats, Floats]:
    """Return what each shipment hides (NaN: not known), and how many shipments it stands for."""
    if truth is not None:
        table = as_truth(truth, target).set_index("shipment_id")[target]
        hidden = (table.reindex(shipments["shipment_id"]) > 0).to_numpy().astype(np.float64)
        return hidden, np.ones(len(shipments))
    known = outcomes_as_of(as_outcomes(outcomes), EVER)
    if "selected_by" not in known:
        known = known.iloc[:0].assign(selected_by="", selection_probability=np.nan)
    known = known[((known["target"] == target) & (known["selected_by"] == "random")).to_numpy()]
    known = known.set_index("shipment_id").reindex(shipments["shipment_id"])
    hidden = known["outcome"].to_numpy(dtype=np.float64)
    stands = stands_for(known["selection_probability"], NO_CLIP)
    return hidden, np.where(np.isnan(hidden), 0.0, stands)


def _column(scores: Any, target: str, rows: int) -> Floats:
    if isinstance(scores, pd.DataFrame):
        name = f"{target}_raw"
        if name not in scores.columns:
            raise InputError(f"the scores have no column {name!r}. {did_you_mean(name, list(scores.columns))}")
        scores = scores[name]
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (rows,):
        raise InputError(
            f"there are {rows:,} shipments and scores of shape {values.shape}; give one score per shipment."
        )
    return values


def _selected(score: Floats, capacity: float) -> Floats:
    """Return how much of each row is selected: 1, 0, or, where rows of equal score share the last places, a part."""
    left = capacity * len(score)
    _, codes, counts = np.unique(-np.nan_to_num(score, nan=-np.inf), return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    part: Floats = np.clip((left - before) / counts, 0.0, 1.0)[codes]
    return part


def _rate(base: Flags, cases: Any, stands: Floats, least: int) -> dict[str, Any]:
    weight = stands[base]
    rows = int(base.sum())
    if rows < max(least, 1):
        return {"estimate": np.nan, "low": np.nan, "high": np.nan, "rows": rows, "cases": np.nan, "note": "few"}
    counted = np.asarray(cases, dtype=np.float64)[base]
    size = weight.sum() ** 2 / (weight**2).sum()
    share = float((weight * counted).sum() / weight.sum())
    middle = (share + Z**2 / (2 * size)) / (1 + Z**2 / size)
    reach = Z / (1 + Z**2 / size) * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    return {
        "estimate": share,
        "low": max(0.0, middle - reach),
        "high": min(1.0, middle + reach),
        "rows": rows,
        "cases": float(counted.sum()),
        "note": "",
    }
