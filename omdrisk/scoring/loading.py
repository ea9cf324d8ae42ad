"""From a bundle's address to a scorer."""

from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omdrisk.scoring.ranking import BANDS
from omdrisk.scoring.scorer import Scorer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    import pandas as pd

    from omdrisk.history import History

#: ``models:/...`` or ``runs:/...``, and not the drive of a path such as ``C:/...``.
_ADDRESS = re.compile(r"[a-z][a-z-]+:/")


def load(
    bundle: str | PathLike[str],
    history: str | PathLike[str] | History | None = None,
    secret: bytes | None = None,
    *,
    bands: Mapping[str, float] | None = None,
    audit: str | PathLike[str] | None = None,
    user: str | None = None,
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
    bands
        Least percentile of each band; without it ``{"high": 99, "elevated": 95}``.
    audit
        File of the audit log, to which every score, reason and worklist is appended; see `omdrisk.scoring.audit`.
    user
        Who works with the scorer. The log holds a keyed hash of it, for which the agency's secret is needed.

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
    with _nothing_collected():
        from omdrisk.bundle import read_bundle

        opened = read_bundle(_folder(bundle))
        for head in opened.heads:
            head.prove()
        if isinstance(history, (str, Path)):
            from omdrisk.history import History

            history = History.open(history, secret=secret)
        auditor = None
        if audit is not None:
            from omdrisk.scoring.audit import AuditLog, Auditor, pseudonym

            auditor = Auditor(AuditLog(audit), None if user is None else pseudonym(user, secret))
        return Scorer(opened, history, bands=BANDS if bands is None else bands, audit=auditor)  # type: ignore[arg-type]


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


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Let the garbage collector wait, and take what was made for old: it stays, and walking over it takes 0.1 s."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        if collects:
            gc.enable()


def _folder(bundle: str | PathLike[str]) -> Path:
    address = str(bundle)
    if _ADDRESS.match(address):
        from omdrisk.registry import fetch

        return fetch(address)
    return Path(bundle)
