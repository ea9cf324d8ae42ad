"""Inspections: the canonical table of what was examined, when it was done and when its outcome could be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from omdrisk.simulation.clock import HOUR
from omdrisk.simulation.columns import coded_column, frame, moment_column, number_column, text_column
from omdrisk.simulation.control import CLEAR, FOUND, FRAUD, INCONCLUSIVE, METHODS, NOT_PERFORMED, SELECTORS
from omdrisk.simulation.facts import SEA
from omdrisk.simulation.rows import HIJACKED, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

MINUTE = 60_000_000
INTENSITY = {"devan": (75, 100), "physical": (20, 100), "partial": (5, 40)}


def arrivals(table: pd.DataFrame, rows: Rows) -> NDArray[np.int64]:
    """Return when each shipment came, or a guess from its mode where the file does not tell."""
    arrival = table["ata"].where(table["ata"].notna(), table["eta"])
    known = arrival.notna().to_numpy()
    micros = arrival.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    guess = rows["moment"] + np.where(rows["mode"] == SEA, 60 * HOUR, 14 * HOUR)
    return np.where(known, micros, guess)


def found_words(rows: Rows) -> NDArray[np.object_]:
    """Return what is found in each row if it is found: ``drug``, ``precursor``, ``wildlife`` or two of them."""
    drug = np.where(rows["precursor"], "precursor", "drug").astype(object)
    both = rows["drug"] & rows["wildlife"]
    return np.where(both, drug + ";wildlife", np.where(rows["wildlife"], "wildlife", drug))


def inspections(
    rng: np.random.Generator, parameters: Mapping[str, Any], rows: Rows, table: pd.DataFrame
) -> pd.DataFrame:
    """Return the inspections of the rows that were selected; `table` holds their shipments in the same order."""
    count = len(rows["mode"])
    offices = list(parameters["administrations"].values())
    codes = list(parameters["administrations"])
    quality = np.array([float(office["quality"]) for office in offices])[rows["administration"]]
    selector, method, result = rows["selector"], rows["method"], rows["result"]
    arrival = arrivals(table, rows)
    wait = np.where(rows["mode"] == SEA, rng.gamma(1.6, 18, size=count), rng.gamma(1.4, 5, size=count))
    started = (np.maximum(arrival, rows["moment"] + HOUR) + wait * HOUR).astype(np.int64) // MINUTE * MINUTE
    finished = started + (rng.gamma(2.0, 1.5, size=count) * HOUR).astype(np.int64) // MINUTE * MINUTE + 10 * MINUTE
    slow = rng.random(count) < 0.06
    written = rng.gamma(1.2, 9, size=count) * quality * np.where(slow, 12, 1)
    known = finished + (written * HOUR).astype(np.int64) // MINUTE * MINUTE
    at_once = np.isin(selector, [SELECTORS.index(name) for name in ("random", "rule", "model")])
    share = np.where(at_once, 0.0, rng.uniform(0.05, 0.9, size=count))
    selected = rows["moment"] + ((started - rows["moment"]) * share).astype(np.int64) // MINUTE * MINUTE + MINUTE
    found = result == FOUND
    outcome = np.full(count, "clear", dtype=object)
    for value, word in (
        (NOT_PERFORMED, "not_performed"),
        (INCONCLUSIVE, "inconclusive"),
        (FRAUD, "fraud"),
        (CLEAR, "clear"),
    ):
        outcome[result == value] = word
    outcome = np.where(found, found_words(rows), outcome)
    done = result != NOT_PERFORMED
    how = np.array(METHODS, dtype=object)[method]
    opened = found & np.isin(how, ("x-ray", "canine", "trace", "documentary"))
    how = np.where(opened, how + ";physical", how)
    low = np.array([INTENSITY.get(name, (0, 0))[0] for name in METHODS])[method]
    high = np.array([INTENSITY.get(name, (0, 0))[1] for name in METHODS])[method]
    intensity = np.round(rng.uniform(low, high + 1e-9))
    told = found & (rows["role"] == HIJACKED) & (rng.random(count) < parameters["cases"]["rip_off_told"])
    lane = np.where(method == METHODS.index("documentary"), 1, 2)
    order = rows["serial"]
    columns: dict[str, Any] = {
        "inspection_id": text_column(
            [f"I{codes[a]}{n:08d}" for a, n in zip(rows["administration"].tolist(), order.tolist(), strict=True)]
        ),
        "shipment_id": table["shipment_id"].array,
        "selected_at": moment_column(selected),
        "selected_by": coded_column(SELECTORS, selector),
        "selection_probability": number_column(rows["probability"]),
        "model_version": coded_column(("national-2021",), np.where(selector == SELECTORS.index("model"), 0, -1)),
        "score_at_selection": number_column(rows["score"]),
        "lane": coded_column(("green", "yellow", "red"), lane),
        "method": text_column(how, done),
        "intensity": number_column(intensity, done & (high > 0)),
        "outcome": text_column(outcome),
        "known_at": moment_column(known),
        "finding_kg": number_column(rows["kg"], found),
        "concealment_code": text_column(np.where(told, "rip_off", "in_goods"), found),
        "started_at": moment_column(started, done),
        "finished_at": moment_column(finished, done),
        "officer": text_column(
            [f"{codes[a]}-{n % 37:02d}" for a, n in zip(rows["administration"].tolist(), order.tolist(), strict=True)]
        ),
    }
    made = frame("inspections", columns, count)
    made["case_id"] = made["case_id"].astype("str")
    return made
