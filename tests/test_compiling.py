from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from omdrisk import compiling

if TYPE_CHECKING:
    from pathlib import Path

LOOP = """
from omdrisk.compiling import compiled

@compiled
def twice(number):
    return 2 * number
"""


def test_kept_loops_are_taken_up_without_what_only_compiling_needs(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_text(LOOP, encoding="utf-8")
    code = "import sys, loop; print(loop.twice(21), 'numba.np.arraymath' in sys.modules)"
    said = [
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == ["42 True\n", "42 False\n"]


def test_where_nothing_can_be_kept_the_loops_are_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: object) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(compiling, "Kept", nowhere)
    assert compiling.compiled(lambda number: number + 1)(1) == 2
