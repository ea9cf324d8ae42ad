"""What the demonstration leaves for its readers: lists, a report, pictures, a run in MLflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.demo.folder import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.scoring import Scorer
    from omdrisk.training import Head

CAPACITY = 40
EXPLAINED = 400


def lists(root: Path, scorer: Scorer, last_day: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """Write the last day's lists, and return the reasons of those on top, by language."""
    from omdrisk.reports import write_worklist

    todo = scorer.worklist(last_day, capacity=CAPACITY, explore=0.1, seed=seed)
    for name in ("worklist.html", "worklist.xlsx"):
        write_worklist(todo, root / name, scorer=scorer, shipments=last_day)
    for language in ("vi", "zh"):
        translated = scorer.worklist(last_day, capacity=CAPACITY, explore=0.1, seed=seed, language=language)
        path = root / f"worklist.{language}.html"
        write_worklist(translated, path, scorer=scorer, shipments=last_day, language=language)
    top = last_day.loc[last_day["shipment_id"].isin(todo.loc[todo["selected_by"].eq("model"), "shipment_id"].head(3))]
    return {language: scorer.explain(top, top=4, language=language) for language in ("en", "vi")}


def report(
    root: Path,
    scorer: Scorer,
    incoming: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    seen: dict[str, pd.DataFrame],
    counts: dict[str, Any],
) -> None:
    """Write the report on phase V."""
    from omdrisk.reports import SIMULATED, HeadReport, write_report_html

    sample = incoming.sample(n=min(EXPLAINED, len(incoming)), random_state=0)
    heads = [
        HeadReport(
            head=target,
            metrics=seen[target],
            capacity=_curves(tables[target]),
            tables={"Against the known truth": tables[target]},
            note=(
                "The first table rests on examined shipments, as an agency has them; the curves and the last table "
                "on the known truth of the simulated world, over all shipments of phase V."
            ),
        ).with_explanation(scorer, sample)
        for target in TARGETS
    ]
    facts = {
        "bundle": scorer.version,
        "trained on what was known before": "phase V",
        "shipments scored": f"{counts['phase_v']['shipments']:,}",
    }
    write_report_html(root / "report.html", title="Phase V", heads=heads, facts=facts, caveats=[SIMULATED])


def _curves(table: pd.DataFrame) -> pd.DataFrame:
    """Lay the figures of each ranking below each other, as the report's plots want them."""
    model = table[["capacity", "hit_rate", "hit_rate_low", "hit_rate_high", "recall", "recall_low", "recall_high"]]
    rules = pd.DataFrame({"capacity": table["capacity"], "hit_rate": table["rule_hit_rate"]})
    best = pd.DataFrame(
        {"capacity": table["capacity"], "hit_rate": table["best_hit_rate"], "recall": table["best_recall"]}
    )
    rules["recall"] = table["recall"] / table["lift_over_rule"]
    named = [
        model.assign(scorer="model"),
        rules.assign(scorer="officers' rules"),
        best.assign(scorer="best possible"),
    ]
    return pd.concat(named, ignore_index=True).rename(columns={"capacity": "share"})


def track(
    root: Path,
    heads: list[Head],
    tables: dict[str, pd.DataFrame],
    counts: dict[str, Any],
    seed: int,
) -> None:
    """Keep the run, its figures and its bundle in an MLflow store in the folder."""
    from omdrisk.registry import Run, local_store, promote, register, track

    metrics = {
        f"{target}/{name}_at_{100 * row['capacity']:g}_percent{end}": row[f"{name}{end}"]
        for target, table in tables.items()
        for row in table.to_dict(orient="records")
        for name in ("hit_rate", "recall", "lift", "lift_over_rule")
        for end in ("", "_low", "_high")
        if np.isfinite(row[f"{name}{end}"])
    }
    params = {f"{head.target}.{key}": value for head in heads for key, value in head.facts.items()}
    uri = local_store(root)
    (root / "counts.json").write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    run = Run(
        bundle=root / "bundle",
        params={**params, "seed": seed},
        metrics=metrics,
        tags={"phase": "V", "world": "simulated"},
        plots=[*_pictures(root / "plots", tables), root / "report.html", root / "counts.json"],
        datasets={"files": counts["shipments"], "phase V": counts["phase_v"]},
    )
    registered = register(track(run, tracking_uri=uri, name="demo"), tracking_uri=uri)
    promote(str(registered.version), tracking_uri=uri)


def _pictures(folder: Path, tables: dict[str, pd.DataFrame]) -> list[Path]:
    """Draw each head's hit rate against capacity, beside the officers' rules and the best possible."""
    from omdrisk.evaluation.pictures import at_capacity

    folder.mkdir()
    made = []
    for target, table in tables.items():
        curves = _curves(table)
        curves["metric"] = [f"hit_rate@{100 * share:g}%" for share in curves["share"]]
        named = {"hit_rate": "value", "hit_rate_low": "low", "hit_rate_high": "high"}
        made.append(folder / f"hit-rate-{target}.png")
        at_capacity(curves.drop(columns="share").rename(columns=named), "scorer").figure.savefig(made[-1], dpi=120)
    return made
