"""A path, a compressed file or a table in memory, told apart by what it holds and not by its name."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from omdrisk.errors import InputError
from omdrisk.records.sources.cargo_imp import cargo_imp_cells
from omdrisk.records.sources.delimited import delimited_parts
from omdrisk.records.sources.edifact import cuscar_cells
from omdrisk.records.sources.sheets import sheet_cells
from omdrisk.records.sources.tables import parquet_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omdrisk.records.format_map import FormatMap
    from omdrisk.records.sources.cells import Cells

_MESSAGES = {"cuscar": cuscar_cells, "cargo-imp": cargo_imp_cells}
_SHEET_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SHEET_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_TEXT_SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".dat", ".gz", ""})
_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_KNOWN_BINARIES = {b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"SQLite": "a database"}
_TEXT_WAY_OUT = "Save it as CSV (UTF-8), Excel or Parquet and name that file"


def _contents(path: Path) -> bytes:
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name the files in it, one by one or as a list.")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file. Check the name and the folder.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Check that it is not open elsewhere.") from error


def _unpacked(path: Path, data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is a damaged gzip file ({error}). Copy it again from where it came.") from error


def _refuse_binaries(path: Path, data: bytes) -> None:
    for magic, kind in _KNOWN_BINARIES.items():
        if data.startswith(magic):
            raise InputError(f"{path} is {kind}, not a table. {_TEXT_WAY_OUT}.")


def read_parts(path: Path, form: FormatMap, known: frozenset[str]) -> Iterator[Cells]:
    """Read one file as texts, a large one in parts.

    Parameters
    ----------
    path
        CSV or other delimited text (also gzipped), Excel or OpenDocument workbook, or Parquet.
    form
        The format map, for encodings, delimiters and the decimal sign.
    known
        Keys of the headers by which the header row is found under title rows.

    Raises
    ------
    InputError
        If the file is missing, empty, damaged, or of another kind than its name says.
    """
    data = _contents(path)
    if data.startswith(_GZIP_MAGIC):
        data = _unpacked(path, data)
    if not data or data.isspace():
        raise InputError(f"{path} is empty. It should hold a header row and one row for each record.")
    if form.syntax != "table":
        return iter([_MESSAGES[form.syntax](str(path), data, form)])
    suffix = path.suffix.lower()
    if data.startswith(_PARQUET_MAGIC):
        return parquet_parts(str(path), data, form)
    if suffix in {".parquet", ".pq"}:
        raise InputError(f"{path} is named as Parquet but is none. {_TEXT_WAY_OUT}.")
    if data.startswith(_SHEET_MAGIC):
        if suffix in _TEXT_SUFFIXES:
            raise InputError(
                f"{path} is a binary file (a workbook or an archive), not text. Name it .xlsx if it is a workbook."
            )
        return iter([sheet_cells(str(path), data, form, known)])
    if suffix in _SHEET_SUFFIXES:
        raise InputError(f"{path} is named as a workbook but is none. Name it .csv if it is text, or save it again.")
    _refuse_binaries(path, data)
    return delimited_parts(str(path), data, form, known)
