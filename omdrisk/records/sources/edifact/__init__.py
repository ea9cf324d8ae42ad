"""EDIFACT: its syntax, and the cargo reports that are written in it."""

from __future__ import annotations

from omdrisk.records.sources.edifact.cuscar import cuscar_cells

__all__ = ["cuscar_cells"]
