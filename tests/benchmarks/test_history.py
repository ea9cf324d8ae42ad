"""The measurements of the history run, and both sides of each give the same answers."""

from __future__ import annotations

from tests.benchmarks import history, history_sqlite

FIELDS = {"name", "value", "unit", "baseline", "ratio", "goal", "holds", "size", "repeats"}


def test_the_history_is_measured_against_its_rivals():
    results = [*history.against_rivals(3_000), *history_sqlite.compare(3_000, 100, 5)]
    assert all(set(entry) >= FIELDS for entry in results)
    assert {"history_vs_pandas", "history_vs_numpy", "store_vs_sqlite_lookup_p50"} <= {
        entry["name"] for entry in results
    }
