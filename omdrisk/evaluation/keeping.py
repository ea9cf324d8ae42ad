"""Finished parts of a long test, kept in a folder: a test that was killed goes on, and ends as if it had not been."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from omdrisk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Kept:
    """A folder of finished parts.

    A part lies in a folder of its own, named after a digest of all that went into it, and comes to be whole or not at
    all. A part that was made of anything else is not found, and made anew beside it.

    Parameters
    ----------
    root
        The folder.
    made_of
        Digest of what all parts are made of.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     kept = Kept.of(folder, "a recipe", pd.DataFrame({"shipment_id": ["S1"]}))
    ...     first = kept.tables("phase V", lambda: {"finds": pd.DataFrame({"found": [3]})})
    ...     again = kept.tables("phase V", lambda: {"finds": pd.DataFrame({"found": [4]})})
    >>> first["finds"]["found"].tolist(), again["finds"]["found"].tolist()
    ([3], [3])
    """

    root: Path
    made_of: str

    @classmethod
    def of(cls, root: str | Path, *things: Any) -> Kept:
        """Return the parts in a folder that are made of these things: tables, or what JSON can say.

        Raises
        ------
        InputError
            If `root` is something else than a folder.
        """
        if Path(root).exists() and not Path(root).is_dir():
            raise InputError(f"{root} is a file. Name a folder in which finished phases can be kept.")
        return cls(Path(root), _digest(*things, version("omdrisk"), version("lightgbm")))

    def place(self, name: str) -> Path:
        """Return the folder of a part."""
        readable = re.sub(r"[^\w-]+", "-", name)
        return self.root / f"{readable}-{_digest(self.made_of, name)}"

    def tables(self, name: str, make: Callable[[], Tables]) -> Tables:
        """Return the tables of a part by their names, as they were kept, or made and kept now.

        Raises
        ------
        InputError
            If what was kept cannot be read.
        """
        place = self.place(name)
        if not place.is_dir():
            made = make()
            partial = place.with_name(f".{place.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            for part, table in made.items():
                table.to_parquet(partial / f"{part}.parquet")
            partial.rename(place)
        try:
            return {path.stem: pd.read_parquet(path) for path in sorted(place.glob("*.parquet"))}
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                f"{place} is damaged ({error}). Delete this folder, and the phase is tested anew."
            ) from error


def _digest(*things: Any) -> str:
    made = hashlib.sha256()
    for thing in things:
        if isinstance(thing, pd.DataFrame):
            made.update(json.dumps([str(name) for name in thing.columns]).encode())
            made.update(pd.util.hash_pandas_object(thing).to_numpy().tobytes())
        else:
            made.update(json.dumps(thing, sort_keys=True, default=str).encode())
    return made.hexdigest()[:16]
