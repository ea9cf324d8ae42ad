"""Consignments told by messages: gathered column by column, and laid out as the rows of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from omdrisk.records.sources.cells import Cells, trimmed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.records.sources.cells import Bad

NOT_READ = "x_not_read"
"""Column of what a message says and no canonical column holds."""


@dataclass
class Consignment:
    """One consignment: the number of the line or segment at which it begins, and texts under canonical names."""

    row: int
    texts: dict[str, str] = field(default_factory=dict)

    def set(self, column: str, text: str | None) -> None:
        """Set a column that has no text yet."""
        if text and text.strip():
            self.texts.setdefault(column, text.strip())

    def also(self, column: str, text: str | None, by: str = ";") -> None:
        """Add a text to those of a column."""
        if text and text.strip():
            before = self.texts.get(column)
            self.texts[column] = f"{before}{by}{text.strip()}" if before else text.strip()

    def add(self, column: str, number: str) -> None:
        """Add a number to the sum of a column; what is no number is kept as it is, for the check to tell."""
        before = self.texts.get(column)
        try:
            self.texts[column] = f"{float(before or 0) + float(number):.12g}" if before else number.strip()
        except ValueError:
            self.texts[column] = f"{before} {number}"


def consignment_cells(
    file: str, told: Sequence[Consignment], bad: Sequence[Bad], found: tuple[tuple[str, int, str], ...]
) -> Cells:
    """Lay out consignments as rows."""
    headers = list(dict.fromkeys(column for one in told for column in one.texts)) or ["shipment_id", "filed_at"]
    columns = tuple(trimmed(pa.array([one.texts.get(name) for one in told], type=pa.string())) for name in headers)
    rows = np.asarray([one.row for one in told], dtype=np.int64)
    return Cells(file, tuple(headers), columns, rows, tuple(bad), found)
