"""Appending to a log whose lines are chained by their digests."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omdrisk.errors import InputError
from omdrisk.scoring.single import holding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT: Final = 1
START: Final = "0" * 64
TORN: Final = "torn"
_BLOCK: Final = 1 << 16


@dataclass(frozen=True)
class Receipt:
    """How long a log was, and the digest of its last line: proof of all lines up to there.

    Examples
    --------
    >>> str(Receipt(12, "ab" * 32))[:20]
    '12:ababababababababa'
    >>> Receipt.read(str(Receipt(12, "ab" * 32))).lines
    12
    """

    lines: int
    digest: str

    def __str__(self) -> str:
        return f"{self.lines}:{self.digest}"

    @classmethod
    def read(cls, text: str) -> Receipt:
        """Read a receipt as it was printed.

        Raises
        ------
        InputError
            If it is none.
        """
        lines, _, digest = text.strip().partition(":")
        if not lines.isdigit() or len(digest) != len(START) or not set(digest) <= set("0123456789abcdef"):
            raise InputError(f"{text!r} is no receipt. `omdrisk audit head FILE` prints one: LINES:DIGEST.")
        return cls(int(lines), digest)


class AuditLog:
    """A log that is only ever appended to; safe to share between threads and processes.

    A writer that is killed can leave a torn last line. It stays where it is: the next append ends it and notes its
    length and digest.

    Parameters
    ----------
    path
        The file; it and its folder are made with the first append.
    wait
        How many seconds to wait for another process that is appending.

    Examples
    --------
    >>> import tempfile
    >>> log = AuditLog(Path(tempfile.mkdtemp()) / "audit.jsonl")
    >>> log.append([{"event": "score", "rows": 1}]).lines
    1
    """

    def __init__(self, path: str | os.PathLike[str], *, wait: float = 10.0) -> None:
        self.path = Path(path)
        self.head = head_file(self.path)
        self._wait = wait
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<AuditLog {self.path}>"

    def append(self, entries: Sequence[Mapping[str, Any]]) -> Receipt:
        """Append entries, all of them with one write, and return the receipt of the log.

        Raises
        ------
        InputError
            If the log cannot be written, another process does not let go of it, or it does not end like a log.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, holding(self.path.with_name(f"{self.path.name}.lock"), "writing to this log", self._wait):
                return self._append(entries)
        except OSError as error:
            raise InputError(f"{self.path}: the audit log cannot be written ({error.strerror}).") from error

    def _append(self, entries: Sequence[Mapping[str, Any]]) -> Receipt:
        with self.path.open("a+b", buffering=0) as file:
            last, rest = _ending(file, self.path)
            number, previous = last.lines, last.digest
            text = bytearray()
            torn: list[Mapping[str, Any]] = []
            if rest is not None:
                text += b"\n"
            if rest:
                torn = [{"event": TORN, "bytes": len(rest), "sha256": hashlib.sha256(rest).hexdigest()}]
            for entry in (*torn, *entries):
                number += 1
                line = written({"n": number, "previous": previous, **entry})
                previous = hashlib.sha256(line).hexdigest()
                text += line + b"\n"
            if text:
                _write(file.fileno(), bytes(text))
        receipt = Receipt(number, previous)
        _keep(self.head, receipt)
        return receipt


def written(entry: Mapping[str, Any]) -> bytes:
    r"""Write an entry as one line of ASCII, so that nothing in it acts on a terminal or an editor.

    Examples
    --------
    >>> written({"event": "score", "shipment_id": "a\u202eb\x00"})
    b'{"event":"score","shipment_id":"a\\u202eb\\u0000"}'
    """
    return json.dumps(entry, separators=(",", ":"), allow_nan=False).encode("ascii")


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the entry of a line, None where it is none."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or type(entry.get("n")) is not int or not isinstance(entry.get("previous"), str):
        return None
    return entry


def head_file(path: Path) -> Path:
    """Return where the receipt of a log is kept."""
    return path.with_name(f"{path.name}.head")


def _ending(file: Any, path: Path) -> tuple[Receipt, bytes | None]:
    """Return the receipt of the whole entries of an open log, and what stands behind the last of them.

    What stands behind is None where the log ends as it should, and empty where only the line end lacks.
    """
    end = file.seek(0, os.SEEK_END)
    tail, at = b"", end
    while at > 0:
        start = max(0, at - _BLOCK)
        file.seek(start)
        tail = file.read(at - start) + tail
        at = start
        found = _last(tail, whole=at == 0)
        if found is not None:
            return found
    if end:
        raise InputError(f"{path}: no line of this file is an entry of an audit log. Name another file.")
    return Receipt(0, START), None


def _last(tail: bytes, *, whole: bool) -> tuple[Receipt, bytes | None] | None:
    """Find the last entry in the end of a file; the first piece counts only if the `whole` file is there."""
    stop = len(tail)
    while stop > 0:
        start = tail.rfind(b"\n", 0, stop) + 1
        if start == 0 and not whole:
            return None
        entry = parsed(tail[start:stop])
        if entry is not None:
            rest = tail[stop:]
            found = Receipt(entry["n"], hashlib.sha256(tail[start:stop]).hexdigest())
            return found, None if rest == b"\n" else rest.removeprefix(b"\n")
        stop = start - 1
    return None


def _write(descriptor: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _keep(path: Path, receipt: Receipt) -> None:
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"{receipt}\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
