"""Finding the rows of a table of facts that speak of a shipment, by whole values or by their beginning."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from omdrisk.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

ANY = "*"
PREFIX = "_prefix"
#: Columns of facts that serve entities of other names.
SERVES = {
    "locode": (
        "port_of_loading",
        "transhipment_ports",
        "port_of_discharge",
        "place_of_receipt",
        "place_of_delivery",
    ),
    "country": ("origin",),
}


def column_for(entity: str, columns: Sequence[str], name: str) -> str:
    """Return the column of a table that is matched against `entity`.

    That is the column of the same name, or with ``_prefix`` after it; else the one column whose name the
    entity's name begins or ends with, so that ``hs_prefix`` serves ``hs6`` and ``country`` serves
    ``loading_country``.

    Raises
    ------
    DefinitionError
        If no column, or more than one, can be meant.

    Examples
    --------
    >>> column_for("hs6", ["hs_prefix", "country", "weight"], "cover_loads")
    'hs_prefix'
    >>> column_for("loading_country", ["country", "weight"], "corridors")
    'country'
    """
    for same in (entity, entity + PREFIX):
        if same in columns:
            return same
    parts = entity.split("_")
    stems = {column: column.removesuffix(PREFIX) for column in columns}
    near = [
        column
        for column, stem in stems.items()
        if stem in parts or parts[0].rstrip("0123456789") == stem or entity in SERVES.get(column, ())
    ]
    if len(near) != 1:
        said = f"columns {', '.join(near)} could all be meant" if near else f"its columns are {', '.join(columns)}"
        raise DefinitionError(
            f"table {name!r} has no column {entity!r} or {entity + PREFIX!r}: {said}. Rename the column."
        )
    return near[0]


class Lookup:
    """The rows of a table by one or more of its columns; ``*`` in the table stands for any value.

    Parameters
    ----------
    table
        The table of facts.
    columns
        The columns to look up, in the order in which values will be given. Those named ``..._prefix`` are
        matched against the beginning of the value, without regard to dots.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"hs_prefix": ["0507", "44"], "origin": ["*", "MM"]})
    >>> lookup = Lookup(table, ["hs_prefix", "origin"], "watched")
    >>> lookup.rows("050710", "KE"), lookup.rows("4403", "KE")
    ((0,), ())
    """

    def __init__(self, table: pd.DataFrame, columns: Sequence[str], name: str) -> None:
        self._columns = [
            _Column(table[column].tolist(), f"table {name!r}", column, prefix=column.endswith(PREFIX))
            for column in columns
        ]
        # codes, places and countries come again and again
        self._lately = lru_cache(maxsize=4096)(self._rows)

    def rows(self, *cells: str) -> tuple[int, ...]:
        """Return the places of the rows that fit; a cell may list several values, of which one must fit."""
        return self._lately(cells)

    def _rows(self, cells: tuple[str, ...]) -> tuple[int, ...]:
        found = self._columns[0].rows(cells[0])
        for column, cell in zip(self._columns[1:], cells[1:], strict=True):
            if not found:
                break
            found = found & column.rows(cell)
        return tuple(sorted(found))


class _Column:
    def __init__(self, cells: list[str], place: str, name: str, *, prefix: bool) -> None:
        self._prefix = prefix
        self._any: set[int] = set()
        self._rows: dict[str, set[int]] = {}
        for row, cell in enumerate(cells):
            if not cell:
                raise DefinitionError(f"{place}: row {row + 1}: {name} is empty. Write {ANY!r} if any value fits.")
            if cell == ANY:
                self._any.add(row)
            else:
                self._rows.setdefault(self._plain(cell), set()).add(row)
        self._lengths = sorted({len(key) for key in self._rows})

    def _plain(self, cell: str) -> str:
        return cell.replace(".", "") if self._prefix else cell

    def rows(self, cell: str) -> set[int]:
        found = set(self._any)
        for value in cell.split(";"):
            found |= self._of(self._plain(value.strip()))
        return found

    def _of(self, value: str) -> set[int]:
        if not self._prefix:
            return self._rows.get(value, set())
        return {row for size in self._lengths if size <= len(value) for row in self._rows.get(value[:size], ())}
