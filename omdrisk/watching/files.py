"""Reading a manifest, naming what comes of it, and making sure that it is on disk."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from omdrisk.errors import InputError
from omdrisk.records import read_shipments

if TYPE_CHECKING:
    import pandas as pd


def folder_name(name: str, digest: str) -> str:
    """Return what the results of a file are called, whatever the file is called.

    Examples
    --------
    >>> folder_name("../Manifest 7 (new).csv", "0123456789abcdef")
    'Manifest-7-new-0123456789ab'
    """
    safe = re.sub(r"[^0-9A-Za-z]+", "-", Path(name).stem).strip("-")[:60].strip("-")
    return f"{safe or 'file'}-{digest[:12]}"


def read(copy: Path, format_name: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read a file; what the system says of it is a fault of the file."""
    try:
        read = read_shipments([copy], format=format_name)
    except OSError as error:
        raise InputError(f"cannot be read: {error}") from error
    return read.accepted, read.rejected.assign(file=copy.name)


def write(path: Path, text: str) -> None:
    """Write a text file with line ends that are the same everywhere."""
    path.write_text(text, encoding="utf-8", newline="\n")


def keep(folder: Path) -> None:
    """Make sure that the files of a folder are on disk before the folder gets its name."""
    for path in [*(one for one in folder.iterdir() if one.is_file()), *([folder] if os.name != "nt" else [])]:
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
