"""Run all measurements and write build/benchmarks.json: ``python -m tests.benchmarks.run [module ...]``.

With ``BENCH=small`` in the environment the sizes are small, which proves only that the measurements run.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path

import tests.benchmarks

TARGET = Path("build/benchmarks.json")


def main(names: list[str]) -> None:
    """Measure what is named, or everything, and keep the other results that the file holds."""
    modules = [module.name for module in pkgutil.iter_modules(tests.benchmarks.__path__)]
    small = os.environ.get("BENCH") == "small"
    results = {}
    if names and TARGET.exists():
        results = {(entry["name"], str(entry["size"])): entry for entry in json.loads(TARGET.read_text())}
    for name in names or modules:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        if hasattr(module, "measure"):
            measured = module.measure(small)
        else:
            measured = module.results() if hasattr(module, "results") else []
        for entry in measured:
            results[entry["name"], str(entry["size"])] = entry
            print(json.dumps(entry), flush=True)
            TARGET.parent.mkdir(exist_ok=True)
            TARGET.write_text(json.dumps(list(results.values()), indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
