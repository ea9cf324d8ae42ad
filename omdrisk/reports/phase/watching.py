"""What to watch: everything in a phase that a person should come back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omdrisk.reports.phase.drift import advice_text
from omdrisk.reports.phase.head import gate_text
from omdrisk.reports.plain import plain

if TYPE_CHECKING:
    from omdrisk.reports.phase.content import PhaseContent
    from omdrisk.reports.phase.words import Words


def watching(content: PhaseContent, words: Words) -> list[str]:
    """Return the sentences, the most urgent first."""
    told = []
    labels = {name: label for head in content.heads for name, label in head.labels.get(words.language, {}).items()}
    for head in content.heads:
        name = words.target(head.target)
        if head.forced:
            told.append(words("watch", "forced", head=name))
        failed = [words("gate", check["name"]) for check in head.checks if check["binding"] and not check["passed"]]
        if failed:
            told.append(words("watch", "held", head=name, checks=", ".join(failed)))
        told += [
            words("watch", "warned", head=name, text=gate_text(check, words, labels))
            for check in head.checks
            if not check["binding"] and not check["passed"]
        ]
        if head.facts.get("caution"):
            told.append(words("watch", "caution", head=name, text=plain(head.facts["caution"])))
        if head.few:
            told.append(words("watch", "few", head=name, places=", ".join(map(plain, head.few))))
    if content.drift is not None:
        told += [advice_text(one, labels, words) for one in content.drift.advice if one.code != "nothing"]
    if content.gaps:
        told.append(words("watch", "gaps", count=content.gaps))
    return told or [words("watch", "nothing")]
