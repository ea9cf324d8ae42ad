"""The working folder of a phase: plain JSON that says what was done with what, so that each step can go on from there.

    V/
      phase.json            format, dates, tables and recipes with their digests, and the steps that are done
      journal.jsonl         who did what, when and why; each line seals the one before
      recipes/ catalog.json the sentences as they were when the phase was opened
      heads/<target>/       the challenger: a bundle of one head
      tests/<target>/       scores of the test shipments, one file per phase and side, named after all that went in
      compared/<target>.json
      promoted/             the bundles that were registered
      report.*.html model-card.*.html

A step writes its files whole or not at all and its line in ``phase.json`` last. A process that is killed leaves the
state before the step; the same command then goes on, and finds what was finished.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omdrisk.errors import HistoryError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FORMAT = 1
STATE = "phase.json"
WAIT = 2.0


@dataclass(frozen=True)
class PhaseFolder:
    """A phase on disk.

    Parameters
    ----------
    root
        The folder.
    """

    root: Path

    def read(self) -> dict[str, Any]:
        """Return the state.

        Raises
        ------
        InputError
            If there is no phase here, or the state cannot be read.
        """
        place = self.root / STATE
        if not place.is_file():
            raise InputError(f"{self.root}: no phase was opened here. `omdrisk phase open` opens one.")
        try:
            state = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{place}: cannot be read ({error}). Take it from a copy, or open the phase anew."
            ) from error
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise InputError(
                f"{place}: is not of format {FORMAT}, which this omdrisk reads. Use the version that wrote it."
            )
        return state

    def write(self, state: Mapping[str, Any]) -> None:
        """Write the state, whole or not at all."""
        write_json(self.root / STATE, state)

    def step(self, name: str, key: str) -> dict[str, Any] | None:
        """Return what a finished step left, if it was done with the same things; else None."""
        done = self.read()["steps"].get(name)
        return done if done is not None and done["key"] == key else None

    def done(self, name: str, key: str, at: str, **told: Any) -> dict[str, Any]:
        """Write down that a step is done, and return what is written."""
        state = self.read()
        state["steps"][name] = {"key": key, "at": at, **told}
        self.write(state)
        return dict(state["steps"][name])

    @contextmanager
    def working(self) -> Iterator[None]:
        """Hold the right to work on this phase; a process that died does not keep it.

        Raises
        ------
        InputError
            If another process is working on it.
        """
        from omdrisk.history.lock import writing

        self.root.mkdir(parents=True, exist_ok=True)
        held = writing(self.root, WAIT)
        try:
            held.__enter__()
        except HistoryError:
            raise InputError(
                f"{self.root}: another process is working on this phase; nothing was changed. "
                "Try again when it is done."
            ) from None
        try:
            yield
        finally:
            held.__exit__(None, None, None)


def write_json(path: Path, values: Any) -> Path:
    """Write values as JSON so that a reader finds the old file or the new one and never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(values, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    partial.replace(path)
    return path


def digest_of(*values: Any) -> str:
    """Return a short digest of JSON-able values.

    Examples
    --------
    >>> digest_of({"b": 1, "a": 2}) == digest_of({"a": 2, "b": 1})
    True
    """
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, 32 digits of it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
