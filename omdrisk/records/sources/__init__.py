"""Files of every kind, brought to one: a table of texts with the row of each line in its file."""

from __future__ import annotations

from omdrisk.records.sources.cells import Bad, Cells, without_reject_columns
from omdrisk.records.sources.files import read_parts

__all__ = ["Bad", "Cells", "read_parts", "without_reject_columns"]
