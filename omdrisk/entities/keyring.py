"""Keyed hashes: what a history remembers of a trader without holding its name."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from omdrisk.entities.fields import Fields
from omdrisk.errors import HistoryError
from omdrisk.records.coded import Coded, coded

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

SHORTEST_SECRET: Final = 16
"""Fewest bytes of a secret."""

_WAY_OUT = (
    "Set OMDRISK_SECRET to a text of at least 16 characters, or OMDRISK_SECRET_FILE to a file that holds one; "
    "keep it, for a history opens only with the secret it was made with"
)


def agency_secret(explicit: bytes | str | None = None) -> bytes:
    """Return the agency's secret: the argument, ``OMDRISK_SECRET``, or the file that ``OMDRISK_SECRET_FILE`` names.

    Raises
    ------
    HistoryError
        If there is none, or it is shorter than 16 bytes.

    Examples
    --------
    >>> agency_secret("a secret of the agency")
    b'a secret of the agency'
    """
    secret = explicit if explicit is not None else os.environ.get("OMDRISK_SECRET")
    if secret is None and (file := os.environ.get("OMDRISK_SECRET_FILE")):
        try:
            secret = Path(file).read_bytes().strip()
        except OSError as error:
            raise HistoryError(
                f"OMDRISK_SECRET_FILE names {file}, which cannot be read ({error.strerror}). {_WAY_OUT}."
            ) from error
    if secret is None:
        raise HistoryError(f"No secret of the agency is set. {_WAY_OUT}.")
    found = secret.encode() if isinstance(secret, str) else bytes(secret)
    if len(found) < SHORTEST_SECRET:
        size = len(found)
        raise HistoryError(f"The secret of the agency has {size} bytes, fewer than {SHORTEST_SECRET}. {_WAY_OUT}.")
    return found


def _key(start: hmac.HMAC, text: str) -> int:
    digest = start.copy()
    digest.update(text.encode())
    return int.from_bytes(digest.digest()[:8], "big", signed=True) or 1


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class Keyring:
    """Turns entities into 64-bit keys under a secret; without the secret a key cannot be traced to a name.

    Parameters
    ----------
    secret
        The agency's secret, see `agency_secret`.

    Examples
    --------
    >>> import pandas as pd
    >>> ring = Keyring(b"0123456789abcdef")
    >>> keys = ring.hash("consignee", pd.Series(["tax:VN:0100233488", None], dtype="str"))
    >>> keys.dtype, bool(keys[0]), keys[1]
    (dtype('int64'), True, np.int64(0))

    Notes
    -----
    A key is the first eight bytes of HMAC-SHA256 (RFC 2104); joint keys are mixed with the finaliser of SplitMix64
    (Steele, Lea and Flood, OOPSLA 2014). Among a million distinct values two share a key with probability 3e-8.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = bytes(secret)
        self._starts: dict[str, hmac.HMAC] = {}

    def __reduce__(self) -> tuple[type[Keyring], tuple[bytes]]:
        return type(self), (self._secret,)

    def hash(self, name: str, values: pd.Series | Coded) -> NDArray[np.int64]:
        """Return the key of each value of the entity `name`, 0 where missing."""
        made = values if isinstance(values, Coded) else coded(values)
        start = self._starts.get(name)
        if start is None:
            start = self._starts[name] = hmac.new(self._secret, name.encode() + b"\0", hashlib.sha256)
        return np.array([*(_key(start, str(text)) for text in made.texts), 0], dtype=np.int64)[made.codes]

    def joint(self, *parts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return one key for each row of several keys, 0 where any of them is 0; the order of the parts counts."""
        if len(parts) == 1:
            return parts[0]
        mixed = np.zeros(len(parts[0]), dtype=np.uint64)
        known = np.ones(len(parts[0]), dtype=bool)
        for part in parts:
            mixed = _mixed((mixed + np.uint64(0x9E3779B97F4A7C15)) ^ part.view(np.uint64))
            known &= part != 0
        keys = mixed.view(np.int64)
        return np.where(known, np.where(keys == 0, 1, keys), 0)

    def of(self, shipments: pd.DataFrame | Fields, by: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the joint key of the entities `by` for each shipment, 0 where one of them is missing."""
        fields = Fields.of(shipments)
        return self.joint(*(self.hash(name, fields.entity(name)) for name in by))
