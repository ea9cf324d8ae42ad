"""Tables that have types already (Parquet, Arrow, frames in memory), told as texts like any other file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omdrisk.errors import InputError
from omdrisk.records.sources.cells import Cells, trimmed, unique_headers, without_blank_rows
from omdrisk.records.texts import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omdrisk.records.format_map import FormatMap

PART_ROWS = 1 << 18
"""How many rows are made texts at once."""


def _texts(column: Any, decimal: str) -> Any:
    kind = column.type
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_timestamp(kind):
        column = pc.cast(pc.cast(column, pa.timestamp("us", tz=kind.tz), safe=False), pa.string())
    elif pa.types.is_nested(kind):
        column = pa.array([None if item is None else _joined(item) for item in column.to_pylist()], type=pa.string())
    elif pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), None, column)
        whole = pc.equal(column, pc.round(column))
        small = pc.less(pc.abs(column), 2.0**53)
        column = pc.if_else(
            pc.and_(whole, small),
            pc.cast(pc.cast(pc.if_else(pc.and_(whole, small), column, 0), pa.int64()), pa.string()),
            pc.replace_substring(pc.cast(column, pa.string()), ".", decimal),
        )
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = pa.array([None if item is None else item.decode("utf-8", "replace") for item in column.to_pylist()])
    return trimmed(pc.cast(column, pa.string()))


def _joined(item: Any) -> str:
    return ";".join(str(part) for part in item) if isinstance(item, (list, tuple)) else str(item)


def frame_table(frame: pd.DataFrame) -> Any:
    """Return a frame as an Arrow table; columns of mixed types become texts."""
    columns = []
    for place in range(frame.shape[1]):
        values = frame.iloc[:, place]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            columns.append(pa.array(values.dt.tz_convert(None).to_numpy(dtype="datetime64[us]")))
        elif values.dtype == "object":
            columns.append(pa.array(as_text(values), type=pa.string(), from_pandas=True))
        else:
            columns.append(pa.array(values, from_pandas=True))
    arrays = [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns]
    return pa.Table.from_arrays(arrays, names=[str(name) for name in frame.columns])


def table_parts(file: str, table: Any, form: FormatMap) -> Iterator[Cells]:
    """Return an Arrow table as texts in parts; its first row has the number 1, for no header is a row of it."""
    size = table.num_rows
    for start in range(0, max(size, 1), PART_ROWS):
        part = table.slice(start, PART_ROWS)
        yield _cells(file, part, form, start, (start + part.num_rows) / max(size, 1))


def _cells(file: str, part: Any, form: FormatMap, start: int, share: float) -> Cells:
    columns = tuple(_texts(column, form.decimal) for column in part.columns)
    numbers = np.arange(start + 1, start + 1 + part.num_rows, dtype=np.int64)
    cells = Cells(file, tuple(unique_headers(part.schema.names)), columns, numbers, share=share)
    return without_blank_rows(cells)


def parquet_parts(file: str, data: bytes, form: FormatMap) -> Iterator[Cells]:
    """Read a Parquet file in parts.

    Raises
    ------
    InputError
        If it is damaged.
    """
    from pyarrow import parquet

    try:
        source = parquet.ParquetFile(pa.BufferReader(data))
        size, start = source.metadata.num_rows, 0
        if not size:
            yield _cells(file, source.schema_arrow.empty_table(), form, 0, 1.0)
        for batch in source.iter_batches(PART_ROWS):
            part = pa.Table.from_batches([batch])
            yield _cells(file, part, form, start, (start + part.num_rows) / size)
            start += part.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file} is a damaged Parquet file ({error}). Copy it again from where it came.") from error
