"""Scoring each file of a folder exactly once, whatever happens in between."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omdrisk.errors import InputError, OmdriskError
from omdrisk.records import write_rejects
from omdrisk.reports import plain, write_csv, write_worklists
from omdrisk.scoring.audit.log import AuditLog, parsed
from omdrisk.scoring.single import holding
from omdrisk.scoring.unread import with_unread
from omdrisk.watching.files import folder_name, keep, read, write
from omdrisk.watching.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from omdrisk.scoring import Scorer

JOURNAL: Final = "journal.jsonl"
WORK: Final = ".work"
FAILED: Final = "failed"
DONE: Final = "done.json"
WAY_OUT: Final = "Mend it and put it in again; or delete this report, and it is tried again at the next start."
LISTS: Final = ("worklist.html", "worklist.xlsx", "worklist.csv")


@dataclass(frozen=True)
class Settings:
    """How each file is read, scored and listed.

    Parameters
    ----------
    capacity, explore, seed, language, per_trader, per_lane
        As for `Scorer.worklist`.
    format
        Format map of the files; without it their headers decide.
    observe
        Whether the shipments of each file enter the scorer's history.
    settle
        For how many seconds a file must be at rest before it is read.
    """

    capacity: Any = 40
    explore: float = 0.1
    seed: int = 0
    language: str = "en"
    per_trader: int | None = None
    per_lane: int | None = None
    format: str | None = None
    observe: bool = False
    settle: float = 2.0


@dataclass(frozen=True)
class Event:
    """What became of a file: ``scored``, ``failed``, ``same`` (its content was done before) or ``waiting``."""

    kind: str
    file: str
    what: str
    out: Path | None = None


class Watch:
    """Scores the files of a folder into another, each content exactly once.

    A file is known by the digest of its content: written again under its name with other content it is scored again
    (its entry names the content before), copied or renamed it is not. The copy that is scored is the one whose digest
    is taken. All results of a file appear at once, by one renaming of their folder; what a killed process leaves is in
    ``.work`` and is cleared at the next start. ``journal.jsonl`` holds what became of each file, as a chain of digests
    like the audit log (see `omdrisk.scoring.audit`).

    Parameters
    ----------
    inbox, out
        The two folders; `out` is made, and one process at a time works in it.
    scorer
        Scores them.
    settings
        See `Settings`.
    say
        Called with each step, for whoever looks on.
    timer, sleep
        A clock that only goes forward, and how to wait.
    """

    def __init__(
        self,
        inbox: str | Path,
        out: str | Path,
        scorer: Scorer,
        settings: Settings | None = None,
        *,
        say: Callable[[str], None] = lambda _: None,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.out = Path(out)
        self.scorer = scorer
        self.settings = settings or Settings()
        self._say = say
        self._sleep = sleep
        folder = Path(inbox)
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder. Make it, and put manifests into it.")
        if self.out.resolve() == folder.resolve():
            raise InputError(f"{folder} is both the folder in and the folder out. Name two.")
        self.inbox = Inbox(folder, self.settings.settle, timer)
        self.journal = AuditLog(self.out / JOURNAL)
        self._done: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._seen: set[tuple[str, int, int]] = set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Hold the folder out, after clearing up what a killed process left there.

        Raises
        ------
        InputError
            If another process works in it, or it cannot be written.
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.out} cannot be made ({error.strerror}). Choose another folder.") from error
        with holding(self.out / ".lock", "watching into this folder", wait=0.0):
            shutil.rmtree(self.out / WORK, ignore_errors=True)
            self._recall()
            yield

    def once(self) -> list[Event]:
        """Do what is there and at rest, after waiting as long as rest takes; return what became of each file."""
        self.inbox.look()
        self._sleep(self.settings.settle)
        events = self.step()
        _, waiting = self.inbox.look()
        events += [Event("waiting", path.name, "still being written: left for the next run") for path in waiting]
        return events

    def step(self) -> list[Event]:
        """Do the files that are at rest now."""
        at_rest, _ = self.inbox.look()
        events = []
        for path in at_rest:
            known = self.inbox.known(path)
            if known in self._seen:
                continue
            event = self._file(path)
            shutil.rmtree(self.out / WORK, ignore_errors=True)
            if event.kind != "waiting":
                self._seen.add(known)
            events.append(event)
        return events

    def _file(self, path: Path) -> Event:
        """Do one file."""
        work = self.out / WORK
        shutil.rmtree(work, ignore_errors=True)
        (work / "in").mkdir(parents=True)
        copy = work / "in" / path.name
        try:
            digest = self.inbox.take(path, copy)
        except OSError as error:
            return Event("waiting", path.name, f"cannot be read ({error.strerror}): tried again later")
        if digest is None:
            return Event("waiting", path.name, "changed while it was read: tried again later")
        self._say("copied")
        if digest in self._done:
            if self._names.get(path.name) != digest:
                self._note("same", path.name, digest, of=self._done[digest])
            return Event("same", path.name, f"its content was done before, as {plain(self._done[digest], 80)}")
        made = work / "out"
        try:
            counts = self._make(copy, made)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - one bad file must not stop the others
            return self._failed(path.name, digest, error)
        target = self.out / folder_name(path.name, digest)
        before = self._names.get(path.name)
        facts = {"file": path.name, "digest": digest, **counts, **({"before": before} if before else {})}
        write(made / DONE, json.dumps(facts, indent=1))
        keep(made)
        self._say("made")
        made.rename(target)
        keep(self.out)
        self._say("placed")
        self._note("scored", path.name, digest, out=target.name, **counts, **({"before": before} if before else {}))
        self._say("noted")
        told = f"{counts['rows']:,} scored, {counts['listed']:,} listed, {counts['rejected']:,} rejected"
        return Event("scored", path.name, f"{told}{', rewritten since it was last scored' if before else ''}", target)

    def _make(self, copy: Path, made: Path) -> dict[str, Any]:
        """Write all results of a file into a folder, and return their counts."""
        own = self.settings
        made.mkdir()
        shipments, rejected = read(copy, own.format)
        if len(rejected):
            write_rejects(rejected, made / "rejects.csv")
        if shipments.empty:
            first = "" if rejected.empty else f" The first of them: {rejected['reason'].iloc[0]}."
            raise InputError(f"no row can be used, {len(rejected):,} are rejected.{first}")
        self._say("read")
        scores = self.scorer.score(shipments)
        scores.insert(0, "shipment_id", shipments["shipment_id"])
        write_csv(with_unread(scores, rejected), made / "scores.csv")
        self._say("scored")
        listed = self.scorer.worklist(
            shipments,
            own.capacity,
            own.explore,
            own.seed,
            own.language,
            per_trader=own.per_trader,
            per_lane=own.per_lane,
        )
        lists = [made / name for name in LISTS]
        write_worklists(listed, lists, scorer=self.scorer, shipments=shipments, language=own.language)
        if own.observe:
            self.scorer.observe(shipments)
            self._say("observed")
        return {
            "rows": len(scores),
            "rejected": len(rejected),
            "listed": len(listed),
            "model_version": self.scorer.version,
            "scored_at": f"{scores['scored_at'].iloc[0]:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _failed(self, name: str, digest: str, error: Exception) -> Event:
        """Write down why a file could not be done."""
        known = isinstance(error, OmdriskError)
        reason = plain(str(error) if known else f"{type(error).__name__}: {error}")
        reason = reason.replace(f"{self.out / WORK / 'in'}{os.sep}", "")
        folder = self.out / FAILED
        folder.mkdir(exist_ok=True)
        target = folder / f"{folder_name(name, digest)}.txt"
        rejects = self.out / WORK / "out" / "rejects.csv"
        if rejects.exists():
            rejects.replace(target.with_suffix(".rejects.csv"))
        partial = self.out / WORK / "report"
        write(partial, f"{plain(name, 300)}\n{reason}\nsha256 {digest}\n{WAY_OUT}\n")
        partial.replace(target)
        self._note("failed", name, digest, reason=reason)
        return Event("failed", name, reason, target)

    def _note(self, event: str, name: str, digest: str, **facts: Any) -> None:
        time_told = self.scorer.now().isoformat()
        self.journal.append([{"event": event, "time": time_told, "file": name, "digest": digest, **facts}])
        self._names[name] = digest
        self._done.setdefault(digest, name)

    def _recall(self) -> None:
        """Read the journal, and note what was placed but not noted."""
        self._done, self._names, self._seen = {}, {}, set()
        if self.journal.path.exists():
            for line in self.journal.path.read_bytes().split(b"\n"):
                entry = parsed(line)
                if entry is None or "digest" not in entry:
                    continue
                report = self.out / FAILED / f"{folder_name(entry['file'], entry['digest'])}.txt"
                if entry["event"] != "failed" or report.exists():
                    self._names[entry["file"]] = entry["digest"]
                    self._done.setdefault(entry["digest"], entry["file"])
        for done in sorted(self.out.glob(f"*/{DONE}")):
            facts = json.loads(done.read_text(encoding="utf-8"))
            if facts["digest"] not in self._done:
                name, digest = facts.pop("file"), facts.pop("digest")
                self._note("scored", name, digest, out=done.parent.name, noted_later=True, **facts)
