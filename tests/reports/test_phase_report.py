from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from omdrisk.evaluation import evaluate, reliability
from omdrisk.reports import CAUSES, SIMULATED, UNKNOWN, HeadReport, write_report_html
from omdrisk.reports.measures import capacity_curve, measures_block
from omdrisk.reports.plots import bar_plot, beeswarm_plot, calibration_plot, capacity_plot
from tests.reports.test_worklist_html import Page

if TYPE_CHECKING:
    from pathlib import Path

    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny


def measured(world: Tiny, scorer: Scorer, head: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = world.incoming
    scores = scorer.score(rows)
    own = world.outcomes.loc[world.outcomes["target"] == head].set_index("shipment_id")
    found = own.loc[rows["shipment_id"], "outcome"].to_numpy()
    chance = scores[f"{head}_score"].to_numpy()
    tables = {
        "head": evaluate(found, chance, chance=chance, resamples=50),
        "rules": evaluate(found, np.arange(len(found)), resamples=50),
    }
    return pd.concat([t.assign(scorer=name) for name, t in tables.items()]), reliability(found, chance, bins=5)


def test_a_report_of_both_heads(world: Tiny, scorer: Scorer, tmp_path: Path) -> None:
    heads = []
    for head in scorer.heads:
        metrics, bins = measured(world, scorer, head)
        report = HeadReport(head, metrics=metrics, calibration=bins, note="Tested on May.")
        heads.append(report.with_explanation(scorer, world.incoming.head(80)))
    path = write_report_html(
        tmp_path / "report.html",
        title="Phase V <b>",
        lead="What was learnt before May, tested on May.",
        heads=heads,
        facts={"Model": scorer.version, "Shipments": 192},
        tables={"Rows by mode": world.incoming.groupby("transport_mode").size().rename("rows").reset_index()},
        caveats=[SIMULATED],
    )
    page = Page(path.read_text(encoding="utf-8"))
    text = "".join(page.text)
    for said in (
        "Phase V <b>",
        SIMULATED,
        UNKNOWN,
        CAUSES,
        "Head: drug",
        "Head: wildlife",
        "Hit rate at 5%",
        "Rows by mode",
    ):
        assert said in text, said
    images = page.all("img")
    assert len(images) == 10
    assert all(image["alt"] and (image["src"] or "").startswith("data:image/png;base64,") for image in images)
    assert "matplotlib.pyplot" not in sys.modules or sys.modules["matplotlib.pyplot"].get_fignums() == []
    assert "nan" not in text


def test_a_report_of_little(tmp_path: Path) -> None:
    path = write_report_html(tmp_path / "r.html", title="T", heads=[HeadReport("drug")])
    assert "Head: drug" in path.read_text(encoding="utf-8")


def test_plots_are_pictures_and_the_same_each_time(world: Tiny, scorer: Scorer) -> None:
    metrics, bins = measured(world, scorer, "drug")
    shap = scorer.contributions(world.incoming.head(50), head="drug").drop(columns="base")
    features = pd.DataFrame(scorer.shap(world.incoming.head(50), "drug").data, columns=shap.columns)
    labels = {shap.columns[0]: "象牙 $x$ \x00"}
    curve = capacity_curve(metrics)
    assert curve is not None
    for draw in (
        lambda: capacity_plot(curve),
        lambda: calibration_plot(bins),
        lambda: bar_plot(shap, labels),
        lambda: beeswarm_plot(shap, features, labels),
    ):
        plot = draw()
        assert plot.png.startswith(b"\x89PNG")
        assert len(plot.alt) > 20
        assert draw().png == plot.png


def test_measures_keep_their_figures(world: Tiny, scorer: Scorer) -> None:
    metrics, _ = measured(world, scorer, "drug")
    block = measures_block("Measures", metrics)
    assert [head.text for head in block.heads] == ["Measure", "head", "rules"]
    auc = metrics.loc[(metrics["metric"] == "auc") & (metrics["scorer"] == "head")].iloc[0]
    row = next(row for row in block.rows if row[0].text == "AUC")
    assert row[1].text == f"{auc['value']:.3f}"
    assert row[1].interval == f"{auc['low']:.3f} to {auc['high']:.3f}"
    curve = capacity_curve(metrics)
    assert curve is not None
    assert sorted(set(curve["share"])) == [0.01, 0.02, 0.05, 0.1]
    assert capacity_curve(metrics.loc[metrics["metric"] == "auc"]) is None
