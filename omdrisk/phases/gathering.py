"""What the report of a phase says, gathered from what its steps left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.bundle import read_bundle
from omdrisk.errors import InputError
from omdrisk.evaluation import reliability
from omdrisk.phases import journal
from omdrisk.phases.comparing import compared_of
from omdrisk.phases.extras import further_results
from omdrisk.phases.materials import Materials
from omdrisk.phases.promoting import forced_in
from omdrisk.phases.testing import FEW_FINDS, by_administration, measured
from omdrisk.phases.training import challenger_of, tests_of, trials_of
from omdrisk.reports.phase import LANGUAGES, PhaseContent, PhaseHead
from omdrisk.training.labels import labelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.bundle import Bundle
    from omdrisk.history import History
    from omdrisk.phases.folder import PhaseFolder
    from omdrisk.training import Head


def gathered(
    opened: PhaseFolder,
    champion: Bundle | None,
    told: dict[str, str],
    *,
    at: str,
    history: Path | None,
    explained: int,
    simulated: bool,
    sharing: bool,
    policies: Path | None,
    step: Callable[[str], None],
) -> PhaseContent:
    """Return what the report says of a phase; `champion` is the bundle in use and `told` what is known of it.

    The other parameters are those of `omdrisk.phases.reporting.report_phase`.
    """
    materials = Materials.of(opened, [head.pipeline.catalog_ for head in champion.heads] if champion else [])
    store = materials.history if history is None else _opened(history)
    heads = [_head(opened, target, materials, champion, explained, step) for target in opened.read()["recipes"]]
    challengers = [head for head in (challenger_of(opened, one.target) for one in heads) if head is not None]
    step("weighing fairness, sharing and policies")
    further = further_results(materials, challengers, sharing=sharing, policies=policies, step=step)
    step("looking for drift")
    drift = _drift(opened, materials, champion, store)
    learnt = pd.concat([_learnt(head, materials) for head in challengers], ignore_index=True)
    return _content(opened, materials, told, heads, at, drift, learnt, further, simulated=simulated)


def _opened(history: Path) -> History:
    from omdrisk.history import History

    return History.open(history)


def _head(
    opened: PhaseFolder,
    target: str,
    materials: Materials,
    champion: Bundle | None,
    explained: int,
    step: Callable[[str], None],
) -> PhaseHead:
    head = challenger_of(opened, target)
    if head is None:
        raise InputError(f"{opened.root}: the {target} head is not trained yet. `omdrisk phase train` trains it.")
    tests = tests_of(opened, target, materials)
    compared = compared_of(opened, target)
    step(f"explaining the {target} head")
    shap, features = _explained(head, materials, explained)
    catalog = head.pipeline.catalog_
    names = [str(name) for name in shap.columns]
    some = bool(len(tests)) and 0 < tests["found"].sum() < len(tests)
    finds = tests.groupby("administration")["found"].sum() if len(tests) else pd.Series(dtype=float)
    forced = forced_in(champion) if champion else {}
    return PhaseHead(
        target=target,
        facts=head.facts,
        metric=head.recipe.gate.metric,
        metrics=measured(tests, head.recipe, materials.seed) if some else None,
        places=by_administration(tests, head.recipe, materials.seed) if some else None,
        few=tuple(str(name) for name in finds.index if name and finds[name] < FEW_FINDS),
        calibration=reliability(tests["found"], tests["probability"], weight=tests["stands_for"], bins=8)
        if some
        else None,
        leads=compared.leads if compared else None,
        against=compared.against if compared else "nothing",
        checks=[check.to_dict() for check in compared.checks] if compared else (),
        shap=shap,
        features=features,
        labels={
            language: {name: catalog[name].words.get(language) or catalog[name].words.get("en", name) for name in names}
            for language in LANGUAGES
        },
        trials=_best(trials_of(opened, target)),
        promoted=_promoted(opened, target),
        forced=target in forced,
    )


def _explained(head: Head, materials: Materials, explained: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    before = materials.shipments[(materials.shipments["filed_at"] < materials.phase.start).to_numpy()]
    recent = before.sort_values("filed_at", kind="stable").tail(10 * explained)
    rows = recent.iloc[:: max(len(recent) // max(explained, 1), 1)]
    features = head.pipeline.with_history(materials.history).transform(rows).reset_index(drop=True)
    shap = pd.DataFrame(head.contributions(features)[:, :-1], columns=list(features.columns))
    return shap, features


def _best(trials: pd.DataFrame | None) -> pd.DataFrame | None:
    if trials is None or "value" not in trials:
        return trials
    return trials.sort_values("value", ascending=False, kind="stable").reset_index(drop=True)


def _promoted(opened: PhaseFolder, target: str) -> dict[str, Any]:
    lines = [
        line
        for line in journal.read(opened.root / "journal.jsonl")
        if line.get("head") == target and line["deed"] in ("promoted", "promoted against the gate")
    ]
    return lines[-1] if lines else {}


def _content(
    opened: PhaseFolder,
    materials: Materials,
    told: dict[str, str],
    heads: list[PhaseHead],
    at: str,
    drift: Any,
    learnt: pd.DataFrame,
    further: dict[str, Any],
    *,
    simulated: bool,
) -> PhaseContent:
    state = opened.read()
    lines = journal.read(opened.root / "journal.jsonl")
    return PhaseContent(
        phase=state["phase"],
        start=state["start"][:10],
        end=str((pd.Timestamp(state["end"]) - pd.Timedelta(days=1)).date()),
        facts={
            "opened": state["opened"]["at"][:10],
            "trained": state["start"][:10],
            "in_use": f"{state['model']} {told['version']} ({told['bundle']})" if told else "",
            "known": materials.known,
            "seed": str(state["seed"]),
            "revision": str(state["revision"].get("mlflow.source.git.commit", ""))[:12],
            "made": at[:16].replace("T", " "),
        },
        heads=heads,
        tables=_tables(state),
        examined_by_phase=_counted(learnt, "phase"),
        examined_by_place=_counted(learnt, "administration"),
        drift=drift,
        journal=pd.DataFrame(
            [
                {
                    "at": str(line["at"])[:16].replace("T", " "),
                    "deed": line["deed"],
                    "head": line.get("head", ""),
                    "who": ", ".join(str(line[key]) for key in ("by", "approved_by") if line.get(key)),
                    "why": line.get("why", ""),
                }
                for line in lines
            ]
        ),
        seal=lines[-1]["sha256"] if lines else "",
        simulated=simulated,
        policies=further.get("policies", {}),
        sharing=further.get("sharing", {}),
        fairness=further.get("fairness", {}),
    )


def _drift(opened: PhaseFolder, materials: Materials, champion: Bundle | None, history: History) -> Any:
    from omdrisk.monitoring import weekly
    from omdrisk.scoring import Scorer

    if not len(materials.filed(materials.phase.start, materials.phase.end)):
        return None
    place = next((opened.root / "heads" / target for target in opened.read()["recipes"]), None)
    bundle = champion or read_bundle(place) if place else champion
    if bundle is None:
        return None
    shipments = materials.shipments[(materials.shipments["filed_at"] < materials.phase.end).to_numpy()]
    try:
        return weekly(
            Scorer(bundle, history), shipments, materials.outcomes, start=materials.phase.start, seed=materials.seed
        )
    except InputError:
        return None


def _tables(state: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "table": name,
                "file": Path(table["file"]).name,
                "lines": table["rows"],
                "columns": table["columns"],
                "digest": table["digest"],
            }
            for name, table in state["tables"].items()
        ]
    )


def _learnt(head: Head, materials: Materials) -> pd.DataFrame:
    from omdrisk.training.phases import read_phases

    labels = labelled(head.recipe, materials.shipments, materials.outcomes, materials.phase.start)
    rows = materials.shipments.iloc[labels["row"].to_numpy()]
    places = rows["country_of_report"].astype("str").fillna("") if "country_of_report" in rows else ""
    named = pd.Series("", index=range(len(labels)))
    for phase in dict.fromkeys([*read_phases(), *materials.tested]):
        inside = (labels["filed_at"] >= phase.start) & (labels["filed_at"] < phase.end)
        named[inside.to_numpy()] = phase.name
    return pd.DataFrame(
        {
            "head": head.target,
            "phase": named.to_numpy(),
            "administration": places.to_numpy() if isinstance(places, pd.Series) else places,
            "found": labels["found"].to_numpy(),
        }
    )


def _counted(learnt: pd.DataFrame, by: str) -> pd.DataFrame:
    words = learnt[learnt[by].ne("")]
    if not len(words):
        return pd.DataFrame()
    told = words.groupby(["head", by], sort=False)["found"].agg(rows="size", found="sum").reset_index()
    return told.assign(found=told["found"].astype(int)).sort_values(["head", by], ignore_index=True)
