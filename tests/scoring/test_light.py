from __future__ import annotations

import subprocess
import sys

HEAVY = {"lightgbm", "sklearn", "mlflow", "shap", "matplotlib", "jinja2", "xlsxwriter"}


def test_importing_scoring_and_reports_is_light() -> None:
    code = "import sys, omdrisk.scoring, omdrisk.explaining, omdrisk.reports; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not HEAVY & set(loaded)
