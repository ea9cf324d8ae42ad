"""The canonical tables, and everything that reads, checks and maps to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omdrisk.records.canonical import as_table
    from omdrisk.records.format_map import format_names, read_format
    from omdrisk.records.quality import write_quality_html
    from omdrisk.records.read import read_cases, read_inspections, read_shipments
    from omdrisk.records.results import ReadResult, write_rejects
    from omdrisk.records.schema import empty, table

_PLACES = {
    "as_table": "canonical",
    "empty": "schema",
    "format_names": "format_map",
    "read_format": "format_map",
    "read_cases": "read",
    "read_inspections": "read",
    "read_shipments": "read",
    "ReadResult": "results",
    "write_quality_html": "quality",
    "write_rejects": "results",
    "table": "schema",
}

__all__ = [
    "ReadResult",
    "as_table",
    "empty",
    "format_names",
    "read_cases",
    "read_format",
    "read_inspections",
    "read_shipments",
    "table",
    "write_quality_html",
    "write_rejects",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'omdrisk.records' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"omdrisk.records.{_PLACES[name]}"), name)
