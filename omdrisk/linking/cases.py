"""What cases say: a find, from when it was reported until it is corrected or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import micros
from omdrisk.linking.examination import is_rip_off
from omdrisk.linking.inspections import found_targets, targets_of
from omdrisk.linking.log import ASSERTION_COLUMNS
from omdrisk.linking.matching import AFTER_DAYS, BEFORE_DAYS, DOCUMENTS, Match, Shipments, link_key

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINK_KEYS = ("shipment_id", *DOCUMENTS, "container_no")
_UTC = pd.DatetimeTZDtype("us", "UTC")


@dataclass(frozen=True)
class CaseEvidence:
    """Assertions of cases, what was ambiguous or not linked, and the linked records."""

    assertions: pd.DataFrame
    ambiguous: pd.DataFrame
    unlinked: pd.DataFrame
    evidence: pd.DataFrame


@dataclass
class _Notes:
    assertions: list[dict[str, Any]] = field(default_factory=list)
    ambiguous: list[dict[str, Any]] = field(default_factory=list)
    unlinked: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)


def _is_find(case: dict[str, Any]) -> bool:
    if case["case_type"] == "warning":
        return False
    if case["case_type"] == "feedback":
        return bool(max(np.nan_to_num(case["quantity"]), np.nan_to_num(case["kg_equivalent"])) > 0)
    return True


def _silence(case: dict[str, Any]) -> str:
    if case["case_type"] == "warning":
        return "a warning is no find"
    return "the feedback tells no quantity found"


@dataclass(frozen=True)
class _Inspected:
    """Inspections by the case that they name: (evidence number, shipment, targets found)."""

    by_case: dict[str, list[tuple[int, str, tuple[str, ...], Any]]]

    @classmethod
    def of(cls, inspections: pd.DataFrame) -> _Inspected:
        named = inspections[inspections["case_id"].notna() & inspections["shipment_id"].notna()]
        by_case: dict[str, list[tuple[int, str, tuple[str, ...], Any]]] = {}
        columns = (named.index, named["case_id"], named["shipment_id"], named["outcome"], named["known_at"])
        for number, case_id, shipment_id, outcome, known_at in zip(*columns, strict=True):
            found = found_targets(outcome) if isinstance(outcome, str) else ()
            by_case.setdefault(case_id, []).append((int(number), shipment_id, found, known_at))
        return cls(by_case)

    def shipments(self, case_id: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry[1] for entry in self.by_case.get(case_id, ())))


def _match(
    case: dict[str, Any], keys: dict[str, Any], occurred: int, known: Shipments, inspected: _Inspected
) -> Match | None:
    named = keys["shipment_id"]
    if named is None or named not in known.places.index:
        through = tuple(one for one in inspected.shipments(case["case_id"]) if one in known.places.index)
        if through:
            return Match(through[0] if len(through) == 1 else None, "inspection", case["case_id"], through)
    return known.match(named, keys, occurred)


def _versions(cases: pd.DataFrame) -> Iterable[list[tuple[dict[str, Any], dict[str, Any], int]]]:
    """Yield the rows of each case in the order in which they became known, with their link keys filled forward."""
    occurred: list[int] = micros(cases["occurred_on"]).tolist()
    squeezed_keys = {key: link_key(cases[key], key).tolist() for key in _LINK_KEYS[1:]}
    rows: dict[str, list[tuple[dict[str, Any], dict[str, Any], int]]] = {}
    for place, record in enumerate(cases.to_dict("records")):
        case = {str(name): value for name, value in record.items()}
        keys = {key: values[place] for key, values in squeezed_keys.items()} | {"shipment_id": case["shipment_id"]}
        keys = {key: value if isinstance(value, str) else None for key, value in keys.items()}
        earlier = rows.setdefault(case["case_id"], [])
        if earlier and not any(keys.values()):
            keys = earlier[-1][1]
        if earlier and not isinstance(case["class"], str):
            case["class"] = earlier[-1][0]["class"]
        earlier.append((case, keys, occurred[place]))
    return rows.values()


def case_evidence(cases: pd.DataFrame, inspections: pd.DataFrame, known: Shipments, targets: set[str]) -> CaseEvidence:
    """Return what cases say; `cases` is sorted by ``known_at``."""
    notes = _Notes()
    inspected = _Inspected.of(inspections)
    for number, versions in enumerate(_versions(cases), start=len(inspections)):
        said: set[tuple[str, str]] = set()
        for case, keys, occurred in versions:
            says = _version(case, keys, occurred, known, inspected, targets, notes)
            if says is None:
                continue
            for shipment_id, target in sorted(said - says):
                notes.assertions.append(_assertion(case, shipment_id, target, np.nan, number))
                _take_back_inspections(case, shipment_id, target, inspected, notes)
            if _is_withdrawn(case):
                _take_back_inspections(case, None, None, inspected, notes)
            for shipment_id, target in sorted(says):
                notes.assertions.append(_assertion(case, shipment_id, target, 1.0, number))
            said = says
    return CaseEvidence(
        assertions=_frame(notes.assertions, ASSERTION_COLUMNS),
        ambiguous=_frame(notes.ambiguous, ("source", "reference", "known_at", "key", "value", "candidates")),
        unlinked=_frame(notes.unlinked, ("source", "reference", "known_at", "reason")),
        evidence=_frame(notes.evidence, ("source", "reference", "known_at", "shipment_id", "key", "says")),
    )


def _is_withdrawn(case: dict[str, Any]) -> bool:
    return bool(case["case_status"] == "withdrawn")


def _version(
    case: dict[str, Any],
    keys: dict[str, Any],
    occurred: int,
    known: Shipments,
    inspected: _Inspected,
    targets: set[str],
    notes: _Notes,
) -> set[tuple[str, str]] | None:
    """Note one row of a case and return the (shipment, target) pairs it holds found, nothing if it is of no use."""
    note = {"source": "case", "reference": case["case_id"], "known_at": case["known_at"]}
    if pd.isna(case["known_at"]):
        notes.unlinked.append({**note, "reason": "known_at is missing: it cannot be said when this could be used"})
        return None
    match = _match(case, keys, occurred, known, inspected)
    if match is None:
        notes.unlinked.append({**note, "reason": _why_unlinked(keys)})
        return set()
    if match.shipment_id is None:
        told = {"key": match.key, "value": match.value, "candidates": ";".join(match.candidates)}
        notes.ambiguous.append({**note, **told})
        return set()
    if not _is_withdrawn(case) and not _is_find(case):
        notes.unlinked.append({**note, "reason": _silence(case)})
        return set()
    says = "withdrawn" if _is_withdrawn(case) else str(case["class"])
    notes.evidence.append({**note, "shipment_id": match.shipment_id, "key": match.key, "says": says})
    if _is_withdrawn(case):
        return set()
    return {(match.shipment_id, target) for target in targets_of(says) if target in targets}


def _why_unlinked(keys: dict[str, Any]) -> str:
    given = [f"{key} {value!r}" for key in _LINK_KEYS if (value := keys[key]) is not None]
    if not given:
        return "the case names no shipment, document or container"
    near = (
        f" from {BEFORE_DAYS} days before filing to {AFTER_DAYS} days after arrival"
        if keys["container_no"] is not None
        else ""
    )
    return f"no shipment has {' or '.join(given)}{near}"


def _take_back_inspections(
    case: dict[str, Any], shipment_id: str | None, target: str | None, inspected: _Inspected, notes: _Notes
) -> None:
    """Take back what an inspection that names the case found, for it goes with the case."""
    for number, of_shipment, found, known_at in inspected.by_case.get(case["case_id"], ()):
        if shipment_id not in (None, of_shipment) or not (known_at <= case["known_at"]):
            continue
        for one in found:
            if target in (None, one):
                row = _assertion(case, of_shipment, one, np.nan, number)
                notes.assertions.append(row)


def _assertion(case: dict[str, Any], shipment_id: str, target: str, outcome: float, number: int) -> dict[str, Any]:
    concealment = case["concealment_code"]
    return {
        "shipment_id": shipment_id,
        "target": target,
        "outcome": outcome,
        "known_at": case["known_at"],
        "source": "case",
        "weight": 1.0 if outcome == 1.0 else np.nan,
        "selected_by": None,
        "selection_probability": np.nan,
        "rip_off": outcome == 1.0 and is_rip_off(concealment if isinstance(concealment, str) else None),
        "evidence": number,
    }


def _frame(rows: list[dict[str, Any]], columns: Iterable[str]) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=list(columns))
    kinds: dict[str, Any] = dict.fromkeys(("outcome", "weight", "selection_probability"), "float64")
    kinds |= {"known_at": _UTC, "evidence": "int64", "rip_off": "bool"}
    made["known_at"] = pd.to_datetime(made["known_at"], utc=True)
    return made.astype({name: kinds.get(name, "str") for name in made.columns})
