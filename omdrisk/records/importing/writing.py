"""Writes an imported list as a table of facts, with its source in remarks on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pandas as pd


def write_reference(table: pd.DataFrame, path: Path, *, title: str, source: str, on: date, remark: str = "") -> Path:
    """Write a table of facts, in place of one that is there; that one is kept beside it as ``<name>.before``.

    Parameters
    ----------
    table
        Columns of texts.
    path
        File to write, ``<folder>/<name>.csv``.
    title, source, remark
        Remarks: what it is, from which download, and what to know of it.
    on
        The day of the import.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    lines = [title, f"source: {source}", f"date: imported {on.isoformat()}", "licence: that of the download"]
    lines += [f"remark: {remark}"] if remark else []
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            file.writelines(f"# {' '.join(line.split())}\n" for line in lines)
            table.to_csv(file, index=False, lineterminator="\n")
        if path.exists():
            path.replace(path.with_suffix(".before"))
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}). Choose another folder with --to.") from error
    return path
