"""The measurements of the history run, and both sides of each give the same answers."""

from __future__ import annotations

import pytest

from tests.benchmarks import history, history_engines, history_sqlite

FIELDS = {"name", "value", "unit", "baseline", "ratio", "goal", "holds", "size", "repeats"}


def test_the_history_is_measured_against_its_rivals():
    results = [*history.against_rivals(3_000), *history_sqlite.compare(3_000, 100, 5)]
    assert all(set(entry) >= FIELDS for entry in results)
    assert {"history_vs_pandas", "history_vs_numpy", "store_vs_sqlite_lookup_p50"} <= {
        entry["name"] for entry in results
    }


def test_the_history_is_measured_against_an_embedded_engine():
    pytest.importorskip("duckdb")
    assert {entry["name"] for entry in history_engines.compare(1_000, 3)} == {
        "history_vs_duckdb",
        "lookup_vs_duckdb_p50",
    }
