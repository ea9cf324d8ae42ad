"""The model card: a template that anyone can edit, filled in by the program, with gaps that only people can fill."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FIELD = re.compile(r"- ([^:]+): (.*)")
_GAP = re.compile(r"\[\?(\w+): ([^\]]+)\]")
_HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Entry:
    """A line of a card: its label, and a text, or the question that people have to answer under a key."""

    label: str
    text: str = ""
    key: str = ""
    question: str = ""

    @property
    def open(self) -> bool:
        """Whether it still waits for people."""
        return bool(self.question) and not self.text


@dataclass(frozen=True)
class Card:
    """A model card.

    Attributes
    ----------
    title
        Its heading.
    parts
        Headings, each with its entries.
    """

    title: str
    parts: tuple[tuple[str, tuple[Entry, ...]], ...]

    @property
    def gaps(self) -> tuple[Entry, ...]:
        """The entries that wait for people."""
        return tuple(entry for _, entries in self.parts for entry in entries if entry.open)

    @property
    def questions(self) -> tuple[Entry, ...]:
        """The entries that are for people to fill in, answered or not."""
        return tuple(entry for _, entries in self.parts for entry in entries if entry.question)

    def markdown(self, gap: str) -> str:
        """Return the card as Markdown; `gap` stands before every question that is open."""
        lines = [f"# {self.title}", ""]
        for heading, entries in self.parts:
            lines += [f"## {heading}", ""]
            lines += [
                f"- **{one.label}**: {f'**[{gap}]** {one.question}' if one.open else one.text}" for one in entries
            ]
            lines.append("")
        return "\n".join(lines)


def read_card(path: Path, values: Mapping[str, str], answers: Mapping[str, str] | None = None) -> Card:
    """Fill in a template.

    A template is Markdown of three kinds of lines: ``# title``, ``## part``, and ``- label: text``. In a text,
    ``{name}`` is filled in by the program, and ``[?key: question]`` by people, from `answers`.

    Parameters
    ----------
    path
        The template.
    values
        What the program knows, by name.
    answers
        What people said, by key.

    Raises
    ------
    DefinitionError
        If the template is not there, has another kind of line, or asks for a value that there is none of.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(
            f"{path}: cannot be read ({error}). `omdrisk init` writes a model card to edit."
        ) from error
    title = ""
    parts: list[tuple[str, list[Entry]]] = []
    for number, line in enumerate(lines, start=1):
        place = f"{path} line {number}"
        field = _FIELD.fullmatch(line)
        if line.startswith("## "):
            parts.append((_filled(line[3:], values, place), []))
        elif line.startswith("# "):
            title = _filled(line[2:], values, place)
        elif field and parts:
            parts[-1][1].append(_entry(field[1], field[2], values, answers or {}, place))
        elif line.strip():
            raise DefinitionError(f"{place}: is neither '# title', '## part' nor '- label: text'")
    return Card(title, tuple((heading, tuple(entries)) for heading, entries in parts))


def _entry(label: str, text: str, values: Mapping[str, str], answers: Mapping[str, str], place: str) -> Entry:
    gap = _GAP.search(text)
    if gap is None:
        return Entry(label, _filled(text, values, place))
    return Entry(label, plain(answers.get(gap[1], "").strip()), gap[1], gap[2])


def _filled(text: str, values: Mapping[str, str], place: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise DefinitionError(f"{place}: {{{match[1]}}} is unknown. {did_you_mean(match[1], values)}")
        return plain(values[match[1]], 2_000)

    return _HOLE.sub(value, text)
