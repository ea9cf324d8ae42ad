"""What inspections say: finds, and clears worth as much as their method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.linking.examination import clear_weight, is_rip_off, is_thorough
from omdrisk.records.format_map import header_key

if TYPE_CHECKING:
    from omdrisk.linking.matching import Shipments

USUAL_TARGETS = ("drug", "wildlife")
"""Targets of which a clear examination says something, unless others are asked for."""
CLEAR = "clear"
NO_OUTCOME = frozenset({"not_performed", "inconclusive"})
"""Outcomes that leave a shipment unknown."""

_CLEAR_WORDS = frozenset({CLEAR, "no_discrepancy", "cleared", "nothing_found", "negative"})


@dataclass(frozen=True)
class InspectionEvidence:
    """Assertions of inspections, what was not linked, and the linked records."""

    assertions: pd.DataFrame
    unlinked: pd.DataFrame
    evidence: pd.DataFrame


def found_targets(outcome: str) -> tuple[str, ...]:
    """Return the targets that an outcome names; a precursor counts as drug.

    Examples
    --------
    >>> found_targets("precursor;wildlife"), found_targets("clear")
    (('precursor', 'drug', 'wildlife'), ())
    """
    words = [header_key(part) for part in outcome.split(";")]
    told = [word for word in words if word and word not in _CLEAR_WORDS and word not in NO_OUTCOME]
    return tuple(dict.fromkeys(target for word in told for target in targets_of(word)))


def targets_of(word: str) -> tuple[str, ...]:
    """Return the targets that a class or outcome counts for."""
    return (word, "drug") if word == "precursor" else (word,)


def is_asked(target: str, targets: frozenset[str] | None) -> bool:
    """Tell whether a find of `target` is an outcome; where no targets are asked for, all but precursor, told as drug.

    Examples
    --------
    >>> is_asked("fraud", None), is_asked("precursor", None), is_asked("fraud", frozenset({"drug"}))
    (True, False, False)
    """
    return target != "precursor" if targets is None else target in targets


def says_nothing(outcome: str) -> bool:
    """Tell whether an outcome leaves the shipment unknown."""
    words = {header_key(part) for part in outcome.split(";")} - {""}
    return not words or (bool(words & NO_OUTCOME) and not found_targets(outcome))


def _by_distinct(values: pd.Series, answer: Any) -> tuple[Any, list[Any]]:
    codes, distinct = pd.factorize(values)
    return codes, [answer(text) for text in distinct.tolist()]


def inspection_evidence(
    inspections: pd.DataFrame, known: Shipments, targets: frozenset[str] | None
) -> InspectionEvidence:
    """Return what inspections say of `targets`; if there are none, finds of whatever they name and usual clears.

    Which targets a clear speaks of never depends on the data: else a label first seen later would change earlier rows.
    """
    outcome_codes, finds = _by_distinct(inspections["outcome"], found_targets)
    _, silent = _by_distinct(inspections["outcome"], says_nothing)
    clears = frozenset(USUAL_TARGETS) if targets is None else targets
    named = {target for found in finds for target in found if is_asked(target, targets)}
    method_codes, weights = _by_distinct(inspections["method"], clear_weight)
    _, thorough = _by_distinct(inspections["method"], is_thorough)
    rip_codes, rips = _by_distinct(inspections["concealment_code"], is_rip_off)
    weight = np.array([*weights, clear_weight(None)])[method_codes]
    is_linked = inspections["shipment_id"].isin(known.places.index).to_numpy()
    has_moment = inspections["known_at"].notna().to_numpy()
    quiet = np.array([*silent, True], dtype=bool)[outcome_codes]
    nothing_found = np.array([*(not found for found in finds), True], dtype=bool)[outcome_codes]
    empty_look = ~quiet & nothing_found & (weight <= 0)
    used = is_linked & has_moment & ~quiet
    base = pd.DataFrame(
        {
            "shipment_id": inspections["shipment_id"],
            "known_at": inspections["known_at"],
            "source": "inspection",
            "selected_by": inspections["selected_by"],
            "selection_probability": inspections["selection_probability"],
            "evidence": np.arange(len(inspections)),
        }
    )
    parts = []
    deep = np.array([*thorough, False], dtype=bool)[method_codes]
    rip_off = np.array([*rips, False], dtype=bool)[rip_codes]
    for target in sorted(clears | named):
        found = np.array([*(target in one for one in finds), False], dtype=bool)[outcome_codes]
        clear = ~found & (weight > 0) & (nothing_found | deep) & (target in clears)
        rows = used & (found | clear)
        parts.append(
            base[rows].assign(
                target=target,
                outcome=found[rows].astype("float64"),
                weight=np.where(found, 1.0, weight)[rows],
                rip_off=(rip_off & found)[rows],
            )
        )
    reasons = np.select(
        [~is_linked, ~has_moment, quiet, empty_look],
        [
            "no shipment has this shipment_id",
            "known_at is missing: it cannot be said when this could be used",
            "the outcome says nothing (not performed or inconclusive)",
            "a check of documents is no examination",
        ],
        default="",
    )
    return InspectionEvidence(
        assertions=pd.concat(parts, ignore_index=True),
        unlinked=_listed(inspections, reasons),
        evidence=_linked(inspections[used & ~empty_look]),
    )


def _listed(inspections: pd.DataFrame, reasons: Any) -> pd.DataFrame:
    left_out = reasons != ""
    return pd.DataFrame(
        {
            "source": pd.Series("inspection", index=range(int(left_out.sum())), dtype="str"),
            "reference": inspections.loc[left_out, "inspection_id"].reset_index(drop=True),
            "known_at": inspections.loc[left_out, "known_at"].reset_index(drop=True),
            "reason": pd.Series(reasons[left_out], dtype="str"),
        }
    )


def _linked(inspections: pd.DataFrame) -> pd.DataFrame:
    rows = inspections.reset_index(drop=True)
    return pd.DataFrame(
        {
            "source": pd.Series("inspection", index=rows.index, dtype="str"),
            "reference": rows["inspection_id"],
            "known_at": rows["known_at"],
            "shipment_id": rows["shipment_id"],
            "key": pd.Series("shipment_id", index=rows.index, dtype="str"),
            "says": rows["outcome"],
        }
    )
