"""Segments: immutable Arrow files of numbers, written to the disk's platter and read by memory mapping."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from omdrisk.errors import HistoryError
from omdrisk.history.facts import Rows

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Segment:
    """One file of a store, as its manifest describes it."""

    file: str
    rows: int
    bytes: int
    sha256: str

    @classmethod
    def write(cls, folder: Path, file: str, rows: Rows) -> Segment:
        """Write `rows` to ``folder/file`` and wait until the disk has them."""
        arrays = [pa.array(column) for column in rows.columns.values()]
        batch = pa.record_batch(arrays, names=list(rows.columns))
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        content = sink.getvalue()
        with (folder / file).open("wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        return cls(file, len(rows), content.size, hashlib.sha256(content).hexdigest())

    def read(self, folder: Path, types: dict[str, type]) -> Rows:
        """Map the file into memory; nothing is copied."""
        self.check_size(folder)
        try:
            table = pa.ipc.open_file(pa.memory_map(str(folder / self.file))).read_all()
            columns = {name: _numbers(table.column(name), kind) for name, kind in types.items()}
        except (pa.ArrowException, KeyError, ValueError) as error:
            raise HistoryError(f"{folder / self.file} is damaged: {error}. Restore it from a copy.") from error
        return Rows(columns)

    def check_size(self, folder: Path) -> None:
        """Raise `HistoryError` if the file is gone or has another size."""
        path = folder / self.file
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise HistoryError(f"{path} is missing, but the manifest names it. Restore it from a copy.") from error
        if size != self.bytes:
            raise HistoryError(f"{path} has {size} bytes instead of {self.bytes}. Restore it from a copy.")

    def check_content(self, folder: Path) -> None:
        """Raise `HistoryError` if any byte of the file differs from what was written."""
        self.check_size(folder)
        with (folder / self.file).open("rb") as source:
            found = hashlib.file_digest(source, "sha256").hexdigest()
        if found != self.sha256:
            raise HistoryError(f"{folder / self.file} is not what was written (SHA-256). Restore it from a copy.")

    def as_dict(self) -> dict[str, Any]:
        """Return the description for the manifest."""
        return asdict(self)


def _numbers(column: Any, kind: type) -> Any:
    chunk = column.chunk(0) if column.num_chunks else column.combine_chunks()
    array = chunk.to_numpy(zero_copy_only=True)
    if array.dtype != np.dtype(kind):
        raise ValueError(f"a column is {array.dtype} instead of {np.dtype(kind)}")
    return array
