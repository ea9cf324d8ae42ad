"""One phase after another, scripted: open, train, compare, refuse, promote, force, roll back, report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import omdrisk
from omdrisk.errors import InputError
from omdrisk.phases import (
    GateError,
    PhaseFolder,
    Promotion,
    compare_phase,
    compared_of,
    open_phase,
    promote_head,
    roll_back,
    train_phase,
)
from omdrisk.phases.journal import read as read_journal
from omdrisk.phases.reporting import Reported, report_phase
from omdrisk.registry import under
from tests.phases import world

NAMES = {"by": "Linh", "approved_by": "Somchai", "why": "the figures say so"}


def opened(
    root: Path, name: str, recipes: dict[str, omdrisk.Recipe], folder: str | None = None, until: str | None = ""
) -> PhaseFolder:
    until = world.OPENED[name] if until == "" else until
    return open_phase(
        root / (folder or name),
        name,
        **world.written(root / "tables", until),
        recipes=recipes,
        catalog=world.catalog(),
        phases=root / "tables" / "phases.toml",
        at=world.OPENED[name],
        by="Linh",
        store=f"sqlite:///{root / 'mlflow.db'}",
        source=root,
    )


def champion(root: Path) -> omdrisk.registry.Version | None:
    return under(tracking_uri=f"sqlite:///{root / 'mlflow.db'}")


@dataclass
class Way:
    """What the scripted phases left."""

    root: Path
    first: dict[str, Promotion]
    worse: PhaseFolder
    phase: PhaseFolder
    better: Promotion
    report: Reported


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Way:
    root = tmp_path_factory.mktemp("phases")
    early = opened(root, "B", world.both(["packing"], margin=-1.0))
    train_phase(early, at="2022-10-15")
    assert all(one.passed and one.against == "nothing" for one in compare_phase(early, at="2022-10-15").values())
    first = {target: promote_head(early, target, at="2022-10-15", **NAMES) for target in ("drug", "wildlife")}
    worse = opened(root, "C", world.both(world.POOR), folder="worse")
    train_phase(worse, at="2023-03-15")
    compare_phase(worse, at="2023-03-15")
    phase = opened(root, "C", world.both(world.GOOD))
    train_phase(phase, at="2023-03-15")
    compare_phase(phase, at="2023-03-15")
    better = promote_head(phase, "drug", at="2023-03-16", **NAMES)
    phase = opened(root, "C", world.both(world.GOOD), until=None)
    train_phase(phase, at="2023-08-20")
    compare_phase(phase, at="2023-08-20")
    report = report_phase(phase, at="2023-08-20T09:00:00", explained=120, simulated=True)
    return Way(root, first, worse, phase, better, report)


def test_a_worse_challenger_is_refused_and_the_journal_says_so(way: Way) -> None:
    compared = compared_of(way.worse, "drug")
    assert compared is not None
    assert compared.against == "champion"
    assert not compared.passed
    before = champion(way.root)
    with pytest.raises(GateError, match="does not let the drug head through: lead"):
        promote_head(way.worse, "drug", at="2023-03-16", **NAMES)
    assert champion(way.root) == before
    assert read_journal(way.worse.root / "journal.jsonl")[-1]["deed"] == "refused"


def test_a_better_one_is_promoted_alone(way: Way) -> None:
    assert way.better.replaces == way.first["wildlife"].version
    assert way.better.heads == ("drug", "wildlife")
    assert not way.better.forced
    heads = {
        head.target: head for head in omdrisk.read_bundle(next((way.phase.root / "promoted").glob("drug-*"))).heads
    }
    assert set(heads["drug"].features) == set(world.GOOD)
    assert set(heads["wildlife"].features) == {"packing"}


def test_the_comparison_is_paired_and_on_the_same_rows(way: Way) -> None:
    """A dull second way: join the two files of scores by hand, and measure both."""
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    compared = compared_of(way.worse, "drug")
    assert compared is not None
    folder = way.worse.root / "tests" / "drug"
    ours, theirs = (pd.read_parquet(next(folder.glob(f"B-{side}-*.parquet"))) for side in ("challenger", "champion"))
    both = ours.merge(theirs, on="shipment_id", suffixes=("", "_theirs"))
    assert len(both) == len(ours) == len(theirs)
    row = compared.leads[(compared.leads["phase"] == "B") & (compared.leads["metric"] == "auc")].iloc[0]
    expected = roc_auc_score(both["found"], both["raw"]) - roc_auc_score(both["found"], both["raw_theirs"])
    assert row["value"] == pytest.approx(expected)
    assert row["low"] <= row["value"] <= row["high"]


def test_new_outcomes_let_both_heads_be_compared_as_they_are(way: Way) -> None:
    compared = compared_of(way.phase, "wildlife")
    assert compared is not None
    assert "C as they are" in set(compared.leads["phase"])
    figures = next(check.figures for check in compared.checks if check.name == "evidence")
    rows = compared.leads[compared.leads["phase"] == "C as they are"]
    assert figures["finds"] == rows["found"].iloc[0]


def test_what_was_trained_is_not_trained_again_when_outcomes_come_back(way: Way) -> None:
    deeds = [(line["deed"], line.get("head")) for line in read_journal(way.phase.root / "journal.jsonl")]
    assert deeds.count(("opened", None)) == 2
    assert deeds.count(("trained", "drug")) == 1


def test_the_champion_loads_from_its_address(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{way.root / 'mlflow.db'}")
    rows = world.tables()[0].head(30)
    assembled = next((way.phase.root / "promoted").glob("drug-*"))
    told = omdrisk.load("models:/omdrisk@champion").score(rows)
    np.testing.assert_array_equal(told["drug_raw"], omdrisk.load(assembled).score(rows)["drug_raw"])


def test_two_names_and_a_reason_are_needed(way: Way) -> None:
    for names, said in (
        ({"by": "Linh", "approved_by": " linh ", "why": "x"}, "cannot approve their own"),
        ({"by": "Linh", "approved_by": "", "why": "x"}, "needs two names"),
        ({"by": "Linh", "approved_by": "Somchai", "why": " "}, "needs a reason"),
    ):
        with pytest.raises(InputError, match=said):
            promote_head(way.phase, "wildlife", at="2023-08-21", **names)
        with pytest.raises(InputError, match=said):
            roll_back(way.phase, at="2023-08-21", **names)


def test_the_report_says_everything_in_both_languages(way: Way) -> None:
    english, vietnamese = (
        (way.phase.root / f"report.{name}.html").read_text(encoding="utf-8") for name in ("en", "vi")
    )
    for said in (
        "Phase C",
        "In short",
        "Head: Drugs",
        "Head: Wildlife",
        "Gate",
        "What to watch",
        "Week by week",
        "Somchai",
    ):
        assert said in english, said
    for said in ("Giai đoạn C", "Tóm tắt", "Mô hình: Ma túy", "Điều kiện phê duyệt", "Cần theo dõi", "Theo từng tuần"):
        assert said in vietnamese, said
    for page in (english, vietnamese):
        assert "{" not in page.split("</style>")[1].replace("{}", "")
        assert "nan" not in page.split("</style>")[1].split("data:image")[0]
        assert "http://" not in page
        assert "https://" not in page
    assert way.report.content.drift is not None
    assert english.count("<img") >= 13


def test_the_model_card_leaves_gaps_and_takes_answers(way: Way) -> None:
    assert way.report.gaps > 5
    page = (way.phase.root / "model-card.en.html").read_text(encoding="utf-8")
    assert page.count('class="gap"') == way.report.gaps
    for number in range(9, 16):
        assert f"article {number}" in page.lower(), number
    answers = way.phase.root / "answers.toml"
    text = answers.read_text(encoding="utf-8")
    answers.write_text(text.replace('contact = ""', 'contact = "Red Team, Hai Phong <b>"'), encoding="utf-8")
    again = report_phase(way.phase, at="2023-08-20T10:00:00", explained=60, languages=("vi",))
    assert again.gaps == way.report.gaps - 1
    assert "Red Team, Hai Phong &lt;b&gt;" in (way.phase.root / "model-card.vi.html").read_text(encoding="utf-8")
    assert 'contact = "Red Team' in answers.read_text(encoding="utf-8")


def test_the_run_holds_what_a_second_officer_asks_for(way: Way) -> None:
    import warnings

    state = way.phase.read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        client = mlflow.MlflowClient(tracking_uri=state["store"])
        run = client.get_run(state["steps"]["track/drug"]["run"])
        top = {item.path for item in client.list_artifacts(run.info.run_id)}
        files = {item.path for folder in top for item in client.list_artifacts(run.info.run_id, folder)}
    assert {"recipes/drug.json", "catalogs/drug.json", "plots/drug-by-phase.png", "reports/model-card.en.html"} <= files
    names = {one.dataset.name: one.dataset for one in run.inputs.dataset_inputs}
    assert {"shipments", "outcomes", "known at opening"} == set(names)
    assert json.loads(names["shipments"].profile)["rows"] > 1000
    assert {"drug/B/auc", "drug/B/auc_low", "drug/B/auc_high", "drug/B/VN/auc"} <= set(run.data.metrics)
    assert run.data.params["drug.rounds.most"] == "60"


def test_forced_for_ever_and_back_again(way: Way) -> None:
    """The last deeds of the way: they change what is in use."""
    compare_phase(way.worse, at="2023-09-01")
    before = champion(way.root)
    assert before is not None
    done = promote_head(way.worse, "wildlife", at="2023-09-01", force=True, **NAMES)
    assert done.forced
    now = champion(way.root)
    assert now is not None
    assert json.loads(now.tags["omdrisk.forced"])["wildlife"]["approved_by"] == "Somchai"
    store = f"sqlite:///{way.root / 'mlflow.db'}"
    head = omdrisk.read_bundle(omdrisk.registry.fetch(now.uri, tracking_uri=store)).heads[1]
    assert head.facts["forced"]["why"] == NAMES["why"]
    assert read_journal(way.worse.root / "journal.jsonl")[-1]["deed"] == "promoted against the gate"
    back = roll_back(way.phase, by="Somchai", approved_by="Linh", why="it missed two finds", at="2023-09-02")
    assert (back.version, back.replaces) == (before.number, now.number)
    again = champion(way.root)
    assert again is not None
    assert again.number == before.number
