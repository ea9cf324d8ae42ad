"""What scoring does not load, because a fresh process has to score its first shipment in a moment."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from omdrisk.bundle import save_bundle
from tests.scoring.tiny import tiny

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"lightgbm", "sklearn", "mlflow", "shap", "matplotlib", "jinja2", "xlsxwriter"}
FIRST = """
import sys
import pandas as pd
import omdrisk
omdrisk.load(sys.argv[1]).score(pd.read_parquet(sys.argv[2]))
print(*sys.modules, sep="\\n")
"""


def loaded(code: str, *arguments: Path) -> set[str]:
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_importing_scoring_and_reports_is_light() -> None:
    code = "import sys, omdrisk.scoring, omdrisk.explaining, omdrisk.reports; print(*sys.modules, sep='\\n')"
    assert not HEAVY & loaded(code)


def test_a_first_score_loads_neither_readers_nor_what_compiles(tmp_path: Path) -> None:
    bundle, row = save_bundle(tiny().heads, tmp_path / "bundle"), tmp_path / "row.parquet"
    tiny().incoming.head(1).to_parquet(row)
    loaded(FIRST, bundle, row)  # leaves the machine code of the loops
    unneeded = {"scipy.linalg", "numba.np.arraymath", "omdrisk.linking", "omdrisk.records.read"}
    assert sorted((HEAVY | unneeded) & loaded(FIRST, bundle, row)) == []
