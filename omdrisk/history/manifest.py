"""The manifest of a store: which files make up its parts, sealed with a checksum of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from omdrisk.errors import HistoryError
from omdrisk.history.segments import Segment

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 2
"""Format 1 listed segments of shipments and of outcomes; format 2 lists parts that are in order."""

MANIFEST = "manifest.json"


def secret_check(secret: bytes) -> str:
    """Return what shows that a secret is the one a store was made with, without giving it away."""
    return hmac.new(secret, b"omdrisk history store", hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Part:
    """Files that were added together: shipments, outcomes, or both, in order, and a digest of their rows."""

    shipments: Segment | None
    outcomes: Segment | None
    digest: str

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The files."""
        return tuple(segment for segment in (self.shipments, self.outcomes) if segment)

    @classmethod
    def from_dict(cls, entry: dict[str, Any]) -> Part:
        """Return the part that a manifest describes."""
        shipments, outcomes = (
            None if entry[kind] is None else Segment(**entry[kind]) for kind in ("shipments", "outcomes")
        )
        return cls(shipments, outcomes, entry["digest"])


@dataclass(frozen=True)
class Forgotten:
    """What was forgotten once: how much, and by which rule (never whose)."""

    rule: str
    shipments: int
    outcomes: int
    generation: int


@dataclass(frozen=True)
class Manifest:
    """What a store consists of at one moment."""

    keys: tuple[str, ...]
    values: tuple[str, ...]
    secret_check: str
    generation: int = 0
    targets: dict[str, int] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()
    loose: tuple[tuple[Segment, ...], tuple[Segment, ...]] = ((), ())
    """Segments of format 1: later shipments replace earlier ones, and nothing is in order."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All files."""
        return (
            *(segment for part in self.parts for segment in part.segments),
            *self.loose[0],
            *self.loose[1],
        )

    def name_of_part(self, place: int) -> str:
        """Return what tells the parts up to one from any others."""
        files = [segment.sha256 for part in self.parts[: place + 1] for segment in part.segments]
        return hashlib.sha256("".join(files).encode()).hexdigest()[:24]

    def dumps(self) -> bytes:
        """Return the manifest as JSON, sealed."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "generation": self.generation,
            "keys": list(self.keys),
            "values": list(self.values),
            "secret_check": self.secret_check,
            "targets": self.targets,
            "parts": [asdict(part) for part in self.parts],
            "forgotten": [asdict(entry) for entry in self.forgotten],
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
                f"{path.parent} holds no history ({path.name} is missing). "
                "Make one with `omdrisk observe --create` or History.create(...)."
            ) from error
        except (ValueError, KeyError, AttributeError) as error:
            raise HistoryError(f"{path} is damaged: {error}. Restore it from a copy.") from error
        if body.get("format") not in (1, FORMAT):
            raise HistoryError(f"{path} has format {body.get('format')}; this version reads formats 1 and {FORMAT}.")
        if seal != _seal(body):
            raise HistoryError(f"{path} was altered (its checksum does not fit). Restore it from a copy.")
        loose = [tuple(Segment(**entry) for entry in body.get(kind, [])) for kind in ("shipments", "outcomes")]
        return cls(
            keys=tuple(body["keys"]),
            values=tuple(body["values"]),
            secret_check=body["secret_check"],
            generation=body["generation"],
            targets=body["targets"],
            parts=tuple(Part.from_dict(entry) for entry in body.get("parts", [])),
            forgotten=tuple(Forgotten(**entry) for entry in body.get("forgotten", [])),
            loose=(loose[0], loose[1]),
        )


def _seal(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
