"""The history on disk: a folder of immutable segments and one manifest that is replaced as a whole.

A change writes its segments first and the manifest last, each flushed to the disk; whatever happens in
between, the folder holds what was known before or after the change. Readers map the segments and notice a
new manifest by its file status. The files hold 64-bit keyed hashes, times and numbers; the only words are
names of entities and targets.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from omdrisk.errors import HistoryError
from omdrisk.history.facts import LOG_COLUMNS, Facts, Rows, shipment_columns
from omdrisk.history.lock import writing
from omdrisk.history.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"
MOST_SEGMENTS = 64


def secret_check(secret: bytes) -> str:
    """Return what shows that a secret is the one a store was made with, without giving it away."""
    return hmac.new(secret, b"omdrisk history store", hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Manifest:
    """What a store consists of at one moment."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    secret_check: str
    generation: int = 0
    targets: dict[str, int] = field(default_factory=dict)
    shipments: tuple[Segment, ...] = ()
    outcomes: tuple[Segment, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All files."""
        return (*self.shipments, *self.outcomes)

    def dumps(self) -> bytes:
        """Return the manifest as JSON, sealed with a checksum of its own."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "generation": self.generation,
            "keys": list(self.keys),
            "values": list(self.values),
            "secret_check": self.secret_check,
            "targets": self.targets,
            "shipments": [segment.as_dict() for segment in self.shipments],
            "outcomes": [segment.as_dict() for segment in self.outcomes],
        }
        return json.dumps(body | {"sha256": _seal(body)}, indent=1, sort_keys=True).encode()

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read and check a manifest."""
        try:
            body = json.loads(path.read_bytes())
            seal = body.pop("sha256")
        except FileNotFoundError as error:
            raise HistoryError(
                f"{path.parent} holds no history ({path.name} is missing). Make one with History.create(...)."
            ) from error
        except (ValueError, KeyError, AttributeError) as error:
            raise HistoryError(f"{path} is damaged: {error}. Restore it from a copy.") from error
        if body.get("format") != FORMAT:
            raise HistoryError(f"{path} has format {body.get('format')}; this version reads format {FORMAT}.")
        if seal != _seal(body):
            raise HistoryError(f"{path} was altered (its checksum does not fit). Restore it from a copy.")
        return cls(
            keys=tuple(body["keys"]),
            values=tuple(body["values"]),
            secret_check=body["secret_check"],
            generation=body["generation"],
            targets=body["targets"],
            shipments=tuple(Segment(**entry) for entry in body["shipments"]),
            outcomes=tuple(Segment(**entry) for entry in body["outcomes"]),
        )


def _seal(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


class Store:
    """A folder that holds a history.

    Parameters
    ----------
    folder
        Where it is.
    secret
        The agency's secret; another than the store was made with is refused.
    wait
        How many seconds a write waits for another writer before it gives up.
    """

    def __init__(self, folder: Path, secret: bytes, wait: float) -> None:
        self.folder = folder
        self._wait = wait
        self.manifest = Manifest.read(folder / MANIFEST)
        if not hmac.compare_digest(self.manifest.secret_check, secret_check(secret)):
            raise HistoryError(f"{folder} was made with another secret. Set OMDRISK_SECRET to the agency's own.")
        for segment in self.manifest.segments:
            segment.check_size(folder)
        self._stamp: tuple[int, ...] = ()
        self._loaded: Manifest | None = None

    @classmethod
    def create(cls, folder: Path, keys: tuple[str, ...], values: tuple[str, ...], secret: bytes) -> None:
        """Make an empty store in a folder that is new or empty."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise HistoryError(f"{folder} is not empty. Open the history in it, or name a new folder.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _replace(folder, Manifest(keys, values, secret_check(secret)))
        except OSError as error:
            raise HistoryError(f"{folder} cannot be written to ({error.strerror}).") from error

    def changed(self) -> bool:
        """Return whether the manifest is another than the one last loaded."""
        return self._status() != self._stamp

    def _status(self) -> tuple[int, ...]:
        try:
            status = (self.folder / MANIFEST).stat()
        except OSError as error:
            raise HistoryError(f"{self.folder / MANIFEST} cannot be read ({error.strerror}).") from error
        return status.st_mtime_ns, status.st_ino, status.st_size

    def load(self, facts: Facts) -> Facts:
        """Return `facts` brought up to the newest manifest; they are what the last call returned."""
        for _ in range(3):
            stamp = self._status()
            manifest = Manifest.read(self.folder / MANIFEST)
            try:
                facts = self._load(manifest, facts)
            except HistoryError:
                if Manifest.read(self.folder / MANIFEST) == manifest:
                    raise
            else:
                self.manifest = self._loaded = manifest
                self._stamp = stamp
                return facts
        raise HistoryError(f"{self.folder} changed three times while it was read. Try again.")

    def _load(self, manifest: Manifest, facts: Facts) -> Facts:
        old = self._loaded or Manifest(manifest.keys, manifest.values, manifest.secret_check)
        if old.shipments != manifest.shipments[: len(old.shipments)]:
            facts = replace(facts, shipments=Facts.none(manifest.keys, manifest.values).shipments)
            old = replace(old, shipments=())
        if old.outcomes != manifest.outcomes[: len(old.outcomes)]:
            facts = replace(facts, log=Facts.none((), ()).log)
            old = replace(old, outcomes=())
        types = shipment_columns(manifest.keys, manifest.values)
        more = [part.read(self.folder, types) for part in manifest.shipments[len(old.shipments) :]]
        log = [part.read(self.folder, dict(LOG_COLUMNS)) for part in manifest.outcomes[len(old.outcomes) :]]
        facts = facts.plus_shipments(more)
        return facts.plus_outcomes(log, manifest.targets) if log else facts

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write; leftovers of a writer that died are cleared away."""
        with writing(self.folder, self._wait):
            named = {segment.file for segment in Manifest.read(self.folder / MANIFEST).segments}
            for path in [*self.folder.glob("*.arrow"), *self.folder.glob("*.new")]:
                if path.name not in named:
                    path.unlink(missing_ok=True)
            yield

    def append(self, *, shipments: Rows | None = None, outcomes: Rows | None = None, targets: dict[str, int]) -> None:
        """Add segments; the caller holds the right to write and has loaded the newest manifest."""
        now = self.manifest
        number = now.generation + 1
        try:
            if shipments is not None and len(shipments):
                part = Segment.write(self.folder, f"shipments-{number:08d}.arrow", shipments)
                now = replace(now, shipments=(*now.shipments, part))
            if outcomes is not None and len(outcomes):
                part = Segment.write(self.folder, f"outcomes-{number:08d}.arrow", outcomes)
                now = replace(now, outcomes=(*now.outcomes, part))
            self._commit(replace(now, generation=number, targets=now.targets | targets))
        except OSError as error:
            raise HistoryError(f"{self.folder}: {error.strerror}; the history is as it was before.") from error

    def rewrite(self, facts: Facts) -> None:
        """Replace all segments by one of each kind; the caller holds the right to write."""
        number = self.manifest.generation + 1
        try:
            self._commit(
                replace(
                    self.manifest,
                    generation=number,
                    shipments=(Segment.write(self.folder, f"shipments-{number:08d}.arrow", facts.shipments),),
                    outcomes=(Segment.write(self.folder, f"outcomes-{number:08d}.arrow", facts.log),),
                )
            )
        except OSError as error:
            raise HistoryError(f"{self.folder}: {error.strerror}; the history is as it was before.") from error

    def _commit(self, manifest: Manifest) -> None:
        _replace(self.folder, manifest)
        self.manifest = self._loaded = manifest
        self._stamp = self._status()


def _replace(folder: Path, manifest: Manifest) -> None:
    path = folder / f"{MANIFEST}.new"
    with path.open("wb") as target:
        target.write(manifest.dumps())
        target.flush()
        os.fsync(target.fileno())
    path.replace(folder / MANIFEST)
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
