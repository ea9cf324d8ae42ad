"""What the keeper of a history does with it: look, check, tidy, hand out, and forget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from omdrisk.entities import PARTY_ENTITIES
from omdrisk.errors import HistoryError
from omdrisk.history import shelf
from omdrisk.history.facts import KEY, Facts
from omdrisk.history.held import Held
from omdrisk.history.manifest import FORMAT, Forgotten

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from os import PathLike

    from omdrisk.history.arrays import Flags
    from omdrisk.history.past import Past
    from omdrisk.history.store import Store


class Keeping(Held):
    """The part of `History` that is for its keeper."""

    def _current(self) -> Past:
        return self._past

    def _own_store(self, what: str) -> Store:
        if self._store is None or self._horizon is not None:
            raise HistoryError(f"Only a history that was opened from a folder can be {what}.")
        return self._store

    def info(self) -> dict[str, Any]:
        """Return what this history holds, and where.

        Returns
        -------
        dict
            ``shipments``, ``outcomes``, ``pending``, ``keys``, ``values``, ``targets``, ``first_filed_at``,
            ``last_filed_at`` and ``last_known_at``; for a folder also ``folder``, ``format``, ``generation``
            (how many changes it has seen), ``parts``, ``bytes``, ``index_bytes``, and ``forgotten``, with one
            entry for each time something was forgotten.
        """
        past = self._current()
        filed = [part.facts.shipments["filed_at"] for part in past.parts if len(part.facts.shipments)]
        known = [part.facts.log["known_at"].max() for part in past.parts if len(part.facts.log)]
        told: dict[str, Any] = {
            "shipments": len(past),
            "outcomes": past.outcomes,
            "pending": past.pending,
            "keys": self.keys,
            "values": self.values,
            "targets": tuple(sorted(past.targets)),
            "first_filed_at": _moment(min(times[0] for times in filed)) if filed else None,
            "last_filed_at": _moment(max(times[-1] for times in filed)) if filed else None,
            "last_known_at": _moment(max(known)) if known else None,
        }
        if self._store is not None:
            manifest, folder = self._store.manifest, self._store.folder
            told |= {
                "folder": str(folder),
                "format": FORMAT,
                "generation": manifest.generation,
                "parts": len(past.parts),
                "bytes": sum(segment.bytes for segment in manifest.segments),
                "index_bytes": sum(path.stat().st_size for path in folder.glob(f"*{shelf.SUFFIX}")),
                "forgotten": [vars(entry) for entry in manifest.forgotten],
            }
        return told

    def verify(self) -> dict[str, int]:
        """Read every byte of the store and check it; return how much there is.

        Returns
        -------
        dict
            ``files``, ``indexes``, ``shipments``, ``outcomes``, ``pending``; ``generation``, the number of
            the last change that was completed; ``unfinished``, how many files an interrupted change left
            behind (none of it counts: the history is as it was before that change); ``forgotten``, how many
            rows were forgotten.

        Raises
        ------
        HistoryError
            If a file is missing or differs from what was written; the message names it.
        """
        past = self._current()
        told = {"files": 0, "indexes": 0}
        told |= {"shipments": len(past), "outcomes": past.outcomes, "pending": past.pending}
        if self._store is None:
            return told
        manifest, folder = self._store.manifest, self._store.folder
        for segment in manifest.segments:
            segment.check_content(folder)
        for part in past.parts:
            if part.facts.computed_digest != part.facts.digest:
                raise HistoryError(f"{folder}: rows of a part do not fit its digest. Restore it from a copy.")
        needless = self._store.needless()
        indexes = [path for path in sorted(folder.glob(f"*{shelf.SUFFIX}")) if path not in needless]
        for path in indexes:
            shelf.check(path)
        return told | {
            "files": len(manifest.segments),
            "indexes": len(indexes),
            "generation": manifest.generation,
            "unfinished": sum(_is_later(path, manifest.generation) for path in needless),
            "forgotten": sum(entry.shipments + entry.outcomes for entry in manifest.forgotten),
        }

    def compact(self) -> None:
        """Bring all parts of the store into one, with its indexes; questions are answered fastest then."""
        store = self._own_store("compacted")
        with self._changing:
            with store.writing():
                past = self._current()
                names = {("id",)}.union(*(part.names for part in past.parts))
                if len(past.parts) > 1:
                    self._replace(store, past.whole.facts, None)
                store.clear()
            for part in self._past.parts:
                if part.shelf is not None:
                    part.build(names)

    def _replace(self, store: Store, facts: Facts, forgotten: Forgotten | None) -> None:
        past = self._past.before_part(0)
        past = past.plus_part(facts) if facts.size else past
        store.save(past, {}, forgotten)
        self._past = past

    def export(self, path: str | PathLike[str]) -> list[Path]:
        """Write all that is known to Parquet files in a new or empty folder, and return their paths.

        ``shipments.parquet`` has a row per shipment, ``outcomes.parquet`` the log of outcomes. Entities and
        targets are keyed hashes there too; moments are UTC.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = Path(path)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise HistoryError(f"{folder} is not empty. Name a new folder to export to.")
        facts = self._current().whole.facts
        written = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, rows in (("shipments", facts.shipments), ("outcomes", facts.log)):
                columns = {
                    column: pa.array(values.view("M8[us]"), pa.timestamp("us", "UTC"))
                    if column in ("filed_at", "known_at")
                    else pa.array(values)
                    for column, values in rows.columns.items()
                }
                written.append(folder / f"{name}.parquet")
                pq.write_table(pa.table(columns), written[-1], compression="zstd")
        except OSError as error:
            raise HistoryError(f"{folder} cannot be written to ({error}).") from error
        return written

    def forget(
        self, *, before: str | datetime | pd.Timestamp | None = None, party: str | Iterable[str] | None = None
    ) -> dict[str, int]:
        """Forget shipments, with their outcomes, for good; the store's files are rewritten at once.

        Parameters
        ----------
        before
            Forget what was filed before this moment, and outcomes known before it whose shipment was never
            observed.
        party
            Forget every shipment of this party, in whatever role: its key as `omdrisk.parties.party_keys`
            gives it, such as ``"tax:VN:0100233488"``, or an address, telephone or name as an entity holds it;
            several keys if it is known by several.

        Returns
        -------
        dict
            How many ``shipments`` and ``outcomes`` were forgotten. `info` and `verify` keep showing it,
            without saying whose they were.
        """
        store = self._own_store("made to forget")
        if (before is None) == (party is None):
            raise HistoryError("forget(...) takes either before=<moment> or party=<key>.")
        with self._changing, store.writing():
            facts = self._current().whole.facts
            if before is not None:
                limit = pd.Timestamp(before)
                limit = limit.tz_localize("UTC") if limit.tzinfo is None else limit.tz_convert("UTC")
                moment = int(limit.tz_convert(None).to_datetime64().astype("M8[us]").astype(np.int64))
                gone = facts.shipments["filed_at"] < moment
                waiting = (facts.log_rows < 0) & (facts.log["known_at"] < moment)
                rule = f"filed before {limit.isoformat()}"
            else:
                gone = self._of_party(facts, [party] if isinstance(party, str) else list(party or ()))
                waiting = np.zeros(len(facts.log), dtype=np.bool_)
                rule = "one party"
            lost = waiting | (np.append(gone, False)[facts.log_rows])
            kept = Facts(facts.shipments.take(~gone), facts.log.take(~lost), facts.targets)
            counts = {"shipments": int(gone.sum()), "outcomes": int(lost.sum())}
            if any(counts.values()):
                entry = Forgotten(rule, **counts, generation=store.manifest.generation + 1)
                self._replace(store, kept, entry)
                store.clear()
        return counts

    def _of_party(self, facts: Facts, party: list[str]) -> Flags:
        gone: Flags = np.zeros(len(facts.shipments), dtype=np.bool_)
        for name in self.keys:
            if name in PARTY_ENTITIES:
                keys = self._keyring.hash(name, pd.Series(party, dtype="str"))
                gone |= np.isin(facts.shipments[f"{KEY}{name}"], keys[keys != 0])
        return gone


def _is_later(path: Path, generation: int) -> bool:
    """Return whether a file belongs to a change after this generation."""
    return path.suffix == ".new" or (path.suffix == ".arrow" and int(path.stem.split("-")[1]) > generation)


def _moment(micros: int) -> pd.Timestamp:
    return pd.Timestamp(int(micros), unit="us", tz="UTC")
