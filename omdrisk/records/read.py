"""Read shipments, cases and inspections: accepted rows in canonical form, every other row with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records.format_map import read_format
from omdrisk.records.gathering import Gathered
from omdrisk.records.headers import known_headers
from omdrisk.records.mapping import section_of
from omdrisk.records.parts import read_part
from omdrisk.records.schema import table
from omdrisk.records.sources import read_parts, without_reject_columns
from omdrisk.records.sources.tables import frame_table, table_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.results import ReadResult
    from omdrisk.records.sources import Cells

    Source = str | Path | pd.DataFrame | Iterable[str | Path]
    Progress = Callable[[int, float], None]


def read_shipments(
    source: Source,
    format: str | Path | None = None,  # noqa: A002 - the public word
    *,
    progress: Progress | None = None,
) -> ReadResult:
    """Read shipments.

    Parameters
    ----------
    source
        A file (CSV or other delimited text, also gzipped; Excel or OpenDocument; Parquet), several files, or a
        DataFrame.
    format
        The format map: its name, or the path of a TOML file. None is ``canonical``.
    progress
        Called after each part with the number of rows read so far and the share of all files that this is (0 to 1).

    Returns
    -------
    ReadResult
        Accepted and rejected rows, repairs, and columns that are missing.

    Raises
    ------
    InputError
        If a file cannot be used at all: missing, empty, binary, or without a required column.
    DefinitionError
        If the format is unknown or wrong.

    Examples
    --------
    >>> read = read_shipments(pd.DataFrame({"shipment_id": ["1", "2"], "filed_at": ["2023-04-01", "soon"]}))
    >>> read
    ReadResult(1 accepted, 1 rejected, 0 repairs, 122 columns missing)
    >>> read.rejected.reason[0]
    "filed_at: 'soon' is no date; write it as 2023-01-31 or 2023-01-31T08:30:00Z"
    """
    return _read(source, "shipments", format, progress)


def read_cases(
    source: Source,
    format: str | Path | None = None,  # noqa: A002 - the public word
    *,
    progress: Progress | None = None,
) -> ReadResult:
    """Read cases: seizures, warnings and feedbacks. The parameters are those of `read_shipments`."""
    return _read(source, "cases", format, progress)


def read_inspections(
    source: Source,
    format: str | Path | None = None,  # noqa: A002 - the public word
    *,
    progress: Progress | None = None,
) -> ReadResult:
    """Read inspections and their outcomes. The parameters are those of `read_shipments`."""
    return _read(source, "inspections", format, progress)


def _parts(source: Source, form: FormatMap, known: frozenset[str]) -> Iterator[tuple[int, float, Cells]]:
    """Yield the parts of all files: which file, how much of all files is read with it, and its cells."""
    if isinstance(source, pd.DataFrame):
        for cells in table_parts("the table", frame_table(source), form):
            yield 0, cells.share, cells
        return
    paths = [source] if isinstance(source, (str, Path)) else list(source)
    if not paths:
        raise InputError("No file is named to read. Name one, or a list of them.")
    for number, path in enumerate(paths):
        for cells in read_parts(Path(path), form, known):
            yield number, (number + cells.share) / len(paths), without_reject_columns(cells)


def _read(source: Source, name: str, format_name: str | Path | None, progress: Progress | None) -> ReadResult:
    if not isinstance(source, (str, Path, pd.DataFrame)):
        source = list(source)
    form = read_format(format_name)
    known = known_headers(form, section_of(form, name), name)
    gathered = Gathered(table(name), form)
    for number, share, cells in _parts(source, form, known):
        gathered.add(number, cells, read_part(cells, form, name))
        if progress is not None:
            progress(gathered.size, share)
    return gathered.result(lambda: (cells for _, _, cells in _parts(source, form, known)))
