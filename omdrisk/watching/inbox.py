"""Which files of a folder are there and at rest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

#: What programs call a file that they are still writing.
UNFINISHED: Final = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp")
HIDDEN: Final = (".", "~$")
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class _Look:
    size: int
    changed: int
    since: float


class Inbox:
    """A folder into which others write files.

    Parameters
    ----------
    folder
        The folder.
    settle
        For how many seconds size and time of change of a file must stay as they are.
    timer
        A clock that only goes forward.
    """

    def __init__(self, folder: Path, settle: float, timer: Callable[[], float]) -> None:
        self.folder = folder
        self._settle = settle
        self._timer = timer
        self._looks: dict[str, _Look] = {}

    def look(self) -> tuple[list[Path], list[Path]]:
        """Return the files at rest and those that may still be written, each by name."""
        at_rest: list[Path] = []
        waiting: list[Path] = []
        seen = {}
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith(HIDDEN) or path.suffix.lower() in UNFINISHED or not path.is_file():
                continue
            try:
                now = _state(path)
            except OSError:
                continue
            before = self._looks.get(path.name)
            same = before is not None and (before.size, before.changed) == now
            since = before.since if same and before is not None else self._timer()
            seen[path.name] = _Look(*now, since)
            (at_rest if same and self._timer() - since >= self._settle else waiting).append(path)
        self._looks = seen
        return at_rest, waiting

    def known(self, path: Path) -> tuple[str, int, int]:
        """Return name, size and time of change of a file as it was last seen."""
        look = self._looks[path.name]
        return path.name, look.size, look.changed

    def take(self, path: Path, to: Path) -> str | None:
        """Copy a file and return the digest of the copy; None if it changed meanwhile."""
        before = _state(path)
        digest = hashlib.sha256()
        with path.open("rb") as source, to.open("wb") as copy:
            while block := source.read(_BLOCK):
                digest.update(block)
                copy.write(block)
        return digest.hexdigest() if _state(path) == before else None


def _state(path: Path) -> tuple[int, int]:
    found: os.stat_result = path.stat()
    return found.st_size, found.st_mtime_ns
