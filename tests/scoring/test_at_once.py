"""One scorer for many threads, and kernels where nothing can be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import omdrisk
from omdrisk.scoring import Scorer
from omdrisk.scoring.watching import BATCH
from omdrisk.trees import Forest
from tests.scoring.tiny import NOW
from tests.trees.grown import Grower

if TYPE_CHECKING:
    from tests.scoring.tiny import Tiny

THREADS = 8


def test_eight_threads_get_the_numbers_of_one(world: Tiny, folder: Path) -> None:
    scorer = Scorer(omdrisk.read_bundle(folder), world.history, clock=lambda: NOW)
    rows = world.incoming
    parts = [rows.iloc[place : place + size] for size in (1, 3, 40) for place in range(0, 120, 13)]
    with ThreadPoolExecutor(THREADS) as pool:
        scores = list(pool.map(scorer.score, parts))
        reasons = list(pool.map(scorer.explain, parts))
    alone = Scorer(omdrisk.read_bundle(folder), world.history, clock=lambda: NOW)
    for part, found, why in zip(parts, scores, reasons, strict=True):
        pd.testing.assert_frame_equal(found, alone.score(part), check_exact=True)
        pd.testing.assert_frame_equal(why, alone.explain(part), check_exact=True)


def test_many_shipments_that_are_unlike_training_are_told_of_once(scorer: Scorer, world: Tiny) -> None:
    rows = pd.concat([world.incoming] * (BATCH // len(world.incoming) + 1), ignore_index=True)
    odd = rows.assign(package_type="ZZ", gross_weight_kg=rows["gross_weight_kg"] * 1000)
    fresh = Scorer(scorer.bundle, world.history, clock=lambda: NOW)
    with pytest.warns(UserWarning, match="most values in package_type") as caught:
        fresh.score(odd)
    told = " ".join(str(each.message) for each in caught)
    assert "most values in package_type were not there in training" in told
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fresh.score(odd)
        fresh.score(odd.head(BATCH - 1))


CODE = """
import pathlib, sys
import numba.core.caching as caching

def refused(self):
    raise OSError("read-only file system")

# an administrator may write anywhere, so that permissions alone would prove nothing
caching.InTreeCacheLocator.ensure_cache_path = refused
import numpy as np
import omdrisk
from omdrisk.trees import Forest
assert pathlib.Path(omdrisk.__file__).is_relative_to(sys.argv[1]), omdrisk.__file__
forest = Forest.from_text(sys.stdin.read())
print(forest.raw_score(np.zeros((1, forest.features)))[0])
"""


def test_a_read_only_installation_works(tmp_path: Path) -> None:
    package, text = Path(omdrisk.__file__).parent, Grower().text(np.random.default_rng(1), [7])
    ignored = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    shutil.copytree(package, tmp_path / "site" / "omdrisk", ignore=ignored)
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(tmp_path / "site"), "HOME": str(tmp_path / "home")}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "home" / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "site")],
        input=text,
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    forest = Forest.from_text(text)
    assert float(done.stdout) == forest.raw_score(np.zeros((1, forest.features)))[0]
    assert not list((tmp_path / "site").rglob("*.nbi"))
    assert list((tmp_path / "home").rglob("*.nbi"))
