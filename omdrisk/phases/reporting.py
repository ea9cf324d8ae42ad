"""The report of a phase and its model card: everything that the steps left, put together."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError
from omdrisk.phases import journal
from omdrisk.phases.card_values import card_values
from omdrisk.phases.comparing import in_use
from omdrisk.phases.gathering import gathered
from omdrisk.reports.phase import (
    LANGUAGES,
    Card,
    PhaseContent,
    Words,
    read_card,
    write_card_html,
    write_phase_html,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from omdrisk.phases.folder import PhaseFolder

ANSWERS = "answers.toml"


@dataclass(frozen=True)
class Reported:
    """What was written.

    Attributes
    ----------
    files
        Reports and cards.
    gaps
        Questions of the model card that are still open.
    content
        What the report says.
    """

    files: tuple[Path, ...]
    gaps: int
    content: PhaseContent


def report_phase(
    opened: PhaseFolder,
    *,
    at: str,
    history: Path | None = None,
    languages: Sequence[str] = LANGUAGES,
    explained: int = 400,
    simulated: bool = False,
    templates: Path | None = None,
    sharing: bool = False,
    policies: Path | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> Reported:
    """Write the report of a phase and the model card in each language, and keep them with the runs.

    Parameters
    ----------
    opened
        The phase.
    at
        When.
    history
        The agency's history; by default one is made of the tables of the phase.
    languages
        ``en``, ``vi``.
    explained
        How many recent shipments are explained for the plots.
    simulated
        Whether the tables are of a simulated world, which the report then says.
    templates
        Folder of ``model-card.<language>.md``; by default those of ``models/``.
    sharing, policies
        See `omdrisk.phases.extras.further_results`.
    step
        Called with the name of each step as it begins.

    Raises
    ------
    InputError
        If nothing was trained in this phase yet, or the answers to the model card cannot be read.
    """
    from omdrisk.resources import definitions

    for language in languages:
        Words(language)
    with opened.working():
        step("gathering what the steps left")
        champion, told = in_use(opened)
        content = gathered(
            opened,
            champion,
            told,
            at=at,
            history=history,
            explained=explained,
            simulated=simulated,
            sharing=sharing,
            policies=policies,
            step=step,
        )
        step("writing")
        answers = _answers(opened.root / ANSWERS)
        files: list[Path] = []
        gaps: Sequence[Any] = ()
        for language in languages:
            values = card_values(opened, content, champion, told, language)
            template = (templates or definitions("models")) / f"model-card.{language}.md"
            card = read_card(template, values, answers)
            gaps = card.gaps
            files += _written(opened.root, card, _with_gaps(content, len(gaps)), language)
            if language == languages[0]:
                _ask(opened.root / ANSWERS, card, answers)
        _keep(opened, files)
        opened.done("report", at, at, files=[path.name for path in files], gaps=len(gaps))
        journal.add(opened.root / "journal.jsonl", deed="reported", at=at, gaps=len(gaps))
    return Reported(tuple(files), len(gaps), content)


def _written(root: Path, card: Card, content: PhaseContent, language: str) -> list[Path]:
    words = Words(language)
    markdown = root / f"model-card.{language}.md"
    markdown.write_text(card.markdown(words("card", "gap")), encoding="utf-8")
    return [
        write_phase_html(root / f"report.{language}.html", content, language),
        write_card_html(root / f"model-card.{language}.html", card, language),
        markdown,
    ]


def _with_gaps(content: PhaseContent, gaps: int) -> PhaseContent:
    from dataclasses import replace

    return replace(content, gaps=gaps)


def _answers(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f'{path}: cannot be read ({error}). Write it as: contact = "Office of ..."') from error
    return {str(key): str(value) for key, value in told.items()}


def _ask(path: Path, card: Card, answers: dict[str, str]) -> None:
    """Write the questions that wait for people into a file, above the answers that are there; never over one."""
    if path.is_file():
        known = set(answers)
        missing = [entry for entry in card.questions if entry.key not in known]
        text = path.read_text(encoding="utf-8").rstrip("\n")
    else:
        missing, text = list(card.questions), "# Answers to the model card: one text for each question."
    lines = [text, *(f'\n# {entry.question}\n{entry.key} = ""' for entry in missing)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _keep(opened: PhaseFolder, files: list[Path]) -> None:
    """Keep the reports with the runs of this phase: its heads and their promotions."""
    from omdrisk.registry import note

    state = opened.read()
    runs = {str(step["run"]) for step in state["steps"].values() if "run" in step}
    for run in sorted(runs):
        note(run, files=files, tracking_uri=state["store"])
