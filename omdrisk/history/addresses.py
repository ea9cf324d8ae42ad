"""Arrays by their addresses, so that one compiled loop reads the indexes of many keys and parts.

A compiled loop takes a tenth of a microsecond to receive an array, and two hundred questions about one shipment
read two thousand of them. So their addresses are written into a table once, and the loop receives the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from omdrisk.compiling import compiled

if TYPE_CHECKING:
    from omdrisk.history.arrays import Integers

_ANY_LENGTH = 1 << 48


class Addresses:
    """Gives arrays' addresses and keeps the arrays, which must not go while their addresses are used."""

    def __init__(self) -> None:
        self._kept: list[Integers] = []

    def of(self, array: Integers, kind: type = np.int64) -> int:
        """Return where the numbers of an array lie, one after another, as numbers of this kind."""
        kept: Integers = np.ascontiguousarray(array, dtype=kind)
        self._kept.append(kept)
        address: int = kept.__array_interface__["data"][0]
        return address


def record(integers: str, **records: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of a record of integers, named one after another, and of other records."""
    return np.dtype([*((name, np.int64) for name in integers.split()), *records.items()])


@intrinsic  # type: ignore[untyped-decorator]
def _pointer(_: Any, address: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(address), build


@compiled
def integers(address: int) -> Any:
    """Return the 64-bit integers that begin at an address."""
    return carray(_pointer(address), _ANY_LENGTH, np.int64)


@compiled
def small_integers(address: int) -> Any:
    """Return the 32-bit integers that begin at an address."""
    return carray(_pointer(address), _ANY_LENGTH, np.int32)


@compiled
def floats(address: int) -> Any:
    """Return the float64 that begin at an address."""
    return carray(_pointer(address), _ANY_LENGTH, np.float64)


@compiled
def flags(address: int) -> Any:
    """Return the flags that begin at an address."""
    return carray(_pointer(address), _ANY_LENGTH, np.bool_)


@compiled
def tables(bits: int, ranks: int, rows: int, columns: int) -> Any:
    """Return a table of bits, in words of 64, and one of integers, each of so many rows and columns."""
    shape = (rows, columns)
    return carray(_pointer(bits), shape, np.uint64), carray(_pointer(ranks), shape, np.int64)
