"""Joins cases and inspections to shipments and says what is known of each shipment and target, and from when on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME, micros
from omdrisk.linking.cases import CaseEvidence, case_evidence
from omdrisk.linking.inspections import inspection_evidence
from omdrisk.linking.log import ASSERTION_COLUMNS, as_log
from omdrisk.linking.matching import DOCUMENTS, SEVERAL, Shipments, link_key
from omdrisk.linking.near import near_cases, no_near_cases
from omdrisk.records.canonical import as_table
from omdrisk.records.schema import empty

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class LinkResult:
    """Outcomes, and everything that did not become one.

    Attributes
    ----------
    outcomes
        One row per shipment, target and moment at which what is held true changes.
    ambiguous
        Cases that fit several shipments: ``source``, ``reference``, ``known_at``, ``key``, ``value``, ``candidates``.
    unlinked
        Cases and inspections that fit none or say nothing: ``source``, ``reference``, ``known_at``, ``reason``.
    evidence
        Every linked record: ``source``, ``reference``, ``known_at``, ``shipment_id``, ``key``, ``says``.
    near
        Shipments that a case which fits none may be about, for a person to decide: ``reference``, ``shipment_id``,
        ``score`` (0 to 100), ``evidence``. They are no outcomes.
    """

    outcomes: pd.DataFrame
    ambiguous: pd.DataFrame
    unlinked: pd.DataFrame
    evidence: pd.DataFrame
    near: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"LinkResult({len(self.outcomes)} outcomes, {len(self.evidence)} linked, "
            f"{len(self.ambiguous)} ambiguous, {len(self.unlinked)} unlinked)"
        )


def _canonical(data: Any, name: str) -> pd.DataFrame:
    frame = empty(name) if data is None else as_table(data, name)
    lacking = {column.name: column.dtype for column in empty_columns(name) if column.name not in frame.columns}
    if lacking:
        added = {column: pd.Series(index=frame.index, dtype=dtype) for column, dtype in lacking.items()}
        frame = pd.concat([frame, pd.DataFrame(added, index=frame.index)], axis="columns")
    return frame.reset_index(drop=True)


def empty_columns(name: str) -> Iterable[Any]:
    """Return the columns of a canonical table."""
    from omdrisk.records.schema import table

    return table(name).columns.values()


def link(
    shipments: Any, cases: Any = None, inspections: Any = None, *, targets: Iterable[str] | None = None
) -> pd.DataFrame:
    """Return the outcomes of shipments: found, examined and clear, or taken back, each with the moment it was known.

    Parameters
    ----------
    shipments, cases, inspections
        Canonical tables (pandas, PyArrow or polars). Not inspected is unknown: such a shipment has no row.
    targets
        Targets to tell of: a find is a 1 and a clear examination a 0 of each. By default a clear is a 0 of drug and of
        wildlife, and a find of any other label is a 1 of that label alone; name the targets to have its zeros too.

    Returns
    -------
    DataFrame
        ``shipment_id``, ``target``, ``outcome`` (1 found, 0 clear, missing: taken back), ``known_at``, ``source``
        (inspection or case), ``weight`` (a find is 1, a clear is worth as much as its method), ``selected_by``,
        ``selection_probability``, ``rip_off``.

    Examples
    --------
    >>> shipments = pd.DataFrame({"shipment_id": ["1", "2"], "filed_at": ["2023-04-01", "2023-04-02"]})
    >>> inspections = pd.DataFrame({
    ...     "inspection_id": ["a", "b"], "shipment_id": ["1", "2"], "method": ["devan", "x-ray"],
    ...     "outcome": ["drug", "clear"], "known_at": ["2023-04-03", "2023-04-03"],
    ... })
    >>> link(shipments, inspections=inspections)[["shipment_id", "target", "outcome", "weight"]].values.tolist()
    [['1', 'drug', 1.0, 1.0], ['1', 'wildlife', 0.0, 1.0], ['2', 'drug', 0.0, 0.3], ['2', 'wildlife', 0.0, 0.3]]
    """
    return link_records(shipments, cases, inspections, targets=targets, near=False).outcomes


def link_records(
    shipments: Any,
    cases: Any = None,
    inspections: Any = None,
    *,
    targets: Iterable[str] | None = None,
    near: bool = True,
) -> LinkResult:
    """Link as `link` does, and also return what was ambiguous, what was not linked, and the evidence.

    With `near`, cases that fit no shipment are compared with those of their time, and what is alike is listed.

    Notes
    -----
    A case is joined by, in order: the shipment it names; the inspection that names it; its house document; its master
    document; its container, if the find was between 3 days before the filing and 60 days after the arrival. Documents
    are compared without blanks and signs, air waybills and postal items without a word in front. Where a key fits
    several shipments the case is listed as ambiguous. A later row of a case replaces what the case said, from its own
    ``known_at`` on; an inspection that names the case goes with it. Nothing is known of a shipment before it was filed.

    The arrival is the actual one if that lies before the moment of the link, else the expected one, else the filing: an
    actual arrival that is entered later moves no earlier link. (A table holds one expected arrival: that it was changed
    is not told. Nor is it told that an arrival was entered days after it happened: it counts from its own time.)

    A row is joined with what is known when it becomes known, so that nothing later changes an earlier outcome: by keys,
    to shipments filed before; if none fits, to the first that is filed later in its time, from its filing on. A named
    shipment filed later, or an inspection known later, links the case, or moves its link, from then on.
    """
    examined = _canonical(inspections, "inspections")
    reported = _canonical(cases, "cases").sort_values("known_at", kind="stable", ignore_index=True)
    wanted = {
        key: {part for text in link_key(reported[key], key).dropna().tolist() for part in text.split(SEVERAL)}
        for key in (*DOCUMENTS, "container_no")
    }
    table = as_table(shipments, "shipments")
    known = Shipments(table, wanted)
    asked = None if targets is None else frozenset(targets)
    found = inspection_evidence(examined, known, asked)
    told: CaseEvidence = case_evidence(reported, examined, known, asked)
    assertions = pd.concat(
        [part for part in (found.assertions, told.assertions) if len(part)] or [found.assertions], ignore_index=True
    )[list(ASSERTION_COLUMNS)]
    assertions = _not_before_filing(assertions, known)
    return LinkResult(
        outcomes=as_log(assertions),
        ambiguous=told.ambiguous,
        unlinked=pd.concat([found.unlinked, told.unlinked], ignore_index=True),
        evidence=pd.concat([found.evidence, told.evidence], ignore_index=True),
        near=near_cases(table, reported, told.unlinked, known) if near else no_near_cases(),
    )


def _not_before_filing(assertions: pd.DataFrame, known: Shipments) -> pd.DataFrame:
    filed, moments = known.filed(assertions["shipment_id"]), micros(assertions["known_at"])
    early = (filed != NO_TIME) & (moments < filed)
    if not early.any():
        return assertions
    later = pd.Series(np.where(early, filed, moments).view("datetime64[us]"), index=assertions.index)
    return assertions.assign(known_at=later.dt.tz_localize("UTC"))
