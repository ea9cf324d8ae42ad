"""What cases say: a find, from when it was reported until it is corrected or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME, micros
from omdrisk.linking.examination import is_rip_off
from omdrisk.linking.following import Inspected, Row, follow
from omdrisk.linking.inspections import is_asked, targets_of
from omdrisk.linking.log import ASSERTION_COLUMNS
from omdrisk.linking.matching import AFTER_DAYS, BEFORE_DAYS, DOCUMENTS, link_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omdrisk.linking.matching import Match, Shipments

_LINK_KEYS = ("shipment_id", *DOCUMENTS, "container_no")
_FOREVER = int(np.iinfo(np.int64).max)
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


def _versions(cases: pd.DataFrame) -> Iterable[list[Row]]:
    """Yield the rows of each case in the order in which they became known, with their link keys filled forward."""
    occurred: list[int] = micros(cases["occurred_on"]).tolist()
    known: list[int] = micros(cases["known_at"]).tolist()
    squeezed_keys = {key: link_key(cases[key], key).tolist() for key in _LINK_KEYS[1:]}
    rows: dict[str, list[Row]] = {}
    for place, record in enumerate(cases.to_dict("records")):
        case = {str(name): value for name, value in record.items()}
        keys = {key: values[place] for key, values in squeezed_keys.items()} | {"shipment_id": case["shipment_id"]}
        keys = {key: value if isinstance(value, str) else None for key, value in keys.items()}
        when = occurred[place]
        earlier = rows.setdefault(case["case_id"], [])
        if earlier:
            last = earlier[-1]
            keys = keys if any(keys.values()) else last.keys
            when = last.occurred if when == NO_TIME else when
            case["class"] = case["class"] if isinstance(case["class"], str) else last.case["class"]
            if known[place] != NO_TIME:
                earlier[-1] = replace(last, until=known[place])
        earlier.append(Row(case, keys, when, known[place], _FOREVER))
    return rows.values()


def case_evidence(
    cases: pd.DataFrame, inspections: pd.DataFrame, known: Shipments, targets: frozenset[str] | None
) -> CaseEvidence:
    """Return what cases say of `targets`, or of whatever they name; `cases` is sorted by ``known_at``."""
    notes = _Notes()
    inspected = Inspected.of(inspections)
    for number, rows in enumerate(_versions(cases), start=len(inspections)):
        said: set[tuple[str, str]] = set()
        link: Match | None = None
        before: Row | None = None
        for row in rows:
            if row.since == NO_TIME:
                note = _note(row.case)
                reason = "known_at is missing: it cannot be said when this could be used"
                notes.unlinked.append({**note, "reason": reason})
                continue
            goes_on = before is not None and (before.keys, before.occurred) == (row.keys, row.occurred)
            left_over: list[dict[str, Any]] | None = None
            held = link if goes_on else None
            for moment, link in follow(row, held, known, inspected):
                case = row.case | {"known_at": pd.Timestamp(moment, unit="us", tz="UTC")}
                if left_over is not None:
                    left_over.pop()
                says, left_over = _version(case, row.keys, link, targets, notes)
                for shipment_id, target in sorted(said - says):
                    notes.assertions.append(_assertion(case, shipment_id, target, np.nan, number))
                    if moment == row.since:
                        _take_back_inspections(case, moment, shipment_id, target, inspected, notes)
                if _is_withdrawn(case) and moment == row.since:
                    _take_back_inspections(case, moment, None, None, inspected, notes)
                for shipment_id, target in sorted(says):
                    notes.assertions.append(_assertion(case, shipment_id, target, 1.0, number))
                said = says
            before = row
    return CaseEvidence(
        assertions=_frame(notes.assertions, ASSERTION_COLUMNS),
        ambiguous=_frame(notes.ambiguous, ("source", "reference", "known_at", "key", "value", "candidates")),
        unlinked=_frame(notes.unlinked, ("source", "reference", "known_at", "reason")),
        evidence=_frame(notes.evidence, ("source", "reference", "known_at", "shipment_id", "key", "says")),
    )


def _is_withdrawn(case: dict[str, Any]) -> bool:
    return bool(case["case_status"] == "withdrawn")


def _note(case: dict[str, Any]) -> dict[str, Any]:
    return {"source": "case", "reference": case["case_id"], "known_at": case["known_at"]}


def _version(
    case: dict[str, Any],
    keys: dict[str, str | None],
    match: Match | None,
    targets: frozenset[str] | None,
    notes: _Notes,
) -> tuple[set[tuple[str, str]], list[dict[str, Any]] | None]:
    """Note how a case stands and return the (shipment, target) pairs it holds found, and where it is left over."""
    note = _note(case)
    if match is None:
        notes.unlinked.append({**note, "reason": _why_unlinked(keys)})
        return set(), notes.unlinked
    if match.shipment_id is None:
        told = {"key": match.key, "value": match.value, "candidates": ";".join(match.candidates)}
        notes.ambiguous.append({**note, **told})
        return set(), notes.ambiguous
    if not _is_withdrawn(case) and not _is_find(case):
        notes.unlinked.append({**note, "reason": _silence(case)})
        return set(), notes.unlinked
    says = "withdrawn" if _is_withdrawn(case) else str(case["class"])
    notes.evidence.append({**note, "shipment_id": match.shipment_id, "key": match.key, "says": says})
    if _is_withdrawn(case):
        return set(), None
    return {(match.shipment_id, target) for target in targets_of(says) if is_asked(target, targets)}, None


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
    case: dict[str, Any],
    moment: int,
    shipment_id: str | None,
    target: str | None,
    inspected: Inspected,
    notes: _Notes,
) -> None:
    """Take back what an inspection that names the case found, for it goes with the case."""
    for named in inspected.of_case(case["case_id"]):
        if shipment_id not in (None, named.shipment_id) or named.known > moment:
            continue
        for one in named.found:
            if target in (None, one):
                notes.assertions.append(_assertion(case, named.shipment_id, one, np.nan, named.number))


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
