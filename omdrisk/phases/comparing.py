"""Champion and challenger on the same rows: who leads, by how much, and what the gate says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.bundle import read_bundle
from omdrisk.errors import InputError
from omdrisk.evaluation import blocks_of, lead, metric_names
from omdrisk.phases import journal
from omdrisk.phases.extras import fairness_of, in_vain
from omdrisk.phases.folder import digest_of, write_json
from omdrisk.phases.gate import Check, calibrated, covered, evidence, fair, lead_enough
from omdrisk.phases.materials import Materials
from omdrisk.phases.testing import as_they_are, forward, frozen_choice, standing
from omdrisk.phases.training import challenger_of, tests_of
from omdrisk.training.labels import labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omdrisk.bundle import Bundle
    from omdrisk.phases.folder import PhaseFolder
    from omdrisk.training import Head

CHAMPION, RULES, NOTHING = "champion", "rules", "nothing"
EXPLAINED = 400


@dataclass(frozen=True)
class Compared:
    """What a comparison of one head found.

    Attributes
    ----------
    target
        The head.
    against
        ``champion`` (the head in use), ``rules`` (where no head of this target is in use yet, the officers' rule score
        stands in for it), or ``nothing``.
    champion
        Version and bundle of the registered model in use; empty where there is none.
    leads
        ``phase`` (``all``: the tested phases together; ``<phase> as they are``: both heads as they stand, on
        shipments of the open phase that neither has learnt from), ``metric``, ``value`` (by how much the challenger
        leads), ``low``, ``high`` (paired, 95 %), ``rows``, ``found``.
    checks
        The answers of the gate.
    """

    target: str
    against: str
    champion: Mapping[str, str]
    leads: pd.DataFrame = field(repr=False)
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether the gate lets the challenger through."""
        return all(check.passed for check in self.checks if check.binding)

    @property
    def table(self) -> pd.DataFrame:
        """The leads, for people."""
        return self.leads

    def plot(self, metric: str | None = None) -> Any:
        """Draw the lead phase by phase with its paired interval, and return the axes."""
        from omdrisk.evaluation.pictures import new_axes

        asked = next(check.figures["metric"] for check in self.checks if check.name == "lead")
        part = self.leads[self.leads["metric"] == (metric or asked)]
        axes = new_axes(6.4, 0.9 + 0.5 * len(part))
        places = np.arange(len(part))[::-1]
        value, low, high = (part[name].to_numpy(dtype=float) for name in ("value", "low", "high"))
        axes.axvline(0.0, color="0.4", lw=1)
        axes.hlines(places, low, high, color="0.25", lw=2)
        axes.plot(value, places, "o", color="0.1")
        axes.set_yticks(places, list(part["phase"]))
        axes.set_ylim(-0.6, len(part) - 0.4)
        axes.set_xlabel(f"lead of the challenger, {metric or asked}")
        return axes


def compare_phase(
    opened: PhaseFolder,
    *,
    at: str,
    step: Callable[[str], None] = lambda _: None,
    materials: Materials | None = None,
) -> dict[str, Compared]:
    """Compare each challenger with the head in use, on the same rows, and ask the gate.

    Both recipes are trained anew before each tested phase and tested on the examined shipments of it: this says what
    the recipe in use and the new one are worth when equally fresh. As soon as outcomes of the open phase are there, the
    two heads are also compared as they stand, on shipments that neither has learnt from; from the tenth find on, the
    gate asks there.

    Raises
    ------
    InputError
        If a challenger was not trained yet.
    """
    with opened.working():
        champion, told = in_use(opened)
        shared = materials or Materials.of(
            opened, [head.pipeline.catalog_ for head in champion.heads] if champion else []
        )
        return {
            target: _compared(opened, target, champion, told, shared, at, step) for target in opened.read()["recipes"]
        }


