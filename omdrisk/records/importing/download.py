"""The rows of a downloaded list: CSV of any delimiter and encoding, gzipped, or in a zip archive as published."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records.format_map import header_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LONGEST_CELL: Final = 1 << 24
_MOST_BAD: Final = 0.1
_SHOWN: Final = 8


@dataclass(frozen=True)
class Imported:
    """A list that was read.

    Attributes
    ----------
    table
        The table of facts: texts, an empty text where nothing is told.
    left_out
        Rows that could not be used: ``file``, ``row`` (as a person counts) and ``reason``.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame


@dataclass(frozen=True)
class Line:
    """One row of a download: its file, its number, and its cells by place."""

    file: str
    row: int
    cells: list[str]


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each text file that `path` is or holds, with its name."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file. Check the name and the folder.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Name a file that was downloaded.") from error
    try:
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [name for name in archive.namelist() if name.lower().endswith((".csv", ".txt"))]
                # the archive of UN/LOCODE also holds a list of subdivisions
                members = [name for name in members if "subdivision" not in name.lower()]
                if not members:
                    raise InputError(
                        f"{path} is an archive or a workbook without a CSV file. Download the list as CSV."
                    )
                for name in members:
                    yield f"{path}/{name}", _decoded(f"{path}/{name}", archive.read(name))
            return
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is damaged ({error}). Download it again.") from error
    yield str(path), _decoded(str(path), data)


def _decoded(name: str, data: bytes) -> str:
    if not data.strip():
        raise InputError(f"{name} is empty. Download it again.")
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name} is a binary file, not CSV. Download the list as CSV.")
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(f"{name} is no text in UTF-8 or Latin letters. Download it again.")


def lines_of(path: Path) -> Iterator[list[Line]]:
    """Yield the filled rows of each file that `path` is or holds.

    Raises
    ------
    InputError
        If it is missing, empty, damaged or no text.
    """
    for name, text in _texts(path):
        first = next((line for line in text.splitlines() if line.strip()), "")
        delimiter = max(",;\t|", key=first.count)
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        told: list[Line] = []
        try:
            for cells in reader:
                trimmed = [cell.strip() for cell in cells]
                if any(trimmed) and not (not told and trimmed[0].startswith("#")):
                    told.append(Line(name, reader.line_num, trimmed))
        except csv.Error as error:
            raise InputError(f"{name} row {reader.line_num}: is no CSV ({error}). Download it again.") from error
        if not told:
            raise InputError(f"{name} holds no rows. Download it again.")
        yield told


def columns_of(header: Line, wanted: Mapping[str, Sequence[str]], needed: Sequence[str], what: str) -> dict[str, int]:
    """Return where each wanted column stands, by the names that it is published under.

    Raises
    ------
    InputError
        If a needed column is not there.
    """
    places: dict[str, int] = {}
    for place, cell in enumerate(header.cells):
        places.setdefault(header_key(cell), place)
    told = {
        column: places[key]
        for column, names in wanted.items()
        if (key := next((name for name in names if name in places), None)) is not None
    }
    for column in needed:
        if column not in told:
            shown = ", ".join(map(repr, header.cells[:_SHOWN]))
            raise InputError(
                f"{header.file} row {header.row}: no column of {what} is called {' or '.join(wanted[column])}; "
                f"found {shown}. Check that this is the list that was asked for."
            )
    return told


def imported(rows: list[dict[str, str]], left_out: list[tuple[str, int, str]], files: str, what: str) -> Imported:
    """Return what was read.

    Raises
    ------
    InputError
        If nothing can be used, or so much cannot that it is no such list.
    """
    if not rows or len(left_out) > _MOST_BAD * (len(rows) + len(left_out)):
        first = f" As {left_out[0][0]} row {left_out[0][1]}: {left_out[0][2]}." if left_out else ""
        raise InputError(
            f"{files}: {len(rows):,} rows of {what} can be used and {len(left_out):,} cannot.{first} "
            "Check that this is the list that was asked for."
        )
    bad = pd.DataFrame(left_out, columns=["file", "row", "reason"]).astype({"file": "str", "row": "int64"})
    return Imported(pd.DataFrame(rows, dtype="str").fillna(""), bad.astype({"reason": "str"}))
