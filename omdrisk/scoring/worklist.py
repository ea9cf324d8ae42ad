"""The list that an office works: chosen shipments, what is declared of them, and why they are on it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from omdrisk.entities import entity
from omdrisk.errors import InputError
from omdrisk.scoring.draw import Cap, Lot, draw_lots
from omdrisk.scoring.priority import combine, harm_weights
from omdrisk.scoring.ranking import order

if TYPE_CHECKING:
    import numpy.typing as npt

    from omdrisk.scoring.plan import WorklistPlan
    from omdrisk.scoring.scorer import Scorer

TOLD = 3
JOINED = "; "

DECLARED: Final = (
    "filed_at",
    "eta",
    "office",
    "direction",
    "transport_mode",
    "house_doc_no",
    "master_doc_no",
    "container_no",
    "seal_nos",
    "vessel_name",
    "voyage_flight_no",
    "shipper_name",
    "shipper_country",
    "consignee_name",
    "consignee_country",
    "notify_name",
    "port_of_loading",
    "transhipment_ports",
    "port_of_discharge",
    "country_of_origin",
    "country_of_departure",
    "country_of_destination",
    "goods_description",
    "hs_code",
    "packages",
    "package_type",
    "gross_weight_kg",
    "invoice_value",
    "currency",
    "documents",
)


@dataclass(frozen=True)
class Made:
    """A worklist and what stands behind it: positions of its rows, their scores, and the reasons."""

    listed: pd.DataFrame
    rows: npt.NDArray[np.int64]
    scores: pd.DataFrame
    reasons: pd.DataFrame


def make_worklist(
    scorer: Scorer,
    table: pd.DataFrame,
    *,
    plan: WorklistPlan,
    explore: float,
    seed: int,
    language: str,
    head: str | None,
) -> Made:
    """Make the worklist of canonical shipments; see `Scorer.worklist`."""
    if "shipment_id" not in table.columns:
        raise InputError("The shipments table lacks the column shipment_id: a worklist names the shipments to examine.")
    weights = harm_weights(scorer.heads, plan.harm, head)
    scores = scorer._scored(table)  # noqa: SLF001 - one log entry for the list, not one for each candidate
    parts = np.column_stack([weights[name] * scores[f"{name}_score"].to_numpy() for name in weights])
    priority = combine(parts, plan.rule)
    candidates = _one_per_shipment(table, priority)
    considered = table.iloc[candidates]
    drawn = draw_lots(
        priority[candidates],
        considered["shipment_id"],
        _lots(plan, considered),
        explore=explore,
        seed=seed,
        caps=_caps(plan, considered),
    )
    rows = candidates[drawn.rows]
    listed, picked = table.iloc[rows], scores.iloc[rows]
    leads = [list(weights)[at] for at in parts[rows].argmax(axis=1)] if len(rows) else []
    columns: dict[str, Any] = {
        "rank": np.arange(1, len(rows) + 1),
        "shipment_id": listed["shipment_id"].array,
        "selected_by": pd.array(drawn.selected_by, dtype="str"),
        "selection_probability": drawn.selection_probability,
        "priority": priority[rows],
        "head": pd.array(leads, dtype="str"),
    }
    if plan.split:
        columns["list"] = pd.array(drawn.lots, dtype="str")
    for name in scorer.heads:
        columns |= {f"{name}_{part}": picked[f"{name}_{part}"].array for part in ("score", "percentile", "band")}
    columns |= {name: listed[name].array for name in DECLARED if name in listed.columns}
    why = scorer._reasons(listed, top=TOLD, language=language)  # noqa: SLF001 - as above
    told = why.groupby(["shipment_id", "head"], sort=False)["text"].agg(JOINED.join)
    texts = [told.get(key, "") for key in zip(listed["shipment_id"], leads, strict=True)]
    columns["reasons"] = pd.array(texts, dtype="str")
    columns |= {name: picked[name].array for name in ("data_quality", "model_version", "scored_at")}
    return Made(pd.DataFrame(columns, index=listed.index), rows, picked, why)


def _lots(plan: WorklistPlan, considered: pd.DataFrame) -> list[Lot]:
    lots, outside = plan.lots(considered)
    if outside:
        warnings.warn(
            f"{outside:,} of {len(considered):,} shipments fit no line of the plan and are on no list. "
            "A last line with a capacity alone takes what the others leave.",
            UserWarning,
            stacklevel=4,
        )
    return lots


def _caps(plan: WorklistPlan, considered: pd.DataFrame) -> list[Cap]:
    """Return the caps of a plan; a trader is known by the normal form of its name, country and tax number."""
    wanted = [("consignee", plan.per_trader), ("shipper", plan.per_trader), ("lane", plan.per_lane)]
    return [
        Cap(pd.factorize(entity(considered, name))[0].astype(np.int64), most)
        for name, most in wanted
        if most is not None
    ]


def _one_per_shipment(table: pd.DataFrame, priority: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Return row positions of the scored rows, for each shipment the one of highest priority."""
    placed = order(priority, table["shipment_id"])
    placed = placed[~np.isnan(priority[placed])]
    return placed[~table["shipment_id"].iloc[placed].duplicated().to_numpy()]
