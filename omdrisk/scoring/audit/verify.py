"""Checking a log: every change, cut and reorder breaks the chain, and is named with its line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.errors import InputError
from omdrisk.scoring.audit.log import START, TORN, Receipt, head_file, parsed

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Fault:
    """What is wrong at a line of the file (from 1)."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}"


@dataclass(frozen=True)
class Verified:
    """What checking a log found.

    Parameters
    ----------
    entries
        How many entries the log holds.
    head
        Receipt of its last entry.
    faults
        What was changed, cut or moved; none in a sound log.
    notes
        What a killed writer left, which is no fault.
    """

    entries: int
    head: Receipt
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(path: str | os.PathLike[str], receipts: Sequence[Receipt | str] = ()) -> Verified:
    """Check a log against its own chain, the receipt kept beside it, and any others.

    Parameters
    ----------
    path
        The log.
    receipts
        Receipts that were kept elsewhere: each proves the lines up to its own.

    Raises
    ------
    InputError
        If the file cannot be read or a receipt is none.
    """
    file = Path(path)
    wanted = [one if isinstance(one, Receipt) else Receipt.read(one) for one in receipts]
    chain = _Chain({receipt.lines for receipt in wanted})
    kept = None
    try:
        if head_file(file).exists():
            kept = Receipt.read(head_file(file).read_text(encoding="ascii", errors="replace"))
            chain.wanted.add(kept.lines)
            chain.end_digest = kept.digest
        with file.open("rb") as lines:
            for line, entry, following in _ahead(lines):
                chain.take(line, entry, following)
    except OSError as error:
        raise InputError(f"{file}: the audit log cannot be read ({error.strerror}).") from error
    chain.end()
    if kept is None:
        chain.fault(chain.at + 1, f"{head_file(file).name} is missing, so a cut at the end would not be seen")
    elif kept.lines < chain.last.lines and chain.digests.get(kept.lines, START) == kept.digest:
        chain.notes.append(Fault(chain.at, "a writer was killed before it kept the receipt of this line"))
    for receipt in ([kept] if kept else []) + wanted:
        _against(receipt, chain)
    return Verified(chain.count, chain.last, chain.faults, chain.notes)


def _against(receipt: Receipt, chain: _Chain) -> None:
    """Compare a receipt with the log."""
    if receipt.lines > chain.last.lines:
        lost = _span(chain.last.lines + 1, receipt.lines)
        chain.fault(chain.at + 1, f"{lost} of the receipt {str(receipt)[:20]}… cut off at the end")
    elif receipt.lines and chain.digests.get(receipt.lines, receipt.digest) != receipt.digest:
        line = chain.places[receipt.lines]
        chain.fault(line, f"entry {receipt.lines} is not the one of the receipt {str(receipt)[:20]}…: changed")


def _ahead(lines: Any) -> Iterator[tuple[bytes, dict[str, Any] | None, dict[str, Any] | None]]:
    """Yield each line, its entry, and the entry of the next line."""
    before: tuple[bytes, dict[str, Any] | None] | None = None
    for raw in lines:
        entry = parsed(raw.removesuffix(b"\n"))
        if before is not None:
            yield *before, entry
        before = raw, entry
    if before is not None:
        yield *before, None


class _Chain:
    """What is known of a log up to a line."""

    def __init__(self, wanted: set[int]) -> None:
        self.wanted = wanted
        self.end_digest = ""
        self.digests: dict[int, str] = {}
        self.places: dict[int, int] = {}
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []
        self.last = Receipt(0, START)
        self.count = 0
        self.at = 0
        self._broken: list[tuple[int, bytes]] = []
        self._call: tuple[int, int, int] | None = None

    def fault(self, line: int, what: str) -> None:
        """Note a fault, each line once."""
        if all(one.line != line for one in self.faults):
            self.faults.append(Fault(line, what))

    def take(self, raw: bytes, entry: dict[str, Any] | None, following: dict[str, Any] | None) -> None:
        """Go on by one line, knowing the entry of the next."""
        self.at += 1
        if entry is None:
            self._broken.append((self.at, raw))
            return
        self._settle(entry)
        digest = hashlib.sha256(raw.removesuffix(b"\n")).hexdigest()
        number, expected = entry["n"], self.last.lines + 1
        if number > expected:
            self.fault(self.at, f"{_span(expected, number - 1)} cut before it")
        elif number < expected:
            self.fault(self.at, f"entry {number} stands behind entry {expected - 1}: moved or repeated")
            return
        elif entry["previous"] != self.last.digest and self.last.digest:
            intact = digest == (self.end_digest if following is None else following["previous"])
            if intact and self.at > 1:
                self.fault(self.at - 1, "changed: the next line names another digest")
            else:
                self.fault(self.at, "changed: it does not name the digest of the line before")
        self._counted(entry)
        self.last = Receipt(number, digest)
        self.count += 1
        if number in self.wanted:
            self.digests[number], self.places[number] = digest, self.at

    def end(self) -> None:
        """Say what a killed writer left at the end."""
        if self._broken:
            first, raw = self._broken[0]
            alone = len(self._broken) == 1 and not raw.endswith(b"\n")
            if alone:
                self.notes.append(Fault(first, f"torn: {len(raw)} bytes without an end, left by a killed writer"))
            else:
                self.fault(first, "no entry: changed")
        self._incomplete()

    def _settle(self, entry: dict[str, Any]) -> None:
        """Compare lines that are no entries with what the next entry says of them."""
        if not self._broken:
            return
        first, text = self._broken[0][0], b"".join(raw for _, raw in self._broken).removesuffix(b"\n")
        self._broken = []
        if entry.get("event") == TORN and entry.get("sha256") == hashlib.sha256(text).hexdigest():
            self.notes.append(Fault(first, f"torn: {len(text)} bytes, left by a killed writer and noted"))
            return
        self.fault(first, "no entry: changed")
        if entry["n"] > self.last.lines + 1:
            self.last = Receipt(entry["n"] - 1, "")

    def _counted(self, entry: dict[str, Any]) -> None:
        """Count the shipments of each call."""
        if entry.get("event") == "shipment" and self._call is not None:
            start, expected, seen = self._call
            self._call = (start, expected, seen + 1)
            return
        self._incomplete()
        rows = entry.get("shipments")
        self._call = (self.at, rows, 0) if isinstance(rows, int) else None

    def _incomplete(self) -> None:
        if self._call is not None and self._call[2] < self._call[1]:
            start, rows, seen = self._call
            self.notes.append(Fault(start, f"of {rows} shipments {seen} are logged: its writer was killed"))
        self._call = None


def _span(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
