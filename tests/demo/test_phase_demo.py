"""The scripted phase I to V, small: what it says it does, it does, and leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omdrisk.demo import phase_walk
from omdrisk.phases.journal import read

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_phase_from_opening_to_report_in_a_folder_named_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    done = phase_walk("phase", shipments=8_000, seed=3, explained=60, step=said.append)
    assert [one.split(",")[0] for one in said if one.startswith("phase")] == [
        "phase IV opens",
        "phase V opens",
        "phase V opens again",
    ]
    assert set(done.first) == {"drug", "wildlife"}
    # with so few finds nothing is proven: timing alone is held back, and so may be the shipped recipes
    assert set(done.refused) == {"drug", "wildlife"}
    assert all(one.against == "champion" for one in done.compared.values())
    assert set(done.promoted) == {target for target, one in done.compared.items() if one.passed}
    assert len(done.drift.weeks) > 15
    assert all(path.exists() for path in done.files.values())
    deeds = [line["deed"] for line in read(done.files["journal"])]
    assert deeds[0] == "opened"
    assert deeds[-1] == "reported"
