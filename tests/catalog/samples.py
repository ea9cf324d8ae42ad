"""Values that each definition can take, from the least to the greatest, with what a reason states of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omdrisk.features import Definition

NAN = math.nan
COUNTS = (0.0, 1.0, 7.0, 1400.0)
DAYS = (0.02, 1.2, 45.4, 91.0, 181.3, 1234.5)
SHARES = (0.0, 0.0003, 0.0034, 0.0666, 0.374, 1.0)
WEIGHTS = (0.0, 0.1, 0.5, 1.0)
FLAGS = (0.0, 1.0)
LABELS = {
    "transport_mode": ("1", "4", "5"),
    "direction": ("import", "transhipment"),
    "nature_of_item": ("gift", "other"),
    "freight_payment": ("A", "CC"),
    "package_type": ("CT", "XX"),
    "container_type": ("22G1", "45R1"),
}
KINDS = {
    "count": COUNTS,
    "distinct": COUNTS,
    "finds": (0.0, 1.0, 3.0),
    "near_case": (0.0, 1.0, 3.0),
    "hops": (0.0, 1.0, 2.0, 3.0),
    "links": (0.0, 1.0, 5.0),
    "taxa": (0.0, 1.0, 2.0),
    "days_since_first": DAYS,
    "days_since_last": DAYS,
    "days_since_find": DAYS,
    "share": SHARES,
    "rate": SHARES,
    "vagueness": (0.0, 0.25, 0.5, 1.0),
    "script": (0.0, 0.15, 0.5, 1.0),
    "lexicon": WEIGHTS,
    "listed": WEIGHTS,
    "words": FLAGS,
    "agree": FLAGS,
    "check_digit": FLAGS,
    "documents_missing": FLAGS,
    "round_number": (0.001, 0.1, 1.0, 10.0, 100.0, 10000.0),
    "similarity": (0.0, 55.33, 81.0, 100.0),
    "hours_between": (-5.3, 0.0, 0.4, 1.0, 20.6, 744.2),
    "detour": (1.0, 1.22, 1.31, 3.456),
    "listed_count": (1.0, 2.0, 6.0),
    "ratio": (0.0, 0.0004, 0.123, 0.51, 12.3456),
    "category": (0.0, 1.0, 2.0),
}
NUMBERS = {
    "amendment_no": (0.0, 1.0, 4.0),
    "master_weight_gap_share": (-0.5, 0.0, 0.0002, 0.2345),
    "vgm_gap_share": (-0.5, 0.0, 0.0002, 0.2345),
    "master_package_gap": (-3.0, 0.0, 1.0, 14.0),
    "shipper_owned": FLAGS,
    "description_length": (1.0, 9.0, 15.0, 220.0),
    "reefer_temp_c": (-18.0, -0.5, 0.0, 4.0),
    "gross_net_ratio": (0.5, 1.0, 1.0526, 13.0),
    "payload_share": (0.004, 0.5, 1.234),
    "invoice_value": (0.0, 1.0, 1.5, 12345.67),
    "gross_weight_kg": (0.02, 1.0, 24310.0),
    "packages": (1.0, 40.0, 1200.0),
}
CALENDAR = {"hour": (0.0, 13.0, 23.0), "weekday": (0.0, 4.0, 5.0, 6.0)}
UNITS = {"kg": ((0.4, 12.5), (12.345, 12.345), (24310.0, 12.0)), "%": ((0.0002, 0.08), (0.08, 0.08), (3.4, 0.0834))}


def samples(definition: Definition) -> list[tuple[float, float, float]]:
    """Return triples of the feature's value, the value that a reason states and the norm."""
    kind, arguments = definition.kind.word, definition.kind.arguments()
    if kind == "norm":
        stated = UNITS.get(definition.unit, ((0.034, 12.5), (12.5, 12.5), (18500.0, 12.5)))
        return [(z, *pair) for z, pair in zip((-4.0, 0.0, 6.0), stated, strict=True)]
    if kind == "burst":
        pairs = ((0.0, 0.0), (0.0, 0.233), (1.0, 0.0389), (9.0, 1.0), (140.0, 12.34))
        return [((shown + 1) / (norm + 1), shown, norm) for shown, norm in pairs]
    if kind == "text_hs":
        return [(0.0, 9.0, 9.0), (0.4, 44.0, 94.0), (4.7, 5.0, 8.0)]
    if kind == "missing":
        return [(float(count), NAN, NAN) for count in range(len(arguments["columns"]) + 1)]
    if kind == "number" and arguments.get("log"):
        return [(math.log1p(value), value, NAN) for value in NUMBERS[arguments["value"]]]
    values = KINDS.get(kind) or CALENDAR.get(arguments.get("part", "")) or NUMBERS[arguments["value"]]
    return [(value, NAN, NAN) for value in values]
