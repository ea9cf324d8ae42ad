"""Who is served by a list, and who is not: its finds by administration, mode, class and novelty of the consignee."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.entities import entity
from omdrisk.evaluation.intervals import interval, resampled

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

MODES = {"1": "sea", "2": "rail", "3": "road", "4": "air", "5": "mail"}


def divisions(shipments: pd.DataFrame, asked: pd.DataFrame) -> dict[str, pd.Series]:
    """Return for each asked shipment its administration, its mode, and whether its consignee was seen before.

    Parameters
    ----------
    shipments
        All shipments, of which the asked ones are some.
    asked
        The shipments that are asked about.

    Examples
    --------
    >>> filed = pd.to_datetime(["2023-04-15", "2023-04-16", "2023-04-17"], utc=True)
    >>> table = pd.DataFrame({"shipment_id": ["a", "b", "c"], "filed_at": filed, "transport_mode": ["1", "1", "4"],
    ...                       "consignee_name": ["Dai Phat", "Dai Phat", None]})
    >>> {name: values.tolist() for name, values in divisions(table, table).items()}
    {'mode': ['sea', 'sea', 'air'], 'consignee': ['new', 'seen before', 'not named']}
    """
    parts = {}
    if "country_of_report" in asked:
        parts["administration"] = asked["country_of_report"].astype("object").fillna("not given")
    if "transport_mode" in asked:
        mode = asked["transport_mode"].map(MODES).astype("object").fillna("not given")
        if "express" in asked:
            mode = mode.mask(asked["express"].fillna(False).astype(bool), "express")
        parts["mode"] = mode
    keys = entity(shipments, "consignee")
    order = np.argsort(shipments["filed_at"].to_numpy(), kind="stable")
    ordered = keys.iloc[order]
    before = pd.Series(ordered.groupby(ordered, sort=False).cumcount().to_numpy(), shipments["shipment_id"].iloc[order])
    before = before[~before.index.duplicated()]
    times = before.reindex(asked["shipment_id"]).to_numpy(dtype=np.float64)
    named = entity(asked, "consignee").notna().to_numpy()
    novelty = np.where(~named, "not named", np.where(times > 0, "seen before", "new"))
    parts["consignee"] = pd.Series(novelty, index=asked.index)
    return parts


def classes(asked: pd.DataFrame, told: pd.DataFrame) -> pd.Series:
    """Return the class of what each asked shipment held: ``drug``, ``precursor``, ``drug;wildlife``; else missing.

    A precursor counts as a find of drugs, and is shown as what it is.

    Parameters
    ----------
    asked
        The shipments that are asked about.
    told
        What was found, or hidden: shipment_id and target, a row for each.

    Examples
    --------
    >>> asked = pd.DataFrame({"shipment_id": ["a", "b", "c", "d"]})
    >>> told = pd.DataFrame({"shipment_id": ["a", "b", "b", "d", "d"],
    ...                      "target": ["drug", "drug", "precursor", "drug", "wildlife"]})
    >>> classes(asked, told).fillna("").tolist()
    ['drug', 'precursor', '', 'drug;wildlife']
    """
    precursors = told.loc[told["target"] == "precursor", "shipment_id"]
    shown = told[~((told["target"] == "drug") & told["shipment_id"].isin(precursors))].drop_duplicates()
    named = shown.sort_values("target").groupby("shipment_id")["target"].agg(";".join)
    return named.reindex(asked["shipment_id"]).set_axis(asked.index)


def share_of_list(
    found: Floats,
    score: Floats,
    group: pd.Series,
    *,
    capacity: float,
    blocks: npt.NDArray[np.intp],
    resamples: int = 400,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what one list of the highest scores finds in each group; rows without a group are in none.

    Returns
    -------
    DataFrame with group, capacity, rows, found, selected, hits, hit_rate, recall, and low and high (95 %) of the
    recall.

    Examples
    --------
    >>> found, score = np.array([1.0, 0.0, 1.0, 0.0]), np.array([4.0, 3.0, 2.0, 1.0])
    >>> table = share_of_list(found, score, pd.Series(["a", "a", "b", "b"]),
    ...                       capacity=0.5, blocks=np.arange(4), resamples=10)
    >>> table[["group", "selected", "hits", "recall"]].to_dict("records")[1]
    {'group': 'b', 'selected': 0, 'hits': 0, 'recall': 0.0}
    """
    listed = np.zeros(len(score), dtype=bool)
    listed[np.argsort(-score, kind="stable")[: max(round(capacity * len(score)), 1)]] = True
    codes, names = pd.factorize(group, sort=True)
    inside, number = codes >= 0, len(names)

    def counted(values: Floats) -> Floats:
        return np.bincount(codes[inside], weights=values[inside], minlength=number).astype(np.float64)

    hits, finds = counted(found * listed), counted(found)
    drawn = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for weights in resampled(blocks, resamples, seed):
            drawn += [counted(weight * found * listed) / counted(weight * found) for weight in weights]
        low, high = interval(np.array(drawn))
        selected = counted(listed.astype(np.float64))
        return pd.DataFrame(
            {
                "group": names.astype("str"),
                "capacity": capacity,
                "rows": counted(np.ones_like(found)).astype(int),
                "found": finds.astype(int),
                "selected": selected.astype(int),
                "hits": hits.astype(int),
                "hit_rate": hits / selected,
                "recall": hits / finds,
                "low": low,
                "high": high,
            }
        )
