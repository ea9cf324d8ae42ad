"""What was known about anyone, strictly before any moment."""

from __future__ import annotations

from omdrisk.history.batches import Change
from omdrisk.history.history import History
from omdrisk.history.questions import (
    Distinct,
    Finds,
    Hops,
    Inspected,
    Known,
    Links,
    Mean,
    Quantile,
    Question,
    Rate,
    Shipments,
    SinceFind,
    SinceFirst,
    SinceLast,
    needs,
)

__all__ = [
    "Change",
    "Distinct",
    "Finds",
    "History",
    "Hops",
    "Inspected",
    "Known",
    "Links",
    "Mean",
    "Quantile",
    "Question",
    "Rate",
    "Shipments",
    "SinceFind",
    "SinceFirst",
    "SinceLast",
    "needs",
]
