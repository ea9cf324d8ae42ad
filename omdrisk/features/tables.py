"""The tables of facts beside the definitions: small CSV files, read as text."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from omdrisk.errors import DefinitionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from pathlib import Path

T = TypeVar("T")


class Tables(Mapping[str, pd.DataFrame]):
    """Tables of facts by name; every cell is text, an empty cell is the empty text.

    Parameters
    ----------
    frames
        Tables by name. They are not changed afterwards, by nobody: what kinds derive from them (a compiled
        lexicon, an index of prefixes) is kept by :meth:`derive` for the life of this object.

    Examples
    --------
    >>> tables = Tables({"ports": pd.DataFrame({"locode": ["VNHPH"]})})
    >>> tables.derive("count", "ports", len)
    1
    """

    def __init__(self, frames: Mapping[str, pd.DataFrame] | None = None) -> None:
        self._frames = dict(frames or {})
        self._plain: dict[str, dict[str, Any]] = {}
        self._derived: dict[str, dict[Hashable, Any]] = {name: {} for name in self._frames}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            raise DefinitionError(f"table {name!r} is unknown. {did_you_mean(name, self._frames)}")
        return self._frames[name]

    def __contains__(self, name: object) -> bool:
        return name in self._frames

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __getstate__(self) -> dict[str, pd.DataFrame]:
        return self._frames

    def __setstate__(self, frames: dict[str, pd.DataFrame]) -> None:
        self._frames, self._plain, self._derived = frames, {}, {name: {} for name in frames}

    def derive(self, what: Hashable, name: str, build: Callable[[pd.DataFrame], T]) -> T:
        """Return ``build(table)``, built once for each `what` and table `name`."""
        derived = self._derived.get(name, {})
        built: T | None = derived.get(what)
        if built is None:
            built = derived[what] = build(self[name])
        return built

    def only(self, names: Iterable[str]) -> Tables:
        """Return the tables called `names`, in their order here, with all that was derived from them."""
        wanted = set(names)
        return self.of({name: self for name in self._frames if name in wanted})

    @classmethod
    def of(cls, sources: Mapping[str, Tables]) -> Tables:
        """Return the table of each name as another object holds it, sharing what was and will be derived from it."""
        made = cls({name: source[name] for name, source in sources.items()})
        for name, source in sources.items():
            made._derived[name] = source._derived[name]  # noqa: SLF001 - its own kind
            if name in source._plain:  # noqa: SLF001
                made._plain[name] = source._plain[name]  # noqa: SLF001
        return made

    def plain(self, name: str) -> dict[str, Any]:
        """Return a table as JSON-able values."""
        if name not in self._plain:
            frame = self[name]
            self._plain[name] = {"columns": list(frame.columns), "rows": frame.to_numpy(dtype=object).tolist()}
        return self._plain[name]

    def to_dict(self) -> dict[str, Any]:
        """Return the tables as JSON-able values."""
        return {name: self.plain(name) for name in self._frames}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], like: Tables | None = None) -> Tables:
        """Return the tables that :meth:`to_dict` wrote; those that `like` holds too are shared with it."""
        known = {} if like is None else like._plain  # noqa: SLF001 - its own kind
        made = cls(
            {name: frame(value["columns"], value["rows"]) for name, value in values.items() if known.get(name) != value}
        )
        made._plain = {name: values[name] for name in made}
        if like is None:
            return made
        return cls.of({name: made if name in made else like for name in values})


def frame(columns: list[str], rows: list[list[str]]) -> pd.DataFrame:
    """Return a table of texts from its header and rows."""
    return pd.DataFrame(
        {name: pd.array([row[at] for row in rows], dtype="str") for at, name in enumerate(columns)},
        index=pd.RangeIndex(len(rows)),
    )


def read_table(path: Path) -> pd.DataFrame:
    """Read one CSV table: ``#`` lines at the top tell source, date and licence, then a header, then rows.

    Raises
    ------
    DefinitionError
        If the file has no header, names a column twice, or has a row with too many or too few cells.
    """
    place = f"{path.parent.name}/{path.name}"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(line for line in file if not line.startswith("#"))
        try:
            rows = [[cell.strip() for cell in row] for row in lines if row]
        except csv.Error as error:
            raise DefinitionError(f"{place}: is not a CSV file ({error}). Save it as comma-separated UTF-8.") from error
        except UnicodeDecodeError as error:
            raise DefinitionError(f"{place}: is not UTF-8 ({error.reason}). Save it as UTF-8.") from error
    if not rows:
        raise DefinitionError(f"{place}: is empty. Write a header line and rows.")
    header, *body = rows
    if len(set(header)) < len(header):
        raise DefinitionError(f"{place}: the header names a column twice: {', '.join(header)}")
    for number, row in enumerate(body, start=1):
        if len(row) != len(header):
            raise DefinitionError(
                f"{place}: row {number} ({row[0]!r}) has {len(row)} cells, the header has {len(header)}. "
                'Put a text with a comma in "quotes".'
            )
    return frame(header, body)


def numbers(table: pd.DataFrame, name: str, column: str) -> list[float]:
    """Return `column` of a table of facts as numbers.

    Raises
    ------
    DefinitionError
        If the table has no such column, or a cell is not a number.
    """
    if column not in table.columns:
        raise DefinitionError(f"table {name!r} has no column {column!r}. {did_you_mean(column, table.columns)}")
    values = []
    for number, cell in enumerate(table[column], start=1):
        try:
            values.append(float(cell))
        except ValueError:
            raise DefinitionError(f"table {name!r}: row {number}: {column} {cell!r} is not a number") from None
    return values
