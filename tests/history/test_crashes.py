"""Writers that are killed, disks that are full, files that are torn, and readers beside a writer."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import HistoryError
from omdrisk.history import History

pytestmark = pytest.mark.skipif(os.name == "nt", reason="forks")

SECRET = "a secret of the agency"  # noqa: S105
ROUNDS = os.environ.get("OMDRISK_KILLS", "20")


def forked(*arguments):
    program = Path(__file__).with_name("crashing.py")
    done = subprocess.run(
        [sys.executable, program, *arguments], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_a_killed_writer_leaves_what_was_before_or_after(tmp_path):
    """``OMDRISK_KILLS=200`` kills more often."""
    assert f"{ROUNDS} kills" in forked("kill", tmp_path / "history", ROUNDS)


def test_two_read_while_a_third_writes(tmp_path):
    assert "every state whole" in forked("beside", tmp_path / "history", "40")


@contextmanager
def disk_full_after(size):
    """Let writes fail in the middle of any file that grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def rows(begin, end):
    start = pd.Timestamp("2024-01-01", tz="UTC")
    numbers = np.arange(begin, end)
    return pd.DataFrame(
        {
            "shipment_id": [f"s{number}" for number in numbers],
            "filed_at": start + pd.to_timedelta(numbers, unit="h"),
            "x_lane": "SGSIN>VNSGN",
        }
    )


@pytest.fixture
def folder(tmp_path):
    History.create(tmp_path / "history", keys=["x_lane"], secret=SECRET)
    History.open(tmp_path / "history", SECRET).observe(rows(0, 100))
    return tmp_path / "history"


@pytest.mark.parametrize("size", [0, 600, 5_000])
def test_a_full_disk_changes_nothing(folder, size):
    history = History.open(folder, SECRET)
    before = history.version, (folder / "manifest.json").read_bytes()
    with disk_full_after(size), pytest.raises(HistoryError, match="as it was before"):
        history.observe(rows(100, 400))
    assert (history.version, (folder / "manifest.json").read_bytes()) == before
    assert (len(history), history.verify()["generation"]) == (100, 1)
    assert history.observe(rows(100, 400)).added == 300
    assert (len(History.open(folder, SECRET)), history.verify()["unfinished"]) == (400, 0)


def test_torn_files_of_an_interrupted_change_do_not_count(folder):
    whole = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json.new").write_bytes(whole[: len(whole) // 2])
    (folder / "shipments-00000002-00.arrow").write_bytes(b"ARROW1")
    history = History.open(folder, SECRET)
    assert (len(history), history.verify()["unfinished"], history.verify()["generation"]) == (100, 2, 1)
    history.observe(rows(100, 101))
    assert (len(history), history.verify()["unfinished"], history.verify()["generation"]) == (101, 0, 2)
