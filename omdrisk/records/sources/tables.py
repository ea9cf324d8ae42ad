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
    from omdrisk.records.format_map import FormatMap


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


def table_cells(file: str, table: Any, form: FormatMap) -> Cells:
    """Return an Arrow table as texts; its first row has the number 1, for no header is a row of it."""
    columns = tuple(_texts(column, form.decimal) for column in table.columns)
    numbers = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return without_blank_rows(Cells(file, tuple(unique_headers(table.column_names)), columns, numbers))


def parquet_cells(file: str, data: bytes, form: FormatMap) -> Cells:
    """Read a Parquet file.

    Raises
    ------
    InputError
        If it is damaged.
    """
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file} is a damaged Parquet file ({error}). Copy it again from where it came.") from error
    return table_cells(file, table, form)
