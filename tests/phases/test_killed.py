"""Steps that are killed at any moment: the same command goes on, and no alias ever points to something unfinished."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import omdrisk
from omdrisk.errors import InputError
from omdrisk.phases import PhaseFolder, compare_phase, promote_head, train_phase
from omdrisk.phases import journal as deeds
from omdrisk.phases.folder import write_json
from omdrisk.registry import fetch, under
from tests.phases import world
from tests.phases.test_phase import NAMES, opened

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9")

PROGRAM = Path(__file__).with_name("killed.py")
KILLS = int(os.environ.get("OMDRISK_KILLS", "2"))


def killed(step: str, folder: Path, after: float) -> bool:
    """Start a step, kill it so many seconds after it began, and say whether it was still at work."""
    root = str(Path(__file__).resolve().parents[2])
    begun = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.Popen(
        [sys.executable, str(PROGRAM), step, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=begun
    )
    with done:
        assert done.stdout is not None
        assert done.stdout.readline() == b"begun\n"
        until = time.monotonic() + after
        while time.monotonic() < until and done.poll() is None:
            time.sleep(0.01)
        working = done.poll() is None
        done.kill()
    return working


def in_use(store: str) -> str | None:
    """Return the bundle under the alias after checking it file by file; None where there is no alias."""
    found = under(tracking_uri=store)
    return None if found is None else omdrisk.read_bundle(fetch(found.uri, tracking_uri=store)).version


def test_killed_anywhere_the_phase_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    rng = random.Random(int(os.environ.get("OMDRISK_SEED", "1")))  # noqa: S311
    recipes = {"drug": world.recipe("drug", ["weight"], margin=-1.0)}
    calm, rough = (opened(tmp_path / name, "C", recipes) for name in ("calm", "rough"))
    train_phase(calm, at="2023-03-15")
    compare_phase(calm, at="2023-03-15")
    expected = promote_head(calm, "drug", at="2023-03-16", **NAMES)
    store = rough.read()["store"]
    for step, longest in (("train", 2.5), ("compare", 1.0), ("promote", 2.5)):
        for _ in range(KILLS if step != "compare" else 1):
            if not killed(step, rough.root, rng.uniform(0.05, longest)):
                break
            # whoever looks in between sees nothing, or the whole model
            assert in_use(store) in (None, expected.bundle)
            deeds.read(rough.root / "journal.jsonl")
        if step == "train":
            train_phase(rough, at="2023-03-15")
        elif step == "compare":
            compare_phase(rough, at="2023-03-15")
    done = promote_head(rough, "drug", at="2023-03-16", **NAMES)
    assert done.bundle == expected.bundle
    assert done.replaces == ""
    assert in_use(store) == expected.bundle
    # nothing is done twice once it is done
    assert promote_head(rough, "drug", at="2023-03-17", **NAMES) == done
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        client = mlflow.MlflowClient(tracking_uri=store)
        runs = client.search_runs([client.get_experiment_by_name("omdrisk").experiment_id])
    finished = [run.data.tags["role"] for run in runs if run.info.status == "FINISHED" and "role" in run.data.tags]
    assert sorted(finished) == ["challenger", "promotion"]


def test_one_works_on_a_phase_at_a_time(tmp_path: Path) -> None:
    phase = opened(tmp_path, "C", {"drug": world.recipe("drug", ["weight"])})
    with phase.working(), pytest.raises(InputError, match="another process is working on this phase"):
        train_phase(phase, at="2023-03-15")


def test_changed_tables_are_refused(tmp_path: Path) -> None:
    phase = opened(tmp_path, "C", {"drug": world.recipe("drug", ["weight"])})
    outcomes = Path(phase.read()["tables"]["outcomes"]["file"])
    import pandas as pd

    pd.read_parquet(outcomes).iloc[:-1].to_parquet(outcomes, index=False)
    with pytest.raises(InputError, match="is not the file that the phase was opened with"):
        train_phase(phase, at="2023-03-15")


def test_steps_in_the_wrong_order_say_which_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="omdrisk phase open"):
        train_phase(PhaseFolder(tmp_path), at="2023-03-15")
    phase = opened(tmp_path, "C", {"drug": world.recipe("drug", ["weight"])})
    with pytest.raises(InputError, match="omdrisk phase train"):
        compare_phase(phase, at="2023-03-15")
    with pytest.raises(InputError, match="omdrisk phase train"):
        promote_head(phase, "drug", at="2023-03-15", **NAMES)


def test_a_journal_that_was_changed_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for number in range(3):
        deeds.add(path, deed="looked", number=number)
    assert [line["number"] for line in deeds.read(path)] == [0, 1, 2]
    whole = path.read_text()
    path.write_text(whole.replace('"number": 1', '"number": 7'))
    with pytest.raises(InputError, match="line 2 was changed"):
        deeds.add(path, deed="looked")
    path.write_text("".join(line for at, line in enumerate(whole.splitlines(keepends=True)) if at != 1))
    with pytest.raises(InputError, match="line 2 was changed"):
        deeds.read(path)
    # a line that a killed process left half is no deed, and is cut off
    path.write_text(whole + '{"before": "abc", "dee')
    assert len(deeds.read(path)) == 3
    deeds.add(path, deed="looked", number=3)
    assert [line["number"] for line in deeds.read(path)] == [0, 1, 2, 3]


def test_a_state_that_cannot_be_read_says_the_way_out(tmp_path: Path) -> None:
    write_json(tmp_path / "phase.json", {"format": 99})
    with pytest.raises(InputError, match="format 1"):
        PhaseFolder(tmp_path).read()
