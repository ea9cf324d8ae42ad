"""Indexes kept on disk beside the segments they were built from, and mapped into memory when asked for.

An index follows from the segments alone: it can be lost or deleted at any time and is built again. Each is
one file: the length of a JSON description, the description, the arrays, and a SHA-256 of all that.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from omdrisk.errors import HistoryError
from omdrisk.history.engine import KeyIndex, WaveletMatrix
from omdrisk.history.spells import Spells

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

T = TypeVar("T")

SUFFIX = ".index"
_ALIGNED = 64
_SEAL = 32
_KINDS: dict[str, type] = {kind.__name__: kind for kind in (KeyIndex, Spells, WaveletMatrix)}


@dataclass(frozen=True)
class Shelf:
    """The kept indexes of one part of a store.

    Parameters
    ----------
    folder
        The folder of the store.
    part
        What tells the part, and all before it, from any other.
    """

    folder: Path
    part: str

    def get(self, name: Hashable, build: Callable[[], T]) -> T:
        """Return the index called `name` from disk, or build it and keep it there if that is possible."""
        path = self.folder / f"{self.part}-{hashlib.sha256(repr(name).encode()).hexdigest()[:24]}{SUFFIX}"
        with contextlib.suppress(OSError, ValueError, KeyError):
            found: T = _read(path)
            return found
        built = build()
        try:
            _write(path, name, built)
            return _read(path)  # type: ignore[no-any-return]
        except (OSError, ValueError, KeyError):
            return built

    def names(self) -> list[tuple[Any, ...]]:
        """Return the names of the indexes that are kept."""
        found = []
        for path in sorted(self.folder.glob(f"{self.part}-*{SUFFIX}")):
            with contextlib.suppress(OSError, ValueError, KeyError), path.open("rb") as source:
                head = json.loads(source.read(int.from_bytes(source.read(8), "little")))
                found.append(_tuple(head["name"]))
        return found


def _tuple(value: Any) -> Any:
    return tuple(_tuple(item) for item in value) if isinstance(value, list) else value


def check(path: Path) -> None:
    """Raise `HistoryError` if a kept index is not what was written."""
    content = path.read_bytes()
    if hashlib.sha256(content[:-_SEAL]).digest() != content[-_SEAL:]:
        raise HistoryError(f"{path} is damaged (SHA-256). Delete it; it is built again from the segments.")


def _write(path: Path, name: Hashable, value: Any) -> None:
    arrays: list[np.ndarray[Any, Any]] = []
    head = json.dumps({"name": name, "value": _described(value, arrays)}).encode()
    seal = hashlib.sha256()
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as target:
            place = 0
            chunk: Any
            for chunk in [len(head).to_bytes(8, "little"), head, *arrays]:
                gap = b"\0" * (-place % _ALIGNED) if isinstance(chunk, np.ndarray) else b""
                for piece in (gap, memoryview(chunk).cast("B") if len(chunk) else b""):
                    target.write(piece)
                    seal.update(piece)
                    place += len(piece)
            target.write(seal.digest())
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _described(value: Any, arrays: list[np.ndarray[Any, Any]]) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        arrays.append(np.ascontiguousarray(value).reshape(-1))
        return {"array": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, int | np.integer):
        return {"integer": int(value)}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_described(item, arrays) for item in value]}
    if is_dataclass(value) and type(value).__name__ in _KINDS:
        items = [_described(getattr(value, field.name), arrays) for field in fields(value)]
        return {"kind": type(value).__name__, "items": items}
    raise ValueError(f"{type(value).__name__} is no index")


def _read(path: Path) -> Any:
    content = np.memmap(path, dtype=np.uint8, mode="c").view(np.ndarray)
    length = int.from_bytes(content[:8].tobytes(), "little")
    if content.size < 8 + length + _SEAL:
        raise ValueError("cut off")
    head = json.loads(content[8 : 8 + length].tobytes())
    value, place = _restored(head["value"], content, 8 + length)
    if place + _SEAL != content.size:
        raise ValueError("cut off")
    return value


def _restored(form: dict[str, Any], content: np.ndarray[Any, Any], place: int) -> tuple[Any, int]:
    if "array" in form:
        kind, shape = np.dtype(form["array"]), tuple(form["shape"])
        begin = place + -place % _ALIGNED
        end = begin + math.prod(shape) * kind.itemsize
        return content[begin:end].view(kind).reshape(shape), end
    if "integer" in form:
        return form["integer"], place
    items = []
    for item in form.get("items", form.get("list", form.get("tuple", []))):
        value, place = _restored(item, content, place)
        items.append(value)
    if "kind" in form:
        return _KINDS[form["kind"]](*items), place
    return (items if "list" in form else tuple(items)), place
