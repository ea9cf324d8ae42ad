"""The measurements of scoring and of the catalog run, with the names that stay."""

from __future__ import annotations

from tests.benchmarks import catalog, scoring

FIELDS = {"name", "value", "unit", "baseline", "ratio", "goal", "holds", "size", "repeats"}
NAMES = {
    "score_rows_per_s",
    "score_single_p50_ms",
    "score_single_p99_ms",
    "reasons_single_p99_ms",
    "pyfunc_vs_scorer",
    "cold_start_s",
    "score_stage_models",
    "score_stage_history",
}


def test_scoring_is_measured():
    results = list(scoring.measure(small=True))
    assert all(set(entry) >= FIELDS for entry in results)
    assert {entry["name"] for entry in results} >= NAMES


def test_the_catalog_is_measured():
    results = list(catalog.measure(small=True))
    assert all(set(entry) >= FIELDS for entry in results)
    names = [entry["name"] for entry in results]
    assert names[0] == "catalog_rows_per_s"
    assert sum(name.startswith("catalog_slow_kind_") for name in names) == catalog.SLOWEST
