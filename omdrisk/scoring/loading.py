"""From a bundle's address to a scorer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.scoring.scorer import Scorer

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from omdrisk.history import History

#: ``models:/...`` or ``runs:/...``, and not the drive of a path such as ``C:/...``.
_ADDRESS = re.compile(r"[a-z][a-z-]+:/")


def load(
    bundle: str | PathLike[str],
    history: str | PathLike[str] | History | None = None,
    secret: bytes | None = None,
) -> Scorer:
    """Open a bundle for scoring.

    Parameters
    ----------
    bundle
        Folder of the bundle, or an MLflow address such as ``models:/omdrisk@champion``.
    history
        The agency's history: its folder, or a `History`. Without one, all that asks the past is missing.
    secret
        The agency's secret, to open the history with; else it is taken from ``OMDRISK_SECRET`` or the file
        that ``OMDRISK_SECRET_FILE`` names.

    Raises
    ------
    BundleError
        If the bundle is not there, is damaged, or is of another format.
    HistoryError
        If the history cannot be opened or does not keep what the heads ask about.

    Examples
    --------
    >>> load("nowhere/bundle")
    Traceback (most recent call last):
        ...
    omdrisk.errors.BundleError: ...
    """
    from omdrisk.bundle import read_bundle

    opened = read_bundle(_folder(bundle))
    if history is None or not isinstance(history, (str, Path)):
        return Scorer(opened, history)  # type: ignore[arg-type]
    from omdrisk.history import History

    return Scorer(opened, History.open(history, secret=secret))


def score(
    shipments: Any,
    model: str | PathLike[str],
    history: str | PathLike[str] | History | None = None,
    secret: bytes | None = None,
) -> pd.DataFrame:
    """Open a bundle and score shipments with it: `load` and `Scorer.score` in one.

    Who scores more than once keeps the `Scorer`, since opening a bundle takes longer than scoring a manifest.
    """
    return load(model, history=history, secret=secret).score(shipments)


def _folder(bundle: str | PathLike[str]) -> Path:
    address = str(bundle)
    if _ADDRESS.match(address):
        from omdrisk.registry import fetch

        return fetch(address)
    return Path(bundle)
