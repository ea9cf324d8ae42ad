"""The traders, persons and forwarders of the world, as numbers; `names` puts words to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRM, PERSON, FORWARDER = range(3)


@dataclass(frozen=True)
class Parties:
    """Country and kind of each party, numbers of its address and telephone, and whether its official number is bad."""

    country: NDArray[np.int64]
    kind: NDArray[np.int64]
    address: NDArray[np.int64]
    phone: NDArray[np.int64]
    bad: NDArray[np.bool_]


class Pool:
    """A growing list of parties; some share an address or a telephone with another."""

    def __init__(self) -> None:
        self._country: list[NDArray[np.int64]] = []
        self._kind: list[NDArray[np.int64]] = []
        self._shared: list[tuple[str, NDArray[np.int64], NDArray[np.int64]]] = []
        self._bad: set[int] = set()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, country: NDArray[np.integer], kind: int) -> NDArray[np.int64]:
        """Add one party for each country given and return their numbers."""
        count = len(country)
        numbers = np.arange(self._size, self._size + count, dtype=np.int64)
        self._country.append(np.asarray(country, dtype=np.int64))
        self._kind.append(np.full(count, kind, dtype=np.int64))
        self._size += count
        return numbers

    def add_one(self, country: int, kind: int) -> int:
        """Add one party and return its number."""
        return int(self.add(np.array([country]), kind)[0])

    def share(
        self, field: Literal["address", "phone"], parties: NDArray[np.integer], like: NDArray[np.integer]
    ) -> None:
        """Let `parties` have the address or telephone that the parties `like` have."""
        self._shared.append((field, np.asarray(parties, np.int64), np.asarray(like, np.int64)))

    def share_one(self, field: Literal["address", "phone"], party: int, like: int) -> None:
        """Let one party have the address or telephone of another."""
        self.share(field, np.array([party]), np.array([like]))

    def spoil(self, party: int) -> None:
        """Give the party an official number that fails its check."""
        self._bad.add(party)

    def parties(self) -> Parties:
        """Return what has been added so far."""
        own = {"address": np.arange(self._size), "phone": np.arange(self._size)}
        for field, parties, like in self._shared:
            own[field][parties] = own[field][like]
        bad = np.zeros(self._size, dtype=bool)
        bad[sorted(self._bad)] = True
        return Parties(
            country=np.concatenate(self._country),
            kind=np.concatenate(self._kind),
            address=own["address"],
            phone=own["phone"],
            bad=bad,
        )
