"""The same scoring over many files at once, on the cores of one machine or on a cluster.

joblib does the distributing: by default over processes of this machine; inside
``joblib.parallel_config(backend="dask")`` (or ray, or spark) over that cluster, with no other change. Every worker
opens the bundle and the history itself, by path, so both must lie where the workers can read them. No row is scored
differently for being scored elsewhere.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.errors import InputError, OmdriskError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omdrisk.scoring import Scorer


@lru_cache(maxsize=4)
def _scorer(model: str, history: str | None) -> Scorer:
    from omdrisk.scoring import load

    return load(model, history=history)


def _score_one(source: Path, model: str, history: str | None, out: Path, layout: str | None) -> dict[str, object]:
    from omdrisk.records import read_shipments

    line: dict[str, object] = {"file": str(source), "scores": None, "rows": 0, "rejected": 0, "error": None}
    try:
        read = read_shipments(source, format=layout)
        scores = _scorer(model, history).score(read.accepted)
    except OmdriskError as error:
        return {**line, "error": str(error)}
    scores.insert(0, "shipment_id", read.accepted["shipment_id"])
    target = out / f"{source.name}.scores.parquet"
    partial = target.with_suffix(".partial")
    scores.to_parquet(partial, index=False)
    partial.replace(target)
    return {**line, "scores": str(target), "rows": len(scores), "rejected": len(read.rejected)}


def score_files(
    files: Sequence[str | Path],
    *,
    model: str | Path,
    out: str | Path,
    history: str | Path | None = None,
    format: str | None = None,  # noqa: A002
    jobs: int = -1,
) -> pd.DataFrame:
    """Score many manifest files in parallel; each gets a Parquet file of scores in `out`.

    Parameters
    ----------
    files
        Manifests, all in one `format`; their names must differ.
    model, history
        Bundle folder or MLflow URI, and the history store, as for :func:`omdrisk.load`.
    out
        Folder for ``<file name>.scores.parquet``, each written whole or not at all.
    jobs
        How many workers; -1 for one per core.

    Returns
    -------
    pandas.DataFrame
        One row per file: ``file``, ``scores`` (path), ``rows``, ``rejected``, ``error`` (missing where all went well).

    Raises
    ------
    InputError
        If no file is given or two have the same name.
    """
    from joblib import Parallel, delayed

    sources = [Path(file) for file in files]
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not sources or twice:
        raise InputError(f"two files are called {twice[0]}: rename one." if twice else "no file to score was given.")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    lines = Parallel(n_jobs=jobs)(
        delayed(_score_one)(source, str(model), None if history is None else str(history), folder, format)
        for source in sources
    )
    return pd.DataFrame(lines)
