"""What every source yields: columns of texts under their headers, and for each row its number in the file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omdrisk.records.headers import keys_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHOWN_HEADERS = 8
REJECT_COLUMNS = ("file", "row", "reason")
"""Columns that stand in front of the cells of a rejected row."""


@dataclass(frozen=True)
class Bad:
    """A line that has not the shape of a row: its number, why, and what stands in it."""

    row: int
    reason: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Cells:
    """A file, or one part of it, as texts.

    `columns` are Arrow string arrays, missing where a cell is empty, trimmed; `rows` are the numbers of the rows as a
    person sees them, the header included; `found` counts what had to be mended to read the file at all; `share` is how
    much of the file has been read when this part has.
    """

    file: str
    headers: tuple[str, ...]
    columns: tuple[Any, ...]
    rows: NDArray[np.int64]
    bad: tuple[Bad, ...] = ()
    found: tuple[tuple[str, int, str], ...] = field(default=())
    share: float = 1.0


def unique_headers(headers: Sequence[str]) -> list[str]:
    """Return the headers with empty and repeated ones told apart.

    Examples
    --------
    >>> unique_headers(["a", "", "a"])
    ['a', 'column 2', 'a (2)']
    """
    told: list[str] = []
    for place, header in enumerate(headers, start=1):
        text = " ".join(header.replace("\n", " / ").split()) or f"column {place}"
        name, times = text, 1
        while name in told:
            times += 1
            name = f"{text} ({times})"
        told.append(name)
    return told


def trimmed(column: Any) -> Any:
    """Return a text column without blanks around its texts, and missing where nothing is left."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    column = column if column.type == pa.string() else column.cast(pa.string())
    column = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(column, ""), None, column)


def without_blank_rows(cells: Cells) -> Cells:
    """Return the cells without the rows in which every cell is empty."""
    if not len(cells.rows) or not cells.columns:
        return cells
    filled = np.zeros(len(cells.rows), dtype=bool)
    for column in cells.columns:
        if not column.null_count:
            return cells
        filled |= column.is_valid().to_numpy(zero_copy_only=False)
        if filled.all():
            return cells
    keep = pa.array(filled)
    return replace(cells, columns=tuple(column.filter(keep) for column in cells.columns), rows=cells.rows[filled])


def without_reject_columns(cells: Cells) -> Cells:
    """Return the cells of a file of rejects as they were before they were rejected: without file, row and reason."""
    if cells.headers[: len(REJECT_COLUMNS)] != REJECT_COLUMNS:
        return cells
    first = len(REJECT_COLUMNS)
    headers = tuple(header.removesuffix(" (cell)") for header in cells.headers[first:])
    return replace(cells, headers=headers, columns=cells.columns[first:])


def choose_header(lines: Sequence[Sequence[str]], known: frozenset[str]) -> tuple[int, int]:
    """Return which of the first lines is the header, and how many of its cells are known headers.

    `known` holds headers as `omdrisk.records.format_map.header_key` spells them.
    """
    best = (0, -1)
    for place, line in enumerate(lines):
        hits = len({key for cell in line if cell for key in keys_of(cell) if key in known})
        if hits > best[1]:
            best = (place, hits)
    return best