def in_use(opened: PhaseFolder) -> tuple[Bundle | None, dict[str, str]]:
    """Return the bundle in use, fetched once into the phase's folder, and its version, bundle and address."""
    from omdrisk.registry import CHAMPION as ALIAS
    from omdrisk.registry import fetch, under

    state = opened.read()
    version = under(ALIAS, model=state["model"], tracking_uri=state["store"])
    if version is None:
        return None, {}
    place = opened.root / "champion" / version.number
    if not (place / "whole").is_file():
        where = fetch(version.uri, destination=place, tracking_uri=state["store"])
        (place / "whole").write_text(where.resolve().relative_to(place.resolve()).as_posix(), encoding="utf-8")
    bundle = read_bundle(place / (place / "whole").read_text(encoding="utf-8"))
    return bundle, {"version": version.number, "bundle": bundle.version, "address": version.uri, "run": version.run_id}


def head_of(bundle: Bundle | None, target: str) -> tuple[Head | None, str]:
    """Return the head of a target in a bundle and a digest of its files; None and nothing where there is none."""
    found = next((head for head in bundle.heads if head.target == target), None) if bundle else None
    if bundle is None or found is None:
        return None, ""
    files = {name: digest for name, digest in bundle.manifest["files"].items() if name.startswith(f"heads/{target}/")}
    return found, digest_of(files)


def compared_of(opened: PhaseFolder, target: str) -> Compared | None:
    """Return the last comparison of a target; None before the first."""
    import json

    path = opened.root / "compared" / f"{target}.json"
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    checks = tuple(Check(**each) for each in told["checks"])
    return Compared(target, told["against"], told["champion"], pd.DataFrame(told["leads"]), checks)


def _compared(
    opened: PhaseFolder,
    target: str,
    champion: Bundle | None,
    told: dict[str, str],
    materials: Materials,
    at: str,
    step: Callable[[str], None],
) -> Compared:
    head = challenger_of(opened, target)
    if head is None:
        raise InputError(f"{opened.root}: the {target} head is not trained yet. `omdrisk phase train` trains it.")
    other, its_digest = head_of(champion, target)
    key = digest_of(opened.read()["steps"][f"train/{target}"]["bundle"], its_digest, materials.all, materials.seed)
    if opened.step(f"compare/{target}", key) is not None:
        found = compared_of(opened, target)
        if found is not None:
            return found
    step(f"comparing the {target} head with the one in use")
    tests = tests_of(opened, target, materials)
    pairs, against = _pairs(opened, head, other, tests, materials, step)
    leads = _leads(head, pairs, materials.seed)
    deciding = _deciding(pairs, head.recipe.gate.finds)
    made = Compared(
        target,
        against,
        told if other is not None else {},
        leads,
        _gate(head, pairs, deciding, leads, against, materials),
    )
    values = {
        "target": target,
        "against": against,
        "champion": dict(made.champion),
        "leads": leads.astype("object").where(leads.notna(), None).to_dict("records"),
        "checks": [check.to_dict() for check in made.checks],
        "passed": made.passed,
    }
    write_json(opened.root / "compared" / f"{target}.json", values)
    opened.done(f"compare/{target}", key, at, passed=made.passed, champion=its_digest)
    journal.add(
        opened.root / "journal.jsonl",
        deed="compared",
        at=at,
        head=target,
        against=against,
        champion=dict(made.champion),
        passed=made.passed,
        failed=[check.name for check in made.checks if not check.passed],
    )
    return made


def _pairs(
    opened: PhaseFolder,
    head: Head,
    other: Head | None,
    tests: pd.DataFrame,
    materials: Materials,
    step: Callable[[str], None],
) -> tuple[dict[str, pd.DataFrame], str]:
    """Return tables with the columns of `tests` and ``against``, the score of the other side on the same rows."""
    opening = materials.phase.start
    if other is None:
        known = len(tests) > 0 and not tests["rules"].isna().any()
        rows = tests.assign(against=tests["rules"] if known else 0.0)
        open_rows = as_they_are(opened, "challenger", head, opening, materials)
        pairs = {"all": rows}
        if len(open_rows):
            pairs[f"{materials.phase.name} as they are"] = open_rows.assign(
                against=open_rows["rules"] if known else 0.0
            )
        return pairs, RULES if known else NOTHING
    recipe, catalog = frozen_choice(other)
    theirs = forward(opened, "champion", recipe, catalog, materials, step)
    pairs = {"all": _joined(tests, theirs)}
    since = max(opening, pd.Timestamp(other.facts["as_of"]))
    ours, others = (
        as_they_are(opened, side, each, since, materials) for side, each in (("challenger", head), ("champion", other))
    )
    if len(ours):
        pairs[f"{materials.phase.name} as they are"] = _joined(ours, others)
    return pairs, CHAMPION


