"""What comes of reading: accepted rows, rejected rows with their reasons, and a tally of repairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from omdrisk.errors import InputError
from omdrisk.records.sources.cells import REJECT_COLUMNS


@dataclass(frozen=True)
class ReadResult:
    """What a read came to; accepted and rejected rows together are all rows of the source.

    Attributes
    ----------
    accepted
        The canonical table: columns in canonical order, then ``x_`` columns in the order of the file.
    rejected
        One row for each row left out: ``file``, ``row`` (its number in the file as a person counts, the header
        included), ``reason`` (every reason, joined by ``;``), and its cells as they were under their own headers.
    repairs
        What was mended in accepted and rejected rows: ``rule``, ``column``, ``count``, ``example``.
    missing
        Canonical columns that no column of the source fills.
    table
        The canonical table that was read.
    """

    accepted: pd.DataFrame
    rejected: pd.DataFrame
    repairs: pd.DataFrame
    missing: list[str]
    table: str = "shipments"

    def __repr__(self) -> str:
        return (
            f"ReadResult({len(self.accepted)} accepted, {len(self.rejected)} rejected, "
            f"{int(self.repairs['count'].sum())} repairs, {len(self.missing)} columns missing)"
        )

    def summary(self, tables: str | Path | None = None) -> pd.DataFrame:
        """Return the quality of the file by column.

        Parameters
        ----------
        tables
            Folder of tables that places, commodity codes and species are looked up in. None is the user's own
            (the environment variable OMDRISK_TABLES, else ``features/tables`` here), else the shipped one, which has
            no full lists.

        Returns
        -------
        DataFrame
            One row for each column: ``column``, ``rows`` read, ``missing`` cells of accepted rows, ``invalid`` cells
            (which reject their row), ``suspicious`` cells of accepted rows, ``repaired`` cells, and ``example``, the
            first that is suspicious with what is odd about it.
        """
        from omdrisk.records.quality import quality_summary

        return quality_summary(self, tables)


def rejects(rows: list[tuple[str, int, str, dict[str, Any]]]) -> pd.DataFrame:
    """Return rejected rows as a table, in the order of file and row."""
    headers = dict.fromkeys(header for *_, cells in rows for header in cells)
    # a source column may itself be called "row" or "reason"
    named = {header: f"{header} (cell)" if header in REJECT_COLUMNS else header for header in headers}
    return pd.DataFrame(
        {
            "file": pd.Series([row[0] for row in rows], dtype="str"),
            "row": pd.Series([row[1] for row in rows], dtype="int64"),
            "reason": pd.Series([row[2] for row in rows], dtype="str"),
            **{name: pd.Series([row[3].get(header) for row in rows], dtype="str") for header, name in named.items()},
        }
    )


def write_rejects(result: ReadResult | pd.DataFrame, path: str | Path) -> Path:
    """Write the rejected rows as CSV (UTF-8 with a byte order mark, which Excel needs), to be mended and read again.

    The columns ``file``, ``row`` and ``reason`` come first; they are left out when the file is read again.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    rejected = result.rejected if isinstance(result, ReadResult) else result
    target = Path(path)
    try:
        rejected.to_csv(target, index=False, encoding="utf-8-sig", lineterminator="\n")
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror}). Choose another folder.") from error
    return target
