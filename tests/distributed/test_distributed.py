"""Scored elsewhere, scored the same; a bad file does not stop the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import omdrisk
from omdrisk.distributed import score_files
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Small


def test_the_same_scores_and_a_line_per_file(small: Small, tmp_path: Path) -> None:
    rows = small.incoming.head(60)
    for number, part in enumerate((rows.iloc[:30], rows.iloc[30:])):
        part.to_parquet(tmp_path / f"part{number}.parquet", index=False)
    (tmp_path / "broken.csv").write_bytes(b"")
    files = [tmp_path / "part0.parquet", tmp_path / "broken.csv", tmp_path / "part1.parquet"]
    lines = score_files(files, model=small.bundle, out=tmp_path / "out", jobs=1)
    assert lines["rows"].tolist() == [30, 0, 30]
    assert "broken.csv" in lines["error"][1]
    together = omdrisk.load(small.bundle).score(rows)
    scored = pd.concat([pd.read_parquet(lines["scores"][place]) for place in (0, 2)])
    assert scored["drug_raw"].tolist() == together["drug_raw"].tolist()


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"two files are called a\.csv"):
        score_files([tmp_path / "x" / "a.csv", tmp_path / "y" / "a.csv"], model="m", out=tmp_path)
