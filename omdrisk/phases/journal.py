"""The journal of a phase: one line per deed, only ever added to, each sealing the one before.

A line is JSON with ``sha256``, the digest of the line without it, and ``before``, the digest of the line above. A line
that was changed, taken out or put between breaks the chain from there on (Haber and Stornetta, "How to time-stamp a
digital document", Journal of Cryptology 3, 1991).
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "0" * 64


def add(path: Path, **deed: Any) -> dict[str, Any]:
    """Add a deed to a journal, and return its line.

    A line that a killed process left unfinished is not a deed; it is cut off first.

    Raises
    ------
    InputError
        If the journal was tampered with: nothing is added to a chain that does not hold.
    """
    lines = read(path)
    before = lines[-1]["sha256"] if lines else FIRST
    line = {"before": before, **deed}
    line["sha256"] = _seal(line)
    text = json.dumps(line, ensure_ascii=False, default=str) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        file.seek(0)
        whole = file.read()
        file.truncate(whole.rfind(b"\n") + 1)
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    return dict(json.loads(text))


def read(path: Path) -> list[dict[str, Any]]:
    """Return the deeds of a journal, oldest first.

    Raises
    ------
    InputError
        If a line does not fit the one before; the message says which.
    """
    if not path.is_file():
        return []
    content = path.read_bytes()
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
        before = lines[-1]["sha256"] if lines else FIRST
        try:
            line = json.loads(text)
            fits = line["before"] == before and line["sha256"] == _seal(line)
        except (ValueError, KeyError, TypeError):
            fits = False
        if not fits:
            raise InputError(
                f"{path}: line {number} was changed, or one before it taken out. The journal proves nothing from there "
                "on; bring back the copy that the second officer holds."
            )
        lines.append(line)
    return lines


def _seal(line: dict[str, Any]) -> str:
    told = {key: value for key, value in line.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()
