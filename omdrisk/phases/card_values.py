"""What the program knows of a model, in the words of its card."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from omdrisk.phases.promoting import forced_in
from omdrisk.reports.phase import Words
from omdrisk.reports.phase.drift import advice_text
from omdrisk.reports.phase.head import gate_text, phase_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omdrisk.bundle import Bundle
    from omdrisk.phases.folder import PhaseFolder
    from omdrisk.reports.phase import PhaseContent, PhaseHead

MOST = 12


def card_values(
    opened: PhaseFolder, content: PhaseContent, champion: Bundle | None, told: Mapping[str, str], language: str
) -> dict[str, str]:
    """Return the values of the model card's template."""
    words = Words(language)
    state = opened.read()
    none = words("page", "none")
    forced = forced_in(champion) if champion else {}
    promoted = [head.promoted for head in content.heads if head.promoted]
    runs = [str(step["run"])[:12] for name, step in state["steps"].items() if name.startswith("track/")]
    tables = content.tables.to_dict("records") if content.tables is not None else []
    labels = {name: label for head in content.heads for name, label in head.labels.get(language, {}).items()}
    return {
        "model": state["model"],
        "phase": content.phase,
        "version": told.get("version", none),
        "bundle": told.get("bundle", none),
        "heads": ", ".join(words.target(head.target) for head in content.heads),
        "status": words("card_values", "in_use" if promoted else "candidate"),
        "promoted": "; ".join(f"{words.target(line['head'])}: {str(line['at'])[:10]}" for line in promoted) or none,
        "uncovered": "; ".join(_figure(head, "coverage", words, "missing") for head in content.heads) or none,
        "gate": " ".join(_gate(head, words) for head in content.heads),
        "forced": "; ".join(f"{words.target(name)}: {mark['at'][:10]}, {mark['why']}" for name, mark in forced.items())
        or none,
        "trained_on": "; ".join(_learnt(head, words) for head in content.heads),
        "tables": "; ".join(f"{row['table']}: {row['lines']:,} ({row['digest'][:16]})" for row in tables),
        "sensitive": _sensitive(opened, content, labels) or none,
        "gaps": "; ".join(f"{words.target(head.target)}: {', '.join(head.few)}" for head in content.heads if head.few)
        or none,
        "method": words("card_values", "method"),
        "indicators": "; ".join(_strongest(head, language, words) for head in content.heads),
        "run": ", ".join(runs) or none,
        "known": content.facts.get("known", ""),
        "seed": str(state["seed"]),
        "revision": content.facts.get("revision", "") or none,
        "omdrisk": version("omdrisk"),
        "seal": content.seal[:16],
        "approval": "; ".join(f"{words.target(line['head'])}: {line['by']}, {line['approved_by']}" for line in promoted)
        or none,
        "measures": "; ".join(_measure(head, words) for head in content.heads) or none,
        "administrations": "; ".join(_places(head, words) for head in content.heads) or none,
        "calibration": " ".join(_check(head, "calibration", words) for head in content.heads).strip() or none,
        "drift": _drift(content, labels, words),
        "fairness": " ".join(_check(head, "fairness", words) for head in content.heads).strip() or none,
        "caution": " ".join(str(head.facts.get("caution", "")) for head in content.heads).strip(),
    }


def _gate(head: PhaseHead, words: Words) -> str:
    answers = [
        f"{words('gate', check['name'])} "
        + words("gate", "passed" if check["passed"] else "failed" if check["binding"] else "warning")
        for check in head.checks
    ]
    return f"{words.target(head.target)}: {', '.join(answers) or words('page', 'none')}."


def _check(head: PhaseHead, name: str, words: Words) -> str:
    labels = head.labels.get(words.language, {})
    found = [gate_text(check, words, labels) for check in head.checks if check["name"] == name]
    return f"{words.target(head.target)}: {found[0]}" if found else ""


def _figure(head: PhaseHead, check: str, words: Words, key: str) -> str:
    found = [one["figures"][key] for one in head.checks if one["name"] == check]
    told = ", ".join(found[0]) if found and found[0] else words("page", "none")
    return f"{words.target(head.target)}: {told}"


def _learnt(head: PhaseHead, words: Words) -> str:
    rows, found = (words.number(float(head.facts.get(key, 0))) for key in ("rows", "positives"))
    day = str(head.facts.get("as_of", ""))[:10]
    return words("card_values", "learnt", head=words.target(head.target), rows=rows, found=found, day=day)


def _measure(head: PhaseHead, words: Words) -> str:
    if head.metrics is None:
        return ""
    part = head.metrics[(head.metrics["metric"] == head.metric) & (head.metrics["scorer"] == "head")]
    told = [
        f"{phase_name(str(row['phase']), words)} {words.amount(head.metric, row['value'])} "
        f"({words.amount(head.metric, row['low'])} {words('page', 'to')} {words.amount(head.metric, row['high'])})"
        for row in part.to_dict("records")
    ]
    return f"{words.target(head.target)}, {words.measure(head.metric)}: {', '.join(told)}"


def _places(head: PhaseHead, words: Words) -> str:
    if head.places is None or not len(head.places):
        return f"{words.target(head.target)}: {words('page', 'none')}"
    names = set(head.places["phase"])
    part = head.places[
        (head.places["metric"] == "auc") & (head.places["phase"] == ("all" if "all" in names else max(names)))
    ]
    told = [f"{row['administration']} AUC {words.number(row['value'], 2)}" for row in part.to_dict("records")]
    return f"{words.target(head.target)}: {', '.join(told)}"


def _strongest(head: PhaseHead, language: str, words: Words) -> str:
    if head.shap is None:
        return ""
    labels = head.labels.get(language, {})
    order = head.shap.abs().mean().sort_values(ascending=False).index[:MOST]
    return f"{words.target(head.target)}: {', '.join(labels.get(str(name), str(name)) for name in order)}"


def _sensitive(opened: PhaseFolder, content: PhaseContent, labels: Mapping[str, str]) -> str:
    from omdrisk.phases.opening import catalog_of

    used = {name for head in content.heads if head.shap is not None for name in head.shap.columns}
    catalog = catalog_of(opened)
    return ", ".join(labels.get(name, name) for name in sorted(used) if catalog[name].sensitive)


def _drift(content: PhaseContent, labels: Mapping[str, str], words: Words) -> str:
    if content.drift is None:
        return words("short", "drift_none")
    return " ".join(advice_text(one, labels, words) for one in content.drift.advice)
