from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from omdrisk import compiling

if TYPE_CHECKING:
    from pathlib import Path

TIMES = "from omdrisk.compiling import compiled\n\n@compiled\ndef times(number):\n    return number * {}\n"
TWICE = """
from omdrisk.compiling import compiled
from times import times

@compiled
def twice(number):
    return times(number)
"""
SAID = "import sys, twice; print(twice.twice(21), 'numba.np.arraymath' in sys.modules)"


def said(folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", SAID], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_kept_loops_are_taken_up_without_what_only_compiling_needs_until_one_changes(tmp_path: Path) -> None:
    (tmp_path / "times.py").write_text(TIMES.format("2"), encoding="utf-8")
    (tmp_path / "twice.py").write_text(TWICE, encoding="utf-8")
    assert [said(tmp_path), said(tmp_path)] == ["42 True", "42 False"]
    (tmp_path / "times.py").write_text(TIMES.format("2.0"), encoding="utf-8")
    assert [said(tmp_path), said(tmp_path)] == ["42.0 True", "42.0 False"]


def test_where_nothing_can_be_kept_the_loops_are_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: object) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr(compiling, "Kept", nowhere)
    assert compiling.compiled(lambda number: number + 1)(1) == 2
