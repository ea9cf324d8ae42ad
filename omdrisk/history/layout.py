"""The tables that an opened past is laid out in; their records hold addresses, counts, and places in other tables.

Where an index of each part is needed, their records follow one another, the oldest part first.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

from omdrisk.history.addresses import record
from omdrisk.history.spells import Spells

INDEX = record("known directory half shift offsets times")
MATRIX = record("bits ranks zeros levels words")
VALUE = record("there high middle low distinct distinct_count", matrix=MATRIX)
SPELLS = record(" ".join(each.name for each in fields(Spells)) + " taken_back")
FIRST_DISTINCT = record("before first", matrix=MATRIX)
MORE_DISTINCT = record("signs occurred occurred_count", index=INDEX, matrix=MATRIX, negative=MATRIX)
STRETCH = record("value window begin end")
STEPS = record("since offsets begins ends nodes far into", index=INDEX)
HOPS = record("steps steps_end far links into")
RANGES = (
    "columns",  # the entities of the key, by their place among all
    "widths",  # the windows whose places are needed, all the past first
    "windows",  # in which of those shipments are counted
    "value_windows",  # in which of those numbers are counted
    "distinct_windows",  # in which of those each question about different values counts
    "spell_widths",  # the windows of finds
    "rates",  # the overall rates that the key's own are drawn to
    "into",  # which row of the answers each question fills
)
"""Ranges of `Tables.numbers`; the first of them are named here."""
PLAN = record(
    " ".join(f"{name} {name}_end" for name in RANGES)
    + " parts values values_counted means value_row spells targets target_row rows asks asks_end amounts"
    + " stretches stretches_end first_distinct more_distinct steps steps_end"
)
KINDS = {
    "plans": PLAN,
    "parts": INDEX,
    "values": VALUE,
    "spells": SPELLS,
    "overall": SPELLS,
    "stretches": STRETCH,
    "first_distinct": FIRST_DISTINCT,
    "more_distinct": MORE_DISTINCT,
    "steps": STEPS,
    "hops": HOPS,
}


class Tables(NamedTuple):
    """What compiled loops receive; each row of `plans` says which rows of the others are about its key."""

    plans: Any
    parts: Any
    values: Any
    spells: Any
    overall: Any
    stretches: Any
    first_distinct: Any
    more_distinct: Any
    steps: Any
    hops: Any
    numbers: Any
    asks: Any
    amounts: Any
