"""The past of a campaign: what networks did and officers found before it began, put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.simulation.cases import Reporter
from omdrisk.simulation.clock import DAY
from omdrisk.simulation.control import known_before
from omdrisk.simulation.examined import inspections
from omdrisk.simulation.play import BLOCK
from omdrisk.simulation.rows import ROLES, Rows, from_records, joined, taken
from omdrisk.simulation.world import World

if TYPE_CHECKING:
    from omdrisk.simulation.clock import Clock
    from omdrisk.simulation.control import Officers
    from omdrisk.simulation.fronts import Network
    from omdrisk.simulation.networks import Underworld
    from omdrisk.simulation.render import Renderer

WEEK = 7 * DAY


def past_loads(
    under: Underworld, plan: list[tuple[int, Network]], officers: Officers, rng: np.random.Generator, begin: int
) -> Rows:
    """Play what networks did before the campaign, with the clean shipments of their fronts."""
    weeks: dict[int, list[tuple[int, Network]]] = {}
    for day, network in plan:
        weeks.setdefault((day - under.clock.start) // WEEK, []).append((day, network))
    parts = [under._week(weeks[week], officers, rng) for week in sorted(weeks)]  # noqa: SLF001
    dummies = [d for d in under.recruiter.dummies if d["moment"] < begin and not under._abandoned(d)]  # noqa: SLF001
    rows = joined([*parts, from_records(dummies)])
    return taken(rows, rows["moment"] < begin)


def past_world(
    seed: int,
    values: dict[str, Any],
    clock: Clock,
    officers: Officers,
    renderer: Renderer,
    rng: dict[str, np.random.Generator],
    rows: Rows,
    networks: list[Network],
) -> World:
    """Let officers decide what they have not decided yet, and put shipments, inspections and cases into words."""
    rows = taken(rows, np.lexsort((rng["order"].random(len(rows["moment"])), rows["moment"])))
    undecided = ~rows["decided"]
    seen, pairs = known_before(rows)
    late = taken(rows, undecided)
    officers.decide(rng["control"], late, seen[undecided], pairs[undecided])
    for name in ("selector", "probability", "score", "method", "result", "decided"):
        rows[name][undecided] = late[name]
    reporter = Reporter(rng["cases"], clock, values)
    parts, made_of, truths = [], [], []
    for first in range(0, len(rows["moment"]), BLOCK):
        block = taken(rows, np.arange(first, min(first + BLOCK, len(rows["moment"]))))
        table = renderer.shipments(rng["blocks"], block)
        mine = (block["selector"] >= 0) | block["drug"] | block["wildlife"]
        noted, cells = taken(block, mine), table[mine].reset_index(drop=True)
        selected = noted["selector"] >= 0
        made = inspections(rng["cases"], values, taken(noted, selected), cells[selected].reset_index(drop=True))
        cases = reporter.report(noted, cells, made)
        reporter.false_reports(noted, cells, made)
        made["case_id"] = made["shipment_id"].map(cases).where(made["finding_kg"].notna()).astype("str")
        parts.append(table)
        made_of.append(made)
        truths.append(truth_of(networks, block, table["shipment_id"]))
    return World(
        shipments=pd.concat(parts, ignore_index=True),
        cases=reporter.new_cases().sort_values(["known_at", "case_id"], kind="stable", ignore_index=True),
        inspections=pd.concat(made_of).sort_values(["known_at", "inspection_id"], kind="stable", ignore_index=True),
        truth=pd.concat(truths, ignore_index=True),
        phases=clock.table(),
        parameters=values,
        seed=seed,
    )


def truth_of(networks: list[Network], rows: Rows, ids: pd.Series) -> pd.DataFrame:
    """Return what is behind the shipments of `rows`."""
    marks = [f"{network.target[0].upper()}{network.number:05d}" for network in networks]
    names = np.array([*marks, None], dtype=object)
    return pd.DataFrame(
        {
            "shipment_id": ids.array,
            "drug": rows["drug"].astype(np.int64),
            "wildlife": rows["wildlife"].astype(np.int64),
            "precursor": (rows["drug"] & rows["precursor"]).astype(np.int64),
            "network": pd.array(names[rows["network"]], dtype="str"),
            "role": pd.array(np.array(ROLES, dtype=object)[rows["role"]], dtype="str"),
            "kg": rows["kg"],
        }
    )
