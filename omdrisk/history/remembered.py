"""Hashes that are computed once: a shipment is asked a hundred questions, each of them a key of the answers."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


class Remembered:
    """A frozen dataclass whose hash is computed once; classes name it, ``__hash__ = Remembered.__hash__``.

    The hash does not travel to another process, where texts have other hashes.
    """

    def __hash__(self) -> int:
        """Return a hash of the class and its fields."""
        found: int | None = self.__dict__.get("_hash")
        if found is None:
            values = [getattr(self, each.name) for each in fields(self)]  # type: ignore[arg-type]
            found = hash((type(self).__name__, *values))
            object.__setattr__(self, "_hash", found)
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone."""
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}
