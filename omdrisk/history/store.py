"""The history on disk: a folder of immutable segments and one manifest that is replaced as a whole.

A change writes its segments first and the manifest last, each flushed to the disk; whatever happens in
between, the folder holds what was known before or after the change. Readers map the segments and notice a
new manifest by its file status. The files hold 64-bit keyed hashes, times and numbers; the only words are
names of entities and targets.
"""

from __future__ import annotations

import hmac
import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from omdrisk.errors import HistoryError
from omdrisk.history import shelf
from omdrisk.history.facts import LOG_COLUMNS, Facts, shipment_columns
from omdrisk.history.lock import writing
from omdrisk.history.manifest import MANIFEST, Forgotten, Manifest, Part, secret_check
from omdrisk.history.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omdrisk.history.past import Past

SHELVED = 200_000
"""Indexes of parts with so many rows are kept on disk."""


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
        self._manifest_path = str(folder / MANIFEST)
        self._wait = wait
        self.manifest = Manifest.read(folder / MANIFEST)
        if not hmac.compare_digest(self.manifest.secret_check, secret_check(secret)):
            raise HistoryError(f"{folder} was made with another secret. Set OMDRISK_SECRET to the agency's own.")
        for segment in self.manifest.segments:
            segment.check_size(folder)
        self._stamp: tuple[int, ...] = ()
        self._loaded: tuple[Part, ...] = ()
        self._stored: dict[int, Part] = {}
        self._held: Past | None = None

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
            status = os.stat(self._manifest_path)  # noqa: PTH116 - at every question
        except OSError as error:
            raise HistoryError(f"{self.folder / MANIFEST} cannot be read ({error.strerror}).") from error
        return status.st_mtime_ns, status.st_ino, status.st_size

    def load(self, past: Past) -> Past:
        """Return `past`, which is what the last call returned, brought up to the newest manifest."""
        for _ in range(5):
            stamp = self._status()
            manifest = Manifest.read(self.folder / MANIFEST)
            try:
                past, loaded = self._load(manifest, past)
            except HistoryError:
                if Manifest.read(self.folder / MANIFEST) == manifest:
                    raise
            else:
                self.manifest, self._loaded, self._stamp = manifest, loaded, stamp
                self._remember(past)
                return past
        raise HistoryError(f"{self.folder} changed five times while it was read. Try again.")

    def _load(self, manifest: Manifest, past: Past) -> tuple[Past, tuple[Part, ...]]:
        if any(manifest.loose):
            return past.before_part(0).plus_part(self._loose(manifest)), ()
        same = 0
        while same < min(len(self._loaded), len(manifest.parts)) and (self._loaded[same] == manifest.parts[same]):
            same += 1
        past = past.before_part(same)
        for part in manifest.parts[same:]:
            past = past.plus_part(self._facts(manifest, part))
        self._shelve(manifest, past)
        return past, manifest.parts

    def _facts(self, manifest: Manifest, part: Part) -> Facts:
        types = shipment_columns(manifest.keys, manifest.values)
        none = Facts.none(manifest.keys, manifest.values)
        return Facts(
            part.shipments.read(self.folder, types) if part.shipments else none.shipments,
            part.outcomes.read(self.folder, dict(LOG_COLUMNS)) if part.outcomes else none.log,
            manifest.targets,
            part.digest,
        )

    def _loose(self, manifest: Manifest) -> Facts:
        types = shipment_columns(manifest.keys, manifest.values)
        shipments = [segment.read(self.folder, types) for segment in manifest.loose[0]]
        outcomes = [segment.read(self.folder, dict(LOG_COLUMNS)) for segment in manifest.loose[1]]
        facts = Facts.none(manifest.keys, manifest.values).plus_shipments(shipments)
        return facts.plus_outcomes(outcomes, manifest.targets)

    def _shelve(self, manifest: Manifest, past: Past) -> None:
        for place, part in enumerate(past.parts):
            if part.shelf is None and part.facts.size >= SHELVED:
                part.shelf = shelf.Shelf(self.folder, manifest.name_of_part(place))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the right to write; leftovers of a writer that died are cleared away."""
        with writing(self.folder, self._wait):
            self.clear()
            yield

    def clear(self) -> None:
        """Delete the files that the manifest does not need; the caller holds the right to write."""
        for path in self.needless():
            path.unlink(missing_ok=True)

    def needless(self) -> list[Path]:
        """Return the files that the manifest does not need: replaced ones, and those of a dead writer."""
        manifest = Manifest.read(self.folder / MANIFEST)
        named = {segment.file for segment in manifest.segments}
        parts = {manifest.name_of_part(place) for place in range(len(manifest.parts))}
        return [
            path
            for pattern in ("*.arrow", "*.new", f"*{shelf.SUFFIX}")
            for path in sorted(self.folder.glob(pattern))
            if path.name not in named and path.name.partition("-")[0] not in parts
        ]

    def save(self, past: Past, targets: dict[str, int], forgotten: Forgotten | None = None) -> None:
        """Write the parts of `past` that are not on disk, then the manifest that names them all.

        The caller holds the right to write and has loaded the newest manifest.
        """
        number = self.manifest.generation + 1
        try:
            parts = [
                self._stored.get(id(part.facts)) or self._write(part.facts, f"{number:08d}-{place:02d}")
                for place, part in enumerate(past.parts)
            ]
            manifest = replace(
                self.manifest,
                generation=number,
                targets=self.manifest.targets | targets,
                parts=tuple(parts),
                forgotten=(*self.manifest.forgotten, *([forgotten] if forgotten else [])),
                loose=((), ()),
            )
            _replace(self.folder, manifest)
        except OSError as error:
            raise HistoryError(f"{self.folder}: {error.strerror}; the history is as it was before.") from error
        self.manifest, self._loaded, self._stamp = manifest, manifest.parts, self._status()
        self._remember(past)
        self._shelve(manifest, past)

    def _remember(self, past: Past) -> None:
        self._held = past
        self._stored = {id(part.facts): stored for part, stored in zip(past.parts, self._loaded, strict=False)}

    def _write(self, facts: Facts, number: str) -> Part:
        shipments = outcomes = None
        if len(facts.shipments):
            shipments = Segment.write(self.folder, f"shipments-{number}.arrow", facts.shipments)
        if len(facts.log):
            outcomes = Segment.write(self.folder, f"outcomes-{number}.arrow", facts.log)
        return Part(shipments, outcomes, facts.digest)


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
