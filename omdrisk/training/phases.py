"""The phases of the operation, as dates that are configured and not coded."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from omdrisk.errors import DefinitionError
from omdrisk.training.moments import utc

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Phase:
    """A phase: its name, its first moment, and the first moment after it.

    In files and tables `end` is the last day, which belongs to the phase.
    """

    name: str
    start: pd.Timestamp
    end: pd.Timestamp

    def __post_init__(self) -> None:
        if not self.start < self.end:
            span = f"{self.start.date()} to {self.end.date()}"
            raise DefinitionError(f"phase {self.name!r} ends before it starts: {span}")


def read_phases(path: str | Path | None = None) -> tuple[Phase, ...]:
    """Read phases from a TOML file; None for the shipped ``models/phases.toml``.

    Raises
    ------
    DefinitionError
        If the file is not there or an entry lacks name, start or end.

    Examples
    --------
    >>> [phase.name for phase in read_phases()][:3]
    ['I', 'II', 'III']
    """
    if path is None:
        from omdrisk.resources import definitions

        path = definitions("models") / "phases.toml"
    try:
        entries = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("phase", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DefinitionError(f"{path}: cannot be read as phases: {error}") from error
    return as_phases(entries, str(path))


def as_phases(entries: Any, place: str = "phases") -> tuple[Phase, ...]:
    """Return phases in order of their start.

    Parameters
    ----------
    entries
        A DataFrame or a list of mappings with name (or phase), start and end (days, both included); or a mapping from
        name to (start, end).
    place
        What the error message calls them.

    Examples
    --------
    >>> as_phases({"V": ("2023-04-15", "2023-09-15")})[0].end
    Timestamp('2023-09-16 00:00:00+0000', tz='UTC')
    """
    if isinstance(entries, pd.DataFrame):
        entries = entries.to_dict("records")
    elif isinstance(entries, dict):
        entries = [{"name": name, "start": ends[0], "end": ends[1]} for name, ends in entries.items()]
    return tuple(sorted(_phases(entries, place), key=lambda phase: phase.start))


def _phases(entries: Iterable[Any], place: str) -> Iterable[Phase]:
    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, Phase):
            yield entry
            continue
        name = entry.get("name", entry.get("phase"))
        if name is None or "start" not in entry or "end" not in entry:
            raise DefinitionError(f"{place}: phase {number} needs name, start and end")
        start, last = utc(entry["start"], "start"), utc(entry["end"], "end")
        yield Phase(str(name), start, last + DAY if last == last.normalize() else last)