def _joined(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Lay the other side's score beside ours, on the shipments that both have."""
    other = theirs[["phase", "shipment_id", "raw"]].rename(columns={"raw": "against"})
    both = ours.merge(other, on=["phase", "shipment_id"], how="inner", validate="one_to_one")
    return both[both["raw"].notna() & both["against"].notna()].reset_index(drop=True)


def _leads(head: Head, pairs: Mapping[str, pd.DataFrame], seed: int) -> pd.DataFrame:
    names = list(dict.fromkeys([head.recipe.gate.metric, *metric_names(head.recipe.report.shares)]))
    parts: dict[str, pd.DataFrame] = {}
    for name, table in pairs.items():
        phases = list(dict.fromkeys(table["phase"]))
        if name == "all" and len(phases) > 1:
            parts |= {phase: table[table["phase"] == phase] for phase in phases}
        parts[name] = table
    told = []
    for name, part in parts.items():
        if not 0 < part["found"].sum() < len(part):
            continue
        table = lead(
            part["found"],
            standing(part, "raw"),
            standing(part, "against"),
            names=names,
            blocks=blocks_of(part, head.recipe.report.block),
            resamples=head.recipe.report.resamples,
            seed=seed,
        )
        told.append(table.assign(phase=name, rows=len(part), found=int(part["found"].sum())))
    columns = ["phase", "metric", "value", "low", "high", "rows", "found"]
    return pd.concat(told, ignore_index=True)[columns] if told else pd.DataFrame(columns=columns)


def _deciding(pairs: Mapping[str, pd.DataFrame], least: int) -> str:
    """Return where the gate asks: on the heads as they are, once enough was found there."""
    fresh = [name for name in pairs if name != "all" and pairs[name]["found"].sum() >= least]
    return fresh[0] if fresh else "all"


def _gate(
    head: Head,
    pairs: Mapping[str, pd.DataFrame],
    deciding: str,
    leads: pd.DataFrame,
    against: str,
    materials: Materials,
) -> tuple[Check, ...]:
    recipe, opening = head.recipe, materials.phase.start
    rows = pairs[deciding]
    learnt = labelled(recipe, materials.shipments, materials.outcomes, opening)
    checks = [
        evidence(recipe, rows),
        lead_enough(recipe, leads[leads["phase"] == deciding], against),
        covered(recipe, materials.shipments, materials.shipments.iloc[learnt["row"].to_numpy()], opening),
        fair(recipe, sensitive_shares(head, materials), in_vain(fairness_of(head, materials))),
    ]
    if 0 < rows["found"].sum() < len(rows):
        asked = calibrated(recipe, rows, materials.seed)
        checks += [asked] if asked is not None else []
    return tuple(checks)


def sensitive_shares(head: Head, materials: Materials) -> pd.Series:
    """Return the share of all contributions that each sensitive feature holds, on recent shipments."""
    before = materials.shipments[(materials.shipments["filed_at"] < materials.phase.start).to_numpy()]
    recent = before.sort_values("filed_at", kind="stable").tail(10 * EXPLAINED)
    rows = recent.iloc[:: max(len(recent) // EXPLAINED, 1)]
    features = head.pipeline.with_history(materials.history).transform(rows)
    parts = pd.DataFrame(head.contributions(features)[:, :-1], columns=list(features.columns)).abs().mean()
    catalog = head.pipeline.catalog_
    named = [name for name in parts.index if catalog[name].sensitive]
    return parts[named] / max(float(parts.sum()), 1e-12)


__all__ = ["Compared", "compare_phase", "compared_of", "head_of", "in_use", "sensitive_shares"]
