"""Which shipments a head may learn from, and how much each counts. Not examined is unknown: it is no row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from omdrisk.training.recipe import Recipe

    Floats = npt.NDArray[np.float64]

DAY = 86_400.0


def labelled(recipe: Recipe, shipments: pd.DataFrame, outcomes: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the examined shipments of the recipe's target, in order of filing.

    Parameters
    ----------
    recipe
        Its target and label rule are used.
    shipments
        Canonical table.
    outcomes
        A log of states, see `omdrisk.link`; the last one known before `as_of` counts.
    as_of
        Nothing filed or known at this moment or later is looked at.

    Returns
    -------
    DataFrame with the position of each shipment in `shipments` as ``row``, and found (0 or 1), weight, known_at,
    filed_at, selection_probability, selected_by and source (missing where they are not known), and related (whether
    it was clear and one of the recipe's related targets was found in it).

    Examples
    --------
    >>> from omdrisk.training import Recipe
    >>> recipe = Recipe.from_dict({"target": "drug", "features": {"families": ["parties"]}})
    >>> filed = pd.to_datetime(["2023-04-15", "2023-04-16", "2023-04-17"], utc=True)
    >>> shipments = pd.DataFrame({"shipment_id": ["a", "b", "c"], "filed_at": filed})
    >>> outcomes = pd.DataFrame({"shipment_id": ["b", "c"], "target": "drug", "outcome": [1.0, 0.0],
    ...                          "known_at": pd.to_datetime(["2023-04-20", "2023-04-21"], utc=True)})
    >>> labelled(recipe, shipments, outcomes, pd.Timestamp("2023-04-21", tz="UTC"))[["row", "found"]]
       row  found
    0    1    1.0
    """
    from omdrisk.linking import outcomes_as_of

    known = outcomes_as_of(outcomes[outcomes["target"] == recipe.target], as_of)
    known = known[_allowed(recipe, known)]
    place = pd.DataFrame(
        {
            "shipment_id": shipments["shipment_id"].to_numpy(),
            "filed_at": shipments["filed_at"].to_numpy(),
            "row": np.arange(len(shipments)),
        }
    ).assign(filed_at=shipments["filed_at"].reset_index(drop=True))
    place = place[place["filed_at"] < as_of].sort_values(["filed_at", "row"], kind="stable")
    place = place.drop_duplicates("shipment_id")
    table = place.merge(known.rename(columns={"outcome": "found"}), on="shipment_id", how="inner")
    usual: dict[str, Any] = {"weight": 1.0, "selection_probability": np.nan, "selected_by": pd.NA, "source": pd.NA}
    for name, value in usual.items():
        if name not in table:
            table[name] = value
    since = _related(recipe, outcomes, as_of).reindex(table["shipment_id"]).set_axis(table.index)
    table["related"] = since.notna() & (table["found"] == 0)
    table["known_at"] = table["known_at"].mask(table["related"] & (since > table["known_at"]), since)
    columns = ["row", "found", "weight", "known_at", "filed_at", "selection_probability", "selected_by", "source"]
    return table[[*columns, "related"]].reset_index(drop=True)


def _related(recipe: Recipe, outcomes: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Return since when a related find in a shipment was known, by shipment."""
    from omdrisk.linking import outcomes_as_of

    known = outcomes_as_of(outcomes[outcomes["target"].isin(recipe.label.related)], as_of)
    return known[known["outcome"] == 1].groupby("shipment_id")["known_at"].min()


def _allowed(recipe: Recipe, known: pd.DataFrame) -> pd.Series:
    allowed = pd.Series(True, index=known.index)
    if "source" in known:
        allowed &= known["source"].isna() | known["source"].isin(recipe.label.sources)
    if "weight" in known:
        allowed &= known["weight"] >= recipe.label.min_weight
    if "rip_off" in known and not recipe.label.rip_off:
        allowed &= ~known["rip_off"].fillna(False).astype(bool)
    return allowed


def weights(recipe: Recipe, labels: pd.DataFrame, as_of: pd.Timestamp) -> Floats:
    """Return how much each labelled row counts in training: its label's weight, its age, what it stands for."""
    weight = labels["weight"].to_numpy(dtype=np.float64).copy()
    half_life = recipe.weights.half_life_days
    if half_life is not None:
        age = (as_of - labels["filed_at"]).dt.total_seconds().to_numpy() / DAY
        weight *= 0.5 ** (age / half_life)
    if recipe.weights.inverse_selection:
        weight *= stands_for(labels["selection_probability"], recipe.weights.clip)
    return cast("Floats", weight)


def lessons(recipe: Recipe, labels: pd.DataFrame, as_of: pd.Timestamp) -> tuple[Floats, Floats]:
    """Return what each labelled row teaches, found (1) or clear (0), and how much it counts.

    A related find teaches what a find looks like, at the weight that the recipe gives it.
    """
    weight, related = weights(recipe, labels, as_of), labels["related"].to_numpy()
    found = np.where(related, 1.0, labels["found"].to_numpy(dtype=np.float64))
    return found, np.where(related, weight * recipe.label.related_weight, weight)


def speaks_for_all(labels: pd.DataFrame, without: Sequence[str] = ()) -> npt.NDArray[np.bool_]:
    """Tell which labelled rows can say how often something is found among shipments like them.

    Whoever is tipped off looks where something is, and a case without an inspection is reported because something
    was: such rows teach what a find looks like, and count far too many finds. All rows speak where the others hold no
    find, or nothing else.

    Parameters
    ----------
    labels
        As from `labelled`.
    without
        Ways of selecting (``selected_by``) that know more than the data does, such as ``intelligence``.

    Examples
    --------
    >>> labels = pd.DataFrame({"found": [1.0, 1.0, 0.0, 1.0], "selected_by": ["rule", "intelligence", "rule", None],
    ...                        "source": ["inspection", "inspection", "inspection", "case"]})
    >>> speaks_for_all(labels, ["intelligence"]).tolist()
    [True, False, True, False]
    """
    selected_by, source = labels["selected_by"], labels["source"]
    speaks = ~selected_by.isin(list(without)) & ~(selected_by.isna() & source.eq("case").fillna(False))
    return (speaks if 0 < labels["found"][speaks].sum() < speaks.sum() else speaks | True).to_numpy(dtype=bool)


def stands_for(selection_probability: pd.Series, clip: float) -> Floats:
    """Return how many shipments each examined one stands for: one over the probability of its selection, clipped.

    A row whose probability is not known counts as one.

    Examples
    --------
    >>> stands_for(pd.Series([0.5, 0.01, None]), clip=20).tolist()
    [2.0, 20.0, 1.0]
    """
    chance = pd.to_numeric(selection_probability).to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(divide="ignore"):
        return cast("Floats", np.where(np.isnan(chance), 1.0, np.clip(1.0 / chance, 1.0, clip)))
